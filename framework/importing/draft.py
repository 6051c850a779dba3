"""A Caffe net that is being written, layer by layer, from the operators of an ONNX graph."""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framework.definition.in_place import put_in_place
from framework.errors import CaffeError
from framework.importing.chains import join_chains
from framework.net.one_layer import build_layer
from framework.proto import LayerParameter, NetParameter
from framework.system.unique_names import unique_name
from framework.weights.caffemodel import write_caffemodel

Array = NDArray[Any]        # Any: of every type that ONNX has
Floats = NDArray[np.float32]
Shape = tuple[int, ...]
COMPUTED = "onnx::"      # begins the names of what torch.onnx has computed from weights
# an output's name that says something: no number, no path of torch.onnx, not `output`
OWN_NAME = re.compile(r"(?!output(\.\d+)?$)[A-Za-z_][\w.-]*")


@dataclass(frozen=True)
class Node:
    """An operator of the graph. `name` is that of its layer. Any: what ONNX attributes hold.

    noun  what messages call it
    """

    kind: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]
    path: str
    noun: str = "node"

    def get(self, attribute: str, default: Any) -> Any:     # Any: as above
        return self.attributes.get(attribute, default)

    def has(self, index: int) -> bool:
        """Whether the optional input `index` is given."""
        return index < len(self.inputs) and self.inputs[index] != ""

    def refuse(self, reason: str) -> CaffeError:
        return CaffeError(f"{self.path}: {self.noun} '{self.name}' ({self.kind}): {reason}")


