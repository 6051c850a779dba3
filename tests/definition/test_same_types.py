"""Types that are another's under a name of one fork, read as that one."""

import pytest
import torch

from framework import Net, parse_net
from tests.support import noise

INPUT = ('layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 dim: 8 '
         'dim: 9 } } }\n')


def test_tensor_transpose_is_a_permute():
    net = Net(parse_net(INPUT + 'layer { name: "t" type: "TensorTranspose" bottom: "x" top: "t" '
                        'tensor_transpose_param { order: 2 order: 0 order: 3 order: 1 } }'))
    x = noise(2, 3, 8, 9, requires_grad=False, dtype=torch.float32)
    assert torch.equal(net({"x": x})["t"], x.permute(2, 0, 3, 1))


@pytest.mark.parametrize("kind, fields", [
    ("Convolution", "convolution_param { num_output: 4 kernel_size: 3 }"),
    ("Pooling", "pooling_param { kernel_size: 3 stride: 2 }"), ("ReLU", ""),
    ("LRN", "lrn_param { local_size: 3 }")])
def test_layers_of_mkl_are_those_without_it(kind, fields):
    specs = [parse_net(INPUT + f'layer {{ name: "y" type: "{name}{kind}" bottom: "x" top: "y" '
                       f'{fields} }}') for name in ("", "MKL")]
    assert specs[0].message == specs[1].message


@pytest.mark.parametrize("given, expected", [
    ("crop_height: 14 crop_width: 6", "crop_h: 14 crop_w: 6"),
    ("crop_size: 9 crop_width: 6", "crop_h: 9 crop_w: 6")])
def test_crops_have_two_names(given, expected):
    nets = [parse_net('layer { name: "d" type: "Data" top: "d" data_param { source: "x" '
                      f'batch_size: 2 }} transform_param {{ {crops} }} }}')
            for crops in (given, expected)]
    assert nets[0].message == nets[1].message
