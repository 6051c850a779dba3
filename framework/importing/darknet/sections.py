"""One function for each section of a .cfg file: it adds the layers, and returns their blob.

Sources: the parse_... and forward_..._layer functions of pjreddie/darknet, and of AlexeyAB/darknet
for `groups` of a route, several sources of a shortcut, dilation, and oblong strides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from framework.importing.darknet.heads import detection, region, yolo
from framework.importing.darknet.net import DarknetNet
from framework.ops.pooling import PoolWindow


def convolutional(net: DarknetNet) -> str:
    """[convolutional]: Convolution, BatchNorm, Scale, activation."""
    section, bottom = net.section, net.bottom()
    filters = section.integer("filters", 1, 1)
    size = section.integer("size", 1, 1)
    stride = section.integer("stride", 1, 1)
    strides = [section.integer(f"stride_{axis}", stride, 1) for axis in "yx"]
    dilation = section.integer("dilation", 1, 1)
    padding = section.integer("padding", 0)
    if section.integer("pad", 0):
        padding = size // 2
    groups = section.integer("groups", 1, 1)
    for key in ("binary", "xnor", "bin_output", "flipped", "antialiasing", "deform", "rotate",
                "stretch", "stretch_sway", "sway", "assisted_excitation", "coordconv"):
        section.must_be(key, 0, "it is not supported")
    channels = net.shape(bottom)[1]
    if channels % groups or filters % groups:
        raise section.error(f"groups is {groups}; it must divide {channels} channels and {filters} "
                            "filters", "groups")
    has_norm = section.integer("batch_normalize", 0) > 0
    what = {"biases": net.take("biases", filters)}
    if has_norm:
        what |= net.take_statistics(filters)
    weight = net.take("weights", filters, channels // groups, size, size)
    weight = net.weights_for(bottom, weight, groups)
    param: dict[str, object] = {"num_output": filters, "kernel_size": [size]}
    param |= _strides(strides, repeated=True)
    param |= {"pad": [padding * dilation]} if padding else {}
    param |= {"dilation": [dilation]} if dilation > 1 else {}
    param |= {"group": groups} if groups > 1 else {}
    param |= {"bias_term": False} if has_norm else {}
    blob = net.add("conv", "Convolution", bottom, convolution_param=param,
                   blobs=[weight] if has_norm else [weight, what["biases"]])
    if has_norm:
        blob = net.normalized(blob, what)
    return net.activated(blob, "logistic")


def _strides(strides: list[int], repeated: bool) -> dict[str, object]:
    """The fields of strides along y and x."""
    if strides[0] != strides[1]:
        return {"stride_h": strides[0], "stride_w": strides[1]}
    stride = strides[0]
    if stride == 1:
        return {}
    return {"stride": [stride] if repeated else stride}


def connected(net: DarknetNet) -> str:
    """[connected]: InnerProduct, and what follows as in [convolutional]."""
    section, bottom = net.section, net.bottom()
    number = section.integer("output", 1, 1)
    has_norm = section.integer("batch_normalize", 0) > 0
    inputs = int(np.prod(net.shape(bottom)[1:]))
    what = {"biases": net.take("biases", number)}
    weight = net.take("weights", number, inputs)
    if has_norm:
        what |= net.take_statistics(number)
    blob = net.add("fc", "InnerProduct", bottom,
                   blobs=[weight] if has_norm else [weight, what["biases"]],
                   inner_product_param={"num_output": number, "bias_term": not has_norm})
    if has_norm:
        blob = net.normalized(blob, what)
    return net.activated(blob, "logistic")


def local(net: DarknetNet) -> str:
    """[local]: Local, whose blobs have the positions last."""
    section, bottom = net.section, net.bottom()
    filters = section.integer("filters", 1, 1)
    size = section.integer("size", 1, 1)
    stride = section.integer("stride", 1, 1)
    pad = section.integer("pad", 0)
    channels, *sides = net.shape(bottom)[1:]
    rows, columns = ((side - (1 if pad else size)) // stride + 1 for side in sides)
    windows = [(side + 2 * pad - size) // stride + 1 for side in sides]
    if windows != [rows, columns]:
        raise section.error(f"pad {pad} with size {size}: Darknet counts {rows} x {columns} "
                            f"windows, but {windows[0]} x {windows[1]} fit", "pad")
    values = channels * size * size
    bias = net.take("biases", filters, rows * columns)
    weight = net.take("weights", rows * columns, filters, values)
    blob = net.add("local", "Local", bottom,
                   blobs=[weight.transpose(1, 2, 0)[:, None], bias[None, None]],
                   local_param={"num_output": filters, "kernel_size": size, "stride": stride,
                                "pad": pad})
    return net.activated(blob, "logistic")


def maxpool(net: DarknetNet) -> str:
    """[maxpool]: window i begins at i * stride - padding // 2; cells outside never win.

    An odd padding has one cell more at the end. With stride 2 sizes that are rounded up say the
    same; else the last cell is repeated, which changes no maximum.
    """
    section, bottom = net.section, net.bottom()
    stride = section.integer("stride", 1, 1)
    size = section.integer("size", stride, 1)
    strides = [section.integer(f"stride_{axis}", stride, 1) for axis in "yx"]
    padding = section.integer("padding", size - 1)
    for key in ("maxpool_depth", "antialiasing"):
        section.must_be(key, 0, "it is not supported")
    before = padding // 2
    sides = net.shape(bottom)[2:]
    wanted = [(side + padding - size) // step + 1
              for side, step in zip(sides, strides, strict=True)]
    if min(wanted) < 1 or (padding - before) >= size:
        raise section.error(f"size {size} and padding {padding} leave windows without a cell, of "
                            f"a map {sides[0]} x {sides[1]}")
    param: dict[str, object] = {"pool": "MAX", "kernel_size": size}
    param |= _strides(strides, repeated=False)
    param |= {"pad": before} if before else {}
    caffes = PoolWindow((size, size), tuple(strides), (before, before), (1, 1))
    if list(caffes.top_sizes(sides)) == wanted:
        return net.add("maxpool", "Pooling", bottom, pooling_param=param)
    if padding % 2:
        bottom = net.add("pad", "Pad", bottom,
                         pad_param={"padtype": "REPLICATE", "pad_r": 1, "pad_b": 1})
    return net.add("maxpool", "Pooling", bottom, pooling_param=param | {"round_mode": "FLOOR"})


def avgpool(net: DarknetNet) -> str:
    """[avgpool]: the mean of each map."""
    return net.add("avgpool", "Pooling", net.bottom(),
                   pooling_param={"pool": "AVE", "global_pooling": True})


def route(net: DarknetNet) -> str:
    """[route]: channels of one or several layers, or one of `groups` equal parts of each."""
    section = net.section
    numbers = section.integers("layers")
    if not numbers:
        raise section.error("has no layers")
    groups = section.integer("groups", 1, 1)
    group = section.integer("group_id", 0)
    numbers = [section.number + number if number < 0 else number for number in numbers]
    blobs = [net.blob_of(number, "layers") for number in numbers]
    if group >= groups:
        raise section.error(f"group_id is {group}; it must be below groups, {groups}", "group_id")
    if len({net.shape(blob)[2:] for blob in blobs}) > 1:
        raise section.error(f"joins maps of several sizes: {net.sizes(blobs)}", "layers")
    if groups > 1:
        blobs = [_part(net, blob, groups, group) for blob in blobs]
    if len(blobs) > 1:
        return net.add("route", "Concat", *blobs, concat_param={"axis": 1})
    return blobs[0]


def _part(net: DarknetNet, blob: str, groups: int, group: int) -> str:
    """Channels of one of equal groups."""
    channels = net.shape(blob)[1]
    if channels % groups:
        raise net.section.error(f"groups is {groups}; it must divide {channels} channels", "groups")
    size = channels // groups
    key = (blob, groups)
    if key not in net.parts:
        points = [size * index for index in range(1, groups)]
        net.parts[key] = net.add_several("route", "Slice", groups, blob,
                                         slice_param={"axis": 1, "slice_point": points})
    return net.parts[key][group]


def shortcut(net: DarknetNet) -> str:
    """[shortcut]: alpha * x + beta * other, of the channels and cells that both have."""
    section, bottom = net.section, net.bottom()
    numbers = section.integers("from")
    if not numbers:
        raise section.error("has no from")
    alpha, beta = section.number_of("alpha", 1), section.number_of("beta", 1)
    if section.word("weights_type", "none") != "none":
        raise section.error("weights_type is not supported", "weights_type")
    section.word("weights_normalization", "")
    if len(numbers) > 1 and (alpha, beta) != (1, 1):
        raise section.error("alpha and beta are for one layer in from", "from")
    blobs = [bottom]
    for number in numbers:
        other = net.blob_of(section.number + number if number < 0 else number, "from")
        blobs.append(_fitted(net, other, bottom))
    param: dict[str, object] = {"operation": "SUM"}
    param |= {"coeff": [alpha, beta]} if (alpha, beta) != (1, 1) else {}
    blob = net.add("shortcut", "Eltwise", *blobs, eltwise_param=param)
    return net.activated(blob, "linear")


def _fitted(net: DarknetNet, blob: str, like: str) -> str:
    """Every stride-th cell, and channels cut off or filled up with zeros: a fixed convolution."""
    (_, channels, *sides), (_, wanted, *new) = net.shape(blob), net.shape(like)
    if (channels, sides) == (wanted, new):
        return blob
    stride = max(sides[0] // new[0], 1)
    if len(sides) != 2 or [-(-side // stride) for side in sides] != new:
        raise net.section.error(f"adds maps of the sizes {net.sizes([like, blob])}: there is no "
                                "whole stride from one to the other", "from")
    weight = np.eye(wanted, channels, dtype=np.float32)[:, :, None, None]
    return net.add("fit", "Convolution", blob, blobs=[weight], frozen=True,
                   convolution_param={"num_output": wanted, "kernel_size": [1],
                                      "stride": [stride], "bias_term": False})


def upsample(net: DarknetNet) -> str:
    """[upsample]: each cell stride x stride times."""
    section, bottom = net.section, net.bottom()
    stride = section.integer("stride", 2, 1)
    scale = section.number_of("scale", 1)
    blob = net.add("upsample", "Upsample", bottom, upsample_param={"scale": stride})
    return blob if scale == 1 else net.add("factor", "Power", blob, power_param={"scale": scale})


def reorg(net: DarknetNet) -> str:
    """[reorg], in Darknet's own order."""
    section, bottom = net.section, net.bottom()
    for key in ("flatten", "extra"):
        section.must_be(key, 0, "it is not supported")
    reverse = section.integer("reverse", 0) > 0
    param: dict[str, object] = {"stride": section.integer("stride", 1, 1)}
    return net.add("reorg", "Reorg", bottom,
                   reorg_param=param | ({"reverse": True} if reverse else {}))


