"""Building blocks of backbones: convolution with BatchNorm and ReLU, residual, Inception."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from framework.errors import SpecError
from framework.pycaffe.net_spec import NetSpec, Top, layers

FROZEN = {"lr_mult": 0, "decay_mult": 0}


def _zero() -> dict[str, Any]:
    """A filler of zeros. Any: what its fields hold."""
    return {"type": "constant", "value": 0}


def learned(lr_mult: float = 1) -> dict[str, Any]:
    """The rates and fillers of a convolution with bias: the bias learns twice as fast.

    Any: what fields of messages hold.
    """
    return {
        "param": [{"lr_mult": lr_mult, "decay_mult": 1},
                  {"lr_mult": 2 * lr_mult, "decay_mult": 0}],
        "weight_filler": {"type": "xavier"},
        "bias_filler": _zero(),
    }


def same_pad(kernel_size: int, dilation: int) -> int:
    """The pad with which a convolution of stride 1 and odd kernel keeps the size."""
    return (kernel_size - 1) * dilation // 2


def UnpackVariable(var: Any, num: int) -> list[Any]:
    """`num` values: `var` if it is a list of `num`, else its one value repeated.

    Raises SpecError for a list of another length. Any: a number or a list of them.
    """
    values = list(var) if isinstance(var, list | tuple) else [var]
    if len(values) not in (1, num):
        raise SpecError(f"{var} has {len(values)} values; it must have 1 or {num}")
    return values if len(values) == num else values * num


def _window(kernel_size: Any, pad: Any, stride: Any) -> dict[str, Any]:
    """The fields of a window: single if it is square, else for height and width. Any: above."""
    kernels = UnpackVariable(kernel_size, 2)
    pads = UnpackVariable(pad, 2)
    strides = UnpackVariable(stride, 2)
    if kernels[0] == kernels[1]:
        return {"kernel_size": kernels[0], "pad": pads[0], "stride": strides[0]}
    return {"kernel_h": kernels[0], "kernel_w": kernels[1], "pad_h": pads[0], "pad_w": pads[1],
            "stride_h": strides[0], "stride_w": strides[1]}


def ConvBNLayer(
    net: NetSpec, from_layer: str, out_layer: str, use_bn: bool, use_relu: bool, num_output: int,
    kernel_size: Any, pad: Any, stride: Any, dilation: int = 1, use_scale: bool = True,
    lr_mult: float = 1, conv_prefix: str = "", conv_postfix: str = "", bn_prefix: str = "",
    bn_postfix: str = "_bn", scale_prefix: str = "", scale_postfix: str = "_scale",
    bias_prefix: str = "", bias_postfix: str = "_bias", **bn_params: Any,
) -> None:
    """Add a convolution, and if wanted BatchNorm with Scale (or Bias) and ReLU, all in place.

    kernel_size, pad and stride are numbers or lists of height and width. bn_params: eps,
    moving_average_fraction, use_global_stats; with the last, scale and bias are not learned.
    Any: see `UnpackVariable`, and values of those three.
    """
    kwargs = learned(lr_mult)
    if use_bn:
        kwargs = {"param": kwargs["param"][:1], "bias_term": False,
                  "weight_filler": {"type": "gaussian", "std": 0.01}}
    name = f"{conv_prefix}{out_layer}{conv_postfix}"
    if dilation > 1:
        kwargs["dilation"] = dilation
    net[name] = layers.Convolution(net[from_layer], num_output=num_output,
                                   **_window(kernel_size, pad, stride), **kwargs)
    if use_bn:
        bn_name = f"{bn_prefix}{out_layer}{bn_postfix}"
        net[bn_name] = _batch_norm(net[name], bn_params)
        rate = {"lr_mult": 0 if bn_params.get("use_global_stats") else lr_mult, "decay_mult": 0}
        if use_scale:
            net[f"{scale_prefix}{out_layer}{scale_postfix}"] = layers.Scale(
                net[bn_name], in_place=True, bias_term=True, param=[rate, rate],
                filler={"type": "constant", "value": 1}, bias_filler=_zero())
        else:
            net[f"{bias_prefix}{out_layer}{bias_postfix}"] = layers.Bias(
                net[bn_name], in_place=True, param=[rate], filler=_zero())
    if use_relu:
        net[f"{name}_relu"] = layers.ReLU(net[name], in_place=True)


def _batch_norm(bottom: Top, settings: Mapping[str, Any]) -> Top:
    """BatchNorm in place. Any: values of its fields."""
    kwargs: dict[str, Any] = {"param": [FROZEN] * 3, "eps": settings.get("eps", 0.001)}
    if settings.get("use_global_stats"):
        kwargs["use_global_stats"] = settings["use_global_stats"]
    else:
        kwargs["moving_average_fraction"] = settings.get("moving_average_fraction", 0.999)
    top: Top = layers.BatchNorm(bottom, in_place=True, **kwargs)
    return top


def ResBody(
    net: NetSpec, from_layer: str, block_name: str, out2a: int, out2b: int, out2c: int,
    stride: int, use_branch1: bool, dilation: int = 1, **bn_param: Any,
) -> None:
    """Add a block of a residual net: 1x1, 3x3, 1x1, plus the input, or branch1 of it, and ReLU.

    Any: see `ConvBNLayer`.
    """
    names = {"conv_prefix": f"res{block_name}_", "bn_prefix": f"bn{block_name}_", "bn_postfix": "",
             "scale_prefix": f"scale{block_name}_", "scale_postfix": "", **bn_param}
    first = from_layer
    if use_branch1:
        ConvBNLayer(net, from_layer, "branch1", use_bn=True, use_relu=False, num_output=out2c,
                    kernel_size=1, pad=0, stride=stride, **names)
        first = f"res{block_name}_branch1"
    convolutions = (("branch2a", out2a, 1, stride, 1), ("branch2b", out2b, 3, 1, dilation),
                    ("branch2c", out2c, 1, 1, 1))
    for branch, num_output, kernel_size, step, spread in convolutions:
        ConvBNLayer(net, from_layer, branch, use_bn=True, use_relu=branch != "branch2c",
                    num_output=num_output, kernel_size=kernel_size,
                    pad=same_pad(kernel_size, spread), stride=step, dilation=spread, **names)
        from_layer = f"res{block_name}_{branch}"
    net[f"res{block_name}"] = layers.Eltwise(net[first], net[from_layer])
    net[f"res{block_name}_relu"] = layers.ReLU(net[f"res{block_name}"], in_place=True)


def InceptionTower(net: NetSpec, from_layer: str, tower_name: str,
                   layer_params: Sequence[Mapping[str, Any]], **bn_param: Any) -> Top:
    """Add layers in a row, `tower_name/name` each; return the last top.

    Layers with "pool" in their names are Pooling, the others ConvBNLayer without Scale.
    Any: see `ConvBNLayer`.
    """
    for param in layer_params:
        settings = dict(param)
        name = f"{tower_name}/{settings.pop('name')}"
        if "pool" in name:
            net[name] = layers.Pooling(net[from_layer], **settings)
        else:
            ConvBNLayer(net, from_layer, name, use_bn=True, use_relu=True, use_scale=False,
                        **{**settings, **bn_param})
        from_layer = name
    top: Top = net[from_layer]
    return top
