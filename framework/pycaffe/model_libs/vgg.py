"""The backbones VGG-16 and ZF, plain or fully convolutional, reduced and dilated for SSD."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import framework.proto as proto
from framework.errors import SpecError
from framework.pycaffe.model_libs.convolution import FROZEN, learned, same_pad
from framework.pycaffe.net_spec import NetSpec, layers

MAX = proto.PoolingParameter.MAX
VGG_BLOCKS = ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))
"""Numbers of convolutions and of their outputs."""
# By (dilated, reduced): the window of 3 x 3 covers about that of 7 x 7, also after a dilated pool5.
FC6_DILATIONS = {(False, False): 1, (False, True): 3, (True, False): 2, (True, True): 6}


def _convolution(net: NetSpec, from_layer: str, number: str, **settings: Any) -> str:
    """Add conv{number} and relu{number}; return the name of the latter. Any: its fields."""
    net[f"conv{number}"] = layers.Convolution(net[from_layer], **settings, **learned())
    net[f"relu{number}"] = layers.ReLU(net[f"conv{number}"], in_place=True)
    return f"relu{number}"


def _halve(net: NetSpec, from_layer: str, number: str, strided: dict[str, Any] | None,
           **settings: Any) -> str:
    """Add a max pooling, or the convolution `strided` instead. Any: their fields."""
    if strided is None:
        name = f"pool{number[0]}"
        net[name] = layers.Pooling(net[from_layer], pool=MAX, **settings)
    else:
        name = f"conv{number}"
        net[name] = layers.Convolution(net[from_layer], pad=1, kernel_size=3, **strided,
                                       **learned())
    return name


def _fully_connected(net: NetSpec, from_layer: str, fully_conv: bool, reduced: bool, dropout: bool,
                     fc6: dict[str, Any]) -> str:
    """Add fc6, fc7 and what follows them; return the last name. Any: the fields of fc6.

    As convolutions fc6 has `fc6`, and 1024 outputs each if `reduced`; else both have 4096.
    """
    num_output = 1024 if reduced else 4096
    for name in ("6", "7"):
        if fully_conv:
            window = fc6 if name == "6" else {"kernel_size": 1}
            net[f"fc{name}"] = layers.Convolution(net[from_layer], num_output=num_output, **window,
                                                  **learned())
        else:
            net[f"fc{name}"] = layers.InnerProduct(net[from_layer], num_output=4096)
        net[f"relu{name}"] = layers.ReLU(net[f"fc{name}"], in_place=True)
        from_layer = f"relu{name}"
        if dropout:
            net[f"drop{name}"] = layers.Dropout(net[from_layer], dropout_ratio=0.5, in_place=True)
            from_layer = f"drop{name}"
    return from_layer


def _freeze(net: NetSpec, names: Iterable[str]) -> None:
    """Let the layers of these names, as far as they are there, learn nothing."""
    for name in names:
        if name in net.keys():    # noqa: SIM118 - a NetSpec is not a mapping
            net.update(name, {**learned(), "param": [FROZEN, FROZEN]})


def _check(net: NetSpec, from_layer: str) -> None:
    if from_layer not in net.keys():    # noqa: SIM118 - a NetSpec is not a mapping
        raise SpecError(f"from_layer is {from_layer}, which is not in the net")


def VGGNetBody(
    net: NetSpec, from_layer: str, need_fc: bool = True, fully_conv: bool = False,
    reduced: bool = False, dilated: bool = False, nopool: bool = False, dropout: bool = True,
    freeze_layers: Iterable[str] = (), dilate_pool4: bool = False,
) -> NetSpec:
    """Add conv1_1 to relu5_3, and pool5 to relu7 if `need_fc`. Raises SpecError for an unknown
    from_layer.

    fully_conv: fc6 and fc7 are convolutions; reduced: with fewer outputs and a dilated 3x3
    kernel; dilated: pool5 keeps the size; dilate_pool4: pool4 does; nopool: convolutions of
    stride 2 instead of poolings; freeze_layers: names of those that learn nothing.
    """
    _check(net, from_layer)
    dilation = 2 if dilate_pool4 and not nopool else 1
    for block, (num_convolutions, num_output) in enumerate(VGG_BLOCKS, 1):
        window: dict[str, Any] = {"kernel_size": 3, "pad": 1}
        if block == 5:
            window = {"kernel_size": 3, "pad": same_pad(3, dilation), "dilation": dilation}
        for index in range(num_convolutions):
            from_layer = _convolution(net, from_layer, f"{block}_{index + 1}",
                                      num_output=num_output, **window)
        if block == 5 and not need_fc:
            break
        keeps_size = (block == 4 and dilation == 2) or (block == 5 and dilated)
        pooling = {"kernel_size": 2, "stride": 2}
        if keeps_size:
            pooling = {"kernel_size": 3, "stride": 1, "pad": 1}
        strided = {"num_output": num_output, "stride": pooling["stride"]} if nopool else None
        from_layer = _halve(net, from_layer, f"{block}_{num_convolutions + 1}", strided, **pooling)
    if need_fc:
        kernel_size = 3 if reduced else 7
        dilation *= FC6_DILATIONS[dilated, reduced]
        _fully_connected(net, from_layer, fully_conv, reduced, dropout, {
            "kernel_size": kernel_size, "pad": same_pad(kernel_size, dilation),
            "dilation": dilation})
    _freeze(net, freeze_layers)
    return net


def ZFNetBody(
    net: NetSpec, from_layer: str, need_fc: bool = True, fully_conv: bool = False,
    reduced: bool = False, dilated: bool = False, dropout: bool = True, need_fc8: bool = False,
    freeze_layers: Iterable[str] = (),
) -> NetSpec:
    """Add conv1 to relu5, pool5 to relu7 if `need_fc`, fc8 and prob if `need_fc8`.

    The flags are those of `VGGNetBody`. Raises SpecError for an unknown from_layer.
    """
    _check(net, from_layer)
    for number, num_output, kernel_size, pad in (("1", 96, 7, 3), ("2", 256, 5, 2)):
        from_layer = _convolution(net, from_layer, number, num_output=num_output, pad=pad,
                                  kernel_size=kernel_size, stride=2)
        net[f"norm{number}"] = layers.LRN(
            net[from_layer], local_size=3, alpha=0.00005, beta=0.75,
            norm_region=proto.LRNParameter.WITHIN_CHANNEL, engine=proto.LRNParameter.CAFFE)
        from_layer = _halve(net, f"norm{number}", number, None, pad=1, kernel_size=3, stride=2)
    for number, num_output in (("3", 384), ("4", 384), ("5", 256)):
        from_layer = _convolution(net, from_layer, number, num_output=num_output, pad=1,
                                  kernel_size=3)
    if need_fc:
        from_layer = _halve(net, from_layer, "5", None, pad=1, kernel_size=3,
                            stride=1 if dilated else 2)
        fc6 = {"pad": 5 if dilated else 2, "kernel_size": 3 if reduced else 6}
        if dilated or reduced:
            fc6["dilation"] = 5 if dilated and reduced else 2
        from_layer = _fully_connected(net, from_layer, fully_conv, reduced, dropout, fc6)
    if need_fc8:
        if fully_conv:
            net.fc8 = layers.Convolution(net[from_layer], num_output=1000, kernel_size=1,
                                         **learned())
        else:
            net.fc8 = layers.InnerProduct(net[from_layer], num_output=1000)
        net.prob = layers.Softmax(net.fc8)
    _freeze(net, freeze_layers)
    return net
