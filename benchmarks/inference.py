"""How long a forward takes, beside plain PyTorch, OpenCV 4 and ONNX Runtime.

    python benchmarks/inference.py [--nets resnet50 ssd_bccd] [--batches 1 8] [--threads 1]
                                   [--rounds 5] [--peers PYTHON]

The same net with the same weights in each: `framework.Net`, the same layers as nn.Conv2d,
nn.BatchNorm2d and so on (benchmarks/plain_net.py), OpenCV's readNetFromCaffe on the expanded
prototxt, ONNX Runtime on the export of the plain net. SSD nets run up to the boxes and scores
that DetectionOutput takes. Rounds go in turns, each of two forwards of which the second counts;
printed are medians of milliseconds, by the processor and by the clock, and processor time in parts
of ours as Detector has it, after `net.optimize_for_inference()` and through `net.run(inputs,
wanted)`: above 1 is slower than that. The line `ours` is `net(inputs)`, which keeps every blob. As
in `tools/detect`, freed memory stays with the process, for plain PyTorch too; the other programs do
so by themselves.

--peers is a Python that has opencv-python-headless<5, onnxruntime and onnx, for instance
    python -m venv build/peers && build/peers/bin/pip install onnx onnxruntime \
        'opencv-python-headless<5'
Those that it lacks are left out, with a line that says so.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from plain_net import plain_net
from torch import Tensor

from framework.definition.prototxt import Document, to_text
from framework.net.net import Net
from framework.net.reading import parse_net, read_net
from framework.system.malloc import keep_freed_memory
from framework.weights.weights import save_weights

FOLDER = Path(__file__).resolve().parents[1]
OUTPUTS = {"ssd300_vgg16": ("mbox_loc", "mbox_conf_flatten"),
           "ssd300_mobilenet_v1": ("mbox_loc", "mbox_conf_flatten"),
           "ssd_bccd": ("mbox_loc", "mbox_conf_flatten"),
           "resnet50": ("prob",)}
Run = Callable[[], tuple[float, float]]


def read(name: str) -> tuple[Net, Document]:
    """The deploy net up to DetectionOutput, with running sums as training leaves them."""
    message = read_net(FOLDER / "prototxt" / name / "deploy.prototxt").message
    for layer in [layer for layer in message.layer if layer.type == "DetectionOutput"]:
        message.layer.remove(layer)
    document = parse_net(to_text(message))
    net = Net(document)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for step in net.layers:
            if step.layer.spec.type == "BatchNorm":
                mean, variance, factor = step.layer.blobs
                mean.normal_(0, 0.1, generator=generator)
                variance.uniform_(1, 2, generator=generator)
                factor.fill_(1)
            if step.layer.spec.type == "Scale":
                step.layer.blobs[0].uniform_(0.5, 1, generator=generator)
    return net, document


def timed(work: Callable[[], object]) -> Run:
    def run() -> tuple[float, float]:
        processor, clock = time.process_time(), time.perf_counter()
        work()
        return time.process_time() - processor, time.perf_counter() - clock
    return run


class Peer:
    """benchmarks/peer.py in another process; calling it is one forward there."""

    def __init__(self, python: str, kind: str, folder: Path, names: Sequence[str], threads: int):
        self.process = subprocess.Popen(
            [python, str(FOLDER / "benchmarks" / "peer.py"), kind, str(folder), str(threads)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self._write("\n".join([*names, "", ""]))
        self.works = self._read() == "ready"
        self.arrays = dict(np.load(folder / f"{kind}.npz")) if self.works else {}

    def __call__(self) -> tuple[float, float]:
        self._write("run\n")
        processor, clock = self._read().split()
        return float(processor), float(clock)

    def why(self) -> str:
        """The last line that it wrote before it ended."""
        return (self.process.communicate()[1].strip().splitlines() or ["no reason given"])[-1]

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()

    def _write(self, text: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(text)
        self.process.stdin.flush()

    def _read(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()


def write_files(net: Net, document: Document, plain: torch.nn.Module, data: Tensor,
                names: Sequence[str], folder: Path, python: str) -> None:
    """What benchmarks/peer.py reads."""
    np.save(folder / "input.npy", data.numpy())
    message = document.message
    for layer in message.layer:
        for shape in layer.input_param.shape:
            shape.dim[0] = len(data)
    (folder / "net.prototxt").write_text(to_text(message))
    save_weights(net, folder / "net.caffemodel")
    place = subprocess.run([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
                           capture_output=True, text=True, check=True).stdout.strip()
    sys.path.append(place)                      # torch.onnx.export needs the onnx package
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            torch.onnx.export(plain.eval(), (data,), str(folder / "net.onnx"), dynamo=False,
                              input_names=["data"], output_names=list(names))
        except torch.onnx.OnnxExporterError as error:
            print(f"  no ONNX file: {error}")


def contestants(net: Net, document: Document, data: Tensor, names: Sequence[str], python: str,
                threads: int, folder: Path) -> dict[str, Run]:
    plain = plain_net(net, names)
    runs: dict[str, Run] = {}
    with torch.inference_mode():
        blobs, tops = net.run({"data": data}), plain(data)
    expected = {name: blobs[name] for name in names}
    for name, top in zip(names, tops, strict=True):
        torch.testing.assert_close(top, expected[name], rtol=1e-3, atol=1e-4)
    runs["ours"] = timed(lambda: net({"data": data}))
    frozen = Net(document, share_with=net).optimize_for_inference()
    with torch.inference_mode():
        blobs = frozen.run({"data": data})
    for name in names:
        torch.testing.assert_close(blobs[name], expected[name], rtol=1e-3, atol=1e-4)
    runs["ours, frozen"] = timed(lambda: frozen.run({"data": data}, names))
    runs["plain PyTorch"] = timed(lambda: plain(data))
    write_files(net, document, plain, data, names, folder, python)
    for kind in ("opencv", "onnxruntime"):
        peer = Peer(python, kind, folder, names, threads)
        if not peer.works:
            print(f"  {kind} left out: {peer.why()}")
            continue
        for name, array in peer.arrays.items():
            found = torch.from_numpy(array).reshape(expected[name].shape)
            torch.testing.assert_close(found, expected[name], rtol=1e-2, atol=1e-3)
        runs[kind] = peer
    return runs


def compare(runs: dict[str, Run], rounds: int) -> None:
    """Run all in turns and print a line for each."""
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
    with torch.inference_mode():
        for run in runs.values():
            run()
        for _ in range(rounds):
            for name, run in runs.items():
                run()                           # the caches now hold this one's things
                spent[name].append(run())
    ours = statistics.median(processor for processor, _ in spent["ours, frozen"])
    for name, times in spent.items():
        processor, clock = (statistics.median(column) * 1e3 for column in zip(*times, strict=True))
        print(f"  {name:15s} {processor:8.1f} ms {clock:8.1f} ms by the clock"
              f"   {processor / ours / 1e3:5.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nets", nargs="+", choices=list(OUTPUTS), default=list(OUTPUTS))
    parser.add_argument("--batches", nargs="+", type=int, default=[1, 8])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peers", default=sys.executable, metavar="PYTHON")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    keep_freed_memory()
    for name in args.nets:
        for batch in args.batches:
            print(f"{name}, batch {batch}", flush=True)
            net, document = read(name)
            shape = (batch, *net.shapes["data"][1:])
            data = torch.randn(shape, generator=torch.Generator().manual_seed(0))
            with tempfile.TemporaryDirectory() as folder:
                runs = contestants(net, document, data, OUTPUTS[name], args.peers,
                                   args.threads, Path(folder))
                compare(runs, args.rounds)
            for run in runs.values():
                if isinstance(run, Peer):
                    run.close()


if __name__ == "__main__":
    main()
