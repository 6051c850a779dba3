"""V1, the form of 2013 and 2014: an enum for the type, learning rates in lists of their own.

    layers { name: "c" type: CONVOLUTION blobs_lr: 1 blobs_lr: 2 ... }
"""

from __future__ import annotations

from typing import Any

from google.protobuf.message import Message

from framework import proto
from framework.definition.prototxt import Document, Lines
from framework.definition.upgrade.v0 import move_settings

# Where a type's name of today is not its enum's name in CamelCase.
_TYPES = {
    "ABSVAL": "AbsVal", "ARGMAX": "ArgMax", "BNLL": "BNLL", "HDF5_DATA": "HDF5Data",
    "HDF5_OUTPUT": "HDF5Output", "IM2COL": "Im2col", "LRN": "LRN", "MVN": "MVN", "NONE": "",
    "RELU": "ReLU", "SOFTMAX_LOSS": "SoftmaxWithLoss", "TANH": "TanH",
    # of projects: longjon's CROP computes its offset itself, C3D's layers have three axes
    "BN": "BN", "CROP": "AutoCrop", "CONVOLUTION3D": "Convolution3D", "POOLING3D": "Pooling3D",
    "DECONVOLUTION3D": "Deconvolution3D", "ROI_POOLING": "ROIPooling",
    "SMOOTH_L1_LOSS": "SmoothL1Loss", "LRN_MAP": "LRN",
    "SEQ_MEMORY_DATA": "MemoryData", "VOXEL_SOFTMAX": "Softmax",
    "TOPK": "TopK", "RELUPLUS": "ReLUPlus", "LOCAL_WEIGHTED_CONVOLUTION": "Local",
    "LSTM": "LstmOfRows", "MCWINDOW_DATA": "MCWindowData", "NAMCWINDOW_DATA": "NAMCWindowData",
    "SYMRELU": "SymReLU", "RELUMOD": "ReLUMod", "RECU": "ReCU",
    "CONVOLUTIONSPARSE": "ConvolutionSparse",
    "MULTI_SOFTMAX": "Softmax", "NORM": "NormOfChannels",
    "MULTILOGISTIC": "Sigmoid", "IMAGE_MULTILABEL_DATA": "ImageMultiLabelData",
    "RESHAPE": "PatchReshape",
}
# Fields that become parts of `param`, and the field of ParamSpec that takes each of their values.
_PARAM_FIELDS = {"param": "name", "blob_share_mode": "share_mode",
                 "blobs_lr": "lr_mult", "weight_decay": "decay_mult"}
# Messages that have another name today.
_OLD_NAMES = {"local_weighted_convolution_param": "local_param",
              "reshape_param": "patch_reshape_param"}
# Data layers that once held the transformation themselves.
DATA_PARAMS = {"Data": "data_param", "ImageData": "image_data_param",
                "ImageDataMultiLabel": "image_data_multi_label_param",
                "WindowData": "window_data_param", "VideoData": "image_data_param",
                **dict.fromkeys(("VideoSegmentationData", "VideoWithVoxelTruthData"),
                                "image_data_param")}
TRANSFORM_FIELDS = ("scale", "mean_file", "crop_size", "mirror")


def upgrade_layer(document: Document, old: Any, lines: Lines) -> tuple[Any, Lines]:
    """The LayerParameter of a V1LayerParameter, and its lines. Raises SpecError from V0's part.

    Any: messages.
    """
    new = proto.LayerParameter()
    new_lines = Lines(lines.line)
    for descriptor, value in old.ListFields():
        field = descriptor.name
        if field in ("type", "layer", "lrn_map_param") or field in _PARAM_FIELDS:
            continue
        target = _OLD_NAMES.get(field, field)
        _copy(new, target, value)
        new_lines.fields[target] = lines.fields.get(field, [])
    if old.HasField("type"):
        new.type = type_name(proto.enum_name(old, "type"))
        new_lines.fields["type"] = lines.fields.get("type", [])
    _move_param_fields(old, lines, new, new_lines)
    if new.type == "LRN":
        _move_lrn_map(old, lines, new, new_lines)
    if old.HasField("layer"):
        inner = lines.fields.get("layer", [Lines(lines.line)])[0]
        new_lines.fields["name"] = inner.fields.get("name", [])
        move_settings(document, old, inner, new, new_lines)
        _move_param_fields(old.layer, inner, new, new_lines)
    _move_transform_fields(new, new_lines)
    return new, new_lines


def type_name(enum: str) -> str:
    """The type of today for the name of a V1 enum value: "INNER_PRODUCT" is "InnerProduct"."""
    return _TYPES.get(enum, "".join(word.capitalize() for word in enum.split("_")))


def _copy(new: Message, field: str, value: Any) -> None:      # Any: the value of that field
    descriptor = new.DESCRIPTOR.fields_by_name[field]
    if descriptor.is_repeated:
        getattr(new, field).extend(value)
    elif descriptor.message_type is not None:
        getattr(new, field).CopyFrom(value)
    else:
        setattr(new, field, value)


def _move_param_fields(old: Message, lines: Lines, new: proto.LayerParameter,
                       new_lines: Lines) -> None:
    """blobs_lr, weight_decay, param and blob_share_mode, one value a blob, become `param`."""
    for field, target in _PARAM_FIELDS.items():
        if field not in old.DESCRIPTOR.fields_by_name:
            continue
        values = getattr(old, field)
        places = lines.fields.get(field) or [Lines() for _ in values]
        params = new_lines.fields.setdefault("param", []) if values else []
        for index, (value, place) in enumerate(zip(values, places, strict=True)):
            if index == len(new.param):
                new.param.add()
                params.append(Lines(place.line))
            setattr(new.param[index], target, value)
            params[index].fields[target] = [place]


def _move_lrn_map(old: Any, lines: Lines, new: proto.LayerParameter, new_lines: Lines) -> None:
    """lrn_map_param, of LRN_MAP, becomes lrn_param within channels. Any: a V1LayerParameter."""
    if old.HasField("lrn_map_param"):
        new_lines.fields["lrn_param"] = lines.fields.get("lrn_map_param", [])
        for descriptor, value in old.lrn_map_param.ListFields():
            setattr(new.lrn_param, descriptor.name, value)
    if proto.enum_name(old, "type") == "LRN_MAP":
        new.lrn_param.norm_region = proto.LRNParameter.WITHIN_CHANNEL


def _move_transform_fields(new: proto.LayerParameter, lines: Lines) -> None:
    """data_param { scale mean_file crop_size mirror } go to transform_param."""
    holder = DATA_PARAMS.get(new.type)
    if holder is None or not proto.has_field(new, holder):
        return
    old = getattr(new, holder)
    moved = [field for field in TRANSFORM_FIELDS if old.HasField(field)]
    if not moved:
        return
    old_lines = lines.fields.get(holder) or [Lines(lines.line)]
    place = lines.fields.setdefault("transform_param", []) or [Lines(old_lines[0].line)]
    lines.fields["transform_param"] = place
    for field in moved:
        setattr(new.transform_param, field, getattr(old, field))
        old.ClearField(field)
        place[0].fields[field] = old_lines[0].fields.pop(field, [])


