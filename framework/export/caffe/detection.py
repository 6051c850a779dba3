"""The end of an SSD, for readers without DetectionOutput: Ascend's form, or cut off, as files."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch

from framework.errors import SpecError
from framework.export.caffe import decoder
from framework.export.caffe.parts import Part, Parts
from framework.layers.loss.softmax import Softmax
from framework.layers.ssd.detection_output import DetectionOutput
from framework.layers.utility.shape import Flatten, Reshape
from framework.net.net import Net
from framework.proto import LayerParameter, enum_name
from framework.system.unique_names import unique_name


def cut_tail(parts: Parts, net: Net, cuts_softmax: bool) -> tuple[list[Part], dict[str, bytes]]:
    """Take DetectionOutput, and what only it reads from the priors, off the parts.

    cuts_softmax  the softmax of the scores too
    Returns the layers cut off, and files to be written by the ends of their names: priors,
    variances, settings and a decoder in numpy. SpecError for forms the decoder does not have.
    """
    last = [part for part in parts.parts if isinstance(part.layer, DetectionOutput)]
    if not last:
        return [], {}
    output = last[0]
    assert isinstance(output.layer, DetectionOutput)
    if len(last) > 1 or len(output.proto.bottom) > 4 or output.layer.maps:
        raise SpecError(f"{parts.path}: {len(last)} DetectionOutput layers, or one with two "
                        "stages or no_permute: this tail cannot be cut off")
    loc, conf, prior = output.proto.bottom[:3]
    if given := {loc, conf, prior} & set(parts.inputs):
        raise output.layer.spec.error("bottom", f"'{min(given)}' is an input of the net; the tail "
                                      "is cut off where layers make boxes, scores and priors")
    cut = [output]
    softmax = _softmax_before(parts, conf) if cuts_softmax else []
    if softmax:
        cut += softmax
        conf = softmax[-1].proto.bottom[0]
    for part in reversed(parts.parts):
        if part in cut:
            continue
        tops = set(part.proto.top)
        readers = [other for other in parts.parts if tops.intersection(other.proto.bottom)]
        if not tops & {loc, conf} and readers and all(other in cut for other in readers):
            cut.append(part)
    values = _values(net, output.layer.spec.bottoms[2])
    boxes, variances = values.reshape(2, -1, 4)
    files = {".priors.npy": _npy(boxes), ".variances.npy": _npy(variances),
             ".detection.json": json.dumps(_settings(output, loc, conf, bool(softmax)),
                                                  indent=1).encode(),
             ".decoder.py": Path(decoder.__file__).read_bytes()}
    parts.parts = [part for part in parts.parts if part not in cut]
    parts.outputs = {name: old for name, old in parts.outputs.items() if name != output.top}
    parts.outputs |= {name: name for name in (loc, conf)}
    return list(reversed(cut)), files


def _values(net: Net, blob: str) -> np.ndarray:
    """The priors' blob: it depends on sizes alone."""
    given = {name: torch.zeros(net.shapes[name]) for name in net.given_names}
    with torch.no_grad():
        for visit in net.walk(given):
            if blob in visit.step.tops:
                return visit.tops[visit.step.tops.index(blob)].numpy()
    raise AssertionError(blob)


def _npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, np.asarray(array, np.float32))
    return file.getvalue()


def _softmax_before(parts: Parts, conf: str) -> list[Part]:
    """The layers Flatten, Softmax and Reshape that make the scores, the last first; or none."""
    makers = {part.top: part for part in parts.parts if len(part.proto.top) == 1}
    found: list[Part] = []
    for kind in (Flatten, Softmax, Reshape):
        part = makers.get(found[-1].proto.bottom[0] if found else conf)
        if part is None or not isinstance(part.layer, kind):
            return []
        found.append(part)
    return found


# Any: what JSON holds
def _settings(output: Part, loc: str, conf: str, softmax: bool) -> dict[str, Any]:
    param = output.proto.detection_output_param
    threshold = param.confidence_threshold if param.HasField("confidence_threshold") else -1e30
    return {
        "loc": loc, "conf": conf, "softmax": softmax, "num_classes": param.num_classes,
        "share_location": param.share_location,
        "background_label_id": param.background_label_id,
        "code_type": enum_name(param, "code_type"),
        "variance_encoded_in_target": param.variance_encoded_in_target,
        "confidence_threshold": threshold, "nms_threshold": param.nms_param.nms_threshold,
        "top_k": param.nms_param.top_k if param.nms_param.HasField("top_k") else -1,
        "eta": param.nms_param.eta, "keep_top_k": param.keep_top_k, "clip": param.clip}


def as_ascend(parts: Parts, part: Part) -> list[Part] | None:
    """DetectionOutput as ATC's SSDDetectionOutput, whose first top is the number of boxes; None
    for two stages, for maps, and for boxes that end at the borders. SpecError for what ATC does not
    take."""
    layer, proto = part.layer, part.proto
    assert isinstance(layer, DetectionOutput)
    param = proto.detection_output_param
    if layer.two_stages or layer.maps or param.clip:
        return None
    number = unique_name(f"{part.top}_boxnum", set(parts.shapes))
    fields = {
        "num_classes": param.num_classes, "share_location": param.share_location,
        "background_label_id": param.background_label_id,
        "iou_threshold": param.nms_param.nms_threshold, "top_k": layer.class_limit,
        "eta": param.nms_param.eta,
        "variance_encoded_in_target": param.variance_encoded_in_target,
        "code_type": param.code_type, "keep_top_k": param.keep_top_k,
        "confidence_threshold": max(layer.least_score, 0)}
    new = LayerParameter(name=proto.name, type="SSDDetectionOutput", bottom=proto.bottom[:3],
                         top=[number, part.top], ssddetectionoutput_param=fields)
    return [parts.part(new, [], part.origin)]
