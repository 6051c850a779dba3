"""One other program running a net, in a process of its own: OpenCV 4 or ONNX Runtime.

    python benchmarks/peer.py opencv|onnxruntime FOLDER THREADS

FOLDER holds net.prototxt and net.caffemodel, or net.onnx, and input.npy; output names come as
lines on standard input until an empty one. Then every line `run` is answered with the processor
seconds and the seconds of the clock that one forward took. benchmarks/inference.py starts it;
neither package is needed by anything else.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np


def opencv(folder: Path, names: Sequence[str], threads: int) -> Callable[[], Sequence[np.ndarray]]:
    import cv2
    cv2.setNumThreads(threads)
    net = cv2.dnn.readNetFromCaffe(str(folder / "net.prototxt"), str(folder / "net.caffemodel"))
    net.setPreferableBackend(cv2.dnn.DNN_BACKEND_OPENCV)
    data = np.load(folder / "input.npy")

    def run() -> Sequence[np.ndarray]:
        net.setInput(data, "data")
        return net.forward(list(names))
    return run


def onnxruntime(folder: Path, names: Sequence[str], threads: int
                ) -> Callable[[], Sequence[np.ndarray]]:
    import onnxruntime as runtime
    options = runtime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    session = runtime.InferenceSession(str(folder / "net.onnx"), options,
                                       providers=["CPUExecutionProvider"])
    data = np.load(folder / "input.npy")
    return lambda: session.run(list(names), {"data": data})


def main() -> None:
    kind, folder, threads = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    names = list(iter(lambda: sys.stdin.readline().strip(), ""))
    run = {"opencv": opencv, "onnxruntime": onnxruntime}[kind](folder, names, threads)
    np.savez(folder / f"{kind}.npz", **dict(zip(names, run(), strict=True)))
    print("ready", flush=True)
    for _ in sys.stdin:
        processor, clock = time.process_time(), time.perf_counter()
        run()
        print(time.process_time() - processor, time.perf_counter() - clock, flush=True)


if __name__ == "__main__":
    main()
