"""Receptive field: the part of the image that one cell of a blob is computed from."""

from __future__ import annotations

from framework.layers.base import Shape
from framework.layers.coordinates import window_extents
from framework.net.net import Net

# fields of a LayerParameter that hold a window; others move over no neighbours
WINDOWS = ("convolution_param", "pooling_param", "deform_convolution_param",
           "deformable_convolution_param", "depthwise_convolution_param")
WHOLE = ("InnerProduct", "Flatten", "Reshape", "Reduction", "LSTM", "RNN")


def receptive_fields(net: Net, image: str = "data") -> dict[str, tuple[float, float]]:
    """(width, height) in pixels of `image` that a cell of each blob sees, as far as it is known.

    A window of k cells sees k - 1 steps more than one cell of its bottom; a step is the image's
    size over the bottom's. Of several bottoms the largest field counts. Padding is not taken off.
    Source: Araujo et al. 2019, "Computing receptive fields of convolutional neural networks".
    """
    if image not in net.shapes or len(net.shapes[image]) != 4:
        return {}
    full = net.shapes[image]
    fields = {image: (1.0, 1.0)}
    for step in net.layers:
        known = [blob for blob in step.bottoms if blob in fields]
        if not known or step.layer.spec.type in WHOLE:
            continue
        first = known[0]
        width = max(fields[blob][0] for blob in known)
        height = max(fields[blob][1] for blob in known)
        rows, columns = _extents(step.layer.spec.proto, net.shapes[first])
        width += (columns - 1) * full[3] / net.shapes[first][3]
        height += (rows - 1) * full[2] / net.shapes[first][2]
        for top in step.tops:
            if len(net.shapes[top]) == 4:
                fields[top] = (width, height)
    return fields


def _extents(proto: object, bottom: Shape) -> tuple[int, int]:
    """The rows and columns of the window of a layer; 1, 1 if it has none."""
    for name in WINDOWS:
        param = getattr(proto, name, None)
        if param is None or not param.ListFields():
            continue
        if getattr(param, "global_pooling", False):
            return int(bottom[2]), int(bottom[3])
        return window_extents(param)
    return 1, 1
