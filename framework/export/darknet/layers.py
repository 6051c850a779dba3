"""One function for each layer type that has a section in a .cfg file."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from framework.export.darknet.detections import boxes
from framework.export.darknet.net import (
    INPUT,
    DarknetFile,
    Section,
    activation_word,
    array_of,
)
from framework.export.darknet.words import BATCH_NORM_EPS
from framework.layers.activation.neuron import Dropout
from framework.layers.base import LAYERS, Layer
from framework.layers.normalization.batch_norm import BatchNorm
from framework.layers.normalization.scale import Scale
from framework.layers.pooling.pooling import Pooling
from framework.layers.resampling.resize import Reorg, Upsample
from framework.layers.utility.joining import Concat, Eltwise, Slice
from framework.layers.vision.filters import read_geometry
from framework.layers.vision.inner_product import InnerProduct
from framework.layers.vision.local import Local
from framework.layers.vision.padding import Pad
from framework.system.arrays import Floats


def convolution(file: DarknetFile, index: int, layer: Layer) -> None:
    """[convolutional], with the BatchNorm, Scale and activation after it."""
    x, y = file.values.bottoms[index][0], file.values.tops[index][0]
    at = read_geometry(layer.spec, file.shape(x))
    kernel, dilation = set(at.kernel), set(at.dilation)
    if len(at.kernel) != 2 or at.axis != 1 or max(map(len, (kernel, dilation, set(at.pad)))) > 1 \
            or at.pad[0] % at.dilation[0] or (at.pad != at.pad_end and not at.short) \
            or len(file.values.tops[index]) > 1:
        raise file.error(index, "its kernel, dilation and padding are not the same along both axes "
                         "and on both sides")
    layer, y, norm = _normalized(file, layer, y)
    weight, *bias = (array_of(blob) for blob in layer.blobs)
    weight = _of_image(file, index, x, weight)
    size, padding = at.kernel[0], at.pad[0] // at.dilation[0]
    keys: dict[str, object] = {"batch_normalize": 1} if norm else {}
    keys |= {"filters": at.num_output, "size": size, **_strides(at.stride)}
    keys |= {"padding": padding} if padding not in (0, size // 2) else {"pad": int(padding > 0)}
    keys |= {"groups": at.group} if at.group > 1 else {}
    keys |= {"dilation": at.dilation[0]} if at.dilation[0] > 1 else {}
    _add_with_weights(file, "convolutional", keys, x, y, norm or bias, [weight])


def _add_with_weights(file: DarknetFile, kind: str, keys: dict[str, object], x: int, y: int,
                      first: list[Floats], weights: list[Floats], norm_last: bool = False) -> None:
    """Add a section with an activation, biases and weights; of [connected] statistics come last."""
    word, y = file.take_activation(y)
    first = first or [np.zeros(len(weights[0]), np.float32)]
    arrays = [first[0], *weights, *first[1:]] if norm_last else [*first, *weights]
    file.bring(x)
    file.add(Section(kind, keys | {"activation": word}, arrays), y)


def _of_image(file: DarknetFile, index: int, x: int, weight: Floats) -> Floats:
    """The weights of the first convolution for RGB from 0 to 1."""
    if file.number[x] != INPUT:
        return weight
    if file.factor != 1:
        weight = weight * np.float32(file.factor)
    if file.shape(x)[1] != 3:
        return weight
    if weight.shape[1] != 3:
        raise file.error(index, "has groups of the image's channels, which are RGB in Darknet")
    return weight[:, ::-1]


def _normalized(file: DarknetFile, layer: Layer, y: int) -> tuple[Layer, int, list[Floats]]:
    """The layer and its value with what normalizes and scales it: as biases, scales, mean and
    variance if that is exact, else inside of the weights."""
    norm = file.only_reader(y)
    scale = None if norm is None else file.only_reader(file.values.tops[norm][0])
    if norm is not None and scale is not None and len(layer.blobs) == 1:
        first, second = file.steps[norm].layer, file.steps[scale].layer
        if _is_darknets(first) and isinstance(second, Scale) and len(second.blobs) == 2 \
                and second.axis == 1:
            mean, variance, factor = (array_of(blob) for blob in first.blobs)
            file.done |= {norm, scale}
            stored = [blob / factor if factor != 1 else blob for blob in (mean, variance)]
            return layer, file.values.tops[scale][0], [
                array_of(second.blobs[1]), array_of(second.blobs[0]), *stored]
    while norm is not None:
        factors = file.steps[norm].layer.channel_factors()
        joined = None if factors is None else layer.with_channel_factors(*factors)
        if joined is None:
            break
        file.done.add(norm)
        layer, y = joined, file.values.tops[norm][0]
        norm = file.only_reader(y)
    return layer, y, []


def _is_darknets(layer: Layer) -> bool:
    """Whether it is Darknet's normalization by stored statistics."""
    return type(layer) is BatchNorm and layer.use_stored and layer.scale is None \
        and not layer.adds_eps_last \
        and not layer.relu and np.float32(layer.eps) == np.float32(BATCH_NORM_EPS) \
        and float(layer.factor) != 0


