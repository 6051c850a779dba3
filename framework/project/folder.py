"""A folder of `caffe new` as a trained detector: its net, newest weights and names of classes."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from framework.data.records import label_map
from framework.errors import CaffeError
from framework.net.reading import read_solver
from framework.project.names import LABEL_MAP, SOLVER
from framework.solver.snapshots import find_newest_weights
from framework.solver.solver_fields import snapshot_prefix


def newest_weights(folder: str | Path) -> Path:
    """The weights of the newest snapshot that is whole. CaffeError if there is none."""
    logger = logging.getLogger("framework.project")
    weights, problems = find_newest_weights(
        snapshots_of(folder), lambda state, problem: logger.warning("%s", problem))
    if not weights and problems:
        raise CaffeError("\n".join([f"{folder}: no snapshot can be used; give the weights that are "
                                    "meant:", *problems]))
    if not weights:
        raise CaffeError(f"{folder}: has no trained weights yet; `caffe train {folder}` makes "
                         "them, or give the weights")
    return Path(weights)


def snapshots_of(folder: str | Path) -> str:
    """The beginning of the snapshots' paths, which the solver names from its own folder on."""
    document = read_solver(Path(folder, SOLVER))
    param = document.message
    if param.snapshot_prefix:
        param.snapshot_prefix = os.path.join(folder, param.snapshot_prefix)
    return snapshot_prefix(document)


def names_of_classes(folder: str | Path) -> dict[int, str]:
    """Display names by label; {} if the folder has no label map."""
    path = Path(folder, LABEL_MAP)
    return label_map.names_by_label(label_map.read(path)) if os.path.isfile(path) else {}
