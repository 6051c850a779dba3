"""Net definitions in Python: `n.conv1 = L.Convolution(n.data, num_output=20, kernel_size=5)`.

`layers` makes layers of any type, `params` knows the constants of the schema, a NetSpec gives
its tops the names of the attributes that they are assigned to. Tops without a name are called
after their type and counted: Convolution1, Convolution2.
Source: the behaviour of python/caffe/net_spec.py in BVLC/caffe, and what weiliu89/caffe adds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from google.protobuf.message import Message

import framework.proto as proto
from framework.pycaffe.engine.assignment import assign_proto, same_kind
from framework.pycaffe.proto import caffe_pb2
from framework.system.wording import nearest

ORIGINALS = 1000    # the largest number of a field of BVLC or SSD in LayerParameter

__all__ = ["Function", "Layers", "NetSpec", "Parameters", "Top", "assign_proto", "layers",
           "param_name_dict", "params", "to_proto"]


@cache
def param_name_dict() -> dict[str, str]:
    """The field of a layer's own parameters by its type: "InnerProduct" is "inner_product".

    A type's message is the one named after it; where two fields have that message, the one with
    the smaller number is meant, as in the dialect that is older (ReLU: `relu`, not `relu6`).
    """
    names: dict[str, str] = {}
    fields = proto.LayerParameter.DESCRIPTOR.fields
    for field in sorted(fields, key=lambda field: int(field.number)):
        if field.message_type is not None and field.name.endswith("_param"):
            names.setdefault(field.message_type.name.removesuffix("Parameter"),
                             field.name.removesuffix("_param"))
    return names


@cache
def own_field(type_name: str) -> str:
    """The field with the parameters of that type, "inner_product_param", or "" without one.

    A type without a message of its name has the field of its name: ReLU6 has relu6_param.
    """
    if type_name in param_name_dict():
        return param_name_dict()[type_name] + "_param"
    by_letters = {field.name.replace("_", ""): field.name
                  for field in proto.LayerParameter.DESCRIPTOR.fields}
    found: str = by_letters.get(f"{type_name.lower()}param", "")
    return found


class Top:
    """The output with the index `n` of the layer `fn`."""

    def __init__(self, fn: Function, n: int):
        self.fn = fn
        self.n = n

    def to_proto(self) -> proto.NetParameter:
        """A NetParameter of the layers that this top needs."""
        return to_proto(self)


class Function:
    """A layer: its type, its inputs, and its parameters by name.

    `ntop`, 1 unless given, and `in_place` are taken out of the parameters.
    Raises TypeError if an input is not a Top.
    """

    def __init__(self, type_name: str, inputs: Iterable[Top], params: dict[str, Any]):
        self.type_name = type_name
        self.inputs = tuple(inputs)
        for index, given in enumerate(self.inputs):
            if not isinstance(given, Top):
                raise TypeError(f"{type_name} input {index} is not a Top (type is {type(given)})")
        self.params = params
        self.ntop: int = params.pop("ntop", 1)
        self.in_place: bool = params.pop("in_place", False)
        self.tops = tuple(Top(self, index) for index in range(self.ntop))

    def to_proto(self) -> proto.NetParameter:
        """A NetParameter of this layer and those it needs."""
        return to_proto(self)

    def fill(self, layer: proto.LayerParameter) -> None:
        """Set the parameters in a LayerParameter.

        A name that ends in `param` is a field of the layer, any other one, and one that only other
        projects have as a field of the layer, of the type's own parameters if these have it. Raises
        AttributeError for a name that neither has.
        """
        own = own_field(self.type_name)
        owners = [layer, getattr(layer, own)] if own else [layer]
        of_layer = layer.DESCRIPTOR.fields_by_name
        for name, value in self.params.items():
            is_of_layer = name.endswith("param") and not (
                name in of_layer and of_layer[name].number > ORIGINALS)
            order = owners if is_of_layer else owners[::-1]
            found = [owner for owner in order if name in owner.DESCRIPTOR.fields_by_name]
            where = f"layer '{layer.name}' ({self.type_name})"
            if not found:
                known = [field for owner in order for field in owner.DESCRIPTOR.fields_by_name]
                messages = " or ".join(owner.DESCRIPTOR.name for owner in order)
                raise AttributeError(f"{where}: {name} is not a field of {messages}"
                                     f"{self._way_out(name) or nearest(name, known)}")
            try:
                assign_proto(found[0], name, value)
            except (AttributeError, TypeError, ValueError) as error:
                raise same_kind(error)(f"{where}: {error}") from None

    def _way_out(self, name: str) -> str:
        """Where a field is that a message of another name has which the type reads; else ""."""
        from framework.layers import LAYERS  # lazy: torch costs 1.9 s, a sound net needs no table
        from framework.layers.messages import reads_message

        fields = [field for field in proto.LayerParameter.DESCRIPTOR.fields
                  if field.message_type is not None and name in field.message_type.fields_by_name]
        owner = next((field.name for field in fields if self.type_name in LAYERS
                      and reads_message(self.type_name, field.name)), "")
        return f"; {self.type_name} reads {owner}: write {owner}=dict({name}=...)" if owner else ""


class _Writer:
    """Turns functions into layers: what has a name keeps it, the rest is counted by type."""

    def __init__(self, names: Mapping[Top | Function, str]):
        self.names = dict(names)
        self.counts: Counter[str] = Counter()
        self.layers: dict[Function, proto.LayerParameter] = {}

    def add(self, last: Function) -> None:
        """Write the layers that `last` needs, inputs before those that use them, and itself.

        A list of the functions under way replaces recursion: nets can be deeper than Python's
        stack.
        """
        waiting = [last]
        while waiting:
            function = waiting[-1]
            needed = [top.fn for top in function.inputs if top.fn not in self.layers]
            if needed:
                waiting.append(needed[0])
                continue
            waiting.pop()
            if function not in self.layers:
                self.layers[function] = self.layer(function)

    def layer(self, function: Function) -> proto.LayerParameter:
        """The LayerParameter of one function."""
        layer = proto.LayerParameter(type=function.type_name)
        layer.bottom.extend(self.layers[top.fn].top[top.n] for top in function.inputs)
        if function.in_place:
            layer.top.extend(layer.bottom)
        else:
            layer.top.extend([self.name(top, function) for top in function.tops])
        named = function.tops[0] if function.tops and function not in self.names else function
        layer.name = self.name(named, function)
        function.fill(layer)
        return layer

    def name(self, item: Top | Function, function: Function) -> str:
        if item not in self.names:
            self.counts[function.type_name] += 1
            self.names[item] = f"{function.type_name}{self.counts[function.type_name]}"
        return self.names[item]

    def net(self) -> proto.NetParameter:
        """The NetParameter of all layers written."""
        net = proto.NetParameter()
        net.layer.extend(self.layers.values())
        return net


def to_proto(*tops: Top | Function) -> proto.NetParameter:
    """A NetParameter of the layers that the tops need."""
    writer = _Writer({})
    for top in tops:
        writer.add(_function(top, "an argument of to_proto"))
    return writer.net()


def _function(item: Top | Function, name: str) -> Function:
    """The layer of a top, or itself. TypeError that begins with `name` for anything else."""
    function = item.fn if isinstance(item, Top) else item
    if not isinstance(function, Function):
        raise TypeError(f"{name} is {item!r}; it must be one top of a layer")
    return function


class UnknownTop(KeyError, AttributeError):
    """No top of that name: the original's KeyError, and what `hasattr` and `copy` expect."""


