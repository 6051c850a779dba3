"""What single readers ask of a layer beside its type: each function returns a reason, or ""."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from framework.export.caffe.dialects import Dialect
from framework.layers.base import Layer, Shape
from framework.layers.normalization.scale import Bias, Scale
from framework.layers.params import is_set
from framework.layers.pooling.pooling import Pooling
from framework.layers.resampling.interp import Interp
from framework.layers.vision.convolution import Convolution, Deconvolution
from framework.proto import LayerParameter, enum_name

OWN_FIELDS = 20001      # fields from here on have numbers of this project alone
FILLERS = ("weight_filler", "bias_filler", "filler")
# A condition: of the message, its layer and the shapes of its bottoms.
Condition = Callable[[LayerParameter, Layer, Sequence[Shape]], str]


def refusal(dialect: Dialect, proto: LayerParameter, layer: Layer, bottoms: Sequence[Shape],
            has_negative: bool = True) -> str:
    """Why the reader does not take the layer; "" if it does.

    has_negative  whether the first bottom may have values below 0
    """
    if proto.type not in dialect.layers:
        return f"{proto.type} is not among its layers"
    if proto.detection_output_param.clip and "opencv4" not in dialect.conditions:
        return "detection_output_param.clip is a field that only OpenCV reads"
    for check in (own_fields, *(CONDITIONS[name] for name in dialect.conditions)):
        if reason := check(proto, layer, bottoms):
            return reason
    if dialect.maximum_from_zero and has_negative and isinstance(layer, Pooling) \
            and layer.method == "MAX":
        return "a maximum below 0 becomes 0 there: a ReLU before it helps"
    return ""


def own_fields(proto: LayerParameter, layer: Layer, bottoms: Sequence[Shape]) -> str:
    """No reader knows the fields that the schema here adds, nor two of single projects."""
    if proto.HasField("normalize_param"):
        return "normalize_param is another project's Normalize"
    if proto.reshape_param.pixelshuffler != 1:
        return "reshape_param.pixelshuffler is another project's pixel shuffle"
    if isinstance(layer, Interp) and (len(bottoms) > 1 or is_set(proto.interp_param, "mode")):
        return "sizes of a second bottom, and mode, are other projects' Interp"
    for descriptor, value in proto.ListFields():
        if descriptor.message_type is None or not descriptor.name.endswith("_param"):
            continue
        messages = value if descriptor.is_repeated else [value]
        for message in messages:
            for inner, _ in message.ListFields():
                if inner.number >= OWN_FIELDS:
                    return f"{descriptor.name}.{inner.name} is a field that other readers lack"
    return ""


def common(proto: LayerParameter, layer: Layer, bottoms: Sequence[Shape]) -> str:
    """What is on all lists: square kernels without dilation, sums without factors, axis 1."""
    if isinstance(layer, Convolution):
        return not_square(layer) or dilated(layer, lambda step: step == 1)
    if proto.HasField("eltwise_param"):
        param = proto.eltwise_param
        if enum_name(param, "operation") != "SUM" or param.coeff:
            return "only sums without coeff are on all lists"
    for field in ("concat_param", "softmax_param", "inner_product_param"):
        if proto.HasField(field) and getattr(proto, field).axis != 1:
            return f"{field}.axis is {getattr(proto, field).axis}; only 1 is on all lists"
    return one_bottom(proto, layer, bottoms)


def one_bottom(proto: LayerParameter, layer: Layer, bottoms: Sequence[Shape]) -> str:
    """Scale and Bias with learned blobs only."""
    if isinstance(layer, Scale | Bias) and len(bottoms) > 1:
        return "two bottoms are refused"
    return ""


def opencv4(proto: LayerParameter, layer: Layer, bottoms: Sequence[Shape]) -> str:
    """Tried with OpenCV 4.14: Swish is computed with 1 whatever the file says; of Interp height,
    width and zoom_factor are read; depthwise kernels of 3 x 3 read values beside the blob where
    that has a single row or column."""
    if proto.HasField("swish_param") and proto.swish_param.beta != 1:
        return f"beta is {proto.swish_param.beta:g}; it is not read"
    for field in ("shrink_factor", "pad_beg", "pad_end"):
        if is_set(proto.interp_param, field):
            return f"{field} is not read"
    if isinstance(layer, Convolution) and layer.geometry.kernel == (3, 3) \
            and 1 < layer.geometry.group == bottoms[0][1] and 1 in bottoms[0][2:]:
        return (f"a depthwise 3 x 3 kernel on {bottoms[0][2]} x {bottoms[0][3]} is computed from "
                "values beside the blob")
    return ""


def one_dilation(proto: LayerParameter, layer: Layer, bottoms: Sequence[Shape]) -> str:
    """The same dilation on both axes."""
    if isinstance(layer, Convolution) and len(set(layer.geometry.dilation)) > 1:
        return "only the first dilation is read"
    return ""


def not_square(layer: Convolution | Deconvolution) -> str:
    """Why the kernel is refused by readers of square ones."""
    kernel = layer.geometry.kernel
    return f"the kernel is {kernel}; it must be square" if len(set(kernel)) > 1 else ""


def dilated(layer: Convolution | Deconvolution, allowed: Callable[[int], bool]) -> str:
    """Why the dilation is refused by readers that take the `allowed` ones."""
    wrong = [step for step in layer.geometry.dilation if not allowed(step)]
    return f"the dilation {wrong[0]} is not taken" if wrong else ""


def nnie(proto: LayerParameter, layer: Layer, bottoms: Sequence[Shape]) -> str:
    """HiSilicon's NNIE: orders, dims and scales that its tables name."""
    if isinstance(layer, Convolution | Deconvolution):
        return not_square(layer)
    if proto.HasField("permute_param") and list(proto.permute_param.order) != [0, 2, 3, 1]:
        return f"order is {list(proto.permute_param.order)}; only 0 2 3 1 is taken"
    if proto.HasField("reshape_param"):
        dims = list(proto.reshape_param.shape.dim)
        if len(dims) != 4 or dims[0] != 0:
            return f"the dims are {dims}; there must be 4, the first 0"
    if proto.HasField("upsample_param") and proto.upsample_param.scale != 2:
        return f"the scale is {proto.upsample_param.scale}; only 2 is taken"
    return one_bottom(proto, layer, bottoms)


