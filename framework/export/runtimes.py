"""An ONNX file in other runtimes, each in a process of its own: one that crashes ends only that."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framework.errors import CaffeError

Array = NDArray[Any]        # Any: of any type of number
START = """
import sys
sys.path[:] = [folder for folder in sys.path if folder]     # without the working folder
import numpy
path, given, out, *names = sys.argv[1:]
inputs = {name[1:]: array for name, array in numpy.load(given).items()}
"""
END = """
numpy.savez(out, **{"=" + name: numpy.asarray(array) for name, array in found.items()})
print(version)
"""
OPENCV = """
import cv2
version = "OpenCV " + cv2.__version__
if int(cv2.__version__.split(".")[0]) < 5:
    sys.exit(version + " has no NonMaxSuppression; version 5 has")
net = cv2.dnn.readNetFromONNX(path, engine=cv2.dnn.ENGINE_NEW)
for name, array in inputs.items():
    net.setInput(array, name)
found = dict(zip(names, net.forward(names)))
"""
OPENVINO = """
import openvino
version = "OpenVINO " + openvino.__version__.split("-")[0]
net = openvino.Core().compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
results = net(inputs)
found = {name: results[name] for name in names}
"""
MNN = """
import contextlib, io, os, MNN, _tools
version = "MNN " + MNN.version()
with contextlib.redirect_stdout(io.StringIO()):
    _tools.mnnconvert(["MNNConvert", "-f", "ONNX", "--modelFile", path, "--MNNModel", path + ".mnn",
                       "--bizCode", "biz"])
if not os.path.exists(path + ".mnn"):
    sys.exit("MNN's converter refuses the model")
manager = MNN.nn.create_runtime_manager(({},))
manager.set_hint(3, 0)      # WINOGRAD_MEMORY_LEVEL: convolutions without Winograd's rounding
net = MNN.nn.load_module_from_file(path + ".mnn", list(inputs), names, runtime_manager=manager)
types = {"uint8": MNN.expr.uint8, "int32": MNN.expr.int}
given = [MNN.expr.const(array, list(array.shape), MNN.expr.NCHW,
                        types.get(str(array.dtype), MNN.expr.float)) for array in inputs.values()]
found = {name: MNN.expr.convert(value, MNN.expr.NCHW).read()
         for name, value in zip(names, net.forward(given))}
"""
RUNTIMES = {"cv2": OPENCV, "openvino": OPENVINO, "MNN": MNN}       # by the module that has it
NCNN = """
import ncnn, os
version = "ncnn " + ncnn.__version__
net = ncnn.Net()
net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = False
net.opt.use_bf16_storage = net.opt.use_packing_layout = False
if net.load_param(path) or net.load_model(os.path.splitext(path)[0] + ".bin"):
    sys.exit("ncnn refuses the files")
extractor = net.create_extractor()
for name, array in inputs.items():
    extractor.input(name, ncnn.Mat(numpy.ascontiguousarray(array[0])).clone())
found = {}
for name in names:
    failed, mat = extractor.extract(name)
    if failed:
        sys.exit("ncnn cannot compute " + name)
    found[name] = numpy.zeros((0, 6)) if mat.empty() else numpy.array(mat)
"""
SECONDS = 300


def modules_at_hand(python: str, modules: Sequence[str] = tuple(RUNTIMES)) -> list[str]:
    """Those of the modules that a Python has. CaffeError if it cannot be run."""
    code = "import importlib.util as u, sys; print(*[n for n in sys.argv[1:] if u.find_spec(n)])"
    return _call([python, "-c", code, *modules]).split()


def write_arrays(path: Path, arrays: Mapping[str, Array]) -> None:
    """Write arrays as an .npz. Their names begin with =: numpy.savez has parameters of its own,
    `file` and `allow_pickle`, which are names of blobs too."""
    np.savez(path, allow_pickle=False, **{f"={name}": array for name, array in arrays.items()})


def read_arrays(path: Path) -> dict[str, Array]:
    """The arrays of `write_arrays`."""
    with np.load(path) as stored:
        return {name[1:]: stored[name] for name in stored.files}


def run_elsewhere(module: str, python: str, model: bytes, inputs: Mapping[str, Array],
                  outputs: Sequence[str]) -> tuple[str, dict[str, Array]]:
    """The runtime's name and version, and the outputs. CaffeError if it cannot run the model."""
    with tempfile.TemporaryDirectory() as folder:
        path, given, out = (Path(folder, name) for name in ("net.onnx", "in.npz", "out.npz"))
        path.write_bytes(model)
        write_arrays(given, inputs)
        code = START + RUNTIMES[module] + END
        said = _call([python, "-c", code, str(path), str(given), str(out), *outputs])
        return said.splitlines()[-1], read_arrays(out)


def run_ncnn(python: str, param: str, weights: bytes, inputs: Mapping[str, Array],
             outputs: Sequence[str]) -> tuple[str, dict[str, Array]]:
    """ncnn's name and version, and the outputs, without an axis for the batch."""
    with tempfile.TemporaryDirectory() as folder:
        path, given, out = (Path(folder, name) for name in ("net.param", "in.npz", "out.npz"))
        path.write_text(param)
        path.with_suffix(".bin").write_bytes(weights)
        write_arrays(given, inputs)
        said = _call([python, "-c", START + NCNN + END, str(path), str(given), str(out), *outputs])
        return said.splitlines()[-1], read_arrays(out)


def _call(command: Sequence[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS,
                              check=False)
    except OSError as error:
        raise CaffeError(f"{command[0]}: cannot be run: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise CaffeError(f"{command[0]}: takes over {SECONDS} s") from None
    if done.returncode < 0:
        raise CaffeError(f"{command[0]}: ended by signal {-done.returncode}")
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise CaffeError(lines[-1] if lines else f"{command[0]}: exit code {done.returncode}")
    return done.stdout
