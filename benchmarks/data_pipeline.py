"""How fast batches are made: the whole SSD300 training pipeline beside bare JPEG decoding.

    python benchmarks/data_pipeline.py [--database DB] [--seconds 8] [--workers 2]

In turns, on one core, in seconds of that core: `cv2.imdecode` of the database's photographs, the
same by the pipeline's own decoder, and the pipeline: decode (no row below the crop), distort,
expand, sample, resize (all five interpolations), mirror, labels, batch, mean. Prints images a
second of each, the ratio of the pipeline's to OpenCV's, what each step costs, and then how many
images worker processes hand over, by the clock and for each second of a core: if the latter stays
while workers are added, they scale as far as the machine has cores.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from framework.data.augment import distortion, resizing, sampler, view
from framework.data.records import records
from framework.data.records.database import Database
from framework.data.records.images import Decoding, JpegImage, Scratch, open_image
from framework.definition.spec import NetSpec
from framework.layers import LAYERS
from framework.layers.base import DataOptions
from framework.layers.data.image_source import ImageSource
from framework.net.reading import read_net
from framework.proto import AnnotatedDatum
from framework.system.malloc import keep_freed_memory

ROOT = Path(__file__).resolve().parents[1]
RECIPE = ROOT / "prototxt" / "ssd300_vgg16" / "train_test.prototxt"
DATABASE = ROOT.parent / "shared" / "data" / "bccd_lmdb" / "trainval"
STEPS = {"read": (Database, "read"), "parse": (records, "read_annotated"),
         "decode": (JpegImage, "rows"), "sample": (sampler.BatchSamplers, "draw"),
         "distort": (distortion.Distortion, "apply"),
         "resize": (resizing, "resize"), "resample": (view, "resample"),
         "to float": (ImageSource, "to_device")}


def make_source(database: Path, workers: int = 0) -> Any:
    """The data layer of the published SSD300 recipe, on another database. Any: a Source."""
    spec = NetSpec(read_net(RECIPE), "TRAIN").layers[0]
    spec.proto.data_param.source = str(database)
    spec.proto.annotated_data_param.label_map_file = str(database.parent / "labelmap.prototxt")
    return LAYERS[spec.type](spec, DataOptions(workers=workers))     # type: ignore[call-arg]


def encoded_images(source: Any, count: int = 100) -> list[bytes]:
    database = source.maker.source._database
    return [AnnotatedDatum.FromString(database.read(index)).datum.data
            for index in range(min(count, len(database)))]


def decode_all(images: list[bytes]) -> int:
    for content in images:
        cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    return len(images)


def decode_whole(images: list[bytes], scratch: Scratch) -> int:
    """By the pipeline's decoder, but all rows."""
    for content in images:
        image = open_image(content, Decoding())
        image.rows(image.height, scratch)
    return len(images)


def make_batches(source: Any, numbers: Iterator[int]) -> int:
    batch = source.maker.make(next(numbers))
    tops = tuple(torch.from_numpy(array) for array in batch.arrays)
    source.to_device(tops, torch.device("cpu"))
    return len(tops[0])


def rate(work: Callable[[], int], seconds: float) -> float:
    """Images for each second of this thread's core."""
    start, count = time.thread_time(), 0
    while time.thread_time() - start < seconds:
        count += work()
    return count / (time.thread_time() - start)


def compare(source: Any, seconds: float) -> None:
    images, scratch, numbers = encoded_images(source), Scratch(), itertools.count()
    for keeps, name in ((False, "memory as the C library has it"),
                        (True, "memory kept, as in the workers")):
        if keeps:
            keep_freed_memory()
        turns = [(rate(lambda: decode_all(images), seconds / 8),
                  rate(lambda: decode_whole(images, scratch), seconds / 8),
                  rate(lambda: make_batches(source, numbers), seconds / 8)) for _ in range(3)]
        decoding, own, pipeline = sorted(turns)[1]
        print(f"one core, {name}: decoding {decoding:.0f}/s (whole images by the pipeline's "
              f"decoder {own:.0f}/s), pipeline {pipeline:.0f}/s, ratio {pipeline / decoding:.2f}")


def step_costs(source: Any, num_batches: int = 12) -> None:
    """Milliseconds of each step an image, by wrapping its function."""
    costs: dict[str, float] = dict.fromkeys(STEPS, 0.0)
    originals = {name: getattr(*place) for name, place in STEPS.items()}

    def timed(name: str, function: Any) -> Any:      # Any: functions of all kinds
        def wrapper(*arguments: Any, **named: Any) -> Any:
            start = time.thread_time()
            result = function(*arguments, **named)
            costs[name] += time.thread_time() - start
            return result

        return wrapper

    for name, (owner, attribute) in STEPS.items():
        setattr(owner, attribute, timed(name, originals[name]))
    try:
        start, numbers = time.thread_time(), itertools.count(1000)
        images = sum(make_batches(source, numbers) for _ in range(num_batches))
        total = time.thread_time() - start
    finally:
        for name, (owner, attribute) in STEPS.items():
            setattr(owner, attribute, originals[name])
    costs["the rest"] = total - sum(costs.values())
    for name, cost in sorted(costs.items(), key=lambda item: -item[1]):
        print(f"  {name:14} {1000 * cost / images:.2f} ms an image")


def worker_rate(database: Path, workers: int, seconds: float) -> tuple[float, float]:
    """Images a second by the clock, and for each second of a core, after the first batches."""
    source = make_source(database, workers)
    batches = source.batches()
    for _ in range(max(workers, 1)):
        next(batches)
    used, start, count = core_seconds(source), time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        count += len(next(batches)[0])
    elapsed, used = time.perf_counter() - start, core_seconds(source) - used
    batches.close()
    return count / elapsed, count / used


def core_seconds(source: Any) -> float:
    """Of this process and the workers of a source (Any: a ImageSource)."""
    total = time.process_time()
    for loader in source._loaders:
        for worker in getattr(loader, "_workers", ()):
            fields = Path(f"/proc/{worker._process.pid}/stat").read_text().rpartition(")")[2]
            total += sum(map(int, fields.split()[11:13])) / os.sysconf("SC_CLK_TCK")
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--database", type=Path, default=DATABASE)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    cv2.setNumThreads(0)
    torch.set_num_threads(1)
    source = make_source(options.database)
    compare(source, options.seconds)
    step_costs(source)
    for workers in range(options.workers + 1):
        handed, a_core = worker_rate(options.database, workers, options.seconds / 4)
        kind = f"{workers} worker processes" if workers else "a thread of this process"
        print(f"{kind}: {handed:.0f} images/s by the clock, {a_core:.0f} for a second of a core")


if __name__ == "__main__":
    main()