def sophgo(proto: LayerParameter, layer: Layer, bottoms: Sequence[Shape]) -> str:
    """Sophgo's compiler: axes, and the settings of DetectionOutput, Reduction and Normalize."""
    if proto.HasField("detection_output_param"):
        param = proto.detection_output_param
        if param.nms_param.eta != 1 or param.keep_top_k <= 0 or param.variance_encoded_in_target:
            return "eta must be 1, keep_top_k positive, variance_encoded_in_target false"
    if proto.HasField("reduction_param"):
        operation = enum_name(proto.reduction_param, "operation")
        return "" if operation == "MEAN" else f"the operation is {operation}; only MEAN is taken"
    if proto.HasField("norm_param") and proto.norm_param.across_spatial:
        return "across_spatial must be false"
    if proto.HasField("inner_product_param") and proto.inner_product_param.axis != 1:
        return f"axis is {proto.inner_product_param.axis}; only 1 is taken"
    if proto.HasField("flatten_param") and proto.flatten_param.axis != 1:
        return f"axis is {proto.flatten_param.axis}; only 1 is taken"
    if proto.HasField("reorg_param") and proto.reorg_param.reverse:
        return "reverse must be false"
    return ""


def horizon(proto: LayerParameter, layer: Layer, bottoms: Sequence[Shape]) -> str:
    """Horizon's compiler: sizes of kernels, strides and dilations."""
    if isinstance(layer, Convolution):
        if max(layer.geometry.kernel) > 7:
            return f"the kernel is {layer.geometry.kernel}; 1 to 7 are taken"
        return dilated(layer, lambda step: step & (step - 1) == 0)
    if isinstance(layer, Deconvolution):
        at = layer.geometry
        if not all(2 <= k <= 14 for k in at.kernel) or not set(at.stride) <= {2, 4} \
                or max(at.dilation) > 1:
            return (f"kernel {at.kernel}, stride {at.stride}; kernels 2 to 14, strides 2 and 4 are "
                    "taken")
    if isinstance(layer, Pooling) and not layer.whole:
        most = 64 if layer.method == "MAX" else 7
        if max(layer.window.kernel) > most:
            return f"the kernel is {layer.window.kernel}; up to {most} are taken"
    return ""


def sigmastar(proto: LayerParameter, layer: Layer, bottoms: Sequence[Shape]) -> str:
    """SigmaStar's compiler: cells of a kernel, whole powers, no Deconvolution."""
    if isinstance(layer, Convolution):
        kernel = layer.geometry.kernel
        if math.prod(kernel) >= 64:
            return f"the kernel {kernel} has {math.prod(kernel)} cells; fewer than 64 are taken"
    if isinstance(layer, Deconvolution):
        return "Deconvolution is written as Upsample there"
    if proto.HasField("power_param"):
        power = proto.power_param.power
        if power < 1 or power != int(power):
            return f"the power is {power:g}; positive whole numbers are taken"
    return ""


def nncase(proto: LayerParameter, layer: Layer, bottoms: Sequence[Shape]) -> str:
    """Tried with nncase 1.9's importer and simulator, which ignore or end at the rest."""
    if isinstance(layer, Convolution):
        if len(set(layer.geometry.stride)) > 1:
            return f"the stride is {layer.geometry.stride}; stride_h and stride_w are not read"
        return "" if proto.convolution_param.bias_term else "a bias is needed"
    if proto.relu_param.negative_slope:
        return "negative_slope is not supported"
    if proto.HasField("eltwise_param") and proto.eltwise_param.coeff:
        return "coeff is not read"
    if proto.HasField("scale_param") and proto.scale_param.axis != 1:
        return f"scale_param.axis is {proto.scale_param.axis}; 1 is taken"
    if proto.reshape_param.axis or proto.reshape_param.num_axes != -1:
        return "reshape_param's axis and num_axes are not taken"
    if isinstance(layer, Pooling) and layer.method == "AVE" and hangs_over(layer, bottoms[0]):
        return "averages of windows that end beyond the padding are others"
    return one_bottom(proto, layer, bottoms)


def hangs_over(layer: Pooling, bottom: Shape) -> bool:
    """Whether a window ends beyond the padding, since sizes are rounded up."""
    window = layer.window
    zipped = zip(bottom[2:], window.top_sizes(bottom[2:]), window.kernel, window.stride,
                 window.pad, window.after, strict=True)
    return not layer.whole and any((top - 1) * stride + kernel > size + pad + after
                                   for size, top, kernel, stride, pad, after in zipped)


CONDITIONS: Mapping[str, Condition] = {
    "common": common, "one_bottom": one_bottom, "one_dilation": one_dilation, "nnie": nnie,
    "opencv4": opencv4, "sophgo": sophgo, "horizon": horizon, "nncase": nncase,
    "sigmastar": sigmastar,
}