class NetSpec:
    """Tops by name, as attributes or items: `n.conv1 = ...`, `n["conv1"]`; `n.tops` has all."""

    tops: dict[str, Any]    # Any: Tops and Functions, but checked only when they are written

    def __init__(self) -> None:
        object.__setattr__(self, "tops", {})

    def __setattr__(self, name: str, value: Any) -> None:
        self.tops[name] = value

    def __getattr__(self, name: str) -> Any:
        if name == "tops" or name not in self.__dict__.get("tops", {}):
            raise UnknownTop(name)
        return self.tops[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self.tops[name] = value

    def __getitem__(self, name: str) -> Any:
        try:
            return self.tops[name]
        except KeyError:
            raise UnknownTop(name) from None

    def __delitem__(self, name: str) -> None:
        del self.tops[name]

    def __delattr__(self, name: str) -> None:
        del self.tops[name]

    def keys(self) -> list[str]:
        """The names, in the order they were given in."""
        return list(self.tops)

    def vals(self) -> list[Any]:
        """The tops, in the order of `keys`. Any: see `tops`."""
        return list(self.tops.values())

    def update(self, name: str, params: Mapping[str, Any]) -> None:
        """Add parameters to the layer of the top `name`. Any: see `assign_proto`."""
        _function(self[name], name).params.update(params)

    def to_proto(self) -> proto.NetParameter:
        """A NetParameter of all tops and what they need."""
        functions = [_function(top, f"the top {name}") for name, top in self.tops.items()]
        writer = _Writer({top: name for name, top in self.tops.items()})
        for function in functions:
            writer.add(function)
        return writer.net()


class Layers:
    """`L.Convolution(bottom, kernel_size=3)` is the top of a layer of that type.

    A tuple of tops if `ntop` is above 1, the Function itself if it is 0.
    """

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)

        # Any: a Top, several or a Function; scripts know which
        def layer(*inputs: Top, **params: Any) -> Any:
            function = Function(name, inputs, params)
            if function.ntop == 0:
                return function
            return function.tops[0] if function.ntop == 1 else function.tops

        return layer


class Parameters:
    """`P.Pooling.MAX` is the number of that constant of PoolingParameter."""

    def __getattr__(self, name: str) -> Any:
        """The message class with that name's parameters. Any: a class chosen by its name."""
        if name.startswith("__"):
            raise AttributeError(name)
        return _Constants(getattr(caffe_pb2, f"{name}Parameter"))


class _Constants:
    """The constants of a message class; AttributeError names the one that is near."""

    def __init__(self, message: type[Message]):
        self._message = message

    def __getattr__(self, name: str) -> Any:        # Any: a number, or what a message class has
        try:
            return getattr(self._message, name)
        except AttributeError:
            known = [value.name for kind in self._message.DESCRIPTOR.enum_types
                     for value in kind.values]
            raise AttributeError(f"{self._message.DESCRIPTOR.name} has no constant '{name}'"
                                 f"{nearest(name, known)}") from None


layers = Layers()
params = Parameters()
