"""The files of a served net: its definition, its weights, which may be replaced, and its labels."""

from __future__ import annotations

import os
from collections.abc import Callable
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

    def newest(self, use: Callable[[str], None] | None = None) -> tuple[str, str]:
        """The weights to use now, and why newer ones in the folder cannot be; "" if there are none.

        use  raises CaffeError for weights of the folder that do not serve
        CaffeError if there are no others.
        """
        if self.folder is None:
            return self.weights, ""
        problems: list[str] = []
        weights, _ = find_newest_weights(snapshots_of(self.folder),
                                         lambda path, problem: problems.append(problem), use)
        problem = problems[0] if problems else ""
        if not weights:
            raise CaffeError(problem or f"{self.folder}: has no trained weights yet; `caffe train "
                             f"{self.folder}` makes them")
        return weights, problem

    def mark(self) -> Mark:
        """What changes when a file is replaced or a snapshot is written."""
        paths = [self.model, *self.weights.split(","), self.labels]
        if self.folder is not None:
            prefix = Path(snapshots_of(self.folder))
            paths += map(str, prefix.parent.glob(f"{prefix.name}_iter_*"))
            paths += map(str, self._others())
        return _mark(paths)

    def mark_with(self, weights: str) -> Mark:
        """What changes when the net, its labels or these weights of it are replaced."""
        return _mark([self.model, *weights.split(","), self.labels])

    def not_snapshots(self, weights: str) -> str:
        """A sentence about weight files beside the snapshots that are newer than `weights` and are
        not used, because of their names; "" if there are none."""
        newer = [path for path in self._others()
                 if path.stat().st_mtime_ns > Path(weights).stat().st_mtime_ns]
        if not newer:
            return ""
        prefix = Path(snapshots_of(self.folder or "")).name
        return (f"{', '.join(map(str, newer))}: not used, for a snapshot is named "
                f"{prefix}_iter_NUMBER.caffemodel")

    def _others(self) -> list[Path]:
        """The weight files beside the snapshots of the folder that are neither one nor the best."""
        if self.folder is None:
            return []
        prefix = Path(snapshots_of(self.folder))
        own = (f"{prefix.name}_iter_", f"{prefix.name}_best.", ".")    # .partial-: being written
        return sorted(path for pattern in ("*.caffemodel", "*.caffemodel.h5")
                      for path in prefix.parent.glob(pattern) if not path.name.startswith(own))

    def names(self) -> dict[int, str]:
        """The names of the classes by label; {} if no file is given. DataError for a bad one."""
        if not self.labels:
            return {}
        return label_map.names_in_file(self.labels)


def _mark(paths: list[str]) -> Mark:
    """Name, time, size and inode of each file."""
    found = []
    for path in sorted(filter(None, paths)):
        try:
            status = os.stat(path)
        except OSError:
            found.append((path, 0, 0, 0))
        else:
            found.append((path, status.st_mtime_ns, status.st_size, status.st_ino))
    return tuple(found)


def in_folder(folder: Path, labels: str = "") -> Files:
    """The files in a folder of `caffe new`. CaffeError for another folder."""
    check_project(folder, "; give the prototxt of a deploy net, and --weights")
    if not labels and os.path.isfile(folder / LABEL_MAP):
        labels = str(folder / LABEL_MAP)
    return Files(str(folder / DEPLOY), "", labels, folder)
