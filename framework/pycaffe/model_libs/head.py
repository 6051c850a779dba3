"""The detection head of SSD: locations, confidences and priors of several layers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from framework.definition.values import distinct_ratios
from framework.errors import SpecError
from framework.pycaffe.model_libs.convolution import ConvBNLayer
from framework.pycaffe.net_spec import NetSpec, Top, layers

Numbers = Sequence[Any]
"""A number, or a list of them, for each layer. Any: that."""


def _listed(values: Numbers, index: int) -> list[Any]:
    """What is given for one layer, as a list; none if nothing is. Any: numbers."""
    if index >= len(values):
        return []
    value = values[index]
    return list(value) if isinstance(value, list | tuple) else [value]


def _prediction(net: NetSpec, from_layer: str, name: str, num_output: int,
                settings: dict[str, Any]) -> Top:
    """A convolution whose output is turned to (batch, height * width * num_output).

    Any: see `ConvBNLayer`.
    """
    ConvBNLayer(net, from_layer, name, use_relu=False, num_output=num_output, stride=1, **settings)
    net[f"{name}_perm"] = layers.Permute(net[name], order=[0, 2, 3, 1])
    net[f"{name}_flat"] = layers.Flatten(net[f"{name}_perm"], axis=1)
    top: Top = net[f"{name}_flat"]
    return top


def _check_lengths(num_layers: int, **lists: Numbers) -> None:
    for name, values in lists.items():
        if values and len(values) != num_layers:
            raise SpecError(f"{name} has {len(values)} entries; it must have {num_layers}, one for "
                            "each of from_layers")


def _priors(net: NetSpec, from_layer: str, data_layer: str, step: Any, image: tuple[int, int],
            **settings: Any) -> Top:
    """The PriorBox layer of one layer. Any: numbers for its fields."""
    name = f"{from_layer}_mbox_priorbox"
    flip = settings.pop("flip")
    if not settings["max_size"]:
        del settings["max_size"]
    if settings["aspect_ratio"]:
        settings["flip"] = flip
    else:
        del settings["aspect_ratio"]
    if step:
        settings["step"] = step
    height, width = image
    if height and width:
        settings |= {"img_size": height} if height == width else {"img_h": height, "img_w": width}
    net[name] = layers.PriorBox(net[from_layer], net[data_layer], **settings)
    top: Top = net[name]
    return top


def CreateMultiBoxHead(
    net: NetSpec, data_layer: str = "data", num_classes: int = 0,
    from_layers: Sequence[str] = (), use_objectness: bool = False, normalizations: Numbers = (),
    use_batchnorm: bool = True, lr_mult: float = 1, use_scale: bool = True,
    min_sizes: Numbers = (), max_sizes: Numbers = (), prior_variance: Numbers = (0.1,),
    aspect_ratios: Numbers = (), steps: Numbers = (), img_height: int = 0, img_width: int = 0,
    share_location: bool = True, flip: bool = True, clip: bool = True, offset: float = 0.5,
    inter_layer_depth: Numbers = (), kernel_size: int = 1, pad: int = 0, conf_postfix: str = "",
    loc_postfix: str = "", **bn_param: Any,
) -> list[Top]:
    """Add the head; return the tops mbox_loc, mbox_conf, mbox_priorbox (and mbox_objectness).

    For each of from_layers: min_sizes and max_sizes in pixels of the input, aspect_ratios, steps
    in pixels, normalizations (the scale of a Normalize layer; -1: none), inter_layer_depth (the
    outputs of a convolution between; 0: none). use_scale is not read, as in the original.
    Raises SpecError for lists of other lengths and an unknown data_layer. Any: see `ConvBNLayer`.
    Source: Liu et al. 2016, section 2.
    """
    _check(net, data_layer, num_classes)
    _check_lengths(len(from_layers), min_sizes=min_sizes, max_sizes=max_sizes, steps=steps,
                   aspect_ratios=aspect_ratios, normalizations=normalizations,
                   inter_layer_depth=inter_layer_depth)
    common = {"use_bn": use_batchnorm, "lr_mult": lr_mult, **bn_param}
    widths = {f"loc{loc_postfix}": 4 if share_location else 4 * num_classes,
              f"conf{conf_postfix}": num_classes}
    prior = {"clip": clip, "variance": list(prior_variance), "offset": offset, "flip": flip}
    parts: list[list[Top]] = []
    for index, start in enumerate(from_layers):
        name = _between(net, start, index, normalizations, inter_layer_depth, common)
        sizes = {"min_size": _listed(min_sizes, index), "max_size": _listed(max_sizes, index),
                 "aspect_ratio": _listed(aspect_ratios, index)}
        predict = partial(_predictions, net, name, _num_priors(**sizes, flip=flip),
                          {"kernel_size": kernel_size, "pad": pad, **common})
        parts.append([*predict(widths), _priors(
            net, name, data_layer, steps[index] if steps else 0, (img_height, img_width),
            **prior, **sizes)])
        if use_objectness:
            parts[-1] += predict({"objectness": 2})
    return _joined(net, parts)


def _check(net: NetSpec, data_layer: str, num_classes: int) -> None:
    if not num_classes:
        raise SpecError("num_classes is 0; it must be at least 1")
    if data_layer not in net.keys():    # noqa: SIM118 - a NetSpec is not a mapping
        raise SpecError(f"data_layer is {data_layer}, which is not in the net")


def _predictions(net: NetSpec, from_layer: str, num_priors: int, settings: dict[str, Any],
                 widths: dict[str, int]) -> list[Top]:
    """`width` numbers for each prior, for the names in `widths`. Any: see `ConvBNLayer`."""
    return [_prediction(net, from_layer, f"{from_layer}_mbox_{name}", num_priors * width, settings)
            for name, width in widths.items()]


def _joined(net: NetSpec, parts: list[list[Top]]) -> list[Top]:
    """Concat layers of what each layer has: loc, conf, priorbox, and objectness if it is there."""
    names = ("mbox_loc", "mbox_conf", "mbox_priorbox", "mbox_objectness")
    columns = list(zip(*parts, strict=True))
    for name, tops in zip(names, columns, strict=False):
        net[name] = layers.Concat(*tops, axis=2 if name == "mbox_priorbox" else 1)
    return [net[name] for name in names[:len(columns)]]


def _num_priors(min_size: list[Any], max_size: list[Any], aspect_ratio: list[Any],
                flip: bool) -> int:
    """Priors of one cell, as PriorBox makes them: squares, then one for each distinct ratio."""
    if max_size and len(max_size) != len(min_size):
        raise SpecError(f"max_size {max_size} and min_size {min_size} must have the same length")
    shapes = 1 + bool(max_size) + len(distinct_ratios(aspect_ratio, flip))
    return shapes * len(min_size)


def _between(net: NetSpec, from_layer: str, index: int, normalizations: Numbers,
             inter_layer_depth: Numbers, settings: dict[str, Any]) -> str:
    """Add the layers between a layer and its predictions; return the last name.

    Any: see `ConvBNLayer`.
    """
    if normalizations and normalizations[index] != -1:
        name = f"{from_layer}_norm"
        net[name] = layers.Normalize(
            net[from_layer], across_spatial=False, channel_shared=False,
            scale_filler={"type": "constant", "value": normalizations[index]})
        from_layer = name
    if inter_layer_depth and inter_layer_depth[index] > 0:
        name = f"{from_layer}_inter"
        ConvBNLayer(net, from_layer, name, use_relu=True, num_output=inter_layer_depth[index],
                    kernel_size=3, pad=1, stride=1, **settings)
        from_layer = name
    return from_layer
