"""Random division of a dataset into splits, such as training and test."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace

from framework.data.datasets.dataset import Dataset
from framework.errors import DataError

REST = "test"


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
