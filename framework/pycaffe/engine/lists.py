"""The lists of a pycaffe net: its blobs, layers and parameters, by name and by index."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from framework.layers.python.blob import Array, BlobVector
from framework.net.net import Net as TorchNet
from framework.pycaffe.engine.blobs import NetBlob
from framework.pycaffe.engine.nodes import Node
from framework.system.wording import nearest, shortened

Arrays = dict[str, Array]


class Named(OrderedDict[str, Any]):     # Any: blobs, or lists of them
    """A dict of a net by name; a name that it lacks raises KeyError that says what there is.

    what     "blob", or "parameters"
    explain  what to say of a name that is not there; "" if nothing is known
    Items cannot be set once it `is_complete`: what a script means is to write into their arrays.
    """

    is_complete = False

    def __init__(self, items: Iterable[tuple[str, Any]] = (), what: str = "",
                 explain: Callable[[str], str] = lambda name: ""):
        super().__init__(items)
        self.what = what
        self.explain = explain

    def __missing__(self, name: str) -> Any:
        if not isinstance(name, str):
            raise KeyError(name)
        reason = self.explain(name) or nearest(name, self).removeprefix("; ")
        raise KeyError(f"the net has no {self.what} '{shortened(name)}'"
                       f"{f'; {reason}' if reason else ''}")

    def __setitem__(self, name: str, value: Any) -> None:
        if self.is_complete:
            raise TypeError(f"the {self.what} '{shortened(str(name))}' cannot be replaced; to set "
                            "its values, write into its array: .data[...] = values")
        super().__setitem__(name, value)

    def __reduce__(self) -> Any:
        return OrderedDict, (list(self.items()),)

    def copy(self) -> Any:
        """An OrderedDict of the same items."""
        return OrderedDict(self)


def blobs_by_name(nodes: Sequence[Node]) -> Named:
    """The dict of a net's blobs, still empty."""
    return Named((), "blob", partial(_of_layer, nodes))


def check_names(what: str, names: Sequence[str] | None) -> None:
    """TypeError for what is not a list of names, as an array or a single name."""
    is_list = isinstance(names, (list, tuple, set, frozenset)) or hasattr(names, "keys")
    if names is not None and not (is_list and all(isinstance(name, str) for name in names)):
        raise TypeError(f"{what} is {shortened(repr(names))}; it must be a list of names of blobs. "
                        "Arrays are given by the name of their blob: net.forward(data=array)")


def _without_blobs(nodes: Sequence[Node], name: str) -> str:
    """What to say of a name that no layer with parameters has."""
    found = [node for node in nodes if node.name == name]
    return f"the layer '{name}' ({found[0].type}) has none" if found else ""


def _of_layer(nodes: Sequence[Node], name: str) -> str:
    """What to say of a name that is not found, but that a layer has."""
    tops = [top for node in nodes if node.name == name for top in node.tops]
    return f"the layer '{name}' makes {', '.join(map(repr, tops))}" if tops else ""


class NetLists:
    """The lists of a net; subclasses run it.

    Source: the properties that pycaffe.py and _caffe.cpp of BVLC/caffe attach to Net.
    """

    _net: TorchNet
    _nodes: list[Node]
    _blob_dict: Named
    _layer_list: list[Any]      # Any: LayerViews, and objects of classes that the user wrote
    _layer_names: list[str]

    def forward(self, blobs: Sequence[str] | None = None, start: str | None = None,
                end: str | None = None, **kwargs: Any) -> Arrays:   # Any: arrays
        """Run layers forward; `Net` has it."""
        raise NotImplementedError

    def backward(self, diffs: Sequence[str] | None = None, start: str | None = None,
                 end: str | None = None, **kwargs: Any) -> Arrays:   # Any: arrays
        """Run layers backward; `Net` has it."""
        raise NotImplementedError

    @property
    def blobs(self) -> OrderedDict[str, NetBlob]:
        """The blobs by name, in the order in which layers make them."""
        return self._blob_dict

    @property
    def layers(self) -> list[Any]:
        """For each layer its `type` and `blobs`; of `Python` layers the object itself."""
        return self._layer_list

    @property
    def layer_dict(self) -> OrderedDict[str, Any]:
        """What `layers` has, by the layers' names."""
        return Named(zip(self._layer_names, self._layer_list, strict=True), "layer")

    @property
    def params(self) -> OrderedDict[str, BlobVector]:
        """The blobs of the layers that have some, by the layers' names."""
        found = Named(((name, layer.blobs) for name, layer
                       in zip(self._layer_names, self._layer_list, strict=True) if layer.blobs),
                      "layer with parameters", partial(_without_blobs, self._nodes))
        found.is_complete = True
        return found

    @property
    def inputs(self) -> list[str]:
        """The names of the blobs that a script fills."""
        return self._net.inputs

    @property
    def outputs(self) -> list[str]:
        """The names of the blobs that no layer reads."""
        return list(self._net.outputs)

    @property
    def top_names(self) -> OrderedDict[str, list[str]]:
        """The tops of each layer, by its name."""
        return Named(((node.name, list(node.tops)) for node in self._nodes), "layer")

    @property
    def bottom_names(self) -> OrderedDict[str, list[str]]:
        """The bottoms of each layer, by its name."""
        return Named(((node.name, list(node.bottoms)) for node in self._nodes), "layer")

    @property
    def blob_loss_weights(self) -> OrderedDict[str, float]:
        """The loss weight of each blob, 0 for most."""
        return OrderedDict((name, self._net.loss_weights.get(name, 0.0))
                           for name in self._blob_dict)

    @property
    def _blob_loss_weights(self) -> list[float]:
        return list(self.blob_loss_weights.values())

    @property
    def _blob_names(self) -> list[str]:
        return list(self._blob_dict)

    @property
    def _blobs(self) -> list[NetBlob]:
        return list(self._blob_dict.values())

    @property
    def _inputs(self) -> list[int]:
        return [self._blob_names.index(name) for name in self.inputs]

    @property
    def _outputs(self) -> list[int]:
        return [self._blob_names.index(name) for name in self.outputs]

    def _top_ids(self, index: int) -> list[int]:
        return [self._blob_names.index(name) for name in self._nodes[index].tops]

    def _bottom_ids(self, index: int) -> list[int]:
        return [self._blob_names.index(name) for name in self._nodes[index].bottoms]
