"""Nets in which a layer's name is used twice."""

import pytest
import torch

from framework import Net, SpecError, load_weights, parse_net, save_weights
from framework.proto import NetParameter
from framework.report.net_summary import Selection, take_census

RELU = 'layer { name: "ip" type: "ReLU" bottom: "y" top: "y" }\n'
TEXT = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y" inner_product_param { num_output: 4
  weight_filler { type: "gaussian" } } }
""" + RELU
TWICE = TEXT + """layer { name: "ip" type: "InnerProduct" bottom: "y" top: "z"
  inner_product_param { num_output: 4 bias_term: false } }
"""


def test_two_layers_with_blobs_of_one_name_are_an_error():
    with pytest.raises(SpecError, match="<text>:6: layer 'ip' .InnerProduct.: name is that of a "
                       "InnerProduct layer before it; layers with blobs must have names of"):
        Net(parse_net(TWICE))


def test_a_layer_without_blobs_may_have_the_name_of_one_with_blobs(tmp_path):
    net, other = Net(parse_net(TEXT), seed=1), Net(parse_net(TEXT), seed=2)
    save_weights(net, tmp_path / "net.caffemodel")
    load_weights(other, tmp_path / "net.caffemodel")
    assert other.params["ip"][0].equal(net.params["ip"][0])
    message = NetParameter.FromString((tmp_path / "net.caffemodel").read_bytes())
    assert [len(layer.blobs) for layer in message.layer] == [0, 2, 0]


def test_the_inspector_refuses_it_as_the_net_does(tmp_path):
    (tmp_path / "net.prototxt").write_text(TWICE)
    (census,) = take_census(tmp_path / "net.prototxt", Selection())
    assert not census.built and "name is that of a InnerProduct layer" in census.problems[0]


@pytest.mark.parametrize("suffix", ["caffemodel", "h5", "npz", "safetensors"])
def test_layers_of_one_name_whose_blobs_are_the_same_keep_them_through_a_file(tmp_path, suffix):
    """One layer on two inputs, written twice: what a file has goes to both, as in the original."""
    twice = "\n".join(
        f"""layer {{ name: "ip" type: "InnerProduct" bottom: "x{index}" top: "y{index}"
  param {{ name: "w" }} param {{ name: "{bias}" }}
  inner_product_param {{ num_output: 3 weight_filler {{ type: "xavier" }} }} }}"""
        for index, bias in enumerate(("b", "%s")))
    inputs = """layer { name: "in" type: "Input" top: "x0" top: "x1"
  input_param { shape { dim: 2 dim: 4 } } }
"""
    net = Net(parse_net(inputs + twice % "b"), seed=3)
    save_weights(net, tmp_path / f"net.{suffix}", gradients=suffix in ("caffemodel", "h5"))
    other = Net(parse_net(inputs + twice % "b"), seed=4)
    load_weights(other, tmp_path / f"net.{suffix}")
    x = torch.arange(8.0).reshape(2, 4)
    tops = [one({"x0": x, "x1": x}) for one in (net, other)]
    for top in ("y0", "y1"):
        assert torch.equal(tops[0][top], tops[1][top]) and tops[0][top].abs().sum() > 0
    with pytest.raises(SpecError, match="name is that of a InnerProduct layer before it"):
        Net(parse_net(inputs + twice % "b2"))
