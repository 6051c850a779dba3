"""Prefetching loaders: batches made ahead by a thread, or by worker processes.

Workers return batches in shared memory; only a small note of offsets and shapes goes through the
pipe. They are plain child processes, neither forked (which breaks threads and CUDA) nor importing
the user's main program again. Batch `b` is made by worker `b` modulo the number of workers, and
depends on nothing else. So a worker that was killed is started again without a change of batches.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import math
import mmap
import os
import pickle
import queue
import select
import subprocess
import sys
import tempfile
import threading
import weakref
from pathlib import Path
from typing import IO, Any

from framework.data.loading.batches import Batch, BatchMaker
from framework.data.loading.patience import TICK_SECONDS, Patience
from framework.data.loading.shared_memory import LENGTH, Setup, Slots, note_arrays
from framework.errors import DataError

AHEAD = 2                # batches a thread makes ahead
SLOTS = 3                # batches that a worker has room for
# numpy's matrix products are small here, and the threads of its OpenBLAS busy-wait for the next:
# they took 0.7 of a second core from the other workers.
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


class WorkerKilledError(DataError):
    """A worker was ended by a signal."""


class ThreadLoader:
    """Prefetch batches from `start` on in one thread of this process.

    patience  what happens while a batch is waited for
    """

    def __init__(self, maker: BatchMaker, start: int, patience: Patience):
        self._patience = patience
        self._queue: queue.Queue[Batch | BaseException] = queue.Queue(AHEAD)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=_fill, name="data", daemon=True,
                                        args=(maker, start, self._queue, self._stop))
        self._thread.start()
        self.close = weakref.finalize(self, _stop_thread, self._thread, self._stop, self._queue)

    def next(self) -> Batch:
        """The next batch; an exception of the thread is raised here."""
        result = self._get()
        if isinstance(result, BaseException):
            self.close()
            raise result
        return result

    def _get(self) -> Batch | BaseException:
        self._patience.begin("the thread that makes batches")
        while True:
            try:
                return self._queue.get(timeout=TICK_SECONDS)
            except queue.Empty:
                self._patience.tick()


def _fill(maker: BatchMaker, start: int, results: queue.Queue[Batch | BaseException],
          stop: threading.Event) -> None:
    index = start
    while not stop.is_set():
        try:
            result: Batch | BaseException = maker.make(index)
        except BaseException as error:      # anything: it is raised again by `next`
            result = error
        while not stop.is_set():
            try:
                results.put(result, timeout=0.2)
                break
            except queue.Full:
                continue
        if isinstance(result, BaseException):
            return
        index += 1


def _stop_thread(thread: threading.Thread, stop: threading.Event,
                 results: queue.Queue[Batch | BaseException]) -> None:
    stop.set()
    with contextlib.suppress(queue.Empty):
        while True:
            results.get_nowait()
    if thread is not threading.current_thread():
        thread.join(timeout=10)


class ProcessLoader:
    """Prefetch batches from `start` on in `workers` processes.

    num_bytes  of a usual batch; much larger ones go through the pipe, not the shared memory
    name       of the layer, for messages
    patience   what happens while a batch is waited for
    """

    def __init__(self, maker: BatchMaker, start: int, workers: int, num_bytes: int, name: str,
                 patience: Patience):
        self._patience = patience
        self._start = start
        self._next = start
        self._make = functools.partial(_Worker, maker, workers, num_bytes, name)
        self._workers = [self._make(index, start + index) for index in range(workers)]
        self._again: set[int] = set()           # workers that were started a second time
        self.close = weakref.finalize(self, _close_all, self._workers)

    def next(self) -> Batch:
        """The next batch. DataError if its worker died twice or met an unusable database."""
        index = (self._next - self._start) % len(self._workers)
        try:
            try:
                batch = self._workers[index].receive(self._patience)
            except WorkerKilledError as error:
                self._start_again(index, error)
                batch = self._workers[index].receive(self._patience)
        except BaseException:
            self.close()
            raise
        self._next += 1
        return batch

    def _start_again(self, index: int, error: WorkerKilledError) -> None:
        """Replace a worker that was killed by one that goes on from the same batch."""
        if index in self._again:
            raise error
        self._again.add(index)
        logging.getLogger("framework.data").warning("%s; it is started again, this once", error)
        _close_all([self._workers[index]])
        self._workers[index] = self._make(index, self._next)


def _close_all(workers: list[_Worker]) -> None:
    for worker in workers:
        worker.end()
    for worker in workers:
        worker.wait()


class _Worker:
    """This side of one process: its pipes and the memory it fills."""

    def __init__(self, maker: BatchMaker, step: int, num_bytes: int, name: str, index: int,
                 first: int):
        self._name = f"{name}, {index}"
        # Twice the first batch and a MiB, since labels differ in number; in whole pages.
        slot_bytes = math.ceil((num_bytes * 2 + (1 << 20)) / mmap.PAGESIZE) * mmap.PAGESIZE
        file = _memory_file(slot_bytes * SLOTS)
        self._memory = mmap.mmap(file.fileno(), slot_bytes * SLOTS)
        self._slots = Slots(self._memory, slot_bytes)
        self._num_held = 0
        root = str(Path(__file__).resolve().parents[3])
        paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
        with file:
            # -P: Python would look for modules in the working folder first, a cv2.py say
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "framework.data.loading.worker"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=[file.fileno()],
                env={**os.environ, **ONE_THREAD, "PYTHONPATH": os.pathsep.join(paths)})
            setup = Setup(maker, first, step, file.fileno(), slot_bytes, SLOTS, os.getcwd())
            with contextlib.suppress(BrokenPipeError):      # it has ended: `receive` says so
                self._pipe().write(pickle.dumps(imported_folders()) + pickle.dumps(setup))
                self._pipe().flush()
        assert self._process.stdout is not None
        self._results = self._process.stdout.fileno()
        self._poll = select.poll()
        self._poll.register(self._results, select.POLLIN)

    def receive(self, patience: Patience) -> Batch:
        """The worker's next batch."""
        patience.begin(f"data worker {self._name} (process {self._process.pid})",
                       self._process.pid)
        (size,) = LENGTH.unpack(self._read(LENGTH.size, patience))
        message: Any = pickle.loads(self._read(size, patience))
        if isinstance(message, BaseException):
            raise message
        slot, notes, bad = message
        holder, arrays = note_arrays(self._slots, slot, notes)
        # The slot is free again when the caller holds none of its arrays. One slot must remain for
        # the worker: if the caller keeps too many batches, it gets copies.
        if self._num_held >= SLOTS - 1:
            arrays = [array.copy() for array in arrays]
            self._release(slot)
        else:
            self._num_held += 1
            weakref.finalize(holder, self._give_back, slot).atexit = False
        return Batch(arrays, bad)

    def _read(self, size: int, patience: Patience) -> bytes:
        """Read bytes from the pipe with short timeouts, so that signals are seen meanwhile."""
        content = bytearray()
        while len(content) < size:
            if not self._poll.poll(TICK_SECONDS * 1000):
                patience.tick()
                continue
            part = os.read(self._results, min(size - len(content), 1 << 20))
            if not part:
                raise self._death()
            content += part
        return bytes(content)

    def _give_back(self, slot: int) -> None:
        self._num_held -= 1
        self._release(slot)

    def _release(self, slot: int) -> None:
        with contextlib.suppress(OSError, ValueError):       # the worker has gone
            self._pipe().write(bytes([slot]))
            self._pipe().flush()

    def _pipe(self) -> IO[bytes]:
        assert self._process.stdin is not None
        return self._process.stdin

    def _death(self) -> DataError:
        """The exception for a process that has closed its pipe."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        code = self._process.returncode
        if code is not None and code < 0:
            hint = "; the machine may be out of memory" if code == -9 else ""
            return WorkerKilledError(f"data worker {self._name}: it was ended by signal {-code}"
                                     f"{hint}")
        return DataError(f"data worker {self._name}: it ended early with exit code {code}; its "
                         "last output is above")

    def end(self) -> None:
        self._process.kill()
        with contextlib.suppress(OSError):
            self._pipe().close()

    def wait(self) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):    # a dead disk holds even killed ones
            self._process.wait(10)
        if self._process.stdout is not None:
            self._process.stdout.close()


def imported_folders() -> list[str]:
    """Folders that this process has imported modules from, though they are not on sys.path.

    They come from --import and `Python` layers, whose classes readers may be made of.
    """
    found = {}
    for name, module in list(sys.modules.items()):
        path = getattr(module, "__file__", None)
        if path and "." not in name and name != "__main__":
            folder = Path(path).parent
            found[str(folder.parent if hasattr(module, "__path__") else folder)] = True
    known = {os.path.abspath(path) for path in sys.path}
    return [folder for folder in found if os.path.abspath(folder) not in known]


def _memory_file(size: int) -> IO[bytes]:
    """An unnamed file of that size in memory, or in the temporary folder without memfd_create.

    It is not made in /dev/shm, which containers often keep too small.
    """
    if hasattr(os, "memfd_create"):
        number = os.memfd_create("batches")
    else:
        with tempfile.TemporaryFile() as file:
            number = os.dup(file.fileno())
    os.ftruncate(number, size)
    return os.fdopen(number, "r+b")
