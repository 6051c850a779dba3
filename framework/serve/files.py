"""The files of a served net: its definition, its weights, which may be replaced, and its labels."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from framework.data.records import label_map
from framework.errors import CaffeError
from framework.project.folder import snapshots_of
from framework.project.names import DEPLOY, LABEL_MAP, check_project
from framework.solver.snapshots import find_newest_weights

Mark = tuple[tuple[str, int, int, int], ...]


@dataclass(frozen=True)
class Files:
    """Where a net is.

    model      its prototxt
    weights    a file, or several with commas between them; "": the newest snapshot of `folder`
    labels     a label map, or a text file with the name of a class in each line, from class 0 on;
               "": what the net names
    folder     of `caffe new`, with a solver
    """

    model: str
    weights: str = ""
    labels: str = ""
    folder: Path | None = None

    def newest(self) -> str:
        """The weights to load now. CaffeError if there are none, or the newest are damaged."""
        if self.folder is None:
            return self.weights
        problems: list[str] = []
        weights, _ = find_newest_weights(snapshots_of(self.folder),
                                         lambda state, problem: problems.append(problem))
        if problems:
            raise CaffeError(problems[0])
        if not weights:
            raise CaffeError(f"{self.folder}: has no trained weights yet; `caffe train "
                             f"{self.folder}` makes them")
        return weights

    def mark(self) -> Mark:
        """What changes when a file is replaced or a snapshot is written: name, time, size, inode.
        """
        paths = [self.model, *self.weights.split(","), self.labels]
        if self.folder is not None:
            prefix = Path(snapshots_of(self.folder))
            paths += map(str, prefix.parent.glob(f"{prefix.name}_iter_*"))
        found = []
        for path in sorted(filter(None, paths)):
            try:
                status = os.stat(path)
            except OSError:
                found.append((path, 0, 0, 0))
            else:
                found.append((path, status.st_mtime_ns, status.st_size, status.st_ino))
        return tuple(found)

    def names(self) -> dict[int, str]:
        """The names of the classes by label; {} if no file is given. DataError for a bad one."""
        if not self.labels:
            return {}
        return label_map.names_in_file(self.labels)


def in_folder(folder: Path, labels: str = "") -> Files:
    """The files in a folder of `caffe new`. CaffeError for another folder."""
    check_project(folder, "; give the prototxt of a deploy net, and --weights")
    if not labels and os.path.isfile(folder / LABEL_MAP):
        labels = str(folder / LABEL_MAP)
    return Files(str(folder / DEPLOY), "", labels, folder)
