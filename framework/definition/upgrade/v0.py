"""V0, the first form: the settings of all types in one message, and layers only for padding.

    layers { layer { name: "c" type: "conv" num_output: 3 kernelsize: 3 } bottom: "x" top: "c" }
"""

from __future__ import annotations

import logging
from typing import Any

from google.protobuf.message import Message

from framework import proto
from framework.definition.prototxt import Document, Lines
from framework.errors import SpecError

LOG = logging.getLogger(__name__)
_TYPES = {
    "accuracy": "Accuracy", "bnll": "BNLL", "concat": "Concat", "conv": "Convolution",
    "data": "Data", "dropout": "Dropout", "euclidean_loss": "EuclideanLoss", "flatten": "Flatten",
    "hdf5_data": "HDF5Data", "hdf5_output": "HDF5Output", "im2col": "Im2col",
    "images": "ImageData", "infogain_loss": "InfogainLoss", "innerproduct": "InnerProduct",
    "lrn": "LRN", "multinomial_logistic_loss": "MultinomialLogisticLoss", "pool": "Pooling",
    "relu": "ReLU", "sigmoid": "Sigmoid", "softmax": "Softmax",
    "softmax_loss": "SoftmaxWithLoss", "split": "Split", "tanh": "TanH",
    "window_data": "WindowData",
}
# The message of today for each V0 type that has settings.
_PARAMS = {
    "conv": "convolution_param", "innerproduct": "inner_product_param", "pool": "pooling_param",
    "dropout": "dropout_param", "lrn": "lrn_param", "data": "data_param",
    "hdf5_data": "hdf5_data_param", "images": "image_data_param",
    "window_data": "window_data_param", "infogain_loss": "infogain_loss_param",
    "concat": "concat_param",
}
# Old field: its name of today, and the types that may have it.
_FIELDS = {
    "num_output": ("num_output", "conv innerproduct"),
    "biasterm": ("bias_term", "conv innerproduct"),
    "weight_filler": ("weight_filler", "conv innerproduct"),
    "bias_filler": ("bias_filler", "conv innerproduct"),
    "pad": ("pad", "conv pool"),
    "kernelsize": ("kernel_size", "conv pool"),
    "group": ("group", "conv"),
    "stride": ("stride", "conv pool"),
    "pool": ("pool", "pool"),
    "dropout_ratio": ("dropout_ratio", "dropout"),
    "local_size": ("local_size", "lrn"),
    "alpha": ("alpha", "lrn"),
    "beta": ("beta", "lrn"),
    "k": ("k", "lrn"),
    "source": ("source", "data hdf5_data images window_data infogain_loss"),
    "batchsize": ("batch_size", "data hdf5_data images window_data"),
    "rand_skip": ("rand_skip", "data images"),
    "shuffle_images": ("shuffle", "images"),
    "new_height": ("new_height", "images"),
    "new_width": ("new_width", "images"),
    "concat_dim": ("concat_dim", "concat"),
    "det_fg_threshold": ("fg_threshold", "window_data"),
    "det_bg_threshold": ("bg_threshold", "window_data"),
    "det_fg_fraction": ("fg_fraction", "window_data"),
    "det_context_pad": ("context_pad", "window_data"),
    "det_crop_mode": ("crop_mode", "window_data"),
}
_TRANSFORM_FIELDS = {"scale": "scale", "meanfile": "mean_file", "cropsize": "crop_size",
                     "mirror": "mirror"}
OldLayer = tuple["proto.V1LayerParameter", Lines]
_ELSEWHERE = ("name", "type", "blobs_lr", "weight_decay")


def move_settings(document: Document, old: proto.V1LayerParameter, lines: Lines,
                  new: proto.LayerParameter, new_lines: Lines) -> None:
    """Write the settings of `old.layer` (V0LayerParameter) into `new` (LayerParameter).

    lines: of old.layer. A field that the type does not have is left out with a warning, as
    UpgradeV0LayerParameter of upgrade_proto.cpp does. Raises SpecError for an unknown type.
    """
    inner = old.layer
    new.name = inner.name
    if inner.HasField("type"):
        if inner.type not in _TYPES:
            raise _error(document, old, lines, "type", f"is '{inner.type}'; it must be one of "
                         f"{', '.join(sorted(_TYPES))}")
        new.type = _TYPES[inner.type]
        new_lines.fields["type"] = lines.fields.get("type", [])
    for descriptor, value in inner.ListFields():
        field = descriptor.name
        if field in _ELSEWHERE:
            continue
        places = lines.fields.get(field, [])
        if field == "blobs":
            new.blobs.extend(value)
        elif field == "hdf5_output_param" and inner.type == "hdf5_output":
            new.hdf5_output_param.CopyFrom(value)
            new_lines.fields[field] = places
        elif field in _TRANSFORM_FIELDS:
            _set(new, new_lines, "transform_param", _TRANSFORM_FIELDS[field], value, places)
        elif field in _FIELDS and inner.type in _FIELDS[field][1].split():
            _set(new, new_lines, _PARAMS[inner.type], _FIELDS[field][0], value, places)
        else:
            LOG.warning("%s", _error(document, old, lines, field, "is left out, as in the original:"
                                     f" it has no meaning in a layer of type '{inner.type}'"))


def fold_padding(document: Document, layers: list[OldLayer]) -> list[OldLayer]:
    """The layers without V0's `padding` layers, whose pad goes into the layers that read them.

    layers: V1LayerParameter messages with their lines; those that read a padding layer are
    changed. Raises SpecError if such a layer is neither a convolution nor a pooling.
    """
    makers: dict[str, proto.V1LayerParameter | None] = {}
    kept = []
    for layer, lines in layers:
        for index, bottom in enumerate(layer.bottom):
            padding = makers.get(bottom)
            if padding is not None:
                _check_padding(document, padding, layer, lines)
                layer.bottom[index] = padding.bottom[0]
                layer.layer.pad = padding.layer.pad
        is_padding = layer.HasField("layer") and layer.layer.type == "padding"
        makers.update(dict.fromkeys(layer.top, layer if is_padding else None))
        if not is_padding:
            kept.append((layer, lines))
    return kept


def _check_padding(document: Document, padding: proto.V1LayerParameter,
                   layer: proto.V1LayerParameter, lines: Lines) -> None:
    if layer.layer.type not in ("conv", "pool") or len(layer.bottom) != 1:
        raise _error(document, layer, lines, "bottom", f"is padded by layer '{padding.layer.name}'"
                     "; only a conv or pool layer with one bottom can be")
    if len(padding.bottom) != 1 or len(padding.top) != 1:
        raise _error(document, layer, lines, "bottom", f"is padded by layer '{padding.layer.name}'"
                     ", which must have one bottom and one top")


def _set(new: proto.LayerParameter, new_lines: Lines, message: str, field: str, value: Any,
         places: list[Lines]) -> None:
    """Write a value into a field of a message of `new`. Any: the value of that field."""
    target = getattr(new, message)
    descriptor = target.DESCRIPTOR.fields_by_name[field]
    if descriptor.is_repeated:
        getattr(target, field).append(value)
    elif descriptor.message_type is not None:
        getattr(target, field).CopyFrom(value)
    else:
        setattr(target, field, value)
    line = places[0].line if places else 0
    holder = new_lines.fields.setdefault(message, [Lines(line)])[0]
    holder.fields[field] = places


def _error(document: Document, layer: Message, lines: Lines, field: str,
           message: str) -> SpecError:
    return SpecError(f"{document.place(lines.find(field), layer)}: {field} {message}")
