"""Weights in the text of a net, as a printed caffemodel has them."""

from __future__ import annotations

import logging

import numpy as np
import pytest
from google.protobuf import text_format

from framework import Net, parse_net
from framework.errors import SpecError
from framework.proto import NetParameter
from framework.weights.weights import save_weights
from tests.net.looks import census_of

DATA = 'layer { name: "d" type: "Input" top: "d" input_param { shape { dim: 2 dim: 3 } } }\n'
IP = """layer { name: "%s" type: "InnerProduct" bottom: "d" top: "%s" param { name: "w" } %s
  inner_product_param { num_output: 2 weight_filler { type: "constant" value: 9 } } }
"""
WEIGHT = "blobs { shape { dim: 2 dim: 3 } data: [1, 2, 3, 4, 5, 6] }"
BIAS = "blobs { shape { dim: 2 } data: 7 data: 8 }"
LEGACY = "blobs { num: 1 channels: 1 height: 2 width: 3 data: [1, 2, 3, 4, 5, 6] }"


def net_of(*layers):
    return DATA + "".join(IP % (name, name, blobs) for name, blobs in layers)


@pytest.mark.parametrize("weight", [WEIGHT, LEGACY, WEIGHT.replace("data", "double_data")])
def test_a_layer_begins_with_the_blobs_of_its_text(weight):
    weight, bias = Net(parse_net(net_of(("i", weight + BIAS)))).params["i"]
    np.testing.assert_array_equal(weight.detach(), [[1, 2, 3], [4, 5, 6]])
    np.testing.assert_array_equal(bias.detach(), [7, 8])


def test_those_of_old_layers_count_too():
    net = Net(parse_net('input: "d" input_shape { dim: 2 dim: 3 } layers { name: "i" bottom: "d" '
                        f'top: "i" type: INNER_PRODUCT {WEIGHT} {BIAS} '
                        "inner_product_param { num_output: 2 } }"))
    np.testing.assert_array_equal(net.params["i"][0].detach(), [[1, 2, 3], [4, 5, 6]])


def test_the_owner_of_a_shared_blob_says_its_values():
    """Net::AppendParam gives the second layer the first one's blob."""
    net = Net(parse_net(net_of(("i", WEIGHT + BIAS), ("j", WEIGHT.replace("1", "5") + BIAS))))
    assert net.params["i"][0] is net.params["j"][0]
    assert net.params["j"][0][0, 0] == 1


def test_a_printed_caffemodel_is_the_net_that_was_saved(tmp_path):
    net = Net(parse_net(net_of(("i", ""))))
    net.params["i"][0].data.copy_(net.params["i"][0].new_tensor([[1, 2, 3], [4, 5, 6.5]]))
    save_weights(net, tmp_path / "w.caffemodel")
    message = NetParameter.FromString((tmp_path / "w.caffemodel").read_bytes())
    again = Net(parse_net(text_format.MessageToString(message)), "TRAIN")
    np.testing.assert_array_equal(again.params["i"][0].detach(), net.params["i"][0].detach())


def test_a_weight_file_comes_after_them(tmp_path):
    save_weights(Net(parse_net(net_of(("i", "")))), tmp_path / "w.caffemodel")
    (tmp_path / "n.prototxt").write_text(net_of(("i", WEIGHT + BIAS)))
    net = Net(tmp_path / "n.prototxt", "TEST", tmp_path / "w.caffemodel")
    assert (net.params["i"][0] == 9).all()


@pytest.mark.parametrize("blobs, message", [
    (WEIGHT, "blobs is given 1 time; the layer has 2 blobs"),
    (WEIGHT + BIAS * 2, "blobs is given 3 times; the layer has 2 blobs"),
    (WEIGHT + WEIGHT, r"blobs\[1\] has the shape 2 x 3; that of the layer's blob is 2"),
    (WEIGHT + "blobs { shape { dim: 2 } data: 7 }", r"blobs\[1\] is not a blob: it has 1 value")])
def test_blobs_that_do_not_fit_are_an_error_in_nets_and_looks(blobs, message, tmp_path):
    with pytest.raises(SpecError, match=rf"^<text>:2: layer 'i' \(InnerProduct\): {message}"):
        Net(parse_net(net_of(("i", blobs))))
    (census,) = census_of(tmp_path, net_of(("i", blobs)), skip_data=True)
    assert not census.built


def test_blobs_of_a_layer_without_any_have_no_effect_which_is_said(caplog):
    with caplog.at_level(logging.WARNING):
        Net(parse_net(DATA + f'layer {{ name: "r" type: "ReLU" bottom: "d" top: "r" {BIAS} }}'))
    assert caplog.text.count("layer 'r' (ReLU): blobs have no effect: layers of this type have none"
                             ) == 1
