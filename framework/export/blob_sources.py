"""Where blobs to compare come from: nets of ours, ONNX files, OpenCV, files of arrays.

PyTorch modules, which are not files, are in module_blobs.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from framework.errors import CaffeError, DataError, first_line
from framework.export.check import draw_inputs
from framework.export.deploy import deployed, run_steps
from framework.export.node_names import layer_names, name_in_modules
from framework.export.runtimes import read_arrays, write_arrays
from framework.net.net import Net
from framework.net.trained import trained_net

if TYPE_CHECKING:
    import onnx

Array = NDArray[Any]        # Any: of any type of number
Arrays = Mapping[str, Array]
NETS = ("float32", "float16", "bfloat16", "optimised")
FORMS = "[float32: float16: bfloat16: optimised: opencv:]NET.prototxt,NET.caffemodel, FILE.onnx, " \
    "FILE.npz, a folder of .npy files or PACKAGE.MODULE:CALLABLE[,STATE_DICT]"
OBJECTS = "it holds pickled Python objects, which are never loaded; allowed are arrays of " \
    "numbers: np.savez(file, **{name: blob.data for name, blob in net.blobs.items()})"
OPENCV = """
import json, sys
import numpy, cv2
model, weights, given, wanted, out = sys.argv[1:]
if not hasattr(cv2.dnn, "readNetFromCaffe"):
    sys.exit("it is OpenCV " + cv2.__version__ + ", which does not read Caffe files; give "
             "--opencv-python a Python with opencv-python-headless<5")
net = cv2.dnn.readNetFromCaffe(model, weights)
net.enableFusion(False)
for name, array in numpy.load(given).items():
    net.setInput(array, name[1:])
found = {}
for layer, *tops in json.load(open(wanted)):
    if net.getLayerId(layer) >= 0:
        blobs = net.forwardAndRetrieve([layer])[0]
        found.update(zip(tops, blobs))
numpy.savez(out, **{"=" + name: blob for name, blob in found.items() if name})
"""


class Source(Protocol):
    """Something that gives blobs by name.

    known        blobs that are there without a run, of which the other side takes its inputs
    has_modules  it names values by PyTorch's modules: the other side must name them by layers
    """

    known: Arrays
    has_modules: bool

    def inputs(self, seed: int) -> dict[str, Array]:
        """Inputs drawn with `seed`, where nobody gives any."""

    def run(self, inputs: Arrays) -> Arrays:
        """The blobs for these inputs, in the order in which they are computed."""

    def by_layer(self, inputs: Arrays) -> Arrays:
        """The same by the names of layers, each as it is before a later one writes in place."""


def open_source(text: str, opencv_python: str) -> Source:
    """The source that a command line names; CaffeError for one that cannot be read."""
    kind, _, rest = text.partition(":")
    if kind not in (*NETS, "opencv") or not rest:
        kind, rest = "float32", text
    path = Path(rest)
    if os.path.exists(path) and not (os.path.isfile(path) or os.path.isdir(path)):  # a pipe blocks
        raise DataError(f"{path}: is not a regular file")
    if rest.endswith(".onnx"):
        return OnnxFile(path)
    if os.path.isdir(path) or rest.endswith((".npz", ".npy")):
        return ArrayFiles(path)
    model, comma, weights = rest.partition(",")
    if not comma:
        raise DataError(f"'{text}' is not a source of blobs: it must be {FORMS}")
    if kind == "opencv":
        return OpencvNet(model, weights, opencv_python)
    return OurNet(model, weights, kind)


class OurNet:
    """A net of ours: in float32, in mixed precision, or optimized for inference."""

    has_modules = False

    def __init__(self, model: str, weights: str, kind: str) -> None:
        self.known: Arrays = {}
        self.net = trained_net(model, weights)
        self.kind = kind
        if kind == "optimised":
            self.net.optimize_for_inference()
        self.part = deployed(self.net)

    def inputs(self, seed: int) -> dict[str, Array]:
        """Noise in the shapes of the net's inputs."""
        return draw_inputs(self.net, None, seed, None)[1]

    def run(self, inputs: Arrays) -> Arrays:
        """All blobs of the deployed part, in the order of its layers."""
        part = self.part
        given = self._given(inputs)
        with torch.no_grad(), self._precision():
            blobs = part.run(given) if part.training else self.net.run(given)
        order = dict.fromkeys([*given, *part.tops])
        return {name: blobs[name].float().numpy() for name in order if name in blobs}

    def by_layer(self, inputs: Arrays) -> Arrays:
        """The tops of the layers that have one."""
        if self.kind == "optimised":
            raise DataError(f"{self.net.spec.path}: optimised, layers are computed together; "
                            "compare the module with the net in float32, and that with this")
        blobs = self._given(inputs)
        found = {}
        with torch.no_grad(), self._precision():
            for step in self.part.steps:
                blobs = run_steps([step], blobs)
                if len(step.tops) == 1:
                    found[step.layer.spec.name] = blobs[step.tops[0]].float().numpy()
        return found

    @property
    def outputs(self) -> list[str]:
        """The blobs that nobody reads in the deployed part."""
        return self.part.outputs

    def weighted(self) -> list[tuple[str, nn.Module]]:
        """The layers with a matrix or filters as `weight`."""
        return [(step.layer.spec.name, step.layer) for step in self.net.layers
                if isinstance(weight := getattr(step.layer, "weight", None), Tensor)
                and weight.dim() > 1]

    def _given(self, inputs: Arrays) -> dict[str, Tensor]:
        missing = [name for name in self.part.inputs if name not in inputs]
        if missing:
            raise DataError(f"{self.net.spec.path}: takes the input '{missing[0]}', which the "
                            f"other side does not have; it has {', '.join(inputs) or 'none'}")
        return {name: torch.from_numpy(np.ascontiguousarray(inputs[name], np.float32))
                for name in self.part.inputs}

    def _precision(self) -> torch.autocast:
        mixed = self.kind in ("float16", "bfloat16")
        return torch.autocast("cpu", getattr(torch, self.kind) if mixed else None, enabled=mixed)


