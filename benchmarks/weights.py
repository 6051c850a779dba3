"""How fast a caffemodel of VGG16's size is loaded and saved, and in how much memory.

    python benchmarks/weights.py [--scale 1.0]

Makes a random file of 553 MB in a temporary folder. The measure beside each time is numpy reading
or writing the same bytes in the same run; memory is the peak of the process above what it had
before, in parts of the file's size: loading includes the net's own blobs.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

CHANNELS = (3, 64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512)
DENSE = (25088, 4096, 4096, 1000)


def vgg16(scale: float) -> dict[str, list[tuple[int, ...]]]:
    """The blob shapes of VGG16; `scale` makes its dense layers wider or narrower."""
    shapes: dict[str, list[tuple[int, ...]]] = {}
    for index, (before, after) in enumerate(zip(CHANNELS, CHANNELS[1:], strict=False)):
        shapes[f"conv{index}"] = [(after, before, 3, 3), (after,)]
    for index, (before, after) in enumerate(zip(DENSE, DENSE[1:], strict=False)):
        width = int(after * scale)
        shapes[f"fc{index}"] = [(width, before), (width,)]
    return shapes


def make_net(shapes: dict[str, list[tuple[int, ...]]], random: bool) -> Any:
    """A stand-in for framework.Net with the given blobs."""
    import torch

    from framework.proto import LayerParameter

    make = torch.randn if random else torch.empty
    layers = [SimpleNamespace(name=name, phase="TEST", proto=LayerParameter(name=name, type="T"))
              for name in shapes]
    params = {name: [make(shape) for shape in blobs] for name, blobs in shapes.items()}
    return SimpleNamespace(params=params, spec=SimpleNamespace(name="net", layers=layers))


def peak() -> int:
    """The largest size of this process so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def measure(task: str, path: Path, scale: float) -> None:
    """One task in a process of its own: prints seconds and bytes at the peak above the start."""
    import numpy as np

    import framework.weights.weights as weights

    net = make_net(vgg16(scale), random=task != "load") if "numpy" not in task else None
    array = np.fromfile(path, np.uint8) if task == "numpy save" else None
    saved = path if task == "make" else path.with_suffix(".saved.caffemodel")
    base, start = peak(), time.perf_counter()
    if task == "load":
        weights.load_weights(net, path)
    elif net is not None:
        weights.save_weights(net, saved)
    elif array is not None:
        with open(path.with_suffix(".copy"), "wb") as file:
            array.tofile(file)
    else:
        np.fromfile(path, np.uint8)
    print(time.perf_counter() - start, peak() - base)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=float, default=1.0, help="width of the dense layers")
    parser.add_argument("--task", nargs=2, metavar=("TASK", "PATH"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.task:
        measure(args.task[0], Path(args.task[1]), args.scale)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vgg16.caffemodel"
        results = {}
        for task in ("make", "numpy load", "load", "numpy save", "save"):
            command = [sys.executable, __file__, "--scale", str(args.scale),
                       "--task", task, str(path)]
            output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            results[task] = [float(word) for word in output.split()]
        size = path.stat().st_size
        print(f"file: {size / 1e6:.0f} MB")
        for task in ("load", "save"):
            seconds, memory = results[task]
            print(f"{task}: {seconds:.2f} s, {seconds / results[f'numpy {task}'][0]:.1f} times "
                  f"numpy's {results[f'numpy {task}'][0]:.2f} s, peak {memory / size:.2f} x file")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    main()
