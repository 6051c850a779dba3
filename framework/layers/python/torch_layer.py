"""Torch layer: run any torch.nn.Module as a layer of the net."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from framework.definition.spec import LayerSpec
from framework.errors import CaffeError, failure
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour
from framework.layers.python.torch_modules import find_factory
from framework.system.random_state import random_numbers
from framework.system.wording import counted
from framework.weights.state_dict import load_state_dict


@layer
class Torch(Layer):
    """Torch layer: any torch.nn.Module, of torchvision or timm say, with its own parameters.

    Bottoms: the arguments of the module's forward, in order.
    Tops:    what it returns: a tensor, or the tensors of a list, tuple or dict in their order. Of
             several, `output` says which, counted from 0: of {"out", "aux"} and of the maps of
             timm's features_only.
    Blobs:   its parameters (learned, but for those that the module itself freezes) and float
             buffers (not learned), in the module's order, named as there with _ for each dot.
    `module` is called with the keywords in `args`, a JSON object: timm.create_model with
    {"model_name": "resnet18", "features_only": true}. Values begin as the module sets them
    (pretrained ones too) with the net's seed, and then as in `weights`, a state dict of
    safetensors or torch.save, of which no code is run.
    `rate` multiplies the rates of the parameters whose names its pattern fits, * and ? for any
    letters; the last one that fits counts. A part of the module whose parameters all have the
    rate 0 runs as in TEST, so that its BatchNorm keeps its statistics.
    Code is run: only modules that --allow-module or framework.allow_module names are imported.
    Errors:  SpecError if the module is not allowed, not found or refuses the arguments, if it
             cannot be run on the bottoms, and for an output that it does not have.
    """

    num_bottoms = (1, None)
    num_tops = (1, None)

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        honour(spec, "torch_param", "module args output weights rate")
        self._make = find_factory(spec)
        module = self._made(0)
        self._flat = dict(_flat_names(spec, module))
        saved = module.state_dict(keep_vars=True)
        for name, tensor in _tensors(module):
            flat = self._flat[name]
            if isinstance(tensor, nn.Parameter):
                self.add_blob(flat, tuple(tensor.shape), learned=tensor.requires_grad)
            elif name in saved and tensor.is_floating_point():
                self.add_blob(flat, tuple(tensor.shape), learned=False)
            else:       # counts, tables of indices
                self.register_buffer(flat, tensor.detach(), persistent=False)
        self._set_rates()
        # in a list: its tensors are this layer's, and those that it has itself take no memory
        self._skeleton = [module.to("meta")]
        self._set_modes()

    def _made(self, seed: int) -> nn.Module:
        """The module, whose random values come from a seed and not from torch's generators."""
        with random_numbers(seed, torch.device("cpu")):
            return self._make()

    def _set_rates(self) -> None:
        """`rate` as lr_mult and decay_mult of the blobs that the net file gives none."""
        rates = self.spec.proto.torch_param.rate
        names = [name for name, flat in self._flat.items() if flat in self.blob_names]
        for index, rate in enumerate(rates):
            if not any(fnmatchcase(name, rate.pattern) for name in names):
                raise self.spec.error(f"torch_param.rate[{index}].pattern", f"is '{rate.pattern}', "
                                      f"which fits none of {names[0]} ... {names[-1]}" if names
                                      else "is given, but the module has no parameters")
        given = self.spec.proto.param
        for name in names[len(given):] if rates else ():
            fitting = [rate for rate in rates if fnmatchcase(name, rate.pattern)]
            if fitting:
                given.add(lr_mult=fitting[-1].lr_mult, decay_mult=fitting[-1].decay_mult)
            else:
                given.add()

    def _set_modes(self) -> None:
        """Train or evaluate each part of the module: frozen ones are not trained."""
        module = self._skeleton[0]
        module.train(self.spec.phase == "TRAIN")
        given = self.spec.proto.param
        numbers = {flat: index for index, flat in enumerate(self.blob_names)}
        for prefix, part in module.named_modules():
            names = [f"{prefix}.{name}".lstrip(".") for name, _ in part.named_parameters()]
            indices = [numbers[self._flat[name]] for name in names if name in self._flat]
            if indices and all(index < len(given) and given[index].lr_mult == 0
                               for index in indices):
                part.eval()

    def freeze(self) -> None:
        """Run the whole module as in TEST."""
        self._skeleton[0].eval()

    def materialise(self, generator: torch.Generator) -> None:
        """Make the module again, now with the net's seed, and take its values."""
        if not any(blob.is_meta for blob in self.blobs):
            return
        module = self._made(int(torch.randint(2**62, (), generator=generator)))
        path = self.spec.proto.torch_param.weights
        if path:
            load_state_dict(module, path)
        values = dict(_tensors(module))
        for name, flat in self._flat.items():
            if flat in self.blob_names and getattr(self, flat).is_meta:
                self._take(self.blob_names.index(flat), values[name].detach())

    def _take(self, index: int, values: Tensor) -> None:
        blob = self.blobs[index]
        own = values.to(torch.float32).clone()
        self.set_blob(index, nn.Parameter(own, blob.requires_grad)
                      if isinstance(blob, nn.Parameter) else own)

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        try:
            return super().top_shapes(*bottoms)
        except CaffeError:
            raise
        except Exception as error:      # of any kind: the module's own
            name = self.spec.proto.torch_param.module
            raise self.spec.error("bottom", f"cannot be taken by '{name}', which was tried on "
                                  f"{', '.join(map(str, bottoms))}: {failure(error)}") from error

    def forward(self, *bottoms: Tensor) -> Tensor | tuple[Tensor, ...]:
        given = torch.func.functional_call(self._skeleton[0], self._values(), bottoms)
        tops = self._chosen(list(_results(given)))
        return tops if len(tops) > 1 else tops[0]

    def _values(self) -> dict[str, Tensor]:
        """Its tensors by the names that they have in the module."""
        return {name: getattr(self, flat) for name, flat in self._flat.items()}

    def _chosen(self, found: Sequence[Tensor]) -> tuple[Tensor, ...]:
        wanted = list(self.spec.proto.torch_param.output) or range(len(found))
        for index, number in enumerate(wanted):
            if not 0 <= number < len(found):
                raise self.spec.error(f"torch_param.output[{index}]", f"is {number}; the module "
                                      f"has the outputs 0 to {len(found) - 1}")
        if len(wanted) != len(self.spec.tops):
            raise self.spec.error("top", f"is given {len(self.spec.tops)} times; the layer has "
                                  f"{counted(len(wanted), 'output')}")
        return tuple(found[number] for number in wanted)

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        """Half of what torch's FlopCounterMode counts: convolutions and matrix products."""
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            self._meta_forward(tuple(bottoms))
        return counter.get_total_flops() // 2

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return graph.add_module(_Whole(self._made(0), self._values(), self._chosen), bottoms)


