"""Python layer: run a class that the user wrote for pycaffe as a layer of the net."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from framework.definition.spec import LayerSpec
from framework.errors import failure
from framework.layers.base import Layer, Shape, layer, uncompiled
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour
from framework.layers.python import protocol
from framework.layers.python.blob import Blob
from framework.layers.python.importing import standing_in
from framework.layers.python.protocol import Phase
from framework.layers.python.python2_source import is_python2


@layer
class Python(Layer):
    """Python layer: a user's class with pycaffe's setup, reshape, forward and backward.

    Bottoms, tops: what the class takes and makes; a top of a bottom's name is the same blob.
    Blobs:  those that its `setup` adds, with the values it gives them.
    The module is looked for on sys.path (so on PYTHONPATH) and then in the working directory;
    `import caffe` in it gives framework.pycaffe. The class sees numpy arrays on the CPU, in
    float32, or float64 if the first bottom is that. Its gradient is what its `backward` writes,
    whether or not that is the derivative of its `forward`. It breaks a compiled graph and is
    exported to ONNX only if it has a method `to_onnx(graph, bottoms)`, as layers here have.
    `share_in_parallel` has no effect: every rank has a process of its own.
    Errors: SpecError if the module or class is not found, the class does not inherit from
            caffe.Layer, or one of its methods fails.
    Source: PythonParameter in caffe.proto; BVLC python_layer.hpp, _caffe.cpp.
    """

    num_bottoms = (0, None)
    num_tops = (0, None)
    # of the known layers that net/python_shapes describes
    dialects = ("class-agnostic", "quadrilaterals", "rotated-boxes", "region-batches")
    device_marker: Tensor

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        honour(spec, "python_param", "module layer param_str")
        self.bottom_blobs = [Blob(shape) for shape in bottoms]
        shared = dict(zip(spec.bottoms, self.bottom_blobs, strict=True))
        self.top_blobs = [shared.get(name) or Blob() for name in spec.tops]
        self.instance = self._make_instance()
        self._call(self.instance.setup, "setup", self.bottom_blobs, self.top_blobs)
        self.first_values = [blob.data.copy() for blob in self.instance.blobs]
        for index, values in enumerate(self.first_values):
            self.add_blob(f"blob{index}", values.shape)
        self.register_buffer("device_marker", torch.empty(0), persistent=False)  # knows the device

    def _make_instance(self) -> Any:  # Any: a class of the user's
        check_named(self.spec)
        param = self.spec.proto.python_param
        module = self._import(param.module)
        where = f"the module '{param.module}' ({getattr(module, '__file__', '')})"
        made_by = getattr(module, param.layer, None)
        if made_by is None:
            raise self.spec.error("python_param.layer", f"'{param.layer}' is not in {where}")
        # not any callable: `code.interact` would open a prompt
        if not (isinstance(made_by, type) and issubclass(made_by, protocol.Layer)):
            raise self.spec.error("python_param.layer", f"'{param.layer}' of {where} is not a "
                                  "class that inherits from caffe.Layer")
        instance = self._call(made_by, "__init__", self.spec.proto)
        instance.param_str = instance.param_str_ = param.param_str
        instance.phase = Phase[self.spec.phase]
        return instance

    def _import(self, name: str) -> ModuleType:
        """Import the module from sys.path, and else from the working folder."""
        if name.partition(".")[0] in sys.stdlib_module_names:
            raise self.spec.error("python_param.module", f"'{name}' is a module of Python itself, "
                                  "which has no layers")
        path = list(sys.path)
        sys.path.append(os.getcwd())
        try:
            with standing_in():
                return importlib.import_module(name)
        except KeyboardInterrupt:
            raise
        except BaseException as error:      # SystemExit too: it would end us silently
            missing = isinstance(error, ModuleNotFoundError) and error.name is not None \
                and f"{name}.".startswith(f"{error.name}.")
            hint = "; its folder must be on PYTHONPATH" if missing else ""
            if missing and name.endswith(".py"):
                hint = f"; the name of a module is without .py: '{name.removesuffix('.py')}'"
            if isinstance(error, SyntaxError) and is_python2(error.filename):
                hint = "; it is written for Python 2, which --python2 runs"
            raise self.spec.error("python_param.module", f"'{name}' cannot be imported: "
                                  f"{failure(error)}{hint}") from error
        finally:
            sys.path[:] = path

    # Any: lists of blobs and of bools; what a class of the user's gives
    def _call(self, method: Callable[..., Any], what: str, *arguments: Any) -> Any:
        """Call the user's class or a method of it; SpecError if it fails."""
        try:
            with standing_in():
                return method(*arguments)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            param = self.spec.proto.python_param
            absent = "" if param.param_str or what != "setup" else \
                "; it is given no python_param.param_str"
            raise self.spec.error("python_param.layer", f"'{param.module}.{param.layer}' failed in "
                                  f"{what}: {failure(error)}{absent}") from error

    def materialise(self, generator: torch.Generator) -> None:
        """Fill the blobs with the values that `setup` gave them."""
        for index, (name, values) in enumerate(zip(self.blob_names, self.first_values,
                                                   strict=True)):
            if getattr(self, name).is_meta:
                self.set_blob(index, nn.Parameter(torch.from_numpy(values)))

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        for blob, shape in zip(self.bottom_blobs, bottoms, strict=True):
            blob.reshape(*shape)
        self._call(self.instance.reshape, "reshape", self.bottom_blobs, self.top_blobs)
        return [blob.shape for blob in self.top_blobs]

    @uncompiled
    def forward(self, *bottoms: Tensor) -> tuple[Tensor, ...]:
        if not self.top_blobs:
            self.run_forward(bottoms)
            return ()
        return _Call.apply(self, len(bottoms), *bottoms, *self.blobs)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        form = getattr(self.instance, "to_onnx", None)
        if form is None:
            param = self.spec.proto.python_param
            raise self.spec.error("python_param.layer", f"'{param.module}.{param.layer}' has no "
                                  "ONNX form: the class defines no to_onnx(graph, bottoms)")
        return list(self._call(form, "to_onnx", graph, bottoms))

    def run_forward(self, bottoms: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Run the user's reshape and forward: bottoms to numpy, tops from numpy."""
        single = not bottoms or bottoms[0].dtype != torch.float64
        dtype = np.float32 if single else np.float64
        device = self.device_marker.device
        for blob, bottom in zip(self.bottom_blobs, bottoms, strict=True):
            values = bottom.detach().to("cpu", torch.float64 if not single else torch.float32)
            blob.put(np.array(values.numpy()))
        self._share_blobs()
        self._call(self.instance.reshape, "reshape", self.bottom_blobs, self.top_blobs)
        self._call(self.instance.forward, "forward", self.bottom_blobs, self.top_blobs)
        self._keep_blobs()
        return tuple(torch.tensor(np.asarray(top.data, dtype)).to(device)
                     for top in self.top_blobs)

    def run_backward(self, gradients: tuple[Tensor, ...], wanted: list[bool]) -> list[Tensor]:
        """Run the user's backward: the gradients of the bottoms and of the blobs.

        gradients  of the tops
        wanted     which bottoms need one: `propagate_down`
        """
        before = [blob.diff.copy() for blob in self.instance.blobs]     # of earlier backward passes
        for blob in (*self.bottom_blobs, *self.instance.blobs):
            blob.diff[...] = 0
        for top, gradient in zip(self.top_blobs, gradients, strict=True):
            top.diff[...] = gradient.cpu().numpy()
        self._call(self.instance.backward, "backward", self.top_blobs, wanted, self.bottom_blobs)
        found = [torch.tensor(blob.diff) for blob in (*self.bottom_blobs, *self.instance.blobs)]
        for blob, diff in zip(self.instance.blobs, before, strict=True):
            blob.diff[...] = diff
        return found

    def _share_blobs(self) -> None:
        """Give the user's blobs the values of ours: the same memory, on the CPU."""
        for mine, theirs in zip(self.blobs, self.instance.blobs, strict=True):
            theirs.put(mine.detach().cpu().numpy())

    def _keep_blobs(self) -> None:
        """Copy back what the user's forward wrote into its blobs, such as running sums."""
        with torch.no_grad():
            for mine, theirs in zip(self.blobs, self.instance.blobs, strict=True):
                if mine.device.type != "cpu":
                    mine.copy_(torch.from_numpy(theirs.data))


class _Call(torch.autograd.Function):
    """Autograd function of the user's forward, with the user's backward as its gradient."""

    @staticmethod
    def forward(ctx: Any, owner: Python, num_bottoms: int, *values: Tensor) -> tuple[Tensor, ...]:
        ctx.owner = owner
        ctx.num_bottoms = num_bottoms  # Any: torch has no type for it
        ctx.likes = [(value.dtype, value.device) for value in values]
        return owner.run_forward(values[:num_bottoms])

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        needed = ctx.needs_input_grad[2:]
        found = ctx.owner.run_backward(gradients, list(needed[:ctx.num_bottoms]))
        return (None, None, *(
            gradient.to(device, dtype) if wanted else None
            for gradient, (dtype, device), wanted in zip(found, ctx.likes, needed, strict=True)))


def check_named(spec: LayerSpec) -> None:
    """SpecError unless the text names a module and a class."""
    for name in ("module", "layer"):
        if not getattr(spec.proto.python_param, name):
            raise spec.error(f"python_param.{name}", "is missing; module names a Python file "
                             "without .py, and layer a class in it")
