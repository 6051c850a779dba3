"""The package as a user at a prompt meets it: names, calls, repr and copies."""

from __future__ import annotations

import copy
import subprocess
import sys

import cv2
import numpy as np
import pytest
import torch

import framework
from framework import CaffeError, Net, parse_net
from framework.inference.detector import Detector
from tests.quadrants import bright_quarter, write_net

NET = """name: "small"
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 dim: 8 dim: 9 } } }
layer { name: "conv" type: "Convolution" bottom: "x" top: "conv" convolution_param {
  num_output: 4 kernel_size: 3 pad: 1 weight_filler { type: "xavier" } } }
layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "conv" }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "pool" type: "Pooling" bottom: "conv" top: "pool" pooling_param { pool: AVE
  kernel_size: 2 stride: 2 } }
"""


def test_dir_shows_the_public_names():
    assert set(framework.__all__) <= set(dir(framework)) and "Detector" in dir(framework)
    assert not [name for name in dir(framework) if name[0] != "_" and name not in framework.__all__]
    assert framework.Detector is Detector


def test_a_net_of_a_detector_is_made_without_torchs_compiler():
    # which takes as long to import as torch itself
    code = ("import sys, framework; framework.Net('zoo:ssd_shapes/deploy.prototxt', 'TEST'); "
            "print('torch._dynamo' in sys.modules)")
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert run.stdout == "False\n", run.stderr


@pytest.mark.parametrize("inputs, message", [
    (torch.zeros(2, 3, 8, 9), r"by name, as net\(\{'x': tensor\}\), not a Tensor; .* 'x' \(2, 3"),
    (np.zeros((2, 3, 8, 9)), r"not a ndarray; its inputs are 'x' \(2, 3, 8, 9\)"),
    ([torch.zeros(2, 3, 8, 9)], r"not a list"),
    ({"xx": torch.zeros(2, 3, 8, 9)}, r"'xx' is not an input of the net; .*inputs are 'x' \(2, 3"),
    ({"x": np.zeros((2, 3, 8, 9))}, r"'x' must be a tensor, not a ndarray; torch.from_numpy"),
    ({}, r"no blob is given for 'x'; the inputs are"),
    ({"x": torch.zeros(3, 8, 9)}, r"'x' is \(3, 8, 9\), one item without the axis.*tensor\[None\]"),
    ({"x": torch.zeros(2, 3, 8, 9).double()}, r"the input 'x' is of torch.float64; the net's are"),
    ({"x": torch.zeros(2, 4, 8, 9)}, r"the input 'x' is \(2, 4, 8, 9\); the net's are 'x' \(2, 3"),
])
def test_a_net_called_in_a_wrong_way_says_what_it_wants(inputs, message):
    with pytest.raises(CaffeError, match=message):
        Net(parse_net(NET))(inputs)


@pytest.mark.parametrize("blobs", [5, [torch.zeros(2, 3, 8, 9)], torch.zeros(2, 3, 8, 9)])
def test_a_net_that_is_run_in_a_wrong_way_says_what_it_wants(blobs):
    with pytest.raises(CaffeError, match=r"by name, as net\(\{'x': tensor\}\), not a "):
        Net(parse_net(NET)).run(blobs)


def test_a_net_called_with_blobs_as_keywords_says_how_it_is_called():
    net = Net(parse_net(NET))
    for arguments in ({"x": torch.zeros(2, 3, 8, 9)}, {"foo": 1}):
        name = next(iter(arguments))
        with pytest.raises(CaffeError, match=rf"in a mapping, as net\(\{{'{name}': tensor\}}\), "
                           r"not as keywords; its inputs are 'x' \(2, 3, 8, 9\)"):
            net(**arguments)


def test_the_type_of_an_input_is_not_blamed_for_its_size():
    text = """layer { name: "x" type: "Input" top: "x" input_param { shape { dim: [2, 3, 4] } } }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y"
  inner_product_param { num_output: 5 } }"""
    net = Net(parse_net(text)).double()
    with pytest.raises(RuntimeError, match="^mat1 and mat2 shapes cannot be multiplied"):
        net({"x": torch.zeros(2, 3, 7).double()})


