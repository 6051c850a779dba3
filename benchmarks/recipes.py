"""What the recipes of README.md reach: run them, record the result, and fill it into the texts.

    python benchmarks/recipes.py demo cells=BCCD_FOLDER new=BCCD_FOLDER

Each is run as README.md says it, in a folder of its own; docs/numbers.json gets a run with the
mean average precision, the time and the processor, and the marked numbers of README.md and docs/
are filled in anew. Without arguments they are only filled in. `make numbers` calls it.
"""

from __future__ import annotations

import json
import os
import platform
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from docs.generator import numbers  # noqa: E402 - the checkout is not on the path before

RECIPES = {
    "demo": ["make_shapes demo/shapes", "convert_dataset demo/shapes demo/shapes_lmdb",
             "train --solver solvers/ssd_shapes.prototxt"],
    "cells": ["convert_dataset {data} data/bccd_lmdb --split trainval test",
              "train --solver solvers/ssd_bccd.prototxt"],
    "new": ["new detector {data} --out cells", "caffe train cells"],
}


def run(name: str, data: str) -> numbers.Record:
    """The result of a recipe: mAP at the end and of each class, seconds, and where."""
    with tempfile.TemporaryDirectory() as folder:
        for shared in ("prototxt", "solvers"):
            os.symlink(ROOT / shared, Path(folder) / shared)
        for command in RECIPES[name]:
            program, *words = command.format(data=data).split()
            begin = time.monotonic()
            before = processor_seconds()
            done = subprocess.run([sys.executable, str(ROOT / "tools" / program), *words],
                                  cwd=folder, stderr=subprocess.PIPE, text=True, check=True)
        found: numbers.Record = {
            "mAP": float(re.findall(r"detection_eval = ([\d.]+)", done.stderr)[-1]),
            "seconds": round(time.monotonic() - begin),
            "processor_seconds": round(processor_seconds() - before)}
    return {**found, **place()}


def processor_seconds() -> float:
    """Of programs that were waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def place() -> numbers.Record:
    """The processor and the versions."""
    text = Path("/proc/cpuinfo").read_text() if os.path.exists("/proc/cpuinfo") else ""
    model = re.search(r"model name\s*: (.*)", text)
    return {"processor": model[1] if model else platform.processor(),
            "threads": torch.get_num_threads(), "torch": torch.__version__,
            "python": platform.python_version()}


def main() -> None:
    """Run the recipes that the arguments name, and fill the texts."""
    record = numbers.read()
    for word in sys.argv[1:]:
        name, _, data = word.partition("=")
        found = run(name, os.path.abspath(data))
        record[name]["runs"].append(found)
        print(f"{name}: {found}")
        numbers.RECORD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    numbers.write(record)


if __name__ == "__main__":
    main()
