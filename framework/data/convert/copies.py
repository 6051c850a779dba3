"""Images that are there under several names, found by what is stored of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from framework.data.datasets.splits import is_for_training
from framework.data.records.account import Account, Note
from framework.system.wording import shortened

Digests = Sequence[tuple[str, str]]
"""The names of the images of a split, and a hash of what is stored of each."""


def note_copies(accounts: Mapping[str, Account], digests: Mapping[str, Digests]) -> None:
    """Note in the account of each split the images that are another image of it to the last bit,
    or, in a split to test on, one to train on, under another name: what is measured on them says
    nothing of others. An image that has one name in both is told by `also_trained_on`.
    """
    trained = {digest: (image, split) for split, stored in digests.items()
               if is_for_training(split) for image, digest in stored}
    for split, account in accounts.items():
        account.add_losses(_notes(digests[split], {} if is_for_training(split) else trained))


def _notes(stored: Digests, trained: Mapping[str, tuple[str, str]]) -> list[Note]:
    """The notes on one split; `trained`: image and split by the hash, of those to train on."""
    own: dict[str, str] = {}
    notes = []
    for image, digest in stored:
        first = own.setdefault(digest, image)
        if first != image:
            notes.append(Note("the same image as another one, under another name",
                              f"{image}, as {first}", is_loss=False))
        other, name = trained.get(digest, (image, ""))
        if other != image:
            notes.append(Note(f"an image to test on that is in the split {shortened(name)} too, "
                              "under another name", f"{image}, as {other}", is_loss=False))
    return notes
