"""Data worker process: `-m framework.data.loading.worker`, started by `loader` alone.

It reads the folders of the user's own modules, its Setup and then the numbers of free slots from
stdin, and writes a note for each batch to stdout. It ends when its owner does, because the pipe
then closes.
"""

from __future__ import annotations

import mmap
import os
import pickle
import signal
import sys
from typing import IO

import cv2

from framework.data.loading.shared_memory import LENGTH, Setup, SlotAllocator, Slots
from framework.errors import CaffeError, DataError
from framework.system.malloc import keep_freed_memory


def main() -> None:
    """Make batches until the owner has gone."""
    # Signals may go to the whole group of processes; it is for the owner to act on them.
    for number in (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGINT)):
        signal.signal(number, signal.SIG_IGN)
    cv2.setNumThreads(0)
    keep_freed_memory()
    with os.fdopen(os.dup(1), "wb") as results:
        os.dup2(2, 1)                                     # nothing else may write into the pipe
        try:
            _serve(sys.stdin.buffer, results)
        except BrokenPipeError:
            os._exit(0)


def _serve(tokens: IO[bytes], results: IO[bytes]) -> None:
    sys.path += pickle.load(tokens)
    setup: Setup = pickle.load(tokens)
    os.chdir(setup.folder)
    memory = mmap.mmap(setup.file_number, setup.slot_bytes * setup.num_slots)
    os.close(setup.file_number)
    slots = Slots(memory, setup.slot_bytes)
    free = list(range(setup.num_slots))
    index = setup.first
    while True:
        if not free:
            token = tokens.read(1)
            if not token:
                return
            free.append(token[0])
        # A slot is free at the start, or once the owner has returned its number by the pipe.
        slot = free.pop(0)
        allocate = SlotAllocator(slots.holder(slot))
        try:
            batch = setup.maker.make(index, allocate)
            message: object = (slot, [allocate.note(array) for array in batch.arrays], batch.bad)
        except CaffeError as error:
            message = error
        except Exception as error:
            # lazy: only a process that fails needs it
            import traceback

            traceback.print_exc()
            message = DataError(f"a data worker failed: {type(error).__name__}: {error}")
        content = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
        results.write(LENGTH.pack(len(content)) + content)
        results.flush()
        if isinstance(message, BaseException):
            return
        index += setup.step


if __name__ == "__main__":
    main()
