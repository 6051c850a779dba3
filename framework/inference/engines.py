"""Engines: what computes the forward of a net, torch or a runtime that takes its ONNX export."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch

from framework.errors import CaffeError
from framework.net.net import Net
from framework.system.arrays import Array

if TYPE_CHECKING:
    import onnxruntime

PACKAGES: dict[str, tuple[str, ...]] = {
    "torch": (),
    "onnxruntime": ("onnx", "onnxruntime"),
    "openvino": ("onnx", "openvino"),
}
"""What each engine needs; the extra that brings it has the engine's name."""


class Engine(Protocol):
    """Computes blobs of a net.

    name     torch, onnxruntime or openvino
    outputs  the blobs that `run` gives
    """

    name: str
    outputs: Sequence[str]

    def run(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """The outputs for input blobs of float32; the first axis may have another size than the
        net's. CaffeError for other shapes."""


def make_engine(name: str, net: Net, outputs: Sequence[str]) -> Engine:
    """The engine of this name for a net in TEST.

    outputs  the blobs that are wanted
    CaffeError for an unknown name, packages that are not installed, a net on a GPU or one that
    cannot be exported, where the engine is not torch.
    """
    check_engine(name)
    if name == "torch":
        return TorchEngine(net, outputs)
    for package in PACKAGES[name]:
        try:
            importlib.import_module(package)
        except ImportError as error:
            raise CaffeError(f"the engine {name} cannot be loaded: {error}") from error
    if net.device.type != "cpu":
        raise CaffeError(f"the engine {name} computes on the CPU, and the device is {net.device}; "
                         "leave out the device, or take the engine torch")
    # lazy: it imports onnx, an extra
    from framework.inference.export_cache import cached_export

    return RUNTIMES[name](net, outputs, cached_export(net, outputs, name))


def check_engine(name: str) -> None:
    """CaffeError for an unknown name, or packages that are not installed."""
    if name not in PACKAGES:
        raise CaffeError(f"the engine '{name}' is not known; it must be one of "
                         f"{', '.join(PACKAGES)}")
    for package in PACKAGES[name]:
        try:
            is_there = importlib.util.find_spec(package) is not None
        except ValueError:      # a module without a specification, or one that is barred
            is_there = False
        if not is_there:
            raise CaffeError(f"the engine {name} needs the package {package}: `pip install "
                             f"'caffe-on-torch[{name}]'`")


class TorchEngine:
    """The net itself, after `optimize_for_inference`."""

    name = "torch"

    def __init__(self, net: Net, outputs: Sequence[str]) -> None:
        self.net = net.optimize_for_inference()
        self.outputs = outputs

    def run(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        return run_net(self.net, inputs, self.outputs)


def run_net(net: Net, inputs: Mapping[str, Array], wanted: Sequence[str]) -> dict[str, Array]:
    """The wanted blobs, as float32 on the CPU, of a net in TEST for its inputs."""
    blobs = {name: torch.from_numpy(array).to(net.device) for name, array in inputs.items()}
    for name in net.given_names:
        if name not in blobs:       # labels, which nothing but an evaluation reads
            blobs[name] = torch.full(net.shapes[name], -1.0, device=net.device)
    with torch.inference_mode():
        found = net.run(blobs, wanted)
    return {name: blob.float().cpu().numpy() for name, blob in found.items()}


class OnnxruntimeEngine:
    """ONNX Runtime, with as many threads as torch has."""

    name = "onnxruntime"

    def __init__(self, net: Net, outputs: Sequence[str], model: bytes) -> None:
        # lazy: a package that need not be there
        import onnxruntime

        self.net, self.outputs = net, outputs
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4      # what goes wrong is raised as well
        options.intra_op_num_threads = torch.get_num_threads()
        try:
            self.session: onnxruntime.InferenceSession = onnxruntime.InferenceSession(
                model, options, providers=["CPUExecutionProvider"])
        except Exception as error:      # of any kind: its classes are those of another library
            raise _refusal(net, self.name, "take", error) from error
        self.names = [one.name for one in self.session.get_inputs()]

    def run(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        given = _checked(self.net, self.name, inputs, self.names)
        try:
            found = self.session.run(None, given)
        except Exception as error:      # as above
            raise _refusal(self.net, self.name, "run", error) from error
        return dict(zip(self.outputs, map(np.asarray, found), strict=True))


class OpenvinoEngine:
    """OpenVINO on the CPU in float32, with as many threads as torch has."""

    name = "openvino"

    def __init__(self, net: Net, outputs: Sequence[str], model: bytes) -> None:
        # lazy: a package that need not be there
        import openvino

        self.net, self.outputs = net, outputs
        settings = {"INFERENCE_PRECISION_HINT": "f32",      # its own choice may be bfloat16
                    "INFERENCE_NUM_THREADS": torch.get_num_threads()}
        try:
            core = openvino.Core()
            self.compiled: Any = core.compile_model(core.read_model(model, b""), "CPU", settings)
        except Exception as error:      # of any kind: its classes are those of another library
            raise _refusal(net, self.name, "take", error) from error
        self.names = [one.any_name for one in self.compiled.inputs]

    def run(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        given = _checked(self.net, self.name, inputs, self.names)
        try:
            # a request of its own: several threads may run at once
            found = self.compiled.create_infer_request().infer(given)
        except Exception as error:      # as above
            raise _refusal(self.net, self.name, "run", error) from error
        return {name: np.array(found[index]) for index, name in enumerate(self.outputs)}


RUNTIMES: dict[str, Callable[[Net, Sequence[str], bytes], Engine]] = {
    "onnxruntime": OnnxruntimeEngine, "openvino": OpenvinoEngine,
}


def _checked(net: Net, engine: str, inputs: Mapping[str, Array], names: Sequence[str]
             ) -> dict[str, Array]:
    """The inputs that an export takes. CaffeError for another shape than the net's, which is
    fixed in an export but for its first axis."""
    for name in names:
        expected, found = net.shapes[name][1:], inputs[name].shape[1:]
        if found != expected:
            raise CaffeError(
                f"{net.spec.path}: the engine {engine} takes the input '{name}' with the sizes "
                f"{_sizes(expected)} of the net file, not {_sizes(found)}; the engine torch takes "
                "others")
    return {name: inputs[name] for name in names}


def _sizes(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape))


def _refusal(net: Net, engine: str, verb: str, error: Exception) -> CaffeError:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return CaffeError(f"{net.spec.path}: the engine {engine} cannot {verb} the net: {lines[-1]}")
