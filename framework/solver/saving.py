"""Snapshots on a disk that may not take them: look before, go on without one, wait at the end."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from framework.definition.prototxt import Document
from framework.errors import CaffeError, WeightsError
from framework.logs.log import Log
from framework.proto import SolverParameter
from framework.solver import solverstate as files
from framework.solver.claim import LockedError
from framework.solver.snapshots import is_hdf5
from framework.system.atomic import partial_path, reason_of

WAITS = (10, 30, 60, 120, 300)      # seconds before each next try of the last snapshot
LONGEST_PROCESS = 4194304           # of Linux; a run that goes on has another number
Snapshot = Callable[[], object]


class Saver:
    """Writes the snapshots of one run, whatever its disk does.

    prefix   the beginning of every snapshot's path
    size     bytes of a snapshot
    actions  asked while it waits, as Solver's
    wait     sleeps for a number of seconds; None: it never waits
    `snapshot` of its methods writes the snapshot of `iteration`, or raises WeightsError.
    """

    def __init__(self, document: Document, prefix: str, size: int, log: Log,
                 actions: Callable[[], str | None], wait: Callable[[float], object] | None):
        self.document = document
        self.param: SolverParameter = document.message
        self.prefix = prefix
        self.size = size
        self.log = log
        self.actions = actions
        self.wait = wait
        self.num_unsaved = 0

    def check_writable(self) -> None:
        """SpecError now, and not after hours, if the snapshots could not be written."""
        trial = partial_path(self._path(self.param.max_iter), LONGEST_PROCESS)
        try:
            trial.parent.mkdir(parents=True, exist_ok=True)
            trial.touch()
            trial.unlink(missing_ok=True)       # equal ranks look at once
        except OSError as error:
            raise self.document.error("snapshot_prefix", f"is '{self.prefix}'; nothing can be "
                                      f"written there: {reason_of(error)}") from None

    def save_and_go_on(self, snapshot: Snapshot, iteration: int) -> None:
        """A snapshot in the midst of a run: a disk that does not take it must not end the run."""
        try:
            snapshot()
        except WeightsError as error:
            self._remove_rest(iteration, error)
            self.num_unsaved += 1
            every = self.param.snapshot
            again = f"iteration {(iteration // every + 1) * every}" if every else "its end"
            self.log.warning(f"{error}; the run goes on without this one and tries again at "
                             f"{again}")
        else:
            self._say_recovered()

    def save_last(self, snapshot: Snapshot, iteration: int) -> None:
        """The last snapshot of a run: without it all is lost, so a run that can wait does.

        It is tried again after each of WAITS until the disk takes it, or until a signal says stop:
        then once more. Raises WeightsError if that fails too, or at once where `wait` is None. The
        original ends at the first try (CHECK in WriteProtoToBinaryFile of io.cpp); a run without
        end would keep its machine.
        """
        for index, seconds in enumerate(WAITS):
            try:
                snapshot()
                break
            except WeightsError as error:
                self._remove_rest(iteration, error)
                if self.wait is None or isinstance(error, LockedError):
                    raise
                self.num_unsaved += 1
                self.log.warning(f"{error}; it is the last one, so it is tried again in {seconds} "
                                 f"s{_and_then(index)}{self._elsewhere()}; SIGTERM gives it up")
            if self._pause(seconds) or index == len(WAITS) - 1:
                self._try_for_the_last_time(snapshot, iteration)
                break
        self._say_recovered()

    def _try_for_the_last_time(self, snapshot: Snapshot, iteration: int) -> None:
        try:
            snapshot()
        except WeightsError as error:
            self._remove_rest(iteration, error)
            raise

    def save_before_error(self, snapshot: Snapshot, iteration: int) -> None:
        """A snapshot of what was learned, before an error of the data ends the run."""
        try:
            snapshot()
        except CaffeError as error:
            self._remove_rest(iteration, error)
            self.log.warning(str(error))

    def _pause(self, seconds: int) -> bool:
        """Wait, a second at a time; True if a signal says stop. A request of a snapshot ends it."""
        assert self.wait is not None
        for _ in range(seconds):
            self.wait(1)
            action = self.actions()
            if action is not None:
                return action != "snapshot"
        return False

    def _elsewhere(self) -> str:
        """Which other disk has room, and how the snapshot gets there."""
        folder = Path(self.prefix).parent
        for place in (Path.cwd(), Path(tempfile.gettempdir())):
            with suppress(OSError):
                free = shutil.disk_usage(place).free
                if place.stat().st_dev != folder.stat().st_dev and free > self.size \
                        and os.access(place, os.W_OK):
                    return (f"; {place} has {free >> 20} MiB free, and a link to a folder there "
                            f"may replace {folder}")
        return ""

    def _remove_rest(self, iteration: int, error: CaffeError) -> None:
        """Remove what was written of the snapshot: without its state it is of no use.

        Files of a prefix that another training holds are not this run's, and stay.
        """
        if not isinstance(error, LockedError):
            files.remove(self._path(iteration))

    def _path(self, iteration: int) -> str:
        return files.state_path(self.prefix, iteration, is_hdf5(self.param))

    def _say_recovered(self) -> None:
        if self.num_unsaved:
            self.log.warning(f"A snapshot could be written again, after {self.num_unsaved} tries "
                             "that failed")
        self.num_unsaved = 0


def _and_then(index: int) -> str:
    """When the tries after the next one are."""
    later = [str(seconds) for seconds in WAITS[index + 1:]]
    return f", then after {', '.join(later)} s" if later else " for the last time"
