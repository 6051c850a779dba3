"""Dynamic batching: requests that arrive together run together, and a queue with a limit.

All nets of a server run in one thread, one batch after the other: they share the processors.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any

from framework.serve.settings import Refusal, Settings

Run = Callable[[Sequence[Any]], list[Any]]          # Any: what a run takes and gives


@dataclass
class Job:
    """One request's part of a batch.

    run      computes several payloads; jobs of the same `run` may share a batch
    size     items in the payload
    alone    it must not share a batch
    """

    run: Run
    payload: Any                                    # Any: what `run` takes
    size: int = 1
    alone: bool = False
    result: asyncio.Future[Any] = field(default_factory=asyncio.Future)


class Batcher:
    """The queue of a model.

    observe  is told of each batch: its items
    """

    def __init__(self, compute: Executor, settings: Settings,
                 observe: Callable[[int], None] = lambda size: None):
        self.compute = compute
        self.settings = settings
        self.observe = observe
        self.tickets = 0            # requests that wait or are in work
        self.seconds = 0.05         # an item took lately
        self._waiting: deque[Job] = deque()
        self._arrived = asyncio.Event()

    @contextlib.contextmanager
    def ticket(self) -> Iterator[None]:
        """A position in the queue. Raises Refusal (503) as `check` does."""
        self.check()
        self.tickets += 1
        try:
            yield
        finally:
            self.tickets -= 1

    def check(self) -> None:
        """Raise Refusal (503) if the queue is full, or too long for a request to have its turn in
        half of its time: queues that outlast it would spend the net on answers that come too late.
        """
        in_time = self.settings.timeout / 2 / self.seconds
        if self.tickets >= min(self.settings.queue, max(self.settings.batch, in_time)):
            raise Refusal(503, f"{self.tickets} requests wait already; try again later",
                          retry_after=max(1.0, self.tickets * self.seconds))

    async def submit(self, job: Job) -> Any:
        """The result of the job, when its batch has run. Any: what its `run` gives."""
        self._waiting.append(job)
        self._arrived.set()
        return await job.result

    async def work(self) -> None:
        """Run batches until it is cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await self._gather()
            batch = self._take()
            if not batch:
                continue
            size = sum(job.size for job in batch)
            self.observe(size)
            start = time.monotonic()
            await loop.run_in_executor(self.compute, _run, loop, batch)
            spent = (time.monotonic() - start) / size
            self.seconds += 0.2 * (spent - self.seconds)

    async def _gather(self) -> None:
        """Wait for a job, and, while there are not enough for a batch, for others."""
        end: float | None = None
        while True:
            if self._waiting and end is None:
                end = time.monotonic() + self.settings.window
            enough = sum(job.size for job in self._waiting) >= self.settings.batch
            if end is not None and (enough or time.monotonic() >= end):
                return
            self._arrived.clear()
            left = None if end is None else end - time.monotonic()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._arrived.wait(), left)

    def _take(self) -> list[Job]:
        """The oldest job, and those that may run with it. Those that nobody waits for are dropped.
        """
        batch: list[Job] = []
        rest: deque[Job] = deque()
        size = 0
        while self._waiting:
            job = self._waiting.popleft()
            if job.result.done():           # its client has gone, or its time was up
                continue
            fits = not batch or (size + job.size <= self.settings.batch and not job.alone
                                 and not batch[0].alone and job.run == batch[0].run)
            if fits:
                batch.append(job)
                size += job.size
            else:
                rest.append(job)
        self._waiting = rest
        return batch


def _run(loop: asyncio.AbstractEventLoop, batch: Sequence[Job]) -> None:
    """Compute a batch, in the thread of the nets. If that fails each job runs alone, so that only
    the one at fault fails."""
    try:
        results = batch[0].run([job.payload for job in batch])
    except Exception as error:
        if len(batch) > 1:
            for job in batch:
                _run(loop, [job])
            return
        loop.call_soon_threadsafe(_fail, batch[0].result, error)
        return
    for job, result in zip(batch, results, strict=True):
        loop.call_soon_threadsafe(_finish, job.result, result)


def _finish(future: asyncio.Future[Any], result: Any) -> None:
    if not future.done():
        future.set_result(result)


def _fail(future: asyncio.Future[Any], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
