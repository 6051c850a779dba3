"""Normalization and softmax."""

from __future__ import annotations

import numpy as np

from framework.importing.draft import Draft, Node
from framework.importing.operators.moving import reshaped


def batch_normalization(draft: Draft, node: Node) -> str:
    """BatchNorm with the stored statistics, and Scale after it, as Caffe's nets have them."""
    if node.get("training_mode", 0):
        raise node.refuse("training_mode is 1; export the model for inference")
    scale, bias, mean, variance = (draft.constant(index, what) for index, what in
                                   enumerate(("scale", "bias", "mean", "variance"), 1))
    x = draft.add("BatchNorm", draft.blob(), blobs=[mean, variance, np.ones(1)], in_place=True,
                  batch_norm_param={"eps": node.get("epsilon", 1e-5),
                                    "moving_average_fraction": node.get("momentum", 0.9)})
    return draft.add("Scale", x, suffix=".scale", blobs=[scale, bias], in_place=True,
                     scale_param={"bias_term": True})


def lrn(draft: Draft, node: Node) -> str:
    return draft.add("LRN", draft.blob(), lrn_param={
        "local_size": node.attributes["size"], "alpha": node.get("alpha", 1e-4),
        "beta": node.get("beta", 0.75), "k": node.get("bias", 1.0)})


def softmax(draft: Draft, node: Node) -> str:
    """Softmax along an axis; before opset 13 over all axes from it on."""
    x = draft.blob()
    shape = draft.shapes[x]
    axis = node.get("axis", -1 if draft.opset >= 13 else 1) % len(shape)
    if draft.opset >= 13 or axis == len(shape) - 1:
        return draft.add("Softmax", x, softmax_param={"axis": axis})
    rows = (int(np.prod(shape[:axis])), int(np.prod(shape[axis:])))
    y = draft.add("Softmax", reshaped(draft, x, rows, ".rows"), softmax_param={"axis": 1})
    return reshaped(draft, y, shape, ".axes")


def log_softmax(draft: Draft, node: Node) -> str:
    return draft.add("Log", softmax(draft, node), suffix=".log")


def lp_normalization(draft: Draft, node: Node) -> str:
    """Each row along an axis brought to length 1."""
    x = draft.blob()
    if node.get("p", 2) != 2 or node.get("axis", -1) % len(draft.shapes[x]) != 1:
        raise node.refuse(f"has p {node.get('p', 2)} and axis {node.get('axis', -1)}; Normalize "
                          "takes the length (p 2) along axis 1")
    channels = draft.shapes[x][1]
    return draft.add("Normalize", x, blobs=[np.ones(channels)], frozen=True,
                     norm_param={"across_spatial": False, "channel_shared": False,
                                 **({"eps": node.get("eps", 0)} if node.get("eps", 0) else {})})


def layer_normalization(draft: Draft, node: Node) -> str:
    """Each row over the last axes to mean 0 and variance 1, times and plus a constant."""
    if any(node.outputs[1:]):
        raise node.refuse("gives mean and deviation too")
    x = draft.blob()
    shape = draft.shapes[x]
    axis = node.get("axis", -1) % len(shape)
    y = standardized(draft, x, axis, node.get("epsilon", 1e-5))
    blobs = [np.broadcast_to(draft.constant(index, what), shape[axis:])
             for index, what in ((1, "scale"), (2, "bias")) if node.has(index)]
    return draft.add("Scale", y, blobs=blobs, scale_param={
        "axis": axis, "num_axes": len(shape) - axis, "bias_term": node.has(2)})


def instance_normalization(draft: Draft, node: Node) -> str:
    """Each channel of each item to mean 0 and variance 1; torch writes GroupNorm with it too."""
    y = standardized(draft, draft.blob(), 2, node.get("epsilon", 1e-5))
    blobs = [draft.constant(index, what) for index, what in ((1, "scale"), (2, "bias"))]
    return draft.add("Scale", y, blobs=blobs, scale_param={"bias_term": True})


def standardized(draft: Draft, x: str, axis: int, eps: float) -> str:
    """(x - mean) / sqrt(variance + eps) over the axes from `axis` on, written out: MVN adds its
    eps to the deviation."""
    count = int(np.prod(draft.shapes[x][axis:]))
    mean = draft.add("Reduction", x, suffix=".mean", reduction_param={
        "operation": "MEAN", "axis": axis, "coeff": -1})
    centred = draft.add("Bias", x, mean, suffix=".centred", bias_param={"axis": 0})
    variance = draft.add("Reduction", centred, suffix=".variance", reduction_param={
        "operation": "SUMSQ", "axis": axis, "coeff": 1 / count})
    inverse = draft.add("Power", variance, suffix=".inverse", power_param={
        "shift": eps, "power": -0.5})
    return draft.add("Scale", centred, inverse, suffix=".scaled", scale_param={"axis": 0})
