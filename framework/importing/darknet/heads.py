"""Darknet's [yolo], [region] and [detection]: boxes from maps, in one layer at the end.

Sources: yolo_layer.c, region_layer.c and detection_layer.c of pjreddie/darknet; do_nms_sort in
box.c; the threshold of scores and that of overlaps are those of `darknet detector valid` in
detector.c, for [detection] those of `darknet yolo valid` in yolo.c.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from framework.importing.darknet.config import Section
from framework.importing.darknet.net import DarknetNet, Head

LEAST_SCORE = 0.005
OVERLAP = 0.45
GRID_SCORE, GRID_OVERLAP = 0.001, 0.5
OUTPUT = "detection_out"


def yolo(net: DarknetNet) -> str:
    """[yolo]: note the map."""
    section = net.section
    section.must_be("new_coords", 0, "boxes without logistic functions are not supported")
    if section.word("nms_kind", "default") not in ("default", "greedynms"):
        raise section.error(f"nms_kind is {section.word('nms_kind', '')}; it must be greedynms",
                            "nms_kind")
    section.word("beta_nms", "")
    section.number_of("scale_x_y", 1)
    anchors, mask = _anchors(section), section.integers("mask")
    mask = mask or list(range(len(anchors) // 2))
    if not all(0 <= number < len(anchors) // 2 for number in mask):
        raise section.error(f"mask is {_said(mask)}; there are the anchors 0 to "
                            f"{len(anchors) // 2 - 1}", "mask")
    return _note(net, len(mask))


def region(net: DarknetNet) -> str:
    """[region]: note the map."""
    section = net.section
    section.must_be("coords", 4, "boxes with more numbers than 4 are not supported")
    section.must_be("background", 0, "it is not supported")
    if "tree" in section.entries:
        raise section.error("tree: a hierarchy of classes is not supported", "tree")
    section.integer("softmax", 0)
    return _note(net, len(_anchors(section)) // 2)


def detection(net: DarknetNet) -> str:
    """[detection]: note the numbers of YOLO v1's grid."""
    section, blob = net.section, net.bottom()
    section.must_be("coords", 4, "boxes with more numbers than 4 are not supported")
    section.must_be("softmax", 0, "classes by softmax are not supported")
    side, classes, boxes, _ = _grid(section)
    found = math.prod(net.shape(blob)[1:])
    wanted = side ** 2 * (classes + 5 * boxes)
    if found != wanted:
        raise section.error(f"reads {found} numbers; {side} x {side} cells of {classes} classes "
                            f"and {boxes} boxes need {wanted}", "side")
    net.heads.append(Head(section, blob))
    return ""


def _grid(section: Section) -> tuple[int, int, int, bool]:
    """Cells of a row, classes, boxes of a cell, and whether sizes are roots."""
    return (section.integer("side", 7, 1), section.integer("classes", 1, 1),
            section.integer("num", 1, 1), bool(section.integer("sqrt", 0)))


def _anchors(section: Section) -> list[float]:
    """Width and height of each anchor."""
    number = section.integer("num", 1, 1)
    anchors = section.numbers("anchors")
    if len(anchors) != 2 * number:
        raise section.error(f"has {len(anchors)} numbers in anchors; num {number} needs "
                            f"{2 * number}", "anchors")
    return anchors


def _note(net: DarknetNet, num_boxes: int) -> str:
    section, blob = net.section, net.bottom()
    classes = section.integer("classes", 20, 1)
    channels = net.shape(blob)[1]
    if channels != num_boxes * (5 + classes) or len(net.shape(blob)) != 4:
        raise section.error(f"reads {channels} channels; {num_boxes} boxes of 5 numbers and "
                            f"{classes} classes need {num_boxes * (5 + classes)}", "classes")
    net.heads.append(Head(section, blob))
    return ""


def add_detections(net: DarknetNet) -> str:
    """The layer that makes boxes of all maps; its blob."""
    first = net.heads[0].section
    for head in net.heads[1:]:
        other = head.section
        for key, one, two in (("classes", *(part.word("classes", "20") for part in (first, other))),
                              ("mask", len(anchor_numbers(first)), len(anchor_numbers(other)))):
            if one != two or first.kind != other.kind:
                raise other.error(f"has another number of {key} than [{first.kind}] in line "
                                  f"{first.line}; one layer makes the boxes of all", key)
    net.section = net.heads[-1].section
    if first.kind in ("region", "detection") and len(net.heads) > 1:
        raise net.section.error("is the second one; there must be one")
    if first.kind == "detection":
        return _grid_boxes(net, net.heads[0])
    if first.kind == "region" and first.integer("softmax", 0):
        return _region_boxes(net, net.heads[0])
    return _yolo_boxes(net, net.heads)


def _grid_boxes(net: DarknetNet, head: Head) -> str:
    """Classes and boxes of cells, as they are."""
    side, classes, boxes, sqrt = _grid(head.section)
    return net.add("detection", "YoloGridOutput", head.blob, yolo_grid_output_param={
        "side": side, "num_class": classes, "num_box": boxes, "sqrt": sqrt,
        "confidence_threshold": GRID_SCORE, "nms_threshold": GRID_OVERLAP})


def _region_boxes(net: DarknetNet, head: Head) -> str:
    """Anchors in cells, classes by softmax."""
    return net.add("region", "YoloDetectionOutput", head.blob, yolo_detection_output_param={
        "num_classes": head.section.integer("classes", 20),
        "num_box": len(anchor_numbers(head.section)),
        "biases": head.section.numbers("anchors"), "confidence_threshold": LEAST_SCORE,
        "nms_threshold": OVERLAP, "class_agnostic": False})


def _yolo_boxes(net: DarknetNet, heads: Sequence[Head]) -> str:
    """Classes by logistic functions. The anchors of [region], in cells, are those of cells of one
    pixel."""
    biases: list[float] = []
    mask: list[int] = []
    for head in heads:
        anchors = head.section.numbers("anchors")
        if anchors != biases[:len(anchors)] or not biases:      # as a rule all have the same
            mask += [len(biases) // 2 + number for number in anchor_numbers(head.section)]
            biases += anchors
        else:
            mask += anchor_numbers(head.section)
    param: dict[str, object] = {
        "num_classes": heads[0].section.integer("classes", 20),
        "num_box": len(anchor_numbers(heads[0].section)), "confidence_threshold": LEAST_SCORE,
        "nms_threshold": OVERLAP, "biases": biases, "mask": mask, "mask_group_num": len(heads),
        "anchors_scale": [cell(net, head) for head in heads], "class_agnostic": False}
    zooms = [head.section.number_of("scale_x_y", 1) for head in heads]
    param |= {"scale_x_y": zooms} if any(zoom != 1 for zoom in zooms) else {}
    return net.add("yolo", "Yolov3DetectionOutput", *(head.blob for head in heads),
                   yolov3_detection_output_param=param)


def cell(net: DarknetNet, head: Head) -> int:
    """Pixels of a cell of the map."""
    if head.section.kind == "region":
        return 1
    sides, (height, width) = net.shape(head.blob)[2:], net.image_size()
    scale = width // sides[1]
    if [side * scale for side in sides] != [height, width]:
        raise head.section.error(f"has a map of {sides[0]} x {sides[1]} cells for an image of "
                                 f"{height} x {width}: a cell has no whole number of pixels")
    return scale


def anchor_numbers(section: Section) -> list[int]:
    """Numbers of the anchors."""
    return section.integers("mask") or list(range(section.integer("num", 1)))


def _said(numbers: Sequence[int]) -> str:
    return ",".join(map(str, numbers))
