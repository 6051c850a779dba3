"""A PyTorch module as an ONNX model, by torch.onnx."""

from __future__ import annotations

import contextlib
import os
import tempfile
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import onnx
import torch
from torch import Tensor, nn

from framework.errors import CaffeError, failure
from framework.export.torch_functions import exportable

OPSET = 17
Shape = tuple[int, ...]


def to_onnx(module: nn.Module, source: str, shapes: Sequence[Shape], opset: int = OPSET,
            dynamic: bool = False, whole: Collection[int] = ()) -> onnx.ModelProto:
    """The model for inputs of these shapes, with BatchNorm as it is. CaffeError if torch fails.

    dynamic  the first axis of all inputs may have any size
    whole    the inputs, by their numbers, that hold whole numbers (int64)
    """
    inputs = tuple(torch.zeros(shape, dtype=torch.int64 if index in whole else torch.float32)
                   for index, shape in enumerate(shapes))
    names = _run(module, source, inputs)
    try:
        with _quiet(), torch.no_grad(), tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "module.onnx")
            given = _input_names(len(shapes))
            axes = {name: {0: "batch"} for name in given} if dynamic else None
            torch.onnx.export(_Tuple(module), inputs, path, dynamo=False, opset_version=opset,
                              training=torch.onnx.TrainingMode.PRESERVE,
                              input_names=given, output_names=names, dynamic_axes=axes)
            model = onnx.load(path)
    except Exception as error:      # of any kind: the module's own, or the exporter's
        raise CaffeError(f"{source}: torch.onnx cannot export it: {failure(error)}") from error
    _strip_wrapper(model, "/module/module." if isinstance(module, nn.Sequential) else "/module/")
    return model


def _run(module: nn.Module, source: str, inputs: tuple[Tensor, ...]) -> list[str]:
    """The names of the module's results. CaffeError if it fails or gives none."""
    try:
        with _quiet(), torch.no_grad():
            names = _result_names(module(*inputs))
    except (Exception, SystemExit) as error:    # of any kind: they are the module's own
        said = ", ".join("x".join(map(str, one.shape)) for one in inputs)
        hint = "; whole numbers, as an embedding takes them, are --shape 2,7:int" \
            if "Long, Int" in str(error) else ""
        raise CaffeError(f"{source}: its forward fails for inputs of {said}: {failure(error)}"
                         f"{hint}") from error
    if not names:
        raise CaffeError(f"{source}: its forward gives no tensor")
    return names


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """No warnings, no graph printed by an exporter that fails, attention as the operators that it
    is made of, which the exporter knows, and functions in forms that it knows."""
    fast, log = torch.backends.mha.get_fastpath_enabled(), torch._C._jit_onnx_log
    torch.backends.mha.set_fastpath_enabled(False)
    torch._C._jit_onnx_log = _no_log    # 2.13 turns it on even where it was off
    try:
        with warnings.catch_warnings(), exportable():
            warnings.simplefilter("ignore")
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
        torch._C._jit_onnx_log = log


def _no_log(*_: object) -> None:
    """Print nothing."""


class _Tuple(nn.Module):
    """The module with its results, maybe a dictionary, in one flat tuple."""

    def __init__(self, module: nn.Module):
        super().__init__()
        self.module = module
        self.train(module.training)

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        return tuple(tensor for _, tensor in named_results(self.module(*inputs)))


def named_results(given: Any, name: str = "") -> Iterable[tuple[str, Tensor]]:
    """The tensors of a result with their keys. Any: tensors in dictionaries and lists."""
    if isinstance(given, Tensor):
        yield name or "output", given
    elif isinstance(given, Mapping):
        for key, value in given.items():
            yield from named_results(value, f"{name}.{key}" if name else str(key))
    elif isinstance(given, list | tuple):
        for index, value in enumerate(given):
            yield from named_results(value, f"{name or 'output'}.{index}")


def _result_names(given: Any) -> list[str]:     # Any: as above
    return [name for name, _ in named_results(given)]


def _input_names(number: int) -> list[str]:
    return ["data"] if number == 1 else [f"data{index}" for index in range(number)]


def _strip_wrapper(model: onnx.ModelProto, scope: str) -> None:
    """Names without the wrapper's `module`, which torch.onnx writes twice before the numbers of a
    Sequential."""
    for node in model.graph.node:
        if node.name.startswith(scope):
            node.name = "/" + node.name[len(scope):]
        node.input[:] = [name.removeprefix("module.") for name in node.input]
        node.output[:] = [name.removeprefix("module.") for name in node.output]
    for tensor in model.graph.initializer:
        tensor.name = tensor.name.removeprefix("module.")