def _strides(strides: tuple[int, ...]) -> dict[str, object]:
    if strides[0] == strides[1]:
        return {"stride": strides[0]}
    return {"stride_y": strides[0], "stride_x": strides[1]}


def inner_product(file: DarknetFile, index: int, layer: Layer) -> None:
    """[connected]."""
    assert isinstance(layer, InnerProduct)
    x, y = file.values.bottoms[index][0], file.values.tops[index][0]
    if layer.axis != 1:
        raise file.error(index, f"axis is {layer.axis}; [connected] has 1")
    if file.number[x] == INPUT and (file.factor != 1 or file.shape(x)[1] == 3):
        raise file.error(index, "reads the image, whose channels and scale are others in Darknet")
    weight, *bias = (array_of(blob) for blob in layer.blobs)
    weight = weight.T if layer.transpose else weight
    norm: list[Floats] = []
    if not bias and not layer.transpose:
        _, y, norm = _normalized(file, layer, y)
    keys: dict[str, object] = {"batch_normalize": 1} if norm else {}
    _add_with_weights(file, "connected", keys | {"output": len(weight)}, x, y, norm or bias,
                      [weight], norm_last=True)


def local(file: DarknetFile, index: int, layer: Layer) -> None:
    """[local]."""
    assert isinstance(layer, Local)
    x, y = file.values.bottoms[index][0], file.values.tops[index][0]
    sides = file.shape(x)[2:]
    counted = tuple((side - (1 if layer.pad else layer.kernel)) // layer.stride + 1
                    for side in sides)
    if counted != layer.sizes or layer.pad > 1:
        raise file.error(index, f"has {layer.sizes} windows; [local] counts {counted}")
    file.bring(x)
    weight, *bias = (array_of(blob) for blob in layer.blobs)
    biases = bias[0] if bias else np.zeros((layer.num_output, weight.shape[3]), np.float32)
    word, y = file.take_activation(y)
    file.add(Section("local", {"filters": layer.num_output, "size": layer.kernel,
                               "stride": layer.stride, "pad": layer.pad, "activation": word},
                     [biases, weight[:, 0].transpose(2, 0, 1)]), y)


def pad(file: DarknetFile, index: int, layer: Layer) -> None:
    """A last cell that is repeated belongs to the [maxpool] after it."""
    assert isinstance(layer, Pad)
    x, y = file.values.bottoms[index][0], file.values.tops[index][0]
    reader = file.only_reader(y)
    sides = (layer.top, layer.left, layer.below, layer.right)
    pooled = None if reader is None else file.steps[reader].layer
    if reader is None or not isinstance(pooled, Pooling) or pooled.method != "MAX" \
            or layer.kind != "REPLICATE" or sides != (0, 0, 1, 1) or min(pooled.window.kernel) < 2:
        raise file.error(index, "Darknet pads before MAX pooling alone, by the last row and column")
    file.done.add(reader)
    _maxpool(file, reader, pooled, x, extra=1)