class OnnxFile:
    """An ONNX file in ONNX Runtime, with all values as outputs."""

    def __init__(self, path: Path) -> None:
        import onnx  # lazy: an extra, of which other sources need nothing

        self.known: Arrays = {}
        self.path = path
        try:
            self.model = onnx.load(path)
            _check_model(self.model)
        except OSError as error:
            raise DataError(f"{path}: cannot be read: {error.strerror}") from None
        except Exception as error:      # of any kind: its classes are those of another library
            raise DataError(f"{path}: is not a sound ONNX file: {first_line(error)}") from error
        stored = {one.name for one in self.model.graph.initializer}
        self.infos = [one for one in self.model.graph.input if one.name not in stored]
        computed = _computed(self.model.graph, [info.name for info in self.infos])
        names = layer_names(computed, stored)
        self.layers = {name: node.output[0]
                       for name, node in zip(names, computed, strict=True)
                       if len(node.output) == 1}
        self.has_modules = any(name_in_modules(node) for node in computed)

    def inputs(self, seed: int) -> dict[str, Array]:
        """Noise, or pixels for an input of bytes; an axis of any size has 1."""
        generator = np.random.default_rng(seed)
        found: dict[str, Array] = {}
        for info in self.infos:
            tensor = info.type.tensor_type
            if not tensor.HasField("shape"):
                raise DataError(f"{self.path}: does not say the shape of its input '{info.name}'; "
                                "give the inputs with --inputs, or the other side as A")
            shape = [axis.dim_value or 1 for axis in tensor.shape.dim]
            if tensor.elem_type == 2:       # uint8
                found[info.name] = generator.integers(0, 256, shape, np.uint8)
            else:
                found[info.name] = generator.standard_normal(shape, np.float32)
        return found

    def run(self, inputs: Arrays) -> Arrays:
        """All values of the model, in the order of its operators."""
        # lazy: they import onnx, an extra
        from framework.export.check import run

        missing = [info.name for info in self.infos if info.name not in inputs]
        if missing:
            raise DataError(f"{self.path}: takes the input '{missing[0]}', which the other side "
                            f"does not have; it has {', '.join(inputs) or 'none'}")
        names = dict.fromkeys(name for node in self.model.graph.node for name in node.output
                              if name)
        given = {info.name: inputs[info.name] for info in self.infos}
        for info in self.infos:
            self._check(info.name, info.type.tensor_type, given[info.name])
        return {**given, **run(self.model, given, list(names))}

    def by_layer(self, inputs: Arrays) -> Arrays:
        """The same, and each operator's result by the name that its layer would have."""
        values = self.run(inputs)
        named = {layer: values[name] for layer, name in self.layers.items() if name in values}
        return {**values, **named}

    def _check(self, name: str, tensor: onnx.TypeProto.Tensor, array: Array) -> None:
        """DataError for other sizes, or for bytes against numbers."""
        if not tensor.HasField("shape"):
            return
        sizes = [axis.dim_value for axis in tensor.shape.dim]       # 0: any
        fits = len(sizes) == array.ndim and all(
            size in (0, found) for size, found in zip(sizes, array.shape, strict=True))
        takes_bytes = tensor.elem_type == 2
        if fits and takes_bytes == (array.dtype == np.uint8):
            return
        text = " x ".join(str(size or "any") for size in sizes)
        raise DataError(
            f"{self.path}: takes the input '{name}' as {text}{' bytes' * takes_bytes}, and the "
            f"other side has {' x '.join(map(str, array.shape))}: compare a file of the same "
            "batch, written without --preprocessing")


