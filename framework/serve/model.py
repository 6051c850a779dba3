"""A served model: its queue, the version in use, and its replacement by newer weights."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from framework.errors import CaffeError, first_line
from framework.logs.log import Log
from framework.serve.batcher import Batcher, Job
from framework.serve.files import Files, Mark
from framework.serve.joining import Blobs
from framework.serve.metrics import Metrics
from framework.serve.nets import Options, ServedNet
from framework.serve.settings import Settings
from framework.system.arrays import Levels


class Model:
    """A net under a name.

    current  the version in use, since `since` (seconds since 1970)
    problem  why newer weights were not taken; "": there are none, or they were
    """

    def __init__(self, name: str, files: Files, options: Options, settings: Settings,
                 compute: ThreadPoolExecutor, metrics: Metrics, log: Log):
        self.name = name
        self.files = files
        self.options = options
        self.settings = settings
        self.compute = compute
        self.metrics = metrics
        self.log = log
        self._mark = files.mark()
        self.current, self.problem = self._first()
        if self.problem:
            log.warning(f"{name}: {self.problem}; {_named(self.current.weights)} is used")
        if self.current.fault:
            log.warning(f"{name}: {self.current.fault}, for an input of noise")
        self.since = time.time()
        self.batcher = Batcher(compute, settings,
                               lambda size: metrics.batch_sizes.add(size, model=name))
        log.info(f"{name}: {self.current.kind}, {_named(self.current.weights)}"
                 + ("" if self.current.ways else
                    "; its requests run one by one: items of a batch do not give what they give "
                    "alone"))

    def _first(self) -> tuple[ServedNet, str]:
        """The net with the newest weights that fit it, warm, and why newer ones are not used; "" if
        there are none. CaffeError if none fit."""
        nets: list[ServedNet] = []

        def load(weights: str) -> None:
            net = ServedNet(self.files, weights, self.options)
            for _ in net.warm(self.settings.batch):
                pass
            if net.fault and self.files.folder is not None:
                raise CaffeError(net.fault)
            nets.append(net)

        weights, problem = self.files.newest(load)
        if not nets:
            load(weights)
        return nets[0], problem or self.files.not_snapshots(weights)

    async def tensors(self, net: ServedNet, inputs: Blobs) -> Blobs:
        """The outputs of a version, which was `current` when the inputs were checked."""
        items = len(next(iter(inputs.values())))
        found: Blobs = await self.batcher.submit(
            Job(net.run_tensors, inputs, size=items, alone=not net.ways))
        return found

    async def image(self, net: ServedNet, image: Levels) -> Any:
        """Detections of a detector, scores of the classes of a classifier. Any: one of the two."""
        return await self.batcher.submit(Job(net.run_images, image))

    async def watch(self) -> None:
        """Look for newer files until it is cancelled. They are loaded once they stay as they are
        for two looks: others are still being written."""
        before: Mark | None = None
        while True:
            await asyncio.sleep(self.settings.poll)
            mark = await asyncio.to_thread(self._look)
            if mark not in (None, self._mark) and mark == before:
                self._mark = mark
                await self.update()
            before = mark

    def _look(self) -> Mark | None:
        with contextlib.suppress(Exception):    # the solver of a folder is being written, say
            return self.files.mark()
        return None

    async def update(self) -> None:
        """Load the newest weights beside those in use, warm and check them, and use them. If they
        are bad the old ones stay, and `problem`, log and metrics say so."""
        try:
            weights, problem = await asyncio.to_thread(self.files.newest)
            if not problem and self.files.mark_with(weights) != self.current.mark:
                await self._replace(weights)
            problem = problem or self.files.not_snapshots(weights)
        except Exception as error:          # whatever the file made of it, the server goes on
            problem = first_line(error)
        self.problem = problem
        if problem:
            self.metrics.updates.add(model=self.name, result="refused")
            self.log.warning(f"{self.name}: version {self.current.version} stays in use: {problem}")

    async def _replace(self, weights: str) -> None:
        """Use other files from now on. CaffeError, or another one, if they cannot be."""
        loop = asyncio.get_running_loop()
        new = await asyncio.to_thread(ServedNet, self.files, weights, self.options,
                                      self.current.version + 1)
        runs = new.warm(self.settings.batch)
        # run by run, between the batches of requests
        while await loop.run_in_executor(self.compute, _advance, runs):
            pass
        new.check_replaces(self.current)
        self.current = new
        self.since = time.time()
        self.metrics.updates.add(model=self.name, result="taken")
        self.log.info(f"{self.name}: version {new.version} is in use: {_named(new.weights)}")

    def state(self) -> dict[str, Any]:
        """What /health says of it. Any: what JSON holds. No folders: clients need not know them."""
        found: dict[str, Any] = {
            "name": self.name, "kind": self.current.kind, "version": str(self.current.version),
            "weights": _named(self.current.weights),
            "since": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.since))}
        if self.problem:
            found["problem"] = "newer weights were refused; the log says why"
        return found


def _advance(runs: Iterator[None]) -> bool:
    """Make the next run; False if there are no more."""
    return next(runs, True) is None


def _named(weights: str) -> str:
    """The files' names, without their folders."""
    return ",".join(os.path.basename(path) for path in weights.split(","))

