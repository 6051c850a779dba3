"""Class counts: num_classes of the layers of a detector, against the label map of its data."""

from __future__ import annotations

import logging
import os
from collections.abc import Collection, Iterator

from framework.data.records import label_map
from framework.definition.spec import LayerSpec, NetSpec

PARAMS = ("multibox_loss_param", "detection_output_param", "detection_evaluate_param")


def check_class_counts(net: NetSpec) -> None:
    """Compare num_classes with the labels of the label map that the net names, if it is there.

    SpecError for a label beyond the classes: training would end at its first box. Classes without
    a label are allowed, as in the original, and named in the log.
    """
    path = label_map_path(net)
    labels = label_map.names_by_label(label_map.read(path)) if path else {}
    counted = list(_counts(net))
    if not labels or not counted:
        return
    number = max(labels) + 1
    for spec, field, count in counted:
        if count < number:
            raise spec.error(field, f"is {count}, but {path} has the label {number - 1} "
                             f"('{labels[number - 1]}'): it must be at least {number}, the "
                             "background counted")
    spec, field, count = max(counted, key=lambda entry: entry[2])
    if count > number:
        logging.getLogger("framework.net").warning("%s", spec.error(
            field, f"is {count}, but {path} has labels up to {number - 1}: {number} would do, and "
            f"{count - number} classes never occur, and a mean over the classes counts them"))


def check_labels(net: NetSpec, path: str, labels: Collection[int]) -> None:
    """SpecError if a label map that is given beside a trained net is that of another net."""
    number = max(labels, default=0) + 1
    for spec, field, count in _counts(net):
        if labels and count != number:
            raise spec.error(field, f"is {count}, but {path} has labels up to {number - 1}, which "
                             f"makes {number} classes: it is the label map of another net")


def label_map_path(net: NetSpec) -> str:
    """The label map that a layer names and that is there; of a data layer before others."""
    stated = [spec.proto.annotated_data_param.label_map_file for spec in net.layers]
    stated += [spec.proto.detection_output_param.save_output_param.label_map_file
               for spec in net.layers]
    return next((path for path in stated if path and os.path.isfile(path)), "")


def _counts(net: NetSpec) -> Iterator[tuple[LayerSpec, str, int]]:
    """Each layer with classes, its field, and their number."""
    for spec in net.layers:
        for name in PARAMS:
            param = getattr(spec.proto, name)
            # RefineDet's first stage tells objects from background only
            is_first_stage = name == PARAMS[0] and param.HasField("objectness_score")
            if param.num_classes and not (is_first_stage and param.num_classes == 2):
                yield spec, f"{name}.num_classes", param.num_classes
