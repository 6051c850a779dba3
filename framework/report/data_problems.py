"""What training would refuse of a database, or take without a word though it spoils the result."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from framework.data.records.boxes import LABEL
from framework.data.records.label_map import BACKGROUND_NAMES
from framework.definition.spec import LayerSpec
from framework.net.net import Net
from framework.report.data_survey import Survey
from framework.system.wording import counted

# layers that know how many classes the boxes have, and the field that says it
COUNTED = {"MultiBoxLoss": "multibox_loss_param", "DetectionOutput": "detection_output_param",
           "RegionOutput": "detection_output_param", "MaskTarget": "mask_target_param",
           "DetectionEvaluate": "detection_evaluate_param",
           "RetinaNetLoss": "retina_net_loss_param", "FcosLoss": "fcos_loss_param"}
SCORED = ("SoftmaxWithLoss", "MultinomialLogisticLoss")


def problems(found: Survey, label_map: Any, spec: LayerSpec, net: Net | None) -> list[str]:
    """Sentences about a database that a data layer of a net reads.

    label_map  LabelMap of the layer (Any: a message), or None
    net        without its data; None: it cannot be built
    """
    texts = [*_sizes(found, spec), *_colours(found, spec)]
    if found.is_annotated and spec.phase == "TRAIN" and found.names and not len(found.boxes) \
            and found.empty:
        texts.append("no image has a box: there is nothing to train on")
    num_outside = int(((found.corners[:, 2:] <= 0) | (found.corners[:, :2] >= 1)).any(1).sum())
    if 2 * num_outside > len(found.boxes):
        texts.append(f"{num_outside} of {counted(len(found.boxes), 'box')} show nothing of their "
                     "images: corners must be parts of the image, from 0 to 1, and not pixels")
    if net is not None:
        texts += _box_classes(found, label_map, net) if len(found.boxes) \
            else _image_classes(found, spec, net)
    return list(dict.fromkeys(texts))


def item_problems(found: Survey, spec: LayerSpec, net: Net | None, takes_any_shape: bool
                  ) -> list[str]:
    """Sentences about the files of a list that a data layer of a net reads.

    takes_any_shape  a batch need not be of one shape
    """
    texts = []
    if len(found.shapes) > 1 and not takes_any_shape:
        ((height, width, channels), *_), count = found.shapes.most_common(1)[0]
        texts.append(f"{spec.place()}: the images have {len(found.shapes)} shapes, {count} of "
                     f"{sum(found.shapes.values())} have {width} x {height} pixels of "
                     f"{counted(channels, 'channel')}; those of a batch must have one: give "
                     "new_height and new_width, resize_param or crop_size, or batch_size: 1")
    return texts if net is None else [*texts, *_image_classes(found, spec, net)]


def _sizes(found: Survey, spec: LayerSpec) -> Iterator[str]:
    transform = spec.proto.transform_param
    is_resized = transform.HasField("resize_param") or transform.crop_size or transform.crop_h
    if len(found.sizes) > 1 and not is_resized and spec.proto.data_param.batch_size > 1:
        (width, height), count = found.sizes.most_common(1)[0]
        yield (f"{spec.place()}: the images have {len(found.sizes)} sizes, {count} of "
               f"{sum(found.sizes.values())} have {width} x {height}; those of a batch must have "
               "one: give resize_param or crop_size, or batch_size: 1")


def _colours(found: Survey, spec: LayerSpec) -> Iterator[str]:
    transform = spec.proto.transform_param
    if len(found.channels) > 1 and not transform.force_color and not transform.force_gray:
        kinds = ", ".join(f"{count} of {counted(number, 'channel')}"
                          for number, count in found.channels.most_common())
        yield (f"{spec.place()}: the images have different channels ({kinds}); set "
               "transform_param.force_color: true, or training does without those that differ")


def _box_classes(found: Survey, label_map: Any, net: Net) -> Iterator[str]:
    labels, counts = np.unique(found.boxes[:, LABEL].astype(int), return_counts=True)
    for step in net.layers:
        spec = step.layer.spec
        if spec.type not in COUNTED:
            continue
        field = COUNTED[spec.type]
        param = getattr(spec.proto, field)
        where = f"layer '{spec.name}' ({spec.type}): {field}.num_classes is {param.num_classes}"
        for label, count in zip(labels.tolist(), counts.tolist(), strict=True):
            if label == getattr(param, "background_label_id", 0):
                yield (f"{counted(count, 'box')} with the label {label}, which is that of the "
                       f"background (layer '{spec.name}'); the classes of a label map begin with 1")
            elif not 0 <= label < param.num_classes:
                yield f"{where}, but the label of {counted(count, 'box')} is {label}"
        if label_map is not None:
            most = max((item.label for item in label_map.item), default=0) + 1
            if most != param.num_classes and not _has_class_0(label_map):
                yield (f"{where}, but the label map has the labels 1 to {most - 1}, and 0 is the "
                       f"background: set it to {most}")


def _has_class_0(label_map: Any) -> bool:
    """Has a class other than the background the label 0?"""
    return any(item.label == 0 and item.name.lower() not in BACKGROUND_NAMES
               for item in label_map.item)


def _image_classes(found: Survey, spec: LayerSpec, net: Net) -> Iterator[str]:
    """The classes of whole images against the scores that a loss compares them with."""
    label_tops = spec.tops[1:]
    for step in net.layers:
        loss = step.layer.spec
        if loss.type not in SCORED or len(step.bottoms) < 2 or step.bottoms[1] not in label_tops:
            continue
        shape = net.shapes[step.bottoms[0]]
        axis = loss.proto.softmax_param.axis if loss.type == "SoftmaxWithLoss" else 1
        ignored = loss.proto.loss_param
        for label, count in sorted(found.classes.items()):
            if ignored.HasField("ignore_label") and label == ignored.ignore_label:
                continue
            if not 0 <= label < shape[axis]:
                yield (f"the label of {counted(count, 'image')} is {label}, but layer "
                       f"'{loss.name}' ({loss.type}) compares {shape[axis]} classes, from 0 on")
