"""Nets in which a layer's name stands twice: the original takes them."""

import numpy as np
import torch

from framework import Net, parse_net
from framework.census import Selection, take_census
from framework.files.weights import load_weights, save_weights

TEXT = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y" inner_product_param { num_output: 4
  weight_filler { type: "gaussian" } } }
layer { name: "ip" type: "ReLU" bottom: "y" top: "y" }
layer { name: "ip" type: "InnerProduct" bottom: "y" top: "z" inner_product_param { num_output: 4
  weight_filler { type: "gaussian" } bias_term: false } }
"""


def weights(net):
    return [step.layer.blobs for step in net.layers if step.layer.blob_names]


def test_weights_go_into_the_first_layer_of_the_name(tmp_path):
    once = Net(parse_net(TEXT[:TEXT.rindex("layer {")]), seed=1)
    save_weights(once, tmp_path / "once.caffemodel")
    net = Net(parse_net(TEXT), seed=2)
    before = weights(net)[1][0].clone()
    load_weights(net, tmp_path / "once.caffemodel")
    torch.testing.assert_close(weights(net)[0], weights(once)[0])
    assert torch.equal(weights(net)[1][0], before)
    assert net.params["ip"][0] is weights(net)[0][0]


def test_both_layers_are_saved_with_their_own_weights(tmp_path):
    from framework.proto import NetParameter
    net = Net(parse_net(TEXT), seed=2)
    save_weights(net, tmp_path / "twice.caffemodel")
    message = NetParameter()
    message.ParseFromString((tmp_path / "twice.caffemodel").read_bytes())
    saved = [layer for layer in message.layer if layer.blobs]
    assert [len(layer.blobs) for layer in saved] == [2, 1]
    for layer, blobs in zip(saved, weights(net), strict=True):
        np.testing.assert_allclose(layer.blobs[0].data, blobs[0].detach().flatten().numpy())


def test_the_test_net_shares_both_layers():
    train = Net(parse_net(TEXT), phase="TRAIN", seed=2)
    test = Net(parse_net(TEXT), phase="TEST", share_with=train)
    for mine, theirs in zip(weights(test), weights(train), strict=True):
        assert all(blob is other for blob, other in zip(mine, theirs, strict=True))
    assert len(train.learned) == 3


def test_the_inspector_takes_it(tmp_path):
    (tmp_path / "net.prototxt").write_text(TEXT)
    (census,) = take_census(tmp_path / "net.prototxt", Selection())
    assert census.built and census.parameters == 16 + 16
