"""Snapshots on a disk that may not take them: look before, go on without one, wait at the end."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from framework.errors import CaffeError, WeightsError
from framework.solver import solverstate as files
from framework.solver.claim import LockedError
from framework.solver.snapshots import is_hdf5
from framework.system.atomic import partial_path

if TYPE_CHECKING:
    from framework.solver.solver import Solver

WAITS = (10, 30, 60, 120, 300)      # seconds before each next try; the last one for ever
LONGEST_PROCESS = 4194304           # of Linux; a run that goes on has another number


def check_writable(solver: Solver) -> None:
    """SpecError now, and not after hours, if the snapshots could not be written."""
    last = files.state_path(solver.prefix, solver.param.max_iter, is_hdf5(solver))
    trial = partial_path(last, LONGEST_PROCESS)
    try:
        trial.parent.mkdir(parents=True, exist_ok=True)
        trial.touch()
        trial.unlink(missing_ok=True)       # equal ranks look at once
    except OSError as error:
        raise solver.document.error("snapshot_prefix", f"is '{solver.prefix}'; nothing can be "
                                    f"written there: {error.strerror}") from None


def save_and_go_on(solver: Solver) -> None:
    """A snapshot in the midst of a run: a disk that does not take it must not end the run."""
    try:
        solver.snapshot()
    except WeightsError as error:
        _remove_rest(solver, error)
        solver.num_unsaved += 1
        every = solver.param.snapshot
        again = f"iteration {(solver.iter // every + 1) * every}" if every else "its end"
        solver.log.warning(f"{error}; the run goes on without this one and tries again at {again}")
    else:
        _say_recovered(solver)


def save_last(solver: Solver) -> None:
    """The last snapshot of a run: without it all is lost, so a run that can wait does.

    It is tried again and again until the disk takes it, or until a signal says stop: then once
    more. Raises WeightsError if that fails too, or at once where `solver.wait` is None.
    """
    for seconds in itertools.chain(WAITS, itertools.repeat(WAITS[-1])):
        try:
            solver.snapshot()
            break
        except WeightsError as error:
            _remove_rest(solver, error)
            if solver.wait is None or isinstance(error, LockedError):
                raise
            solver.num_unsaved += 1
            solver.log.warning(f"{error}; it is the last one, so it is tried again in {seconds} s "
                               f"and until it can be written{_elsewhere(solver)}; SIGTERM gives "
                               "it up")
        if _pause(solver, seconds):
            solver.snapshot()
            break
    _say_recovered(solver)


def save_before_error(solver: Solver) -> None:
    """A snapshot of what was learned, before an error of the data ends the run."""
    if solver.iter == 0 or solver.saved_at == solver.iter:
        return
    try:
        solver.snapshot()
    except CaffeError as error:
        _remove_rest(solver, error)
        solver.log.warning(str(error))


def _pause(solver: Solver, seconds: int) -> bool:
    """Wait, a second at a time; True if a signal says stop. A request of a snapshot ends it."""
    assert solver.wait is not None
    for _ in range(seconds):
        solver.wait(1)
        action = solver.actions()
        if action is not None:
            return action != "snapshot"
    return False


def _elsewhere(solver: Solver) -> str:
    """Which other disk has room, and how the snapshot gets there."""
    folder = Path(solver.prefix).parent
    size = 2 * sum(blob.parameter.nbytes for blob in solver.net.learned)
    size += sum(blob.nbytes for blob in solver.optimizer.history)
    for place in (Path.cwd(), Path(tempfile.gettempdir())):
        with suppress(OSError):
            free = shutil.disk_usage(place).free
            if place.stat().st_dev != folder.stat().st_dev and free > size \
                    and os.access(place, os.W_OK):
                return (f"; {place} has {free >> 20} MiB free, and a link to a folder there may "
                        f"replace {folder}")
    return ""


def _remove_rest(solver: Solver, error: CaffeError) -> None:
    """Remove what was written of the snapshot: without its state it is of no use.

    Files of a prefix that another training holds are not this run's, and stay.
    """
    if not isinstance(error, LockedError):
        files.remove(files.state_path(solver.prefix, solver.iter, is_hdf5(solver)))


def _say_recovered(solver: Solver) -> None:
    if solver.num_unsaved:
        solver.log.warning(f"A snapshot could be written again, after {solver.num_unsaved} tries "
                           "that failed")
    solver.num_unsaved = 0
