"""The rule that every input is held to: a result or a CaffeError, soon, with little memory, and
nothing changed outside of the output folder."""

from __future__ import annotations

import contextlib
import io
import logging
import random
import resource
import signal
import time
import traceback
import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from framework.errors import CaffeError

MAX_SECONDS = 20                # of the CPU for a case
MAX_WAIT = 200                  # on the clock: it hangs
MAX_MEMORY = 1 << 30            # by which the peak of the process may grow in a case
END_OF_MEMORY = 8 << 30         # there a case gets MemoryError, before the machine is full
Snapshot = dict[str, tuple[int, int, int]]


class TooSlow(BaseException):
    """Not an Exception: what is tried must not take it for a fault of the input."""


class Target(ABC):
    """Something that reads what users give.

    place  a folder with `given`, filled by `prepare`, and `work/out`, the working folder, empty
           before each case; nothing but what is in that may change
    """

    name: str

    def __init__(self, place: Path):
        self.place = place
        self.given, self.out = place / "given", place / "work" / "out"
        self.given.mkdir(parents=True)
        self.out.mkdir(parents=True)
        self.prepare()

    @abstractmethod
    def prepare(self) -> None:
        """Make the good inputs."""

    @abstractmethod
    def make(self, rng: random.Random) -> bytes:
        """A case: what `run` gets."""

    @abstractmethod
    def run(self, case: bytes) -> None:
        """Read the case, in the working folder. Raises CaffeError if it is bad."""


@dataclass
class Count:
    """How many cases gave a result or an error, and what was bad: seed of the case and why."""

    results: int = 0
    errors: int = 0
    seconds: float = 0
    bad: list[tuple[str, str]] = field(default_factory=list)

    def __str__(self) -> str:
        total = self.results + self.errors + len(self.bad)
        return (f"{total} tried, {self.results} results, {self.errors} errors, "
                f"{len(self.bad)} bad, slowest {self.seconds:.2f} s")


def try_case(target: Target, seed: str, count: Count, keep: Path | None = None) -> None:
    """Run the case that `seed` makes. `keep`: where it is written first, in case it ends us."""
    case = target.make(random.Random(seed))
    if keep is not None:
        keep.write_bytes(case)
    empty(target.out)
    before = snapshot(target.place, target.out)
    memory, start = peak(), time.process_time()
    fault = ""
    try:
        with held(target.out):
            target.run(case)
        count.results += 1
    except CaffeError:
        count.errors += 1
    except TooSlow:
        fault = f"it still runs after {MAX_WAIT} s"
    except Exception:
        fault = traceback.format_exc(limit=-4)
    seconds = time.process_time() - start
    count.seconds = max(count.seconds, seconds)
    if not fault and seconds > MAX_SECONDS:
        fault = f"it took {seconds:.1f} s of the CPU"
    if not fault and peak() - memory > MAX_MEMORY:
        fault = f"it took {(peak() - memory) >> 20} MB of memory"
    changed = snapshot(target.place, target.out).items() ^ before.items()
    if not fault and changed:
        fault = f"it changed {sorted({name for name, _ in changed})}"
    if fault:
        count.bad.append((seed, fault))


def snapshot(place: Path, out: Path) -> Snapshot:
    """Every file and folder of the place but what is in `out`: mode, size and time of writing."""
    found = {}
    for path in place.rglob("*"):
        if path != out and out not in path.parents:
            status = path.lstat()
            found[str(path.relative_to(place))] = (status.st_mode, status.st_size,
                                                   status.st_mtime_ns)
    return found


def empty(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        else:
            path.unlink()


def peak() -> int:
    """The most bytes that this process had in memory so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """In the folder, without a word on the screen, and not for ever."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, MAX_WAIT)
    logging.disable(logging.CRITICAL)
    limits = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (END_OF_MEMORY, limits[1]))
    try:
        with contextlib.chdir(folder), warnings.catch_warnings(), \
                contextlib.redirect_stdout(io.StringIO()), \
                contextlib.redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, limits)
        logging.disable(logging.NOTSET)
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
