"""Names of the files in a folder of `caffe new`; for programs that do without torch, too."""

from __future__ import annotations

import os
from pathlib import Path

from framework.definition import prototxt
from framework.errors import CaffeError

TRAIN_TEST = "train_test.prototxt"
DEPLOY = "deploy.prototxt"
SOLVER = "solver.prototxt"
README = "README.md"
DATA = "data"
LABEL_MAP = "data/labelmap.prototxt"
DETECTOR = "detector"
CLASSIFIER = "classifier"
SEGMENTER = "segmenter"
# by the solver's eval_type
KINDS = {"detection": DETECTOR, "classification": CLASSIFIER, "segmentation": SEGMENTER}


def kind_of(folder: str | Path) -> str:
    """What a folder of `caffe new` trains: a value of KINDS. CaffeError for another one."""
    path = Path(folder, SOLVER)
    word = prototxt.read(path, "SolverParameter").message.eval_type
    if word not in KINDS:
        raise CaffeError(f"{path}: eval_type is '{word}'; in a folder of `caffe new` it must be "
                         f"one of {', '.join(KINDS)}")
    return KINDS[word]


def is_project(folder: str | Path) -> bool:
    """Whether `caffe new` made the folder: it has a solver and a deploy net."""
    return all(os.path.isfile(Path(folder, name)) for name in (SOLVER, DEPLOY))


def check_project(folder: str | Path, advice: str = "") -> None:
    """CaffeError for another folder; `advice` is the end of its sentence."""
    if not is_project(folder):
        raise CaffeError(f"{folder}: has no {SOLVER} and {DEPLOY}, so it is not a folder that "
                         f"`caffe new` made{advice}")
