"""Label files that several images could have: those of one name in different folders."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from framework.data.datasets.dataset import exists
from framework.data.datasets.image_names import are_copies
from framework.data.records.account import BadEntry
from framework.data.records.list_file import Entry
from framework.system.wording import shortened


def shared_labels(root: Path, entries: Iterable[Entry], rank: Callable[[Entry], Any],
                  num_boxes: Callable[[Path], int]) -> dict[Entry, BadEntry | None]:
    """The entries whose label file is not theirs: None if it is another image's, else why it cannot
    be told whose it is.

    rank       how far the label file is from where that of an image is: the least is its image
    num_boxes  that a label file has
    Images of one folder share a label file, as 1.jpg and 1.png do, and so do copies. Any: what can
    be compared.
    """
    owners: dict[str, dict[str, Entry]] = {}
    for entry in entries:
        owners.setdefault(entry.label, {})[entry.image] = entry
    found: dict[Entry, BadEntry | None] = {}
    for label, own in owners.items():
        if _have_one_folder(own) or not exists(root / label):
            continue
        ranks = {image: rank(entry) for image, entry in own.items()}
        best = [image for image in own if ranks[image] == min(ranks.values())]
        if _have_one_folder(best) or all(are_copies(root / best[0], root / one) for one in best):
            found |= {entry: None for image, entry in own.items()
                      if image not in best and not are_copies(root / image, root / best[0])}
            continue
        listed = ", ".join(map(shortened, best[:3]))
        found |= {entry: BadEntry(f"{root / label}: could be the label file of {len(best)} images "
                                  f"of this name, which differ: '{listed}'",
                                  num_boxes(root / label)) for entry in own.values()}
    return found


def _have_one_folder(images: Iterable[str]) -> bool:
    return len({os.path.dirname(image) for image in images}) == 1
