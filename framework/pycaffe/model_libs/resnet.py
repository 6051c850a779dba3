"""The backbones ResNet-101 and ResNet-152, with the names of He's published nets."""

from __future__ import annotations

from typing import Any

import framework.proto as proto
from framework.pycaffe.model_libs.convolution import ConvBNLayer, ResBody
from framework.pycaffe.net_spec import NetSpec, layers


def _resnet(net: NetSpec, from_layer: str, blocks: tuple[int, int], use_pool5: bool,
            use_dilation_conv5: bool, bn_param: dict[str, Any]) -> NetSpec:
    """`blocks`: how many follow the first one of stages 3 and 4. Any: see `ConvBNLayer`."""
    ConvBNLayer(net, from_layer, "conv1", use_bn=True, use_relu=True, num_output=64,
                kernel_size=7, pad=3, stride=2, bn_prefix="bn_", bn_postfix="",
                scale_prefix="scale_", scale_postfix="", **bn_param)
    net.pool1 = layers.Pooling(net.conv1, pool=proto.PoolingParameter.MAX, kernel_size=3, stride=2)
    stages = (
        (64, 1, 1, ["2a", "2b", "2c"]),
        (128, 2, 1, ["3a", *(f"3b{index + 1}" for index in range(blocks[0]))]),
        (256, 2, 1, ["4a", *(f"4b{index + 1}" for index in range(blocks[1]))]),
        (512, *((1, 2) if use_dilation_conv5 else (2, 1)), ["5a", "5b", "5c"]),
    )
    from_layer = "pool1"
    for width, stride, dilation, names in stages:
        for name in names:
            first = name == names[0]
            ResBody(net, from_layer, name, out2a=width, out2b=width, out2c=4 * width,
                    stride=stride if first else 1, use_branch1=first, dilation=dilation,
                    **bn_param)
            from_layer = f"res{name}"
    if use_pool5:
        net.pool5 = layers.Pooling(net.res5c, pool=proto.PoolingParameter.AVE, global_pooling=True)
    return net


def ResNet101Body(net: NetSpec, from_layer: str, use_pool5: bool = True,
                  use_dilation_conv5: bool = False, **bn_param: Any) -> NetSpec:
    """Add conv1 to res5c, and pool5 if wanted. Any: see `ConvBNLayer`.

    use_dilation_conv5: stage 5 keeps the size of stage 4 and has dilation 2.
    """
    return _resnet(net, from_layer, (3, 22), use_pool5, use_dilation_conv5, bn_param)


def ResNet152Body(net: NetSpec, from_layer: str, use_pool5: bool = True,
                  use_dilation_conv5: bool = False, **bn_param: Any) -> NetSpec:
    """As `ResNet101Body`, with more blocks in stages 3 and 4. Any: see `ConvBNLayer`."""
    return _resnet(net, from_layer, (7, 35), use_pool5, use_dilation_conv5, bn_param)
