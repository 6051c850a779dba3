"""Forms of single forks for several labels or domains, and windows over one channel.

HuifangZJU/road_affordances: Multilogistic, a Sigmoid; kevinlin311tw/caffe-multilabel: ImageData of
label_size, and MultiLabelSigmoidLoss; wang821002/Caffe-Multi-Label: a MultiLabelAccuracy of
probabilities; JiahaoLi-gdut/CAFFE-DACH: pooling of kernel_c 1, and mmd_loss_param.
Source: multilogistic_layer.cpp, image_data_layer.cpp, multi_label_sigmod_loss_layer.cpp,
mutli_label_accuracy_layer.cpp, pooling_layer.cpp and mmd_loss_layer.cpp there.
"""

from __future__ import annotations

from framework import proto
from framework.definition.prototxt import Document, Lines

SAME_OF_LABELS = {"Multilogistic": "Sigmoid",
                  "MultiLabelSigmoidLoss": "MultiSigmoidCrossEntropyLoss"}


def count_labels(layer: proto.LayerParameter, net: Document) -> bool:
    """Set with_counts of a MultiLabelAccuracy without settings that has a Sigmoid's values, as its
    fork wants them. Returns whether it did."""
    if layer.type != "MultiLabelAccuracy" or layer.HasField("multi_label_accuracy_param"):
        return False
    found = any(other.type == "Sigmoid" and layer.bottom[:1] == other.top[:1]
                for other in net.message.layer)
    if found:
        layer.multi_label_accuracy_param.with_counts = True
    return found


def from_label_size(layer: proto.LayerParameter, lines: Lines) -> bool:
    """ImageData of label_size is a MultilabelImageData of multilabel_num."""
    if layer.type != "ImageData" or layer.image_data_param.label_size < 2:
        return False
    layer.type = "MultilabelImageData"
    param = layer.image_data_param
    param.multilabel_num = param.label_size
    param.ClearField("label_size")
    for inside in lines.fields.get("image_data_param", []):
        inside.fields["multilabel_num"] = inside.fields.pop("label_size", [])
    return True


def without_flat_windows(layer: proto.LayerParameter, lines: Lines) -> bool:
    """Leave out windows of one channel; others stay, and the layers refuse them."""
    found = False
    for name in ("pooling_param", "unpooling_param"):
        param = getattr(layer, name)
        if not layer.HasField(name) or param.kernel_c > 1:
            continue
        for field in ("kernel_c", "stride_c"):
            if getattr(param, field) == 1:
                param.ClearField(field)
                found = True
                for inside in lines.fields.get(name, []):
                    inside.fields.pop(field, None)
    return found


def from_mmd_loss_param(layer: proto.LayerParameter, lines: Lines) -> bool:
    """mmd_loss_param is mmd_param with other names; absfix_flag, a guard against a sum that
    overflowed, has no counterpart."""
    if layer.type != "MMDLoss" or not layer.HasField("mmd_loss_param"):
        return False
    given, param = layer.mmd_loss_param, layer.mmd_param
    param.kernel_num, param.kernel_mul = given.kernel_numb, given.kernel_mult
    layer.ClearField("mmd_loss_param")
    places = lines.fields.pop("mmd_loss_param", [])
    for inside in places:
        for old, new in (("kernel_numb", "kernel_num"), ("kernel_mult", "kernel_mul")):
            inside.fields[new] = inside.fields.pop(old, [])
    lines.fields["mmd_param"] = places
    return True
