"""The backbone Inception v3, with the names of its published TensorFlow graph."""

from __future__ import annotations

from typing import Any

import framework.proto as proto
from framework.pycaffe.model_libs.convolution import ConvBNLayer, InceptionTower
from framework.pycaffe.net_spec import NetSpec, Top, layers

AVE, MAX = proto.PoolingParameter.AVE, proto.PoolingParameter.MAX
Params = dict[str, Any]
"""The arguments of one layer in a tower. Any: see `InceptionTower`."""
ROW, COLUMN = ([1, 7], [0, 3]), ([7, 1], [3, 0])
"""Kernels and pads, each height and width."""


def _pool(pool: int, pad: int, stride: int) -> Params:
    return {"name": "pool", "pool": pool, "kernel_size": 3, "pad": pad, "stride": stride}


def _row(*convolutions: tuple[Any, ...]) -> list[Params]:
    """conv, conv_1, ...: of (num_output, kernel_size, pad) or (..., stride). Any: see Params."""
    return [{"name": f"conv_{index}" if index else "conv", "num_output": sizes[0],
             "kernel_size": sizes[1], "pad": sizes[2], "stride": sizes[3] if sizes[3:] else 1}
            for index, sizes in enumerate(convolutions)]


def _mixed(net: NetSpec, from_layer: str, name: str, towers: list[tuple[str, list[Params]]],
           bn_param: Params) -> str:
    """Add towers side by side and `name/join` of them; return that name."""
    tops = [InceptionTower(net, from_layer, name + suffix, row, **bn_param)
            for suffix, row in towers]
    net[f"{name}/join"] = layers.Concat(*tops, axis=1)
    return f"{name}/join"


def _split(net: NetSpec, from_layer: str, tower: str, row: list[Params], bn_param: Params) -> Top:
    """Add a tower that ends in a 1x3 and a 3x1 convolution, side by side: `tower/mixed`."""
    InceptionTower(net, from_layer, tower, row, **bn_param)
    last = f"{tower}/{row[-1]['name']}"
    name = f"{tower}/mixed"
    across, down = _row((384, [1, 3], [0, 1]), (384, [3, 1], [1, 0]))
    tops = [InceptionTower(net, last, name, [part], **bn_param) for part in (across, down)]
    net[name] = layers.Concat(*tops, axis=1)
    top: Top = net[name]
    return top


def _stem(net: NetSpec, from_layer: str, bn_param: Params) -> str:
    """Add conv to pool_1; return the last name."""
    for name, num_output, kernel_size, pad, stride in (
            ("conv", 32, 3, 0, 2), ("conv_1", 32, 3, 0, 1), ("conv_2", 64, 3, 1, 1),
            ("pool", 0, 3, 0, 2), ("conv_3", 80, 1, 0, 1), ("conv_4", 192, 3, 0, 1),
            ("pool_1", 0, 3, 0, 2)):
        if num_output:
            ConvBNLayer(net, from_layer, name, use_bn=True, use_relu=True, num_output=num_output,
                        kernel_size=kernel_size, pad=pad, stride=stride, use_scale=False,
                        **bn_param)
        else:
            net[name] = layers.Pooling(net[from_layer], pool=MAX, kernel_size=kernel_size,
                                       stride=stride, pad=pad)
        from_layer = name
    return from_layer


def InceptionV3Body(net: NetSpec, from_layer: str, output_pred: bool = False,
                    **bn_param: Any) -> NetSpec:
    """Add conv to mixed_10/join, and the classifier of 1008 classes if `output_pred`.

    Any: see `ConvBNLayer`. Source: Szegedy et al. 2015, arXiv 1512.00567.
    """
    from_layer = _stem(net, from_layer, bn_param)
    for name, num_pooled in (("mixed", 32), ("mixed_1", 64), ("mixed_2", 64)):
        from_layer = _mixed(net, from_layer, name, [
            ("", _row((64, 1, 0))), ("/tower", _row((48, 1, 0), (64, 5, 2))),
            ("/tower_1", _row((64, 1, 0), (96, 3, 1), (96, 3, 1))),
            ("/tower_2", [_pool(AVE, 1, 1), *_row((num_pooled, 1, 0))])], bn_param)
    from_layer = _mixed(net, from_layer, "mixed_3", [
        ("", _row((384, 3, 0, 2))), ("/tower", _row((64, 1, 0), (96, 3, 1), (96, 3, 0, 2))),
        ("", [_pool(MAX, 0, 2)])], bn_param)
    for index, width in ((4, 128), (5, 160), (6, 160), (7, 192)):
        from_layer = _mixed(net, from_layer, f"mixed_{index}", [
            ("", _row((192, 1, 0))),
            ("/tower", _row((width, 1, 0), (width, *ROW), (192, *COLUMN))),
            ("/tower_1", _row((width, 1, 0), (width, *COLUMN), (width, *ROW), (width, *COLUMN),
                              (192, *ROW))),
            ("/tower_2", [_pool(AVE, 1, 1), *_row((192, 1, 0))])], bn_param)
    from_layer = _mixed(net, from_layer, "mixed_8", [
        ("/tower", _row((192, 1, 0), (320, 3, 0, 2))),
        ("/tower_1", _row((192, 1, 0), (192, *ROW), (192, *COLUMN), (192, 3, 0, 2))),
        ("", [_pool(MAX, 0, 2)])], bn_param)
    for name, pool in (("mixed_9", AVE), ("mixed_10", MAX)):
        from_layer = _last_block(net, from_layer, name, pool, bn_param)
    if output_pred:
        net.pool_3 = layers.Pooling(net[from_layer], pool=AVE, kernel_size=8, pad=0, stride=1)
        net.softmax = layers.InnerProduct(net.pool_3, num_output=1008)
        net.softmax_prob = layers.Softmax(net.softmax)
    return net


def _last_block(net: NetSpec, from_layer: str, name: str, pool: int, bn_param: Params) -> str:
    """Add mixed_9 or mixed_10; return the name of the join."""
    tops = [
        InceptionTower(net, from_layer, name, _row((320, 1, 0)), **bn_param),
        _split(net, from_layer, f"{name}/tower", _row((384, 1, 0)), bn_param),
        _split(net, from_layer, f"{name}/tower_1", _row((448, 1, 0), (384, 3, 1)), bn_param),
        InceptionTower(net, from_layer, f"{name}/tower_2",
                       [_pool(pool, 1, 1), *_row((192, 1, 0))], **bn_param)]
    net[f"{name}/join"] = layers.Concat(*tops, axis=1)
    return f"{name}/join"
