"""The outputs of a PyTorch module's submodules, by forward hooks, and the layers that they are."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from framework.errors import CaffeError, DataError, failure
from framework.export.module_onnx import named_results

Array = NDArray[Any]        # Any: of any type of number
Arrays = Mapping[str, Array]


class ModuleRun:
    """A source of blobs: the output of each submodule by its name, `layer1.0.conv1`.

    The further calls of one are `relu_1`, `relu_2`, as torch.onnx names them. The module's own
    results are `output`, or the keys of its dictionary.
    """

    has_modules = True

    def __init__(self, module: nn.Module, source: str) -> None:
        self.known: Arrays = {}
        self.module = module
        self.source = source
        self.outputs: list[str] = []

    def inputs(self, seed: int) -> dict[str, Array]:
        """DataError: a module does not say the sizes of its inputs."""
        raise DataError(f"{self.source}: does not say the sizes of its inputs; give --inputs FILE, "
                        "or a net or an ONNX file on the other side")

    def run(self, inputs: Arrays) -> dict[str, Array]:
        """The inputs, and the outputs in the order in which they are computed."""
        given = self._arguments(inputs)
        found: dict[str, Array] = {name: _array(tensor) for name, tensor in given.items()}
        calls: Counter[str] = Counter()

        def keep(name: str, result: object) -> None:
            tensors = [tensor for _, tensor in named_results(result)]
            if len(tensors) == 1:
                number = calls[name]
                calls[name] += 1
                found[f"{name}_{number}" if number else name] = _array(tensors[0])

        hooks = [module.register_forward_hook(lambda _, __, result, name=name: keep(name, result))
                 for name, module in self.module.named_modules() if name]
        try:
            with torch.no_grad():
                results = dict(named_results(self.module(**given)))
        except Exception as error:      # of any kind: it is the user's module
            raise CaffeError(f"{self.source}: {failure(error)}") from error
        finally:
            for hook in hooks:
                hook.remove()
        self.outputs = list(results)
        return found | {name: _array(tensor) for name, tensor in results.items()}

    by_layer = run

    def weighted(self) -> list[tuple[str, nn.Module]]:
        """The submodules with a matrix or filters as `weight`."""
        return [(name, module) for name, module in self.module.named_modules()
                if isinstance(module, nn.Linear | nn.modules.conv._ConvNd)]

    def _arguments(self, inputs: Arrays) -> dict[str, Tensor]:
        """The inputs as arguments of `forward`: by name, or in order if they are as many."""
        signature = inspect.signature(self.module.forward).parameters.values()
        names = [one.name for one in signature
                 if one.kind is one.POSITIONAL_OR_KEYWORD and one.default is one.empty]
        if not all(name in inputs for name in names):
            if len(names) != len(inputs):
                raise DataError(f"{self.source}: takes the input '{', '.join(names)}', and the "
                                f"other side has {', '.join(inputs) or 'none'}: "
                                "--map NAME_IN_A=NAME_IN_B")
            inputs = dict(zip(names, inputs.values(), strict=True))
        return {name: torch.from_numpy(np.ascontiguousarray(
            inputs[name], np.float32 if inputs[name].dtype.kind == "f" else np.int64))
            for name in names}


def _array(tensor: Tensor) -> Array:
    """A copy, since modules after this one may write in place."""
    tensor = tensor.detach()
    return np.array((tensor.float() if tensor.is_floating_point() else tensor).numpy())


def pair_modules(modules: Iterable[str], layers: Iterable[str]) -> dict[str, str]:
    """The layer that gives what a module gives, for those that have one: the last one within it.

    modules  names of ModuleRun, in its order
    layers   in the order of the net; those within a module are named after it: `bn1.scale`
    """
    order = list(layers)
    found = {}
    for module in modules:
        within = [layer for layer in order
                  if layer == module or layer.startswith((module + ".", module + "/"))]
        if within:
            found[module] = within[-1]
        elif module == "output" and order:
            found[module] = order[-1]
    return found
