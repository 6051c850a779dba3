"""Receptive field: the part of the image that one cell of a blob is computed from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from framework.definition.spec import LayerSpec
from framework.layers import LAYERS
from framework.layers.base import Layer, Shape
from framework.layers.coordinates import window_extents
from framework.net.net import Net

# fields of a LayerParameter that hold a window; others move over no neighbours
WINDOWS = ("convolution_param", "pooling_param", "deform_convolution_param",
           "deformable_convolution_param", "depthwise_convolution_param")
WHOLE = ("InnerProduct", "Flatten", "Reshape", "Reduction", "LSTM", "RNN")


def receptive_fields(net: Net, image: str = "data") -> dict[str, tuple[float, float]]:
    """The receptive fields of a net's blobs; see `fields_of`."""
    return fields_of(net.shapes, (step.layer.spec for step in net.layers), image)


def fields_of(shapes: Mapping[str, Shape], layers: Iterable[LayerSpec], image: str
              ) -> dict[str, tuple[float, float]]:
    """(width, height) in pixels of `image` that a cell of each blob sees, as far as it is known.

    A window of k cells sees k - 1 steps more than one cell of its bottom; a step is the product of
    the strides before, or the image's size over the bottom's where a layer has no known stride. Of
    several bottoms the largest field counts. Padding is not taken off.
    Source: Araujo et al. 2019, "Computing receptive fields of convolutional neural networks".
    """
    if image not in shapes or len(shapes[image]) != 4:
        return {}
    full = shapes[image]
    fields = {image: (1.0, 1.0)}
    steps = {image: (1.0, 1.0)}
    for layer in layers:
        known = [blob for blob in layer.bottoms if blob in fields]
        if not known or layer.type in WHOLE:
            continue
        first = known[0]
        width = max(fields[blob][0] for blob in known)
        height = max(fields[blob][1] for blob in known)
        rows, columns = _extents(layer.proto, shapes[first])
        across, down = steps[first]
        width += (columns - 1) * across
        height += (rows - 1) * down
        for top in layer.tops:
            if len(shapes[top]) == 4:
                fields[top] = (width, height)
                steps[top] = _steps(layer, (across, down)) or (
                    full[3] / shapes[top][3], full[2] / shapes[top][2])
    return fields


def _steps(layer: LayerSpec, bottom: tuple[float, float]) -> tuple[float, float] | None:
    """Pixels between two cells of the top, from those of the bottom; None if it is not known."""
    cls = LAYERS[layer.type]
    try:
        assert issubclass(cls, Layer)
        rows, columns = cls.coordinate_map(layer.proto).plane
    except ValueError:
        return None
    return bottom[0] / float(columns.factor), bottom[1] / float(rows.factor)


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
