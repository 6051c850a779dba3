"""Load and save the weights of a net, matched by the names of layers.

The end of a file's name says its form: .h5 or .hdf5 (HDF5), .npz, .safetensors, and anything
else is Caffe's binary .caffemodel.
Source: Net::CopyTrainedLayersFrom, Net::ToProto, Net::ToHDF5, Blob::ShapeEquals in BVLC Caffe.
"""

from __future__ import annotations

import itertools
import logging
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from framework.definition.spec import NetSpec
from framework.errors import WeightsError
from framework.proto import LayerParameter, Phase
from framework.system.arguments import FLAG, PATH, PATHS, TEXT, Kind, checked, or_none
from framework.system.atomic import replacing
from framework.system.file_kinds import HDF5, foreign_kind, is_text, is_weights, stand_in
from framework.system.wording import counted
from framework.weights.arrays import (
    read_hdf5,
    read_npz,
    read_safetensors,
    write_hdf5,
    write_npz,
    write_safetensors,
)
from framework.weights.blob import Blob, describe
from framework.weights.caffemodel import FileLayer, read_caffemodel, write_caffemodel

LISTED = 8      # names in an error before it goes on with "and 12 more"
_READERS = {".h5": read_hdf5, ".hdf5": read_hdf5, ".npz": read_npz,
            ".safetensors": read_safetensors}


class WeightedNet(Protocol):
    """A framework.Net, or what looks like one."""

    spec: NetSpec

    @property
    def params(self) -> dict[str, list[Tensor]]:
        """The blobs of each layer that has any, in Caffe's order."""