class _Whole(nn.Module):
    """The module with the layer's values, and its tops in a tuple: what torch.onnx takes.

    choose  picks the tops from all outputs
    """

    def __init__(self, module: nn.Module, values: Mapping[str, Tensor],
                 choose: Callable[[Sequence[Tensor]], tuple[Tensor, ...]]):
        super().__init__()
        self.module = module
        self.choose = choose
        with torch.no_grad():
            for name, tensor in _tensors(module):
                tensor.copy_(values[name])
        self.eval()

    def forward(self, *bottoms: Tensor) -> tuple[Tensor, ...]:
        return self.choose(list(_results(self.module(*bottoms))))


def _tensors(module: nn.Module) -> Iterator[tuple[str, Tensor]]:
    yield from module.named_parameters()
    yield from module.named_buffers()


def _flat_names(spec: LayerSpec, module: nn.Module) -> Iterator[tuple[str, str]]:
    """Names without dots, as the attributes of one module must be."""
    seen: set[str] = set(dir(Layer))
    for name, _ in _tensors(module):
        flat = name.replace(".", "_")
        while flat in seen:
            flat += "_"
        seen.add(flat)
        yield name, flat


def _results(given: Any) -> Iterator[Tensor]:       # Any: tensors in lists and dictionaries
    if isinstance(given, Tensor):
        yield given
    elif isinstance(given, Mapping):
        for value in given.values():
            yield from _results(value)
    elif isinstance(given, list | tuple):
        for value in given:
            yield from _results(value)
