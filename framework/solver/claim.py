"""Lock a snapshot_prefix against other runs, and track which snapshots belong to this run."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import stat
import threading
import weakref
from pathlib import Path

from framework.errors import WeightsError
from framework.logs.log import Log
from framework.solver import solverstate as files
from framework.solver.run_file import RunState

LINE = 400      # bytes of a lock file


class LockedError(WeightsError):
    """Another training writes snapshots of the same prefix now."""


class Claim:
    """The snapshots of one run, apart from those of all others with the same prefix.

    run  counts the runs that began under the prefix; None until the run is about to write
    own  the states that the run wrote or was resumed from, oldest first
    passed_over  damaged states of the run, after which it was resumed from an older one
    """

    def __init__(self, prefix: str, log: Log):
        self.prefix = prefix
        self.log = log
        self.run: int | None = None
        self.own: list[Path] = []
        self.passed_over: list[Path] = []
        self.resumed_run: int | None = None
        self.lock: weakref.finalize | None = None
        self.can_lock = True

    def resume(self, state: str | Path, iteration: int, run: RunState | None) -> None:
        """The run goes on from a state: that and the earlier ones of its run are its own."""
        here = {os.path.abspath(path): (number, reached, path)
                for number, reached, path in files.find_runs(self.prefix)}
        found = here.get(os.path.abspath(state))
        self.run = None
        self.resumed_run = None
        self.own = []
        if found is not None:
            self.resumed_run = run.run if run else 0
            self.own = [path for number, reached, path in sorted(here.values())
                        if path == found[2] or (run is not None and run.run > 0
                                                and number == run.run and reached < iteration)]

    def take(self, iteration: int) -> None:
        """Before the run writes: lock the prefix, and say whose snapshots are there already.

        Raises LockedError if another training writes there now.
        """
        if self.lock is None or not self.lock.alive:
            self._lock()
        if self.run is not None:
            return
        there = files.find_runs(self.prefix)
        higher = [entry for entry in there if entry[1] > iteration
                  and entry[2] not in [*self.own, *self.passed_over]
                  and (self.resumed_run is None or entry[0] >= self.resumed_run)]
        if higher:
            more = f" and {len(higher) - 1} more" if len(higher) > 1 else ""
            verb = "are" if more else "is"
            self.log.warning(
                f"{higher[0][2]}{more} {verb} there already: this run begins at iteration "
                f"{iteration}, overwrites those whose iterations it reaches and leaves the others. "
                "To go on from the newest, give --snapshot auto; to keep both, another "
                "snapshot_prefix")
        if higher or self.resumed_run is None:
            self.run = 1 + max((run for run, _, _ in there), default=0)
        else:
            self.run = self.resumed_run

    def wrote(self, state: str | Path) -> None:
        """Note a snapshot as the newest of the run's own."""
        self.own = [path for path in self.own if path != Path(state)] + [Path(state)]

    def remove_older(self, keep: int) -> None:
        """Remove all but the last `keep` of the run's own snapshots."""
        while len(self.own) > keep:
            files.remove(self.own.pop(0))

    def release(self) -> None:
        """Let others write under the prefix."""
        if self.lock is not None:
            self.lock()

    def _lock(self) -> None:
        """Take `<prefix>.lock` until `release`, the end of this object or of the process."""
        path = Path(f"{self.prefix}.lock")
        if not self.can_lock:
            return
        try:
            descriptor = _locked(path)
        except (OSError, ImportError) as error:
            self.can_lock = False
            reason = getattr(error, "strerror", None) or error
            self.log.warning(f"{path}: cannot be locked: {reason}; another training with this "
                             "snapshot_prefix would not be noticed")
            return
        if descriptor is not None:
            self.lock = weakref.finalize(self, _unlock, descriptor, path, os.getpid())


def _locked(path: Path) -> int | None:
    """The descriptor of the file, locked; None if this thread has it locked in another object.

    The kernel frees the lock when the process ends, however that comes. Raises LockedError if
    another process or thread has it, OSError if it cannot be locked here.
    """
    import fcntl  # lazy: Windows does not have it

    path.parent.mkdir(parents=True, exist_ok=True)
    me = {"pid": os.getpid(), "host": socket.gethostname(), "thread": threading.get_ident()}
    flags = os.O_RDWR | os.O_CREAT | os.O_NONBLOCK | getattr(os, "O_NOFOLLOW", 0)
    while True:
        descriptor = os.open(path, flags, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _check_own(descriptor)
            if _is_at(descriptor, path):        # and was not removed by the last holder
                # of one length always: a reader sees the old line or the new one
                os.pwrite(descriptor, json.dumps(me).ljust(LINE - 1).encode() + b"\n", 0)
                return descriptor
        except BlockingIOError:
            holder = _holder(descriptor)
            os.close(descriptor)
            if holder == me:
                return None
            raise LockedError(
                f"{path}: another training writes snapshots of this prefix now: process "
                f"{holder.get('pid', '?')} on {holder.get('host', '?')}; give this one another "
                "snapshot_prefix, or wait for the end of that one") from None
        except OSError:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _check_own(descriptor: int) -> None:
    """OSError if the file is not a lock, but another file that happens to have the name."""
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        raise OSError("it is not a regular file")
    if os.fstat(descriptor).st_size and "pid" not in _holder(descriptor):
        raise OSError("it is not the lock of a training, but a file of yours")


def _holder(descriptor: int) -> dict[str, object]:
    with contextlib.suppress(ValueError):
        content = json.loads(os.pread(descriptor, LINE, 0))
        if isinstance(content, dict):
            return content
    return {}


def _is_at(descriptor: int, path: Path) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(descriptor), os.stat(path, follow_symlinks=False))
    return False


def _unlock(descriptor: int, path: Path, process: int) -> None:
    if os.getpid() != process:      # a fork of the training
        return
    with contextlib.suppress(OSError):
        if _is_at(descriptor, path):
            path.unlink()
    os.close(descriptor)