@dataclass
class LoadReport:
    """The result of loading weights, by names of layers.

    copied       their blobs were replaced
    not_in_file  layers of the net with blobs that no file has: they keep what the fillers made
    not_in_net   layers of the files with blobs that the net does not have
    mismatched   left out because of `skip_mismatch`: one sentence each
    not_finite   blobs with NaN or infinite values, which were copied as they are
    """

    copied: list[str] = field(default_factory=list)
    not_in_file: list[str] = field(default_factory=list)
    not_in_net: list[str] = field(default_factory=list)
    mismatched: list[str] = field(default_factory=list)
    not_finite: list[str] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Whether every blob of the net has values from a file, all of them finite."""
        return not (self.not_in_file or self.mismatched or self.not_finite)

    def warn(self, paths: str | Path | Sequence[str | Path], is_trained: bool = False) -> None:
        """Log what makes the net's results useless; that layers of a net that `is_trained` are not
        in the file, as in fine-tuning, is for information only."""
        logger = logging.getLogger("framework.weights")
        name = ", ".join(map(str, _split(paths)))
        if self.not_in_file:
            level = logging.INFO if is_trained else logging.WARNING
            logger.log(level, "%s: layers of the net that are not in the file, and have no trained "
                       "weights: %s", name, _list(self.not_in_file))
        if self.not_finite:
            logger.warning("%s: NaN or infinite values in %s", name, _list(self.not_finite))

    def __str__(self) -> str:
        lines = [f"{counted(len(self.copied), 'layer')} copied"]
        for what, names in (("not in the file", self.not_in_file),
                            ("not in the net", self.not_in_net),
                            ("left out", self.mismatched),
                            ("with NaN or infinite values", self.not_finite)):
            if names:
                lines.append(f"{len(names)} {what}: {_list(names)}")
        return "; ".join(lines)


NET = Kind("a net", lambda value: hasattr(value, "params") and hasattr(value, "spec"))


@checked(net=NET, paths=PATHS, skip_mismatch=FLAG)
def load_weights(net: WeightedNet, paths: str | Path | Sequence[str | Path],
                 skip_mismatch: bool = False) -> LoadReport:
    """Copy blobs from files into the layers of the same names.

    paths          one path, several separated by commas, or a list; a later file overrides
    skip_mismatch  leave layers out whose blobs differ in number or shape, and report them

    Shapes and kinds of all files are compared with the net before a value is read, and all values
    are read and checked before the first blob is changed. Raises WeightsError if a file cannot be
    read, if a name is empty, if shapes differ, if a file has no layer of the net, or a value is too
    large for the net.
    """
    report = LoadReport()
    params: dict[str, list[Tensor]] = net.params
    spare = {step.layer.spec.name: step.layer.spare_blobs for step in getattr(net, "layers", ())}
    loose = {spec.name for spec in net.spec.layers if not spec.proto.strict_dim}
    names = {spec.name for spec in net.spec.layers} - getattr(net, "stub_names", frozenset())
    copies: dict[str, tuple[Tensor, str | Path, Blob]] = {}
    problems: dict[str, str] = {}
    for path in _split(paths):
        layers = _that_count(read_layers(path), params)
        _check_same_net(path, layers, names, params)
        for layer in layers:
            if layer.name not in names:
                report.not_in_net.append(layer.name)
            elif problem := _mismatch(layer, params, spare.get(layer.name, 0),
                                      layer.name in loose):
                problems[layer.name] = f"{path}: layer '{layer.name}': {problem}"
            else:
                report.copied.append(layer.name)
                pairs = zip(params[layer.name], layer.blobs, strict=False)
                copies |= {f"blob {index} of layer '{layer.name}'": (target, path, blob)
                           for index, (target, blob) in enumerate(pairs) if blob}
    if problems and not skip_mismatch:
        raise WeightsError("\n".join(list(problems.values())[:LISTED]) + "\nRename a layer in the "
                           "prototxt to learn it anew; tools/train and tools/test take the rest "
                           "with --skip-mismatch")
    report.not_finite = copy_all(copies)
    report.copied = list(dict.fromkeys(report.copied))
    report.mismatched = list(problems.values())
    report.not_in_file = _left_alone(params, {*report.copied, *problems})
    return report


def _that_count(layers: list[FileLayer], params: dict[str, list[Tensor]]) -> list[FileLayer]:
    """Layers with blobs, and those that should have some: no other one of their name has."""
    named = {layer.name for layer in layers if layer.blobs}
    return [layer for layer in layers
            if layer.blobs or (layer.name in params and layer.name not in named)]


def read_layers(path: str | Path) -> list[FileLayer]:
    """The layers of a weight file of any form. Raises WeightsError if it cannot be read."""
    try:
        if os.path.exists(path) and not os.path.isfile(path):
            raise WeightsError(f"{path}: is not a regular file")
        with open(path, "rb") as file:
            head = file.read(4096)
        if instead := stand_in(head):
            raise WeightsError(f"{path}: is {instead}")
        if is_text(head):
            raise WeightsError(f"{path}: is a text file, as a prototxt or a web page is, not a "
                               "file of weights")
        reader = read_hdf5 if head.startswith(HDF5) \
            else _READERS.get(Path(path).suffix, read_caffemodel)
        if reader is read_hdf5 and is_weights(head):    # whatever its name, as the original
            reader = read_caffemodel
        kind = foreign_kind(head)
        if kind and reader is read_caffemodel:
            raise WeightsError(f"{path}: is {kind}; it is not a file of weights")
        return reader(path)
    except (OSError, ValueError) as error:      # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or error
        raise WeightsError(f"{path}: cannot be read: {reason}") from None


@checked(net=NET, path=PATH, gradients=FLAG, form=or_none(TEXT))
def save_weights(net: WeightedNet, path: str | Path, gradients: bool = False,
                 form: str | None = None) -> None:
    """Write the net's layers with their blobs, in a form that the original reads.

    form   caffemodel, hdf5, npz or safetensors, instead of that of the path's suffix
    Atomic: the file appears when it is whole. `gradients` adds them as Caffe's `snapshot_diff`
    does (caffemodel and HDF5). Raises WeightsError if the disk does not take it.
    """
    layers = _layers_of(net, gradients)
    suffix = f".{form}" if form else Path(path).suffix
    with replacing(path, WeightsError) as partial:
        if suffix in (".h5", ".hdf5"):
            write_hdf5(partial, layers, _shared_blobs(net.params))
        elif suffix == ".npz":
            write_npz(partial, layers)
        elif suffix == ".safetensors":
            write_safetensors(partial, layers)
        else:
            with open(partial, "wb", buffering=1 << 20) as file:
                write_caffemodel(file, net.spec.name, layers)


def _split(paths: str | Path | Sequence[str | Path]) -> list[str | Path]:
    if isinstance(paths, str):
        names = [path.strip() for path in paths.split(",")]
        if not all(names):
            raise WeightsError(f"weights '{paths}': a name of a file between the commas is empty")
        return list(names)
    return [paths] if isinstance(paths, Path) else list(paths)


def _check_same_net(path: str | Path, layers: Sequence[FileLayer], names: set[str],
                    params: dict[str, list[Tensor]]) -> None:
    if params and not any(layer.blobs and layer.name in names for layer in layers):
        there = [layer.name for layer in layers if layer.blobs]
        raise WeightsError(f"{path}: no layer has a name of the net's: it has weights for "
                           f"{_list(there) or 'no layer at all'}; the net wants "
                           f"{_list(list(params))}")


def _mismatch(layer: FileLayer, params: dict[str, list[Tensor]], spare: int, loose: bool) -> str:
    """Why the blobs cannot be copied, or nothing; the last `spare` may be absent in the file.

    loose  shapes may differ where there are as many values: `strict_dim: false` of DeepLab's
           Caffe, net.cpp of TheLegendAli/DeepLab-Context
    """
    targets = params.get(layer.name, [])
    if spare and len(layer.blobs) == len(targets) - spare:
        targets = targets[:-spare]
    if len(layer.blobs) != len(targets):
        found = [blob.shape for blob in layer.blobs if blob is not None]
        return (f"the file has {counted(len(layer.blobs), 'blob')}{_listed(found)}, and the layer "
                f"in the net has {counted(len(targets), 'blob')}"
                f"{_listed([target.shape for target in targets])}")
    for index, (target, blob) in enumerate(zip(targets, layer.blobs, strict=True)):
        if blob is None:
            if not _is_elsewhere(target, layer.name, params):
                return f"blob {index} is missing in the file"
        elif not (loose and math.prod(blob.shape) == target.numel()) \
                and without_ones(blob.shape) != without_ones(target.shape):
            return (f"blob {index} is {describe(blob.shape)} in the file, and "
                    f"{describe(target.shape)} in the net")
    return ""


def _listed(shapes: Sequence[Sequence[int]]) -> str:
    """` (64 x 3 x 3 x 3, 64)`: what shows that a bias, a scale, ... is more or less."""
    return f" ({', '.join(map(describe, shapes))})" if shapes else ""


def without_ones(shape: Sequence[int]) -> tuple[int, ...]:
    """The shape without ones in front: legacy shapes have four axes, (1, 1, 1, N) for a bias."""
    return tuple(itertools.dropwhile(lambda size: size == 1, shape))


def _is_elsewhere(target: Tensor, name: str, params: dict[str, list[Tensor]]) -> bool:
    place = target.data_ptr()
    return any(blob.data_ptr() == place for other, blobs in params.items() if other != name
               for blob in blobs)


def _left_alone(params: dict[str, list[Tensor]], known: set[str]) -> list[str]:
    """The layers that are not known, but for those that share all their blobs with known ones."""
    filled = {blob.data_ptr() for name in known for blob in params.get(name, [])}
    return [name for name, blobs in params.items() if name not in known
            and not all(blob.data_ptr() in filled for blob in blobs)]


def copy_all(copies: Mapping[str, tuple[Tensor, str | Path, Blob]]) -> list[str]:
    """Read all values, then copy all. Returns the names of blobs with NaN or infinite values."""
    values = {name: _read(name, *copy) for name, copy in copies.items()}
    with torch.no_grad():
        for name, (target, _, _) in copies.items():
            _copy(target, values[name])
    return [name for name, array in values.items() if not _all_finite(array)]


def _read(name: str, target: Tensor, path: str | Path, blob: Blob) -> np.ndarray:
    """The values of a blob. WeightsError for one that the net's type would make infinite."""
    values = blob.values
    if values.dtype.kind == "f" and values.itemsize > target.element_size():
        with np.errstate(over="ignore"):
            too_large = np.isinf(values.astype(np.float32)) & np.isfinite(values)
        if too_large.any():
            raise WeightsError(f"{path}: {name} holds {values[too_large][0]:g}, which is too large "
                               "for float32")
    return values


