"""What `caffe new` does alike for every kind of net: write the folder, build the net, account."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from framework.project.names import DEPLOY, README
from framework.system.atomic import new_folder

FEWEST_IMAGES = 10
SHARE = 0.8                 # of the images to train on, where the data are not divided


@dataclass(frozen=True)
class Contents:
    """What a new folder gets beside its data, and what is then said of it.

    texts    of its files, by name
    account  of each split, what was stored and what was left out
    remarks  sentences after the account
    """

    texts: dict[str, str]
    account: dict[str, list[str]]
    remarks: tuple[str, ...] = ()


def write_folder(options: argparse.Namespace, root: Path, fill: Callable[[Path], Contents]) -> int:
    """Write the folder, or nothing; `fill` writes the data, which are below `root` now."""
    # lazy: torch costs 1.9 s, and --help does without it
    from framework.net.net import Net

    with new_folder(options.out, options.redo, [options.data, root]) as folder:
        contents = fill(folder)
        for name, text in contents.texts.items():
            (folder / name).write_text(text, encoding="utf-8")
        Net(folder / DEPLOY, "TEST")        # what is written must train
    # not before the folder has its name: a reader of the account may go away, as `head` does
    for split, lines in contents.account.items():
        for line in lines:
            print(f"{split}: {line}")
    for remark in contents.remarks:
        print(remark)
    print(f"{options.out}: {README} says what was chosen and why; next: caffe train "
          f"{shlex.quote(str(options.out))}")
    return 0