def _check_model(model: onnx.ModelProto) -> None:
    """What onnx's checker raises, which asks for the shapes of inputs and outputs. ONNX Runtime
    does without those of inputs, and of outputs nothing is read but the names."""
    import onnx  # lazy: an extra, of which other sources need nothing

    for info in model.graph.output:
        info.CopyFrom(onnx.helper.make_tensor_value_info(info.name, onnx.TensorProto.FLOAT, []))
    tensors = [info.type.tensor_type for info in model.graph.input]
    open_ones = [tensor for tensor in tensors if not tensor.HasField("shape")]
    for tensor in open_ones:
        tensor.shape.SetInParent()
    onnx.checker.check_model(model)
    for tensor in open_ones:
        tensor.ClearField("shape")


def _computed(graph: onnx.GraphProto, inputs: Sequence[str]) -> list[onnx.NodeProto]:
    """The operators that depend on the inputs: no constants, no copies of shared weights."""
    reached = set(inputs)
    found = []
    for node in graph.node:
        if reached.intersection(node.input):
            reached.update(node.output)
            found.append(node)
    return found


class ArrayFiles:
    """Arrays that a script wrote: an .npz, or a folder of .npy files named as the blobs."""

    has_modules = False

    def __init__(self, path: Path) -> None:
        try:
            if os.path.isdir(path):
                files = sorted(path.glob("*.npy"), key=lambda one: (one.stat().st_mtime_ns, one))
                self.known: Arrays = {one.stem: np.load(one) for one in files}
            elif path.suffix == ".npy":
                self.known = {path.stem: np.load(path)}
            else:
                with np.load(path) as stored:
                    self.known = {name: stored[name] for name in stored.files}
        except OSError as error:
            raise DataError(f"{path}: cannot be read: {error.strerror or error}") from None
        except (ValueError, EOFError, zipfile.BadZipFile) as error:
            reason = OBJECTS if "pickle" in str(error) else first_line(error)
            raise DataError(f"{path}: is not a file of arrays: {reason}") from None
        if not self.known:
            raise DataError(f"{path}: has no arrays (.npy files)")
        for name, array in self.known.items():
            if array.dtype.kind not in "biuf":
                raise DataError(f"{path}: the array '{name}' holds {array.dtype.name}; it must "
                                "hold real numbers")

    def inputs(self, seed: int) -> dict[str, Array]:
        """The arrays themselves: the other side takes those that it needs."""
        return dict(self.known)

    def run(self, inputs: Arrays) -> Arrays:
        """The arrays, whatever the inputs are."""
        return self.known

    by_layer = run


class OpencvNet:
    """Caffe files in OpenCV 4, by a Python that has it; OpenCV 5 reads none."""

    has_modules = False

    def __init__(self, model: str, weights: str, python: str) -> None:
        self.known: Arrays = {}
        self.files = model, weights
        self.python = python
        self.net = Net(model, "TEST", skip_data=True)

    def inputs(self, seed: int) -> dict[str, Array]:
        """Noise in the shapes of the net's inputs."""
        return draw_inputs(self.net, None, seed, None)[1]

    def run(self, inputs: Arrays) -> Arrays:
        """The blobs that OpenCV gives for the layers, by another Python."""
        writers = {top: step.layer.spec.name for step in self.net.layers for top in step.tops}
        return self._run(inputs, [
            [step.layer.spec.name, *(top if writers[top] == step.layer.spec.name else ""
                                     for top in step.tops)] for step in self.net.layers])

    def by_layer(self, inputs: Arrays) -> Arrays:
        """Those of the layers with one top."""
        names = [step.layer.spec.name for step in self.net.layers if len(step.tops) == 1]
        return self._run(inputs, [[name, name] for name in names])

    def _run(self, inputs: Arrays, wanted_names: Sequence[Sequence[str]]) -> Arrays:
        """By names of a layer and then of its tops, "" for those that are not wanted."""
        with tempfile.TemporaryDirectory() as folder:
            given, wanted, out = (Path(folder, name) for name in ("in.npz", "list", "out.npz"))
            write_arrays(given, {name: inputs[name] for name in self.net.given_names
                                 if name in inputs})
            wanted.write_text(json.dumps(wanted_names))
            command = [self.python, "-c", OPENCV, *self.files, str(given), str(wanted), str(out)]
            try:
                done = subprocess.run(command, capture_output=True, text=True, timeout=600,
                                      check=False)
            except OSError as error:
                raise CaffeError(f"--opencv-python {self.python}: cannot be run: "
                                 f"{error.strerror}") from None
            except subprocess.TimeoutExpired:
                raise CaffeError(f"opencv: {self.python} takes over 10 minutes") from None
            if done.returncode:
                said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
                raise CaffeError(f"opencv: {self.python}: {said[-1]}")
            return read_arrays(out)