def _all_finite(values: np.ndarray) -> bool:
    """The sum, which needs no memory, tells of NaN and infinity; it can be too large itself."""
    if values.dtype.kind != "f":
        return True
    with np.errstate(all="ignore"):
        return bool(np.isfinite(values.sum()) or np.isfinite(values).all())


def _copy(target: Tensor, values: np.ndarray) -> None:
    """Copy values into a blob; as bytes where the types agree, without a copy in between."""
    # values of a file may be unaligned: bytes may be copied from anywhere
    if target.dtype == torch.float32 and values.dtype == np.float32 \
            and target.is_contiguous() and target.device.type == "cpu":
        source = torch.from_numpy(values.view(np.uint8))
        target.detach().view(-1).view(torch.uint8).copy_(source)
        return
    dtype = np.float64 if target.dtype == torch.float64 else np.float32
    target.copy_(torch.from_numpy(np.array(values, dtype=dtype)).reshape(target.shape))


def _layers_of(net: WeightedNet, gradients: bool
               ) -> Iterator[tuple[LayerParameter, list[np.ndarray], list[np.ndarray]]]:
    """Message, arrays and gradients of each layer, one layer in memory at a time."""
    params = net.params
    steps = list(getattr(net, "layers", ()))
    for spec in net.spec.layers:
        message = LayerParameter()
        message.CopyFrom(spec.proto)
        message.ClearField("blobs")
        if not message.HasField("phase"):
            message.phase = Phase.Value(spec.phase)
        blobs = params.get(spec.name, [])
        if steps and (steps[0].layer.spec.name, steps[0].layer.spec.type) == (spec.name, spec.type):
            blobs = steps.pop(0).layer.blobs        # its own: one without blobs may bear its name
        diffs = [_gradient_array(blob) for blob in blobs] if gradients else []
        yield message, [_array(blob) for blob in blobs], diffs


def _gradient_array(blob: Tensor) -> np.ndarray:
    return _array(torch.zeros_like(blob) if blob.grad is None else blob.grad)


def _array(blob: Tensor) -> np.ndarray:
    blob = blob.detach().cpu()
    return (blob if blob.dtype == torch.float64 else blob.float()).contiguous().numpy()


def _shared_blobs(params: dict[str, list[Tensor]]) -> set[tuple[str, int]]:
    """Blobs that an earlier layer has too: HDF5 files hold them once."""
    seen: set[int] = set()
    shared: set[tuple[str, int]] = set()
    for name, blobs in params.items():
        places = [blob.data_ptr() for blob in blobs]
        shared.update((name, index) for index, place in enumerate(places) if place in seen)
        seen.update(places)
    return shared


def _list(names: Sequence[str]) -> str:
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return ", ".join(names[:LISTED]) + more
