"""Names of the files in a folder of `caffe new`; for programs that do without torch, too."""

from __future__ import annotations

import os
from pathlib import Path

from framework.errors import CaffeError

TRAIN_TEST = "train_test.prototxt"
DEPLOY = "deploy.prototxt"
SOLVER = "solver.prototxt"
README = "README.md"
DATA = "data"
LABEL_MAP = "data/labelmap.prototxt"


def is_project(folder: str | Path) -> bool:
    """Whether `caffe new` made the folder: it has a solver and a deploy net."""
    return all(os.path.isfile(Path(folder, name)) for name in (SOLVER, DEPLOY))


def check_project(folder: str | Path, advice: str = "") -> None:
    """CaffeError for another folder; `advice` is the end of its sentence."""
    if not is_project(folder):
        raise CaffeError(f"{folder}: has no {SOLVER} and {DEPLOY}, so it is not a folder that "
                         f"`caffe new` made{advice}")
