"""Layers that are several in one, as the layers they are made of."""

import numpy as np
import pytest
import torch

from framework import parse_net
from framework.errors import SpecError
from framework.net.net import Net

INPUT = 'layer { name: "x" type: "Input" top: "x" input_param { shape { %s } } }'
PLANES = INPUT % "dim: 2 dim: 3 dim: 9 dim: 7"
CONVOLUTION = "convolution_param { num_output: 4 kernel_size: 3 pad: 1 weight_filler { type: " \
    '"xavier" } bias_filler { type: "uniform" } }'
POOLING = "pooling_param { pool: MAX kernel_size: 3 stride: 2 }"
LRN = "lrn_param { local_size: 3 alpha: 0.5 }"
FUSED = '{} layer {{ name: "f" type: "{}" bottom: "x" top: "y" {} }}'


def weights_of(net):
    return {name: [blob.shape for blob in blobs] for name, blobs in net.params.items()}


def same_values(fused, plain, phase="TEST"):
    """Both nets with the weights of the first; the tops of both."""
    nets = [Net(parse_net(text), phase) for text in (fused, plain)]
    assert weights_of(nets[0]) == weights_of(nets[1])
    with torch.no_grad():
        for name, blobs in nets[0].params.items():
            for blob, other in zip(nets[1].params[name], blobs, strict=True):
                blob.copy_(other)
    x = torch.randn(2, 3, 9, 7, generator=torch.Generator().manual_seed(3))
    tops = [net({"x": x})["y"].detach().numpy() for net in nets]
    assert tops[0].any()
    np.testing.assert_array_equal(*tops)


@pytest.mark.parametrize("kind, further", [
    ("ConvolutionReLU", ""),
    ("ConvolutionReLUPool", 'layer { name: "p" type: "Pooling" bottom: "c" top: "y" '
     f'{POOLING} }}'),
    ("ConvolutionReLUPoolLRN", f'layer {{ name: "p" type: "Pooling" bottom: "c" top: "q" {POOLING} '
     f'}} layer {{ name: "n" type: "LRN" bottom: "q" top: "y" {LRN} }}'),
])
def test_a_fused_convolution_is_its_layers_in_a_row(kind, further):
    fields = CONVOLUTION + (POOLING if "Pool" in kind else "") + \
        (LRN if "LRN" in kind else "")
    top = "c" if further else "y"
    plain = f'{PLANES} layer {{ name: "f" type: "Convolution" bottom: "x" top: "{top}" ' \
        f'{CONVOLUTION} }} layer {{ name: "r" type: "ReLU" bottom: "{top}" top: "{top}" }} ' \
        f'{further}'
    same_values(FUSED.format(PLANES, kind, fields), plain)


def test_a_fused_product_is_its_layers_in_a_row():
    product = "inner_product_param { num_output: 5 weight_filler { type: \"xavier\" } }"
    plain = f'{PLANES} layer {{ name: "f" type: "InnerProduct" bottom: "x" top: "y" {product} }} ' \
        'layer { name: "r" type: "ReLU" bottom: "y" top: "y" relu_param { negative_slope: 0.5 } }'
    same_values(FUSED.format(PLANES, "InnerProductReLUDropout", product + " relu_param { "
                             "negative_slope: 0.5 } dropout_param { dropout_ratio: 0.5 }"), plain)


def test_relu_pooling_leaves_its_bottom_as_it_is():
    text = FUSED.format(PLANES, "ReLUPooling", POOLING) + \
        'layer { name: "e" type: "Eltwise" bottom: "x" bottom: "x" top: "twice" }'
    net = Net(parse_net(text), "TEST")
    x = torch.randn(2, 3, 9, 7, generator=torch.Generator().manual_seed(3)) - 2
    tops = net({"x": x})
    np.testing.assert_array_equal(tops["twice"], 2 * x)
    windows = x.clamp(min=0).unfold(2, 3, 2).unfold(3, 3, 2).amax((4, 5))
    np.testing.assert_array_equal(tops["y"], windows)


def test_rules_phases_and_dropout_are_those_of_the_layer():
    text = FUSED.format(PLANES, "InnerProductReLUDropout", "inner_product_param { num_output: 5 } "
                        "include { phase: TRAIN } dropout_param { dropout_ratio: 0.25 } "
                        "param { lr_mult: 3 } loss_weight: 2")
    layers = parse_net(text).message.layer[1:]
    assert [(one.name, one.type) for one in layers] == [
        ("f", "InnerProduct"), ("f/relu", "ReLU"), ("f/dropout", "Dropout")]
    assert all(one.include[0].phase == 0 for one in layers)
    assert [list(one.loss_weight) for one in layers] == [[], [], [2]]
    assert [len(one.param) for one in layers] == [1, 0, 0]
    assert layers[2].dropout_param.dropout_ratio == 0.25
    assert [*layers[1].bottom, *layers[2].top] == ["y", "y"]


@pytest.mark.parametrize("kind, fields, message", [
    ("ConvolutionReLU", "relu_param { negative_slope: 0.5 }",
     r"negative_slope is 0.5; it must be 0 in a ConvolutionReLU"),
    ("ReLUPooling", 'top: "mask"', "top is given 2 times; a ReLUPooling has one"),
])
def test_what_the_original_does_not_have_is_named(kind, fields, message):
    with pytest.raises(SpecError, match=message):
        parse_net(FUSED.format(PLANES, kind, fields))


def test_intels_names_are_the_plain_layers():
    text = FUSED.format(PLANES, "MKLPooling", POOLING)
    assert parse_net(text).message.layer[1].type == "Pooling"


def test_a_replaced_type_is_no_unknown_one_beside_another_mistake():
    with pytest.raises(SpecError) as found:
        parse_net(FUSED.format(PLANES, "ConvolutionReLU", "convolution_param { kernel_sise: 3 }"))
    assert "kernel_sise" in str(found.value) and "is not known" not in str(found.value)
