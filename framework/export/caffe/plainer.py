"""Fields that only this project or single forks have, as layers and fields of the original."""

from __future__ import annotations

from typing import Any

import numpy as np

from framework.export.caffe.conditions import FILLERS
from framework.export.caffe.parts import Part, Parts
from framework.layers.activation.neuron import PReLU
from framework.layers.normalization.batch_norm import BatchNorm, has_scale
from framework.layers.normalization.normalize import UNIT_EPS, Normalize, ScaledForm
from framework.layers.pooling.pooling import Pooling
from framework.layers.utility.joining import Slice
from framework.layers.utility.shape import Crop
from framework.layers.vision.convolution import Convolution, Deconvolution
from framework.layers.vision.depthwise import ConvolutionDepthwise
from framework.layers.vision.inner_product import InnerProduct
from framework.layers.vision.sides import SIDES
from framework.ops.pooling import PoolWindow
from framework.proto import ConvolutionParameter, LayerParameter, clear_fields

TRAINING_FIELDS = ("param", "include", "exclude", "phase", "propagate_down", "loss_weight",
                   "loss_param", "engine", "forward_type", "backward_type", "forward_math",
                   "backward_math", "debug", "cudnn_math_override")
OWN_PADDING = (*SIDES, "pad_type")
ROUNDING = ("round_mode", "ceil_mode", "torch_pooling", "axis", "avg_include_pad", "engine")


def plainer(parts: Parts, part: Part, silence: bool) -> list[Part]:
    """The layers for one, without what belongs to training or to a machine."""
    clear_fields(part.proto, TRAINING_FIELDS)
    for descriptor, value in part.proto.ListFields():
        if descriptor.message_type is None or not descriptor.name.endswith("_param"):
            continue
        for message in value if descriptor.is_repeated else [value]:    # ConvLSTM's repeats
            clear_fields(message, [name for name in (*FILLERS, "engine", "state_gradient",
                                              "clipping_threshold")
                            if name in descriptor.message_type.fields_by_name])
    if isinstance(part.layer, Convolution | Deconvolution | ConvolutionDepthwise):
        _name_dilation(part.proto.convolution_param, part.layer.geometry.dilation)
        part = _with_equal_sides(parts, part, part.layer)
    layer = part.layer
    if isinstance(layer, Convolution | Deconvolution):
        _square_fields(part.proto.convolution_param)
    if isinstance(layer, Slice) and not layer.points and len(part.proto.top) > 1:
        # nncase ends at a Slice without points
        size = parts.shapes[part.proto.bottom[0]][layer.axis] // len(part.proto.top)
        part.proto.slice_param.slice_point.extend(
            size * number for number in range(1, len(part.proto.top)))
    if isinstance(layer, InnerProduct):
        part.proto.type = "InnerProduct"        # not SparseInnerProduct
    if isinstance(layer, Crop) and not part.proto.crop_param.offset:
        part.proto.crop_param.offset.append(0)      # MNN's converter leaves a Crop without one out
    if isinstance(layer, BatchNorm):
        return _batch_norm(parts, part)
    if isinstance(layer, Pooling):
        return _pooling(parts, part, layer, silence)
    if isinstance(layer, ConvolutionDepthwise):
        part.proto.type = "Convolution"
        part.proto.convolution_param.num_output = layer.geometry.num_output
        part.proto.convolution_param.group = layer.geometry.group
        return [parts.part(part.proto, part.blobs, part.origin)]
    if isinstance(layer, Convolution | InnerProduct):
        return _with_relu(parts, part, layer)
    if isinstance(layer, Normalize):
        _as_ssds(parts, part, layer)
    if isinstance(layer, Normalize | PReLU) and part.blobs:
        return _one_for_each_channel(parts, part)
    return [part]


def _square_fields(param: Any) -> None:
    """kernel_h and kernel_w as kernel_size where both are one number, and so on: nncase reads
    stride alone. Any: a message of Convolution or Pooling."""
    for name, whole in (("kernel", "kernel_size"), ("stride", "stride"), ("pad", "pad")):
        high, wide = f"{name}_h", f"{name}_w"
        value = getattr(param, high)
        if not param.HasField(high) or value != getattr(param, wide):
            continue
        clear_fields(param, (high, wide))
        if param.DESCRIPTOR.fields_by_name[whole].is_repeated:
            getattr(param, whole)[:] = [value]
        else:
            setattr(param, whole, value)


