"""Random division of a dataset into splits, such as training and test."""

from __future__ import annotations

import random
import re
import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from framework.data.datasets.dataset import Dataset
from framework.data.records.account import Note
from framework.data.records.label_map import notes_on_capitals
from framework.data.records.list_file import Entry
from framework.errors import DataError
from framework.system.wording import counted, shortened

REST = "test"
# Names of splits to train and to test on, the preferred first.
PAIRS = (("trainval", "test"), ("train", "val"), ("train", "valid"), ("train", "minival"),
         ("train", "test"))
TRIED_SEEDS = 100


def shares(texts: Sequence[str]) -> dict[str, float]:
    """Parse `trainval=0.8 test=0.2`; what is missing to 1 is REST's. DataError for other text."""
    found: dict[str, float] = {}
    for text in texts:
        name, _, share = text.partition("=")
        try:
            value = float(share)
        except ValueError:
            value = 0
        if not name or "/" in name or not 0 < value <= 1:
            raise DataError(f"--split {text}: must be NAME=SHARE, the share above 0 and at most 1, "
                            "as in --split trainval=0.8")
        if name in found:
            raise DataError(f"--split {text}: {name} is named twice")
        found[name] = value
    rest = 1 - sum(found.values())
    if rest < -1e-6 or (rest > 1e-6 and REST in found):
        raise DataError(f"--split {' '.join(texts)}: the shares make {1 - rest:g}; they must make "
                        f"1, or less without a split `{REST}`, which then is the rest")
    return found if rest <= 1e-6 else {**found, REST: rest}


def is_for_training(name: str) -> bool:
    """Is a split for training, by its name: `train`, `trainval`, `train2017`, `Training`?"""
    return name.lower().startswith("train")


def also_trained_on(splits: Mapping[str, Sequence[Entry]], split: str) -> list[Note]:
    """Notes on the images of a split to test on that are in one to train on as well: what is
    measured on them says nothing of others. VOC's val is part of trainval."""
    if is_for_training(split):
        return []
    owners = {entry.image: name for name, entries in splits.items() if is_for_training(name)
              for entry in entries}
    return [Note(f"an image to test on that is in the split {shortened(owners[entry.image])} too",
                 entry.image, is_loss=False) for entry in splits[split] if entry.image in owners]


def divide(data: Dataset, parts: Mapping[str, float], seed: int) -> Dataset:
    """Divide the images, each taken once, into splits of these shares, in their old order.

    DataError if a split would be without images.
    """
    entries = list(dict.fromkeys(entry for split in data.splits.values() for entry in split))
    order = list(range(len(entries)))
    random.Random(seed).shuffle(order)
    splits = {}
    start = 0
    share = 0.0
    for name, part in parts.items():
        share += part
        end = round(share * len(entries))
        splits[name] = [entries[index] for index in sorted(order[start:end])]
        if not splits[name]:
            raise DataError(f"--split: {part:g} of {len(entries)} images leaves none for {name}")
        start = end
    shuffle = data.shuffle and tuple(name for name in data.shuffle if name in splits)
    losses = [note for notes in data.losses.values() for note in notes]
    first = next(iter(splits))      # what is lost belongs to no split in particular
    return replace(data, splits=splits, shuffle=shuffle,
                   losses={first: list(dict.fromkeys(losses))})


def train_and_test(data: Dataset, share: float, seed: int) -> tuple[Dataset, str]:
    """The data set with the splits `train` and `test` alone, and a sentence on where they are from.

    Its own splits are taken if there are two: trainval and test, train and val, train and test, the
    first of these. Else all images are divided, `share` of them for training, so that both splits
    have every class if one of TRIED_SEEDS seeds from `seed` on does that.
    """
    pair = own_pair(data.splits)
    if pair is not None:
        chosen, sentence = pair
        return replace(data, splits={new: data.splits[old] for new, old in chosen.items()},
                       losses={new: data.losses.get(old, ()) for new, old in chosen.items()},
                       shuffle=None), sentence
    classes = {entry: classes_of(data, entry) for split in data.splits.values() for entry in split}
    wanted = set().union(*classes.values())
    parts = {"train": share, "test": 1 - share}
    for tried in range(seed, seed + TRIED_SEEDS):
        divided = divide(data, parts, tried)
        if all(set().union(*(classes[entry] for entry in split)) == wanted
               for split in divided.splits.values()):
            break
    else:
        tried = seed
        divided = divide(data, parts, seed)
    return (replace(divided, shuffle=None),
            f"divided at random with seed {tried}: {share:.0%} of the images to train on, the "
            "rest to test on, since the data have no two splits of their own")


def own_pair(names: Collection[str]) -> tuple[dict[str, str], str] | None:
    """The splits to train and to test on, {"train": name, "test": name}, and a sentence on it.

    The first of PAIRS that is there; None if none is.
    """
    known = {re.sub(r"[^a-z]", "", name.lower()): name for name in names}
    for training, testing in PAIRS:
        if training in known and testing in known:
            chosen = {"train": known[training], "test": known[testing]}
            others = ", ".join(name for name in names if name not in chosen.values())
            return chosen, (f"its own splits: {chosen['train']} to train on and {chosen['test']} "
                            "to test on" + (f" ({others} not used)" if others else ""))
    return None


def classes_of(data: Dataset, entry: Entry) -> set[str]:
    """The classes of an entry's boxes; none of one whose labels cannot be read."""
    try:
        labels = data.labels(entry)
    except DataError:
        return set()
    return {str(box.name) for box in labels.boxes} if labels is not None else set()


def shuffle(entries: list[Entry], seed: int) -> None:
    """Put entries into a random order: a list sorted by scene makes batches of one scene."""
    random.Random(seed).shuffle(entries)


def check_in_both(images: Mapping[str, Mapping[str, int]], shown: Mapping[str, str],
                  place: Path) -> None:
    """DataError for the classes that `train` or `test` lacks.

    `images` counts a split's images by class; `shown` has the names to tell, by class.
    """
    lacking = [name for name in shown if not all(images[split].get(name) for split in images)]
    if not lacking:
        return
    first = lacking[0]
    split = next(split for split in images if not images[split].get(first))
    other = "train" if split == "test" else "test"
    others = f"; the same holds for {counted(len(lacking) - 1, 'other class')}" \
        if lacking[1:] else ""
    them = "them" if lacking[1:] else "it"
    flags = shlex.join(shown[name] for name in lacking)
    like = "".join(f"; {sentence}" for sentence in notes_on_capitals(shown.values()))
    raise DataError(f"{place}: the class '{shortened(shown[first])}' has no image to {split} on, "
                    f"and {images[other].get(first, 0)} to {other} on, so it cannot be "
                    f"{'learned' if split == 'train' else 'tested'}{others}: add images of {them} "
                    f"to both, or leave {them} out with --leave-out {shortened(flags)}{like}")