def pooling(file: DarknetFile, index: int, layer: Layer) -> None:
    """[maxpool], or [avgpool] of whole maps."""
    assert isinstance(layer, Pooling)
    x = file.values.bottoms[index][0]
    if layer.method == "MAX" and not layer.with_mask:
        _maxpool(file, index, layer, x, extra=0)
        return
    sides, window = file.shape(x)[2:], layer.window
    if layer.method != "AVE" or tuple(window.kernel) != sides \
            or any((*window.pad, *window.after)):
        raise file.error(index, "Darknet has MAX, and AVE over the whole map")
    file.bring(x)
    file.add(Section("avgpool", {}), file.values.tops[index][0])


def _maxpool(file: DarknetFile, index: int, layer: Pooling, x: int, extra: int) -> None:
    """The padding that gives the same windows: what is before, twice, and maybe one more after."""
    window, y = layer.window, file.values.tops[index][0]
    sides, made = file.shape(x)[2:], file.shape(y)[2:]
    window_size = sides if layer.whole else window.kernel
    strides, before = window.stride, window.pad     # 1 and 0 of the whole map
    size = window_size[0]
    for padding in (2 * before[0] + extra, 2 * before[0] + 1):
        counts = tuple((side + padding - size) // step + 1
                       for side, step in zip(sides, strides, strict=True))
        if counts == made and len(set(window_size)) == len(set(before)) == 1 \
                and set(window.dilation) == {1}:
            file.bring(x)
            file.add(Section("maxpool", {"size": size, **_strides(tuple(strides)),
                                         "padding": padding}), y)
            return
    raise file.error(index, f"makes {made[0]} x {made[1]} of {sides[0]} x {sides[1]} cells, which "
                     "no padding of [maxpool] does")


def concat(file: DarknetFile, index: int, layer: Layer) -> None:
    """[route]."""
    assert isinstance(layer, Concat)
    if layer.axis != 1 or layer.flattens:
        raise file.error(index, "[route] joins channels")
    bottoms = file.values.bottoms[index]
    for value in bottoms:
        file.check_is_no_image(value)
    numbers = ",".join(str(file.number[value]) for value in bottoms)
    file.add(Section("route", {"layers": numbers}), file.values.tops[index][0])


def slice_(file: DarknetFile, index: int, layer: Layer) -> None:
    """[route] of one of several equal groups for each part that is read."""
    assert isinstance(layer, Slice)
    x, tops = file.values.bottoms[index][0], file.values.tops[index]
    if layer.axis != 1 or len({file.shape(top)[1] for top in tops}) > 1:
        raise file.error(index, "[route] takes one of several equal parts of the channels")
    file.check_is_no_image(x)
    for group, top in enumerate(tops):
        if any(file.values.tops[reader] for reader in file.values.readers[top]) \
                or not file.values.readers[top]:
            file.add(Section("route", {"layers": file.number[x], "groups": len(tops),
                                       "group_id": group}), top)


def eltwise(file: DarknetFile, index: int, layer: Layer) -> None:
    """[shortcut], one for each bottom after the first; that of the last section comes first."""
    assert isinstance(layer, Eltwise)
    if layer.operation != "SUM":
        raise file.error(index, f"operation is {layer.operation}; [shortcut] adds")
    if layer.by_blob:
        raise file.error(index, "has coeff_blob; a [shortcut] has fixed factors")
    factors = layer.coeff or [1.0] * len(layer.spec.bottoms)
    terms = list(zip(file.values.bottoms[index], factors, strict=True))
    if len(terms) > 2 and set(factors) != {1.0}:
        raise file.error(index, "has coeff for more than two bottoms")
    for value, _ in terms:
        file.check_is_no_image(value)
    if len(terms) == 2:
        last = len(file.sections) - 1
        terms.sort(key=lambda term: file.number[term[0]] != last)
    (first, alpha), *others = terms
    file.bring(first)
    word, y = file.take_activation(file.values.tops[index][0])
    for position, (value, beta) in enumerate(others):
        keys: dict[str, object] = {"from": file.number[value]}
        keys |= {"alpha": alpha, "beta": beta} if (alpha, beta) != (1, 1) else {}
        keys |= {"activation": word if position == len(others) - 1 else "linear"}
        file.add(Section("shortcut", keys), y)


