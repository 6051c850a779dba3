"""A PyTorch module as an ONNX model, by torch.onnx."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import tempfile
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import onnx
import torch
from torch import Tensor, nn

from framework.errors import CaffeError, failure
from framework.importing.state_dict import read_state

OPSET = 17
Shape = tuple[int, ...]


def find_module(source: str) -> nn.Module:
    """The module that `package.module:callable` gives, called without arguments, in eval mode.

    Only that module is imported, found as Python finds modules and in the working directory.
    """
    name, _, attribute = source.partition(":")
    sys.path.append(os.getcwd())
    try:
        found: Any = importlib.import_module(name)      # Any: whatever the module has
        for part in attribute.split("."):
            found = getattr(found, part)
        made = found if isinstance(found, nn.Module) else found()
    except KeyboardInterrupt:
        raise
    except BaseException as error:      # SystemExit too: it would end the program unsaid
        raise CaffeError(f"{source}: {failure(error)}") from error
    finally:
        sys.path.pop()
    if not isinstance(made, nn.Module):
        raise CaffeError(f"{source}: gives a {type(made).__name__}, not a torch.nn.Module")
    return made.eval()


def load_state(module: nn.Module, path: Path) -> None:
    """Load a state dict, of torch.save or as safetensors. No code in it is run."""
    state = read_state(path)
    try:
        module.load_state_dict(state)
    except Exception as error:
        reason = " ".join(str(error).split())
        raise CaffeError(f"{path}: does not fit the module: {reason[:300]}") from None


def to_onnx(module: nn.Module, source: str, shapes: Sequence[Shape]) -> onnx.ModelProto:
    """The model for inputs of these shapes, with BatchNorm as it is. CaffeError if torch fails."""
    inputs = tuple(torch.zeros(shape) for shape in shapes)
    try:
        with _quiet(), torch.no_grad(), tempfile.TemporaryDirectory() as folder:
            names = _result_names(module(*inputs))
            path = os.path.join(folder, "module.onnx")
            torch.onnx.export(_Tuple(module), inputs, path, dynamo=False, opset_version=OPSET,
                              training=torch.onnx.TrainingMode.PRESERVE,
                              input_names=_input_names(len(shapes)), output_names=names)
            model = onnx.load(path)
    except Exception as error:      # of any kind: the module's own, or the exporter's
        raise CaffeError(f"{source}: torch.onnx cannot export it: {failure(error)}") from error
    _strip_wrapper(model)
    return model


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """No warnings, no graph printed by an exporter that fails, and attention as the operators
    that it is made of, which the exporter knows."""
    fast, log = torch.backends.mha.get_fastpath_enabled(), torch._C._jit_onnx_log
    torch.backends.mha.set_fastpath_enabled(False)
    torch._C._jit_onnx_log = _no_log    # 2.13 turns it on even where it was off
    try:
        with warnings.catch_warnings():
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
        return tuple(tensor for _, tensor in _results(self.module(*inputs)))


def _results(given: Any, name: str = "") -> Iterable[tuple[str, Tensor]]:
    """The tensors of a result with their keys. Any: tensors in dictionaries and lists."""
    if isinstance(given, Tensor):
        yield name or "output", given
    elif isinstance(given, Mapping):
        for key, value in given.items():
            yield from _results(value, f"{name}.{key}" if name else str(key))
    elif isinstance(given, list | tuple):
        for index, value in enumerate(given):
            yield from _results(value, f"{name or 'output'}.{index}")


def _result_names(given: Any) -> list[str]:     # Any: as above
    return [name for name, _ in _results(given)]


def _input_names(number: int) -> list[str]:
    return ["data"] if number == 1 else [f"data{index}" for index in range(number)]


def _strip_wrapper(model: onnx.ModelProto) -> None:
    """Names without the wrapper's `module`."""
    for node in model.graph.node:
        if node.name.startswith("/module/"):
            node.name = node.name[len("/module"):]
        node.input[:] = [name.removeprefix("module.") for name in node.input]
        node.output[:] = [name.removeprefix("module.") for name in node.output]
    for tensor in model.graph.initializer:
        tensor.name = tensor.name.removeprefix("module.")
