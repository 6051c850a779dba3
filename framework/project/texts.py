"""Texts that every new folder's files share: sections of the README, names, transform fields."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from framework.project.choices import Choice, CommonSettings
from framework.project.names import TRAIN_TEST


@dataclass(frozen=True, kw_only=True)
class CommonProject:
    """What the files of every folder are about.

    names    of the classes, as shown, in the order of their labels
    origin   sentences: what the data were known by, and where the splits are from
    account  of each split, what was stored and what was left out
    """

    names: tuple[str, ...]
    origin: tuple[str, ...]
    account: dict[str, list[str]]


def transform(settings: CommonSettings) -> str:
    """The fields of transform_param for mean and scale."""
    mean = ", ".join(f"{value:g}" for value in settings.mean)
    return f"mean_value: [{mean}] scale: {settings.scale:g}"


def shown(names: Sequence[str]) -> str:
    """Names in one line, which are not to end a comment or a table's cell."""
    words = [" ".join(name.split()).replace("|", "/") for name in names[:8]]
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return ", ".join(words) + more


def in_markdown(names: Sequence[str]) -> str:
    """The same for the README, where `<`, `*` and their like are to stay signs of a name."""
    return re.sub(r"[\\`*\[\]<>]|\b_|_\b", r"\\\g<0>", shown(names))


def solver(settings: CommonSettings, prefix: str, evaluation: str, warmup: int = 0) -> str:
    """The solver file; evaluation: the lines on how tests score the net."""
    update = "momentum: 0.9\nmomentum2: 0.999\nweight_decay: 0.0001" \
        if settings.type == "Adam" else "momentum: 0.9\nweight_decay: 0.0005"
    if warmup:
        update += f"\nwarmup_iter: {warmup}          # the rate grows to base_lr first"
    return f"""# `caffe train` on this folder. README.md says why each number is what it is.
net: "{TRAIN_TEST}"
test_iter: {settings.test_iter}   # batches of {settings.test_batch}: every test image once
test_interval: {settings.interval}
test_initialization: false
base_lr: {settings.base_lr:g}
lr_policy: "poly"        # falls to 0 in a straight line
power: 1
max_iter: {settings.max_iter}
type: "{settings.type}"
{update}
display: 50
average_loss: 50
snapshot: {settings.interval}
snapshot_prefix: "{prefix}"
snapshot_after_train: true
{evaluation}
random_seed: 1
"""


def data_section(origin: Sequence[str], account: Mapping[str, Sequence[str]]) -> str:
    """What the data were known by, and of each split what was stored and left out."""
    lines = [f"- {sentence}" for sentence in origin]
    lines += [f"- `data/{split}`: {line}" for split, found in account.items() for line in found]
    return "\n".join(["## The data", "", *lines, ""])


def numbers_section(choices: Sequence[Choice]) -> str:
    """The table of what was chosen."""
    rows = [f"| {one.name} | {one.value} | {one.reason} |" for one in choices]
    header = ["## The numbers, and why", "", "| setting | value | reason |", "|---|---|---|"]
    return "\n".join([*header, *rows, ""])
