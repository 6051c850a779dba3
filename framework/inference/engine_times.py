"""Times of a net's forward by engine, and how far their outputs are from the first one's."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from framework.export.check import compare, draw_inputs
from framework.export.deploy import Deployed, deployed
from framework.inference.engines import make_engine
from framework.net.net import Net
from framework.system.arrays import Array
from framework.system.wording import aligned

WARM_UPS = 2        # forwards that allocate memory and choose kernels
HEADS = ("engine", "median ms", "fastest ms", "items/s", "speed", "difference")


@dataclass(frozen=True)
class EngineTimes:
    """What an engine took.

    seconds     of each forward
    num_items   in the batch
    difference  the largest of an output from the first engine's, as a part of the output's largest
                value; infinite where the number of detections differs
    """

    engine: str
    seconds: tuple[float, ...]
    num_items: int
    difference: float


def time_engines(net: Net, engines: Sequence[str], iterations: int) -> Iterator[EngineTimes]:
    """Run the deployed part of a net, in TEST, by each engine on the same noise.

    Raises CaffeError as make_engine does.
    """
    part = deployed(net)
    inputs = draw_inputs(net, None, 0, None)[0]
    first: Mapping[str, Array] = {}
    for name in engines:
        engine = make_engine(name, net, part.outputs)
        for _ in range(WARM_UPS):
            found = engine.run(inputs)
        first = first or found
        seconds = []
        for _ in range(iterations):
            begin = time.perf_counter()
            engine.run(inputs)
            seconds.append(time.perf_counter() - begin)
        num_items = len(next(iter(inputs.values()))) if inputs else 1
        yield EngineTimes(name, tuple(seconds), num_items, _difference(part, first, found))


def _difference(part: Deployed, first: Mapping[str, Array], found: Mapping[str, Array]) -> float:
    with np.errstate(invalid="ignore"):     # random weights give infinite boxes
        return max(compare(part, name, array, found[name], 0.0)[0]
                   for name, array in first.items())


def table(times: Sequence[EngineTimes]) -> list[str]:
    """A line for each engine; its speed in parts of the first one's."""
    rows: list[tuple[str, ...]] = [HEADS]
    for one in times:
        middle = statistics.median(one.seconds)
        rows.append((one.engine, f"{middle * 1e3:.2f}", f"{min(one.seconds) * 1e3:.2f}",
                     f"{one.num_items / middle:.1f}",
                     f"{statistics.median(times[0].seconds) / middle:.2f}",
                     f"{one.difference:.1e}" if one is not times[0] else ""))
    return aligned(rows, right=range(1, len(HEADS)))
