"""Images that are there under several names, found by what is stored of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from framework.data.datasets.splits import is_for_training
from framework.data.records.account import Note
from framework.system.wording import shortened


def notes_on_copies(digests: Mapping[str, Sequence[tuple[str, str]]], split: str) -> list[Note]:
    """Notes on the images of a split that are another image of it to the last bit, or, in a split
    to test on, one to train on, under another name: what is measured on them says nothing of
    others. An image that has one name in both is told by `also_trained_on`.

    digests  of each split: the names of its images, and a hash of what is stored of each
    """
    trained = {} if is_for_training(split) else {
        digest: (image, name) for name, stored in digests.items() if is_for_training(name)
        for image, digest in stored}
    own: dict[str, str] = {}
    notes = []
    for image, digest in digests[split]:
        first = own.setdefault(digest, image)
        if first != image:
            notes.append(Note("the same image as another one, under another name",
                              f"{image}, as {first}", is_loss=False))
        other, name = trained.get(digest, (image, ""))
        if other != image:
            notes.append(Note(f"an image to test on that is in the split {shortened(name)} too, "
                              "under another name", f"{image}, as {other}", is_loss=False))
    return notes
