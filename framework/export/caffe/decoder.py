"""Boxes from what an SSD gives, in numpy alone: for chips that cannot do DetectionOutput.

detect(loc, conf, settings) with the outputs of the net, and the settings that were written beside
the caffemodel: NAME.detection.json, with NAME.priors.npy and NAME.variances.npy.
Source: detection_output_layer.cpp and bbox_util.cpp, weiliu89/caffe branch ssd.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Settings = dict[str, Any]       # Any: what JSON holds, and arrays


def load(prefix: str) -> Settings:
    """The settings, with the priors (P, 4) and their variances (P, 4)."""
    with open(prefix + ".detection.json", encoding="utf-8") as file:
        settings: Settings = json.load(file)
    settings["priors"] = np.load(prefix + ".priors.npy")
    settings["variances"] = np.load(prefix + ".variances.npy")
    return settings


def detect(loc: Array, conf: Array, settings: Settings) -> Array:
    """Rows image, label, score, x1, y1, x2, y2, as parts of the image; by image and label.

    loc   (N, P * 4), or (N, P * classes * 4) without share_location
    conf  (N, P * classes) scores; before softmax if the settings say so
    """
    priors, classes = settings["priors"], settings["num_classes"]
    num_priors = len(priors)
    conf = np.asarray(conf, np.float32).reshape(-1, num_priors, classes)
    if settings["softmax"]:
        power = np.exp(conf - conf.max(2, keepdims=True))
        conf = power / power.sum(2, keepdims=True)
    own = 1 if settings["share_location"] else classes
    loc = np.asarray(loc, np.float32).reshape(-1, num_priors, own, 4)
    rows: list[Any] = []        # Any: a tuple of seven numbers
    for image in range(len(conf)):
        found: list[Any] = []   # Any: score, label and box
        for label in range(classes):
            if label == settings["background_label_id"]:
                continue
            boxes = decode(loc[image, :, 0 if own == 1 else label], priors, settings)
            if settings["clip"]:
                boxes = boxes.clip(0, 1)
            kept = suppress(boxes, conf[image, :, label], settings)
            found += [(conf[image, index, label], label, boxes[index]) for index in kept]
        limit = settings["keep_top_k"]
        if 0 <= limit < len(found):
            found = sorted(found, key=lambda row: -row[0])[:limit]
            found.sort(key=lambda row: row[1])
        rows += [(image, label, score, *box) for score, label, box in found]
    return np.array(rows, np.float32).reshape(-1, 7)


def decode(loc: Array, priors: Array, settings: Settings) -> Array:
    """Corners (P, 4) of offsets (P, 4)."""
    factors = 1 if settings["variance_encoded_in_target"] else settings["variances"]
    moved: Array = loc * factors
    if settings["code_type"] == "CORNER":
        return np.asarray(priors + moved)
    size = priors[:, 2:] - priors[:, :2]
    if settings["code_type"] == "CORNER_SIZE":
        return np.asarray(priors + moved * np.concatenate([size, size], 1))
    centre = (priors[:, :2] + priors[:, 2:]) / 2 + moved[:, :2] * size
    half = np.exp(moved[:, 2:]) * size / 2
    return np.concatenate([centre - half, centre + half], 1)


def suppress(boxes: Array, scores: Array, settings: Settings) -> list[int]:
    """Non-maximum suppression: the indices that are kept, the best first."""
    order = np.argsort(-scores, kind="stable")
    order = order[scores[order] > settings["confidence_threshold"]]
    if settings["top_k"] >= 0:
        order = order[:settings["top_k"]]
    kept: list[int] = []
    threshold = settings["nms_threshold"]
    for index in order:
        if not kept or overlaps(boxes[index], boxes[kept]).max() <= threshold:
            kept.append(index)
            if settings["eta"] < 1 and threshold > 0.5:
                threshold *= settings["eta"]
    return kept


def overlaps(box: Array, others: Array) -> Array:
    """Intersection over union of one box with several."""
    low, high = np.maximum(box[:2], others[:, :2]), np.minimum(box[2:], others[:, 2:])
    inside: Array = np.prod(np.maximum(high - low, 0), 1)
    areas = np.prod(others[:, 2:] - others[:, :2], 1) + np.prod(box[2:] - box[:2])
    parts: Array = inside / np.maximum(areas - inside, 1e-12)
    return parts


if __name__ == "__main__":      # decoder.py PREFIX LOC.npy CONF.npy
    given = load(sys.argv[1])
    for row in detect(np.load(sys.argv[2]), np.load(sys.argv[3]), given):
        print(*row)
