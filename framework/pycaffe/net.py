"""caffe.Net: a net whose blobs and parameters are numpy arrays to be read and written in place."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from torch import Tensor

from framework.errors import CaffeError, first_line
from framework.layers.base import DataOptions, Layer, Shape
from framework.layers.data.memory_data import MemoryData
from framework.layers.python.blob import Array, BlobVector
from framework.layers.python.protocol import Phase
from framework.layers.python.python_layer import Python
from framework.net.net import Net as TorchNet
from framework.net.params import share_by_layer_name
from framework.pycaffe.engine.blobs import NetBlob, ParamBlob
from framework.pycaffe.engine.in_batches import InBatches
from framework.pycaffe.engine.kept_weights import KeptWeights
from framework.pycaffe.engine.lists import Arrays, blobs_by_name, check_names
from framework.pycaffe.engine.nodes import Node
from framework.pycaffe.engine.passes import Callback, Passes
from framework.pycaffe.engine.wiring import LayerView, constant_tops, feed_inputs, list_nodes
from framework.pycaffe.settings import MACHINE
from framework.system.random_state import random_numbers
from framework.system.wording import nearest, shortened
from framework.weights.weights import load_weights, save_weights


class Net(InBatches):
    """A net of a prototxt file, as pycaffe has it.

    Net(network_file, phase, level=0, stages=None, weights=None), or
    Net(network_file, weights, phase), the older form.

    blobs, params, layer_dict, top_names, bottom_names are by name, in the order of the file. Split
    layers and their blobs do not exist: gradients add up by themselves. `backward` works in nets
    without a loss even without `force_backward`, where the original does nothing.
    Raises CaffeError, which is a RuntimeError, for files that cannot be used.
    Source: pycaffe.py and _caffe.cpp of BVLC/caffe.
    """

    def __init__(self, network_file: str, *arguments: Any, phase: int | None = None,
                 level: int = 0, stages: Sequence[str] | None = None,
                 weights: str | None = None):        # Any: a phase, or weights and a phase
        if arguments and isinstance(arguments[0], (str, os.PathLike)):
            weights = str(arguments[0])
            arguments = arguments[1:]
        names = ("phase", "level", "stages", "weights")
        given: dict[str, Any] = {"phase": phase, "level": level, "stages": stages,
                                 "weights": weights}
        given.update(zip(names, arguments, strict=False))
        if given["phase"] not in list(Phase) or len(arguments) > len(names) \
                or isinstance(given["level"], str):
            raise TypeError("a net takes (network_file, phase, level, stages, weights) or "
                            "(network_file, weights, phase); the phase is caffe.TRAIN or "
                            "caffe.TEST")
        seed = MACHINE.next_seed()
        path = os.fsdecode(network_file) if isinstance(network_file, bytes) else str(network_file)
        self._set_up(TorchNet(path, Phase(given["phase"]).name, given["weights"],
                              level=given["level"], stages=given["stages"] or (), seed=seed,
                              data=DataOptions(seed), device=MACHINE.device()))

    @classmethod
    def of(cls, net: TorchNet) -> Net:
        """Show a net that a solver has."""
        self = cls.__new__(cls)
        self._set_up(net)
        self._kept.give_up()
        return self

    def _set_up(self, net: TorchNet) -> None:
        self._net = net
        self._nodes = list_nodes(net)
        constants = constant_tops(net)
        self._blob_dict = blobs_by_name(self._nodes)
        for name in dict.fromkeys(top for node in self._nodes for top in node.tops):
            given = name in net.inputs or name in constants
            self._blob_dict[name] = NetBlob(net.shapes[name], net.device, self,
                                            net.loss_weights.get(name, 0.0), given)
        self._blob_dict.is_complete = True
        self._given = [blob for blob in self._blob_dict.values() if blob.values.given]
        self._passes = Passes(net, self._nodes, self._blob_dict)
        self._layer_list = [self._view(node) for node in self._nodes]
        self._layer_names = [node.name for node in self._nodes]
        self._kept = KeptWeights(net, [blob for view in self._layer_list for blob in view.blobs])
        self._absorbed: Mapping[str, Tensor] = net.blobs
        self._records = net.phase == "TRAIN" or net.spec.force_backward
        # How many blobs have each memory, counted at this sum of the blobs' versions.
        self._counted_at = -1
        self._num_shared: Counter[int] = Counter()
        # Each forward has a seed of its own: these bits are the net's, the lower ones its number.
        self._seed = MACHINE.next_seed() << 32
        self._num_forwards = 0
        self.when_loaded: list[Callable[[], None]] = []     # what a solver does then
        self._passes.store(constants)
        feed_inputs(net, self._blob_dict)

    def _view(self, node: Node) -> Any:     # Any: a layer that the user wrote, or a LayerView
        if node.step is None:
            return LayerView(node.type, BlobVector())
        layer = node.step.layer
        blobs = BlobVector(ParamBlob(layer, index) for index in range(len(layer.blobs)))
        if not isinstance(layer, Python):
            return LayerView(node.type, blobs)
        layer.instance.blobs = blobs
        return layer.instance

    def absorb(self) -> None:
        """Take the values that a solver computed in the net since the last call."""
        if self._net.blobs is not self._absorbed:
            self._absorbed = self._net.blobs
            self._passes.store({name: blob.detach() for name, blob in self._absorbed.items()
                                if name in self._blob_dict})
            self._passes.unrecorded = bool(self._absorbed)

    def settle(self) -> None:
        """Copy what scripts wrote to the device, before the net runs or is saved."""
        self._kept.settle()
        for blob in self._given:
            blob.values.value()

    def is_shared(self, tensor: Tensor) -> bool:
        """Whether two blobs, or values and gradients of one, have the memory of `tensor`."""
        version = sum(blob.version for blob in self._blob_dict.values())
        if self._counted_at != version:
            blobs = self._blob_dict.values()
            tensors = [memory.tensor for blob in blobs for memory in (blob.values, blob.gradients)]
            self._num_shared = Counter(
                each.untyped_storage().data_ptr() for each in tensors if each is not None)
            self._counted_at = version
        return self._num_shared[tensor.untyped_storage().data_ptr()] > 1

    def forward(self, blobs: Sequence[str] | None = None, start: str | None = None,
                end: str | None = None, **kwargs: Any) -> Arrays:     # Any: arrays
        """Run the layers, from `start` to `end` if these are named, both included.

        blobs   names of blobs to return beside the outputs (the tops of `end`)
        kwargs  an array for each input blob; its first axis must be the blob's. Without them the
                inputs are what `blobs[...].data` holds
        Returns data by blob name. Raises ValueError for wrong inputs or an unknown layer.
        """
        check_names("blobs", blobs)
        last = len(self._layer_list) - 1
        first = self._index(start) if start is not None else 0
        stop = self._index(end) if end is not None else last
        tops = self.outputs if end is None else self.top_names[end]
        self._fill(kwargs, self.inputs, "input", lambda blob: blob.data)
        self._forward(first, stop)
        return {name: self._blob_dict[name].data for name in dict.fromkeys([*tops, *(blobs or [])])}

    def backward(self, diffs: Sequence[str] | None = None, start: str | None = None,
                 end: str | None = None, **kwargs: Any) -> Arrays:   # Any: arrays
        """Go back through the layers, from `start` to `end` if these are named, both included.

        diffs   names of blobs to return beside the inputs (the bottoms of `end`)
        kwargs  an array for each output blob. Without them the gradients are what
                `blobs[...].diff` holds: of losses their weights
        Returns diffs by blob name; adds to those of the parameters. Raises ValueError as forward.
        """
        check_names("diffs", diffs)
        last = len(self._layer_list) - 1
        first = self._index(start) if start is not None else last
        stop = self._index(end) if end is not None else 0
        bottoms = self.inputs if end is None else self.bottom_names[end]
        self._fill(kwargs, self.outputs, "output", lambda blob: blob.diff)
        self._backward(first, stop)
        return {name: self._blob_dict[name].diff
                for name in dict.fromkeys([*bottoms, *(diffs or [])])}

    def _index(self, name: str) -> int:
        if name not in self._layer_names:
            raise ValueError(f"the net has no layer '{shortened(name)}', as start and end name them"
                             f"{nearest(name, self._layer_names)}")
        return self._layer_names.index(name)

    def _fill(self, given: Arrays, names: Sequence[str], what: str,
              array_of: Callable[[NetBlob], Array]) -> None:
        if given and set(given) != set(names):
            raise ValueError(f"arrays are given for {', '.join(sorted(given))}; the {what} blobs "
                             f"of the net are {', '.join(names) or 'none'}")
        for name, values in given.items():
            blob = self._blob_dict[name]
            try:
                is_array = np.ndim(values) > 0
            except ValueError:      # lists of several lengths
                is_array = False
            if not is_array:
                raise ValueError(f"{what} '{name}' takes an array of the shape "
                                 f"{tuple(blob.shape)}; it is given {shortened(repr(values))}")
            if len(values) != blob.shape[0]:
                raise ValueError(f"{what} '{name}' has {len(values)} items; the batch size of the "
                                 f"net is {blob.shape[0]}, reshape the blob to change it")
            try:
                array_of(blob)[...] = values
            except ValueError:
                raise ValueError(f"{what} '{name}' takes the shape {tuple(blob.shape)}; it is "
                                 f"given {np.shape(values)}") from None

    def _forward(self, start: int, end: int) -> None:
        """Run layers by index. Over all layers and without gradients, by the net's own `run`."""
        self.absorb()
        self.settle()
        whole = start <= self._passes.first and end == len(self._layer_list) - 1
        self._num_forwards += 1
        try:
            with random_numbers(self._seed + self._num_forwards, self._net.device):
                if whole and not self._records and not self._passes.watched:
                    self._passes.whole(self._passes.take_batches(range(start, end + 1)))
                else:
                    self._passes.forward(start, end, self._records)
        except CaffeError:
            raise
        except (RuntimeError, ValueError, IndexError) as error:
            if words := self._reshaped():
                reason = self._refusing() or shortened(first_line(error))
                raise CaffeError(f"{words}, which the net's layers do not take: {reason}"
                                 ) from error
            raise

    def _reshaped(self) -> str:
        """Which inputs have other shapes than the net was built with, in words."""
        said = [f"'{name}' is {blob.shape}, built as {tuple(self._net.shapes[name])}"
                for name, blob in self._blob_dict.items()
                if blob.values.given and tuple(blob.shape) != tuple(self._net.shapes[name])]
        return "; ".join(said)

    def _refusing(self) -> str:
        """The error of the first layer that does not take the shapes of its bottoms now."""
        shapes = {name: tuple(blob.shape) for name, blob in self._blob_dict.items()}
        try:
            for node in self._nodes:
                if node.step is not None:
                    tops = _tops_of(node.step.layer, [shapes[name] for name in node.bottoms])
                    shapes.update(zip(node.tops, tops, strict=True))
        except CaffeError as error:
            return str(error)
        return ""

    def _backward(self, start: int, end: int) -> None:
        self.absorb()
        self.settle()
        self._records = True        # a script that runs backward once does so again
        self._passes.backward(start, end)
        self._counted_at = -1       # gradients are in other memory now

    def reshape(self) -> None:
        """Compute the shapes of all blobs anew, after those of inputs changed."""
        for node in self._nodes:
            if node.step is None:
                continue
            bottoms = [self._blob_dict[name].shape for name in node.bottoms]
            tops = _tops_of(node.step.layer, bottoms)
            for name, shape in zip(node.tops, tops, strict=True):
                self._blob_dict[name].reshape(*shape)

    def clear_param_diffs(self) -> None:
        """Set the gradients of all parameters to 0, in place."""
        for layer in self._layer_list:
            for blob in layer.blobs:
                blob.gradient().zero_()

    def copy_from(self, weights: str) -> None:
        """Load the blobs of the layers of the same names from a caffemodel or HDF5 file."""
        self.settle()
        load_weights(self._net, weights).warn(weights, is_trained=self._net.phase == "TRAIN")
        for callback in self.when_loaded:
            callback()

    load_hdf5 = copy_from

    def save(self, path: str) -> None:
        """Write a caffemodel, whatever the path's suffix."""
        self.settle()
        save_weights(self._net, path, form="caffemodel")

    def save_hdf5(self, path: str) -> None:
        """Write an HDF5 weight file, whatever the path's suffix."""
        self.settle()
        save_weights(self._net, path, form="hdf5")

    def share_with(self, other: Net) -> None:
        """Share the parameters of `other` with the layers of the same names: one memory."""
        if not isinstance(other, Net):
            raise CaffeError(f"share_with takes a Net; it is given {shortened(repr(other))}")
        layers, lenders = ([step.layer for step in net._net.layers] for net in (self, other))
        self._net.reshaped = share_by_layer_name(layers, lenders, self._net.reshaped,
                                                 other._net.reshaped)
        for net in (self, other):
            net._kept.give_up()

    def set_input_arrays(self, *given: int | Array | None) -> None:
        """Give the first layer, MemoryData, its arrays; its next batch is their first one.

        given   data (n, channels, height, width), n a multiple of the batch size, and labels (n,)
                or (n, 1, 1, 1). Before them, as in BVLC's branch opencl, perhaps the layer's
                index; the labels may be None where it has no top for them.
        Raises CaffeError, a RuntimeError, if it is another layer, or shapes do not fit.
        """
        index = given[0] if given and isinstance(given[0], int) else 0
        arrays = [array for array in given if array is not None and not isinstance(array, int)]
        node = self._nodes[index]
        source = next((source for source, _ in self._net.sources
                       if source.spec.name == node.name), None)
        if not isinstance(source, MemoryData):
            which = f"layer {index}" if index else "first layer"
            raise CaffeError(f"set_input_arrays is for nets whose {which} is MemoryData; here it "
                             f"is '{node.name}' ({node.type})")
        if not arrays or not all(isinstance(array, np.ndarray) for array in arrays):
            found = ", ".join(type(array).__name__ for array in given)
            raise CaffeError("set_input_arrays takes numpy arrays, data and labels; it is given "
                             f"{found or 'nothing'}")
        source.set_input_arrays(*arrays)

    def before_forward(self, callback: Callback) -> None:
        """Call `callback(index)` before each layer of a forward."""
        self._passes.callbacks["before_forward"].append(callback)

    def after_forward(self, callback: Callback) -> None:
        """Call `callback(index)` after each layer of a forward."""
        self._passes.callbacks["after_forward"].append(callback)

    def before_backward(self, callback: Callback) -> None:
        """Call `callback(index)` before each layer of a backward."""
        self._passes.callbacks["before_backward"].append(callback)

    def after_backward(self, callback: Callback) -> None:
        """Call `callback(index)` after each layer of a backward."""
        self._passes.callbacks["after_backward"].append(callback)


def _tops_of(layer: Layer, bottoms: Sequence[Shape]) -> list[Shape]:
    """The shapes of a layer's tops for other bottoms. CaffeError if it does not take them."""
    try:
        return layer.top_shapes(*bottoms)
    except CaffeError:
        raise
    except (RuntimeError, ValueError, IndexError) as error:
        given = ", ".join(f"'{name}' {tuple(shape)}" for name, shape
                          in zip(layer.spec.bottoms, bottoms, strict=True))
        raise layer.spec.error("bottom", "has shapes that the layer does not take: "
                               f"{given}") from error