def softmax(net: DarknetNet) -> str:
    """[softmax] over all values of an item."""
    section, bottom = net.section, net.bottom()
    section.must_be("groups", 1, "a softmax over groups is not supported")
    if "tree" in section.entries:
        raise section.error("tree: a softmax over a hierarchy is not supported", "tree")
    section.must_be("spatial", 0, "it is not supported")
    temperature = section.number_of("temperature", 1)
    if temperature == 0:
        raise section.error("temperature is 0", "temperature")
    if temperature != 1:
        bottom = net.add("temperature", "Power", bottom, power_param={"scale": 1 / temperature})
    if any(side > 1 for side in net.shape(bottom)[2:]):
        bottom = net.add("flatten", "Flatten", bottom)
    return net.add("softmax", "Softmax", bottom)


def dropout(net: DarknetNet) -> str:
    """[dropout]: a copy in TEST."""
    ratio = net.section.number_of("probability", 0.5)
    if not 0 <= ratio < 1:
        raise net.section.error(f"probability is {ratio:g}; it must be from 0 to below 1",
                                "probability")
    return net.add("dropout", "Dropout", net.bottom(), in_place=True,
                   dropout_param={"dropout_ratio": ratio})


def crop(net: DarknetNet) -> str:
    """[crop]: the middle, when testing; without `noadjust` values from 0 to 1 become -1 to 1."""
    section, bottom = net.section, net.bottom()
    sizes = section.integer("crop_height", 1, 1), section.integer("crop_width", 1, 1)
    sides = net.shape(bottom)[2:]
    if len(sides) != 2 or any(size > side for size, side in zip(sizes, sides, strict=True)):
        raise section.error(f"cuts {sizes[0]} x {sizes[1]} of {net.sizes([bottom])}", "crop_height")
    for axis, size, side in zip((2, 3), sizes, sides, strict=True):
        first = (side - size) // 2
        ends = [point for point in (first, first + size) if 0 < point < side]
        if ends:
            parts = net.add_several("crop", "Slice", len(ends) + 1, net.in_order(bottom),
                                    slice_param={"axis": axis, "slice_point": ends})
            bottom = parts[1 if first else 0]
    if section.integer("noadjust", 0):
        return bottom
    return net.add("adjust", "Power", bottom, power_param={"scale": 2, "shift": -1})