class Draft:
    """The layers so far, with their blobs of weights, and which tensor is which blob.

    message    the net, without weights
    weights    by layer
    shapes     of the blobs
    opset      version of the operators
    plain      only what BVLC's Caffe 1.0 computes alike: no `round_mode`, no `avg_include_pad`
    constants  tensors whose values are known
    tensors    shapes of all tensors of the graph
    reads      how often each tensor is read, as an output of the model too
    whole      tensors of whole numbers: the inputs that an embedding reads, and casts of them
    cuts       tops of Slice layers by bottom, axis and points
    """

    def __init__(self, name: str, path: str, opset: int, plain: bool,
                 constants: Mapping[str, Array], tensors: Mapping[str, Shape],
                 reads: Counter[str]):
        self.message = NetParameter(name=name)
        self.path = path
        self.opset = opset
        self.plain = plain
        self.constants = constants
        self.tensors = tensors
        self.reads = reads
        self.whole: set[str] = set()
        self.cuts: dict[tuple[str | int, ...], list[str]] = {}
        self.weights: dict[str, list[Floats]] = {}
        self.shapes: dict[str, Shape] = {}
        self.node = Node("", "", (), (), {}, path)
        self._blobs: dict[str, str] = {}
        self._taken: set[str] = set()
        self._may_be_in_place: set[str] = set()
        self._users: dict[tuple[str, ...], list[LayerParameter]] = {}  # of the same weights

    def add_input(self, name: str, shape: Shape) -> None:
        """An Input layer; its blob has the tensor's name."""
        self._taken.add(name)
        self.message.layer.append(LayerParameter(
            name=name, type="Input", top=[name], input_param={"shape": [{"dim": shape}]}))
        self._blobs[name] = name
        self.shapes[name] = shape

    def bind(self, tensor: str, blob: str) -> None:
        """Say which blob a tensor is."""
        self._blobs[tensor] = blob

    @contextlib.contextmanager
    def under(self, suffix: str) -> Iterator[None]:
        """Put `suffix` after the node's name in the names of layers which are not its result."""
        node = self.node
        self.node = replace(node, name=node.name + suffix)
        try:
            yield
        finally:
            self.node = node

    def is_read_once(self, blob: str) -> bool:
        """Whether one operator reads the blob, which has been made."""
        return sum(self.reads[tensor] for tensor, own in self._blobs.items() if own == blob) == 1

    def is_constant(self, tensor: str) -> bool:
        return tensor in self.constants

    def constant(self, index: int, what: str) -> Array:
        """The value of the node's input `index`; an error if it is not known."""
        name = self.node.inputs[index]
        if name not in self.constants:
            raise self.node.refuse(f"its {what} '{name}' is computed from the net's input; Caffe's "
                                   "layer has it as a fixed value")
        return self.constants[name]

    def integers(self, index: int, what: str) -> list[int]:
        """The same, as whole numbers."""
        return [int(value) for value in self.constant(index, what).reshape(-1)]

    def blob(self, index: int = 0) -> str:
        """The blob of the node's input `index`; a Parameter layer makes one of a constant."""
        name = self.node.inputs[index]
        if name in self.constants and name not in self._blobs:
            array = as_floats(self.constants[name])
            self._blobs[name] = self.add("Parameter", suffix=f".constant{index}", blobs=[array],
                                         same=[name],
                                         parameter_param={"shape": {"dim": array.shape}})
        return self._blobs[name]

    def top_shape(self, index: int = 0) -> Shape:
        """The shape of the node's result `index`."""
        return self.tensors[self.node.outputs[index]]

    def add(self, kind: str, *bottoms: str, **options: Any) -> str:
        """Add a layer with one top, and return that. See add_several. Any: as there."""
        return self.add_several(kind, 1, *bottoms, **options)[0]

    def add_several(self, kind: str, num_tops: int, *bottoms: str, suffix: str = "",
                    blobs: Sequence[Array] = (), in_place: bool = False, frozen: bool = False,
                    same: Sequence[str] = (), **params: Any) -> list[str]:
        """Add a layer, and return its tops.

        suffix    after the node's name
        blobs     weights, in Caffe's order and shapes
        in_place  the top may have the bottom's memory where nobody else reads that
        frozen    the weights say what the layer does: no solver changes them
        same      what layers with the same weights have in common; default: the node's constants
        params    its messages: convolution_param={"num_output": 4}. Any: what fields hold
        """
        name = unique_name(self.node.name + suffix, self._taken)
        tops = [name] if num_tops == 1 else [f"{name}.{index}" for index in range(num_tops)]
        proto = LayerParameter(name=name, type=kind, bottom=bottoms, top=tops, **params)
        if frozen:
            for _ in blobs:
                proto.param.add(lr_mult=0, decay_mult=0)
        layer, shapes = build_layer(proto, self.path, [self.shapes[name] for name in bottoms])
        self.shapes.update(zip(tops, shapes, strict=True))
        given = [tuple(blob.shape) for blob in blobs]
        wanted = [tuple(blob.shape) for blob in layer.blobs]
        if given != wanted:
            raise self.node.refuse(f"its weights have the shapes {given}; the layer {kind} takes "
                                   f"{wanted}")
        if blobs:
            self.weights[name] = [as_floats(blob) for blob in blobs]
            if not frozen:
                constants = same or [one for one in self.node.inputs if one in self.constants]
                key = (kind, suffix, *map(self._identity, constants))
                self._users.setdefault(key, []).append(proto)
        self.message.layer.append(proto)
        if in_place:
            self._may_be_in_place.add(name)
        return tops

    def take_from_silence(self, blob: str) -> None:
        """Say that a blob is read, if a layer without tops, Silence, has it so far."""
        for index, layer in enumerate(self.message.layer):
            if blob in layer.bottom and not layer.top:
                layer.bottom.remove(blob)
                if not layer.bottom:
                    del self.message.layer[index]
                return

    def finish(self, outputs: Sequence[str]) -> dict[str, str]:
        """Put layers in place and give the outputs their names, unless those are an exporter's; the
        blob of each output tensor.

        An output that several tensors share, or that is an input, is copied by a Split layer.
        """
        self._share_weights()
        same = join_chains(self.message, self.shapes,
                           [self._blobs[tensor] for tensor in outputs if tensor in self._blobs])
        self._blobs = {tensor: same.get(blob, blob) for tensor, blob in self._blobs.items()}
        self.node = Node("", "output", (), (), {}, self.path)
        found: dict[str, str] = {}
        inputs = {layer.top[0] for layer in self.message.layer if layer.HasField("input_param")}
        for tensor in outputs:
            if tensor not in self._blobs:
                raise CaffeError(f"{self.path}: output '{tensor}' is a constant, which no input "
                                 "changes; a net has no such output")
            blob = self._blobs[tensor]
            read = {bottom for layer in self.message.layer for bottom in layer.bottom}
            if blob in found.values() or blob in read or blob in inputs:
                blob = self.add("Split", blob, suffix="." + tensor.strip("/"))
            found[tensor] = blob
        renamed = put_in_place(self.message, self._may_be_in_place, set(found.values()))
        found = {tensor: renamed.get(blob, blob) for tensor, blob in found.items()}
        for tensor in found:
            if OWN_NAME.fullmatch(tensor) and found[tensor] != tensor:
                used = {top for layer in self.message.layer for top in layer.top}
                if tensor in used:      # a blob between layers, or another output so far
                    found = self._renamed(found, tensor, unique_name(f"{tensor}.inner", used))
                found = self._renamed(found, found[tensor], tensor)
        return found

    def _share_weights(self) -> None:
        """Name the blobs of layers that read the same constants, so that they are trained as
        one."""
        for (_, _, *constants), layers in self._users.items():
            shapes = {tuple(blob.shape for blob in self.weights[layer.name]) for layer in layers}
            if len(layers) < 2 or len(shapes) > 1 or not constants:
                continue
            by_name = {layer.name: layer for layer in self.message.layer}
            for layer in layers:
                for index in range(len(self.weights[layer.name])):
                    by_name[layer.name].param.add(name=f"{layers[0].name}.{index}")

    def _identity(self, constant: str) -> str:
        """What a constant is known by: its name, or what it holds if torch.onnx has computed it,
        once for each use of a module's weight."""
        if not constant.startswith(COMPUTED) or constant not in self.constants:
            return constant
        return hashlib.sha256(self.constants[constant].tobytes()).hexdigest()

    def _renamed(self, found: Mapping[str, str], old: str, new: str) -> dict[str, str]:
        """Give a blob another name; the outputs after that."""
        for layer in self.message.layer:
            layer.bottom[:] = [new if name == old else name for name in layer.bottom]
            layer.top[:] = [new if name == old else name for name in layer.top]
        return {tensor: new if blob == old else blob for tensor, blob in found.items()}


def as_floats(array: Array) -> Floats:
    return np.ascontiguousarray(array, np.float32)


def write_weights(path: Path, message: NetParameter, weights: Mapping[str, Sequence[Floats]],
                  without: Collection[str] = ()) -> None:
    """A caffemodel with the name, the type and the blobs of each layer but those `without`."""
    none: list[Floats] = []     # no gradients
    layers = [(type(layer)(name=layer.name, type=layer.type), weights.get(layer.name, none), none)
              for layer in message.layer if layer.name not in without]
    with open(path, "wb", buffering=1 << 20) as file:
        write_caffemodel(file, message.name, layers)