def upsample(file: DarknetFile, index: int, layer: Layer) -> None:
    """[upsample]."""
    assert isinstance(layer, Upsample)
    rows, columns = layer.size.scale
    if len(layer.spec.bottoms) > 1 or rows != columns:
        raise file.error(index, "[upsample] repeats cells alike along both axes")
    _follow(file, index, Section("upsample", {"stride": rows}))


def reorg(file: DarknetFile, index: int, layer: Layer) -> None:
    """[reorg]."""
    assert isinstance(layer, Reorg)
    _follow(file, index, Section("reorg", {"stride": layer.stride}
                                 | ({"reverse": 1} if layer.reverse else {})))


def softmax(file: DarknetFile, index: int, layer: Layer) -> None:
    """[softmax] over all values of an item."""
    shape = file.shape(file.values.bottoms[index][0])
    if layer.spec.proto.softmax_param.axis % len(shape) != 1 or any(n > 1 for n in shape[2:]):
        raise file.error(index, "[softmax] is over all values of an item")
    _follow(file, index, Section("softmax", {"groups": 1}))


def dropout(file: DarknetFile, index: int, layer: Layer) -> None:
    """[dropout]."""
    assert isinstance(layer, Dropout)
    ratio = layer.spec.proto.dropout_param.dropout_ratio
    _follow(file, index, Section("dropout", {"probability": f"{ratio:g}"}))


def same(file: DarknetFile, index: int, layer: Layer) -> None:
    """Split, and Flatten of one value for each channel or before what reads all values alike."""
    x = file.values.bottoms[index][0]
    for top in file.values.tops[index]:
        readers = [file.steps[reader].layer for reader in file.values.readers[top]]
        flat = all(type(reader) in (InnerProduct, LAYERS["Softmax"]) for reader in readers)
        if file.shape(top) != file.shape(x) and not flat \
                and any(side > 1 for side in file.shape(x)[2:]):
            raise file.error(index, "Darknet flattens where a layer reads all values")
        file.number[top] = file.number[x]


def silence(file: DarknetFile, index: int, layer: Layer) -> None:
    """Nothing."""


def activation(file: DarknetFile, index: int, layer: Layer) -> None:
    """[activation], where no section before has it."""
    word = activation_word(layer)
    if not word:
        raise file.error(index, "Darknet has no such activation with these fields")
    _follow(file, index, Section("activation", {"activation": word}))


def _follow(file: DarknetFile, index: int, section: Section) -> None:
    """Add a section that reads the last one and writes the step's top."""
    file.bring(file.values.bottoms[index][0])
    file.add(section, file.values.tops[index][0])


Writer = Callable[[DarknetFile, int, Layer], None]
WRITERS: Mapping[str, Writer] = {
    "Convolution": convolution, "InnerProduct": inner_product, "Local": local, "Pad": pad,
    "Pooling": pooling, "Concat": concat, "Slice": slice_, "Eltwise": eltwise,
    "Upsample": upsample, "Reorg": reorg, "Softmax": softmax, "Dropout": dropout, "Split": same,
    "Flatten": same, "Silence": silence, "ReLU": activation, "ReLU6": activation,
    "Sigmoid": activation, "TanH": activation, "ELU": activation, "SeLu": activation,
    "Mish": activation, "Swish": activation, "YoloDetectionOutput": boxes,
    "Yolov3DetectionOutput": boxes,
}