def _name_dilation(param: ConvolutionParameter, dilation: tuple[int, ...]) -> None:
    """dilation_h and dilation_w as `dilation`, once an axis."""
    if param.HasField("dilation_h"):
        clear_fields(param, ("dilation_h", "dilation_w"))
        param.dilation[:] = dilation


def _with_equal_sides(parts: Parts, part: Part,
                      layer: Convolution | Deconvolution | ConvolutionDepthwise) -> Part:
    """Padding of single sides as `pad`: where the sides differ, a convolution's kernel gets zeros
    on the side with less, and the padding of the other. The field stays, and is refused then, where
    the dilation does not divide the difference, and of Deconvolution."""
    at, param = layer.geometry, part.proto.convolution_param
    if not any(getattr(param, name) for name in OWN_PADDING):
        return part
    more = [last - first for first, last in zip(at.pad, at.pad_end, strict=True)]
    if any(more) and (isinstance(layer, Deconvolution) or at.axis != 1 or any(
            cells % step for cells, step in zip(more, at.dilation, strict=True))):
        return part
    zeros = [cells // step for cells, step in zip(more, at.dilation, strict=True)]
    clear_fields(param, (*OWN_PADDING, "pad", "pad_h", "pad_w"))
    param.pad_h, param.pad_w = map(max, zip(at.pad, at.pad_end, strict=True))
    if any(zeros):
        clear_fields(param, ("kernel_size", "kernel_h", "kernel_w"))
        param.kernel_h, param.kernel_w = (k + abs(z) for k, z in zip(at.kernel, zeros, strict=True))
        widths = [(max(z, 0), max(-z, 0)) for z in zeros]
        part.blobs[0] = np.pad(part.blobs[0], [(0, 0), (0, 0), *widths])
    return parts.part(part.proto, part.blobs, part.origin)


def _as_ssds(parts: Parts, part: Part, layer: Normalize) -> None:
    """Normalize of other projects with the type, fields and blob of SSD's, where it computes the
    same; else `conditions` refuses it."""
    proto, shape = part.proto, parts.shapes[part.proto.bottom[0]]
    if isinstance(layer.form, ScaledForm):
        proto.type = "Normalize"
        if proto.HasField("my_norm_param"):
            proto.norm_param.CopyFrom(proto.my_norm_param)
            proto.ClearField("my_norm_param")
        proto.norm_param.ClearField("fix_scale")
    elif layer.form.order == "L2" and not layer.form.with_norm and len(shape) == 4:
        proto.ClearField("normalize_param")
        proto.norm_param.across_spatial = False
        proto.norm_param.channel_shared = False
        proto.norm_param.eps = UNIT_EPS
        part.blobs = [np.ones(shape[1], np.float32)]


def _one_for_each_channel(parts: Parts, part: Part) -> list[Part]:
    """A factor that all channels share, once for each: OpenCV 4 aborts at a blob without axes."""
    if part.blobs[0].ndim:
        return [part]
    if part.proto.HasField("prelu_param"):
        part.proto.prelu_param.channel_shared = False
    else:
        part.proto.norm_param.channel_shared = False
    channels = parts.shapes[part.proto.bottom[0]][1]
    part.blobs = [np.broadcast_to(part.blobs[0].reshape(-1), (channels,))]
    return [part]


def _batch_norm(parts: Parts, part: Part) -> list[Part]:
    """BatchNorm with stored statistics; NVIDIA's scale and bias as a Scale layer."""
    param = part.proto.batch_norm_param
    is_scaled, eps = has_scale(param), param.eps
    if part.blobs and isinstance(part.layer, BatchNorm) and part.layer.adds_eps_last:
        stored = [one.detach().float().cpu().numpy() for one in part.layer.stored()]
        part.blobs[:3] = [*stored, np.ones(1, np.float32)]
    part.proto.ClearField("batch_norm_param")
    part.proto.batch_norm_param.use_global_stats = True
    part.proto.batch_norm_param.eps = eps
    if not is_scaled:
        return [part]
    top, blobs = part.top, part.blobs
    part.proto.top[0] = f"{top}/normalized"
    first = parts.part(part.proto, blobs[:3], part.origin)
    scale = parts.make(part.proto.name, "Scale", [first.top], "/scale", blobs[3:5], top=top,
                       scale_param={"bias_term": True})
    return [first, scale]


def _with_relu(parts: Parts, part: Part, layer: Convolution | InnerProduct) -> list[Part]:
    """Intel's ReLU inside a layer as a layer; a transposed weight the usual way."""
    relu, slope = layer.relu, layer.negative_slope
    if isinstance(layer, InnerProduct):
        param = part.proto.inner_product_param
        rows = layer.rows().detach().numpy() if part.blobs and layer.blob_names else None
        if rows is not None and (layer.transpose or layer.normalize):
            part.blobs[0] = np.ascontiguousarray(rows)
        clear_fields(param, ("transpose", "normalize", "relu", "negative_slope"))
    else:
        clear_fields(part.proto.convolution_param,
              ("relu", "negative_slope", "fuse_type", "relu_param"))
    if not relu:
        return [part]
    top = part.top
    part.proto.top[0] = f"{top}/linear"
    first = parts.part(part.proto, part.blobs, part.origin)
    after = parts.make(part.proto.name, "ReLU", [first.top], "/relu", top=top,
                       relu_param={"negative_slope": slope} if slope else {})
    return [first, after]


def _pooling(parts: Parts, part: Part, layer: Pooling, silence: bool) -> list[Part]:
    """Pooling as the original rounds, less the last row and column where another rounds down."""
    param, window = part.proto.pooling_param, layer.window
    clear_fields(param, ROUNDING)
    if layer.whole:
        _square_fields(param)
        return [part]
    bottom, wanted = parts.shapes[part.proto.bottom[0]], parts.shapes[part.top]
    up = PoolWindow(window.kernel, window.stride, window.pad,
                    window.dilation).top_sizes(bottom[2:])
    if any(made < size for made, size in zip(up, wanted[2:], strict=True)):
        # the padding after an axis makes more windows: refused for a field
        param.pad_b, param.pad_r = window.after
        return [part]
    if any(getattr(param, name) for name in OWN_PADDING):
        clear_fields(param, OWN_PADDING)
        param.pad_h, param.pad_w = window.pad
    _square_fields(param)
    counted = layer.method == "AVE" and (window.pad != window.after or (
        not layer.include_pad and any(window.pad)))
    if up == wanted[2:] and not counted:
        return [part]
    top = part.top
    part.proto.top[0] = f"{top}/whole"
    made = [parts.part(part.proto, part.blobs, part.origin)]
    for axis, size in enumerate(wanted[2:], 2):
        if up[axis - 2] != size:
            made += _cut(parts, part, _wanted(made), axis, size, silence)
    if counted:
        made.append(parts.make(part.proto.name, "Scale", [_wanted(made)], "/divisor",
                               [_divisors(bottom[2:], wanted[2:], layer)],
                               scale_param={"axis": 2, "num_axes": len(wanted) - 2}))
    last = next(one for one in reversed(made) if one.proto.top)
    parts.shapes[top] = wanted
    last.proto.top[0] = top
    return made


def _wanted(made: list[Part]) -> str:
    return next(one for one in reversed(made) if one.proto.top).proto.top[0]


def _cut(parts: Parts, part: Part, x: str, axis: int, size: int, silence: bool) -> list[Part]:
    """The first `size` cells of an axis; the rest goes into Silence, or stays unread."""
    sliced = parts.make(part.proto.name, "Slice", [x], f"/axis{axis}", num_tops=2,
                        slice_param={"axis": axis, "slice_point": [size]})
    if not silence:
        return [sliced]
    proto = LayerParameter(name=f"{sliced.proto.name}/rest", type="Silence",
                           bottom=[sliced.proto.top[1]])
    return [sliced, parts.part(proto, [], part.origin)]


def _divisors(sizes: tuple[int, ...], tops: tuple[int, ...], layer: Pooling) -> np.ndarray:
    """The cells that Caffe divides by for each window, by those that the layer divides by."""
    factor, window = np.ones(()), layer.window
    zipped = zip(sizes, tops, window.kernel, window.stride, window.pad, window.after, strict=True)
    for size, top, kernel, stride, pad, after in zipped:
        begin = np.arange(top) * stride - pad
        counted = np.minimum(begin + kernel, size + pad) - begin
        wanted = np.minimum(begin + kernel, size + after) - begin
        if not layer.include_pad:
            wanted = np.minimum(begin + kernel, size) - np.maximum(begin, 0)
        factor = np.multiply.outer(factor, counted / wanted)
    return factor