def test_an_input_with_too_few_axes_is_named():
    text = """layer { name: "x" type: "Input" top: "x" input_param { shape { dim: [2, 3] } } }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y"
  inner_product_param { num_output: 5 } }"""
    with pytest.raises(CaffeError, match=r"the input 'x' is \(2,\); the net's are 'x' \(2, 3\): "):
        Net(parse_net(text))({"x": torch.zeros(2)})


def test_the_repr_shows_channels_kernels_and_shapes():
    shown = repr(Net(parse_net(NET)))
    assert "conv: Convolution(weight (4, 3, 3, 3), bias (4,), num_output=4, pad=[1], " \
           "kernel_size=[3]) x -> conv (2, 4, 8, 9)" in shown
    moving = NET.replace('"BatchNorm"', '"BatchNorm" batch_norm_param { '
                         'moving_average_fraction: 0.98 }')
    assert "moving_average_fraction=0.98)" in repr(Net(parse_net(moving)))
    assert "pool=AVE, kernel_size=2, stride=2" in shown and "pool (2, 4, 4, 5)" in shown


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize("phase", ["TRAIN", "TEST"])
def test_a_net_is_copied_after_a_forward_with_blobs_of_its_own(phase, frozen):
    net = Net(parse_net(NET), phase)
    if frozen:
        net.optimize_for_inference()
    x = torch.randn(2, 3, 8, 9, generator=torch.Generator().manual_seed(1))
    net({"x": x})
    other = copy.deepcopy(net)
    with torch.no_grad():
        expected = net({"x": x})["pool"]
        assert torch.allclose(other({"x": x})["pool"], expected, atol=1e-5)
        other.params["conv"][0].zero_()
        other.params["conv"][1].zero_()
        if phase == "TEST":
            assert torch.allclose(net({"x": x})["pool"], expected)
    assert net.params["conv"][0].abs().sum() > 0
    assert {id(blob.parameter) for blob in other.learned} == \
        {id(blob) for blobs in other.params.values() for blob in blobs}


def test_a_copy_of_blobs_shared_in_another_shape_shares_its_own():
    net = Net(parse_net("""
        layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 6 } } }
        layer { name: "a" type: "InnerProduct" bottom: "x" top: "a" param { name: "w" }
                inner_product_param { num_output: 3 bias_term: false
                weight_filler { type: "xavier" } } }
        layer { name: "r" type: "Reshape" bottom: "x" top: "r" reshape_param { shape { dim: 4
                dim: 3 } } }
        layer { name: "b" type: "InnerProduct" bottom: "r" top: "b" param { name: "w"
                share_mode: PERMISSIVE } inner_product_param { num_output: 6 bias_term: false } }
        """))
    net({"x": torch.ones(2, 6)})
    other = copy.deepcopy(net)
    with torch.no_grad():
        other.params["a"][0].fill_(7)
        tops = other({"x": torch.ones(2, 6)})
    assert tops["b"].eq(7 * 3).all() and tops["a"].eq(7 * 6).all()
    assert not net({"x": torch.ones(2, 6)})["b"].eq(7 * 3).any()


def test_a_detector_takes_one_image_an_array_of_several_and_paths(tmp_path):
    detector = Detector(*write_net(tmp_path))
    image = bright_quarter(40, 60, 1, 1)
    cv2.imwrite(str(tmp_path / "a.png"), image)
    expected = detector.detect([image, image], threshold=0.5)
    assert [len(found) for found in expected] == [1, 1]
    assert detector.detect(image, threshold=0.5) == expected[:1]
    assert detector.detect(np.stack([image, image]), threshold=0.5) == expected
    assert detector.detect(tmp_path / "a.png", threshold=0.5) == expected[:1]
    assert detector.detect([str(tmp_path / "a.png"), image], threshold=0.5) == expected


@pytest.mark.parametrize("images, message", [
    ([np.zeros((4, 5, 3))], r"uint8 array .* it is float64 \(4, 5, 3\)"),
    (np.zeros((0, 5, 3), np.uint8), r"uint8 array .* it is uint8 \(0, 5, 3\)"),
    (np.zeros((7, 4, 5), np.uint8), r"it is uint8 \(7, 4, 5\)"), ([3], r"it is int"), (3, "a int"),
])
def test_what_is_no_image_is_refused(tmp_path, images, message):
    with pytest.raises(CaffeError, match=message):
        Detector(*write_net(tmp_path)).detect(images)
