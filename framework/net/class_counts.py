"""Class counts: num_classes of the layers of a detector, against its label map and its data."""

from __future__ import annotations

import logging
import os
from collections.abc import Collection, Iterator

import numpy as np

from framework.data.records import label_map
from framework.data.records.database import open_database
from framework.data.records.images import BadRecord
from framework.data.records.records import parse
from framework.definition.spec import LayerSpec, NetSpec
from framework.layers.base import LAYERS, Source
from framework.proto import AnnotatedDatum
from framework.system.wording import counted

PARAMS = ("multibox_loss_param", "detection_output_param", "detection_evaluate_param",
          "retina_net_loss_param", "fcos_loss_param")
NUM_LOOKED_AT = 64      # records of a database, all over it: a list may be sorted by class


def check_class_counts(net: NetSpec) -> None:
    """Compare num_classes with the labels of the label map that the net names, if it is there.

    SpecError for a label beyond the classes: training would end at its first box. Classes without
    a label are allowed, as in the original, and named in the log.
    """
    path = label_map_path(net)
    labels = label_map.names_by_label(label_map.read(path)) if path else {}
    stated = list(_counts(net))
    if not labels or not stated:
        return
    number = max(labels) + 1
    for spec, field, count in stated:
        if count < number:
            raise spec.error(field, f"is {count}, but {path} has the label {number - 1} "
                             f"('{labels[number - 1]}'): it must be at least {number}, the "
                             "background counted")
    spec, field, count = max(stated, key=lambda entry: entry[2])
    if count > number:
        logging.getLogger("framework.net").warning("%s", spec.error(
            field, f"is {count}, but {path} has labels up to {number - 1}: {number} would do, and "
            f"{counted(count - number, 'class')} without a label, which a mean over the classes "
            "counts too"))


def check_record_labels(net: NetSpec) -> None:
    """Compare num_classes with the labels of some records, where no label map tells them.

    For nets whose data layers are built, so that their databases can be opened. SpecError for a
    label beyond the classes, with the record: training would end at its first such box. If these
    are all records, classes without a label are named in the log.
    """
    stated = list(_counts(net))
    if not stated or label_map_path(net):
        return
    fewest = min(stated, key=lambda entry: entry[2])
    most = max(stated, key=lambda entry: entry[2])
    for spec in net.layers:
        source = spec.proto.data_param.source
        cls = LAYERS.get(spec.type)
        if not source or cls is None or not issubclass(cls, Source) or not cls.gives_boxes:
            continue
        name, number, is_all = _largest_label(source)
        if fewest[2] <= number:
            raise fewest[0].error(
                fewest[1], f"is {fewest[2]}, but record {name} of {source} has a box with the "
                f"label {number}: it must be at least {number + 1}, the background counted")
        if is_all and 0 < number + 1 < most[2]:
            logging.getLogger("framework.net").warning("%s", most[0].error(
                most[1], f"is {most[2]}, but the boxes of {source} have labels up to {number}: "
                f"{number + 1} would do, and a mean over the classes counts those that never "
                "occur"))


def _largest_label(path: str) -> tuple[str, int, bool]:
    """The largest label of boxes in some records, the record's name, and if these are all."""
    database = open_database(path)
    chosen = np.linspace(0, len(database) - 1, min(len(database), NUM_LOOKED_AT)).astype(int)
    found = ("", -1)
    for index in chosen.tolist():
        try:
            message = parse(AnnotatedDatum(), database.read(index))
        except BadRecord:
            continue        # left out and counted in training
        label = max((group.group_label for group in message.annotation_group), default=-1)
        if label > found[1]:
            found = (database.name(index), label)
    return *found, len(chosen) == len(database)


def check_labels(net: NetSpec, path: str, labels: Collection[int]) -> None:
    """SpecError if a label map that is given beside a trained net is that of another net."""
    number = max(labels, default=0) + 1
    for spec, field, count in _counts(net):
        if labels and count != number:
            raise spec.error(field, f"is {count}, but {path} has labels up to {number - 1}, which "
                             f"makes {counted(number, 'class')}: it is the label map of another "
                             "net")


def check_scored_labels(spec: LayerSpec, blob: str, count: int, path: str,
                        labels: Collection[int]) -> None:
    """SpecError if a label map that is given beside a trained net is that of another net.

    spec, blob, count  the layer that makes or reads the scores, their blob, and the classes in it
    """
    number = max(labels, default=-1) + 1
    if count != number:
        raise spec.error(f"blob '{blob}'", f"has the scores of {counted(count, 'class')}, but "
                         f"{path} has labels up to {number - 1}, which makes "
                         f"{counted(number, 'class')}: it is the label map of another net")


def label_map_path(net: NetSpec) -> str:
    """The label map that a layer names and that is there; of a data layer before others."""
    stated = [spec.proto.annotated_data_param.label_map_file for spec in net.layers]
    stated += [spec.proto.detection_output_param.save_output_param.label_map_file
               for spec in net.layers]
    stated += [spec.proto.segmentation_score_param.label_map_file for spec in net.layers]
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