def activation(net: DarknetNet) -> str:
    return net.activated(net.bottom(), "linear")


def logistic(net: DarknetNet) -> str:
    """[logistic]: a sigmoid; its loss is of training."""
    return net.add("logistic", "Sigmoid", net.bottom())


def cost(net: DarknetNet) -> str:
    """[cost]: nothing when testing."""
    return net.bottom()


SECTIONS: Mapping[str, Callable[[DarknetNet], str]] = {
    "convolutional": convolutional, "connected": connected, "local": local, "maxpool": maxpool,
    "avgpool": avgpool, "route": route, "shortcut": shortcut, "upsample": upsample,
    "reorg": reorg, "softmax": softmax, "dropout": dropout, "crop": crop,
    "activation": activation, "logistic": logistic, "cost": cost, "yolo": yolo, "region": region,
    "detection": detection,
}
# keys that matter in training alone
OF_TRAINING: Mapping[str, frozenset[str]] = {
    kind: frozenset(words.split()) for kind, words in {
        "dropout": "dropblock dropblock_size_rel dropblock_size_abs",
        "crop": "flip angle saturation exposure shift",
        "cost": "type scale ratio noobj thresh",
        "softmax": "noloss",
        "yolo": "jitter ignore_thresh truth_thresh random resize objectness_smooth iou_thresh "
                "iou_normalizer cls_normalizer obj_normalizer delta_normalizer iou_loss "
                "iou_thresh_kind max_delta max counters_per_class label_smooth_eps focal_loss "
                "show_details map",
        "region": "bias_match jitter rescore object_scale noobject_scale class_scale coord_scale "
                  "mask_scale absolute thresh random max log sqrt classfix focal_loss map",
        "detection": "rescore jitter object_scale noobject_scale class_scale coord_scale forced "
                     "random max reorg",
    }.items()}
