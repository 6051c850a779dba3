"""Batches made ahead of time, by a thread of this process or by processes of their own.

Workers hand over batches in shared memory; only a small note of what is where passes the pipe.
They are plain child processes, neither forked (which breaks threads and CUDA) nor importing the
user's main program again. Batch `b` is made by worker `b` modulo their number, which is all that
the number of workers changes.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import pickle
import queue
import subprocess
import sys
import tempfile
import threading
import weakref
from pathlib import Path
from typing import IO, Any

from framework.data.batches import Batch, BatchMaker
from framework.data.sharing import Setup, Slots, note_arrays
from framework.errors import DataError

AHEAD = 2                # batches a thread makes ahead
SLOTS = 3                # batches that a worker has room for
# numpy's matrix products are small here, and the threads of its OpenBLAS wait for the next by
# spinning: they took 0.7 of a second core from the other workers.
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


class ThreadLoader:
    """Batches from `start` on, made by one thread of this process."""

    def __init__(self, maker: BatchMaker, start: int):
        self._queue: queue.Queue[Batch | BaseException] = queue.Queue(AHEAD)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=_fill, name="data", daemon=True,
                                        args=(maker, start, self._queue, self._stop))
        self._thread.start()
        self.close = weakref.finalize(self, _stop_thread, self._thread, self._stop, self._queue)

    def next(self) -> Batch:
        """The next batch; what went wrong in the thread is raised here."""
        result = self._queue.get()
        if isinstance(result, BaseException):
            self.close()
            raise result
        return result


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
    """Batches from `start` on, made by `workers` processes.

    num_bytes  of a usual batch; larger ones pass the pipe instead of the shared memory
    name       of the layer, for messages
    """

    def __init__(self, maker: BatchMaker, start: int, workers: int, num_bytes: int, name: str):
        self._workers = [_Worker(maker, start + index, workers, num_bytes, f"{name}, {index}")
                         for index in range(workers)]
        self._turn = 0
        self.close = weakref.finalize(self, _close_all, self._workers)

    def next(self) -> Batch:
        """The next batch. DataError if its worker died or met an unusable database."""
        worker = self._workers[self._turn]
        self._turn = (self._turn + 1) % len(self._workers)
        try:
            return worker.receive()
        except BaseException:
            self.close()
            raise


def _close_all(workers: list[_Worker]) -> None:
    for worker in workers:
        worker.end()
    for worker in workers:
        worker.wait()


class _Worker:
    """This side of one process: its pipes and the memory it fills."""

    def __init__(self, maker: BatchMaker, first: int, step: int, num_bytes: int, name: str):
        self._name = name
        slot_bytes = -(-(num_bytes * 2 + (1 << 20)) // mmap.PAGESIZE) * mmap.PAGESIZE
        file = _memory_file(slot_bytes * SLOTS)
        self._memory = mmap.mmap(file.fileno(), slot_bytes * SLOTS)
        self._slots = Slots(self._memory, slot_bytes)
        self._num_held = 0
        root = str(Path(__file__).resolve().parents[2])
        paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
        with file:
            # -P: Python would look for modules in the working folder first, a cv2.py say
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "framework.data.worker"], stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, pass_fds=[file.fileno()],
                env={**os.environ, **ONE_THREAD, "PYTHONPATH": os.pathsep.join(paths)})
            setup = Setup(maker, first, step, file.fileno(), slot_bytes, SLOTS, os.getcwd())
            self._pipe().write(pickle.dumps(imported_folders()) + pickle.dumps(setup))
            self._pipe().flush()

    def receive(self) -> Batch:
        """The worker's next batch."""
        assert self._process.stdout is not None
        try:
            message: Any = pickle.load(self._process.stdout)
        except (EOFError, pickle.UnpicklingError, BrokenPipeError, ValueError):
            raise DataError(f"data worker {self._name}: {self._fate()}") from None
        if isinstance(message, BaseException):
            raise message
        slot, notes, bad = message
        holder, arrays = note_arrays(self._slots, slot, notes)
        if self._num_held >= SLOTS - 1:          # the caller keeps batches: let the worker go on
            arrays = [array.copy() for array in arrays]
            self._release(slot)
        else:
            self._num_held += 1
            weakref.finalize(holder, self._give_back, slot).atexit = False
        return Batch(arrays, bad)

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

    def _fate(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        code = self._process.returncode
        if code is not None and code < 0:
            hint = "; the machine may be out of memory" if code == -9 else ""
            return f"it was ended by signal {-code}{hint}"
        return f"it ended early with exit code {code}; its last words stand above"

    def end(self) -> None:
        self._process.kill()
        with contextlib.suppress(OSError):
            self._pipe().close()

    def wait(self) -> None:
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


def imported_folders() -> list[str]:
    """Folders that are not on sys.path but that this process has modules from.

    Those are what --import and `Python` layers brought in: readers may be made of their classes.
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
    """An unnamed file of that size in memory, or in the temporary folder where there is none such.

    It is not made in /dev/shm, which containers often keep too small.
    """
    if hasattr(os, "memfd_create"):
        number = os.memfd_create("batches")
    else:
        with tempfile.TemporaryFile() as file:
            number = os.dup(file.fileno())
    os.ftruncate(number, size)
    return os.fdopen(number, "r+b")
