"""Layers in place whose gradient the original computes wrongly are named in the log."""

import logging

import pytest

from framework import Net, parse_net

NET = """layer {{ name: "in" type: "Input" top: "x" top: "t"
  input_param {{ shape {{ dim: 2 dim: 3 }} }} }}
layer {{ name: "before" bottom: "x" top: "x" {other} }}
layer {{ name: "ip" type: "InnerProduct" bottom: "x" top: "ip"
  inner_product_param {{ num_output: 3 }} }}
layer {{ name: "layer" bottom: "ip" top: "{top}" {other} {fields} }}
layer {{ name: "loss" type: "EuclideanLoss" bottom: "{top}" bottom: "t" top: "loss" }}
"""
CLIP = 'type: "Clip" clip_param { min: 0 max: 1 }'


def lines(caplog, other, top="ip", fields="", phase="TRAIN"):
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        Net(parse_net(NET.format(other=other, top=top, fields=fields)), phase=phase)
    return [record.getMessage() for record in caplog.records if "in place" in record.getMessage()]


@pytest.mark.parametrize("other", ['type: "BNLL"', 'type: "Log"', CLIP,
                                   'type: "Power" power_param { power: 2 }', 'type: "Power"'])
def test_a_layer_in_place_with_a_wrong_gradient_is_named_when_it_trains(other, caplog):
    (line,) = lines(caplog, other)      # not the one before all that learns
    assert ":6: layer 'layer' (" in line
    assert "the original computes a wrong gradient" in line
    assert "give `top` another name" in line
    assert lines(caplog, other, top="y") == []
    assert lines(caplog, other, fields="propagate_down: false") == []
    assert lines(caplog, other, phase="TEST") == []


@pytest.mark.parametrize("other", [
    'type: "ReLU"', 'type: "Sigmoid"', 'type: "TanH"', 'type: "ELU"', 'type: "Exp"',
    'type: "Dropout"', 'type: "Swish"', 'type: "PReLU"', 'type: "Power" power_param { power: 0 }'])
def test_layers_whose_gradient_is_right_in_place_are_not_named(other, caplog):
    assert lines(caplog, other) == []


def test_labels_that_the_net_learns_are_named_where_the_original_ends(caplog):
    # softmax_loss_layer.cpp, Backward_cpu: "cannot backpropagate to label inputs"
    text = """layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }
layer { name: "s" type: "InnerProduct" bottom: "x" top: "s" inner_product_param { num_output: 4 } }
layer { name: "t" type: "InnerProduct" bottom: "x" top: "t" inner_product_param { num_output: 1 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "s" bottom: "t" top: "loss" FIELDS }
"""

    def named(fields: str = "", phase: str = "TRAIN") -> list[str]:
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            Net(parse_net(text.replace("FIELDS", fields)), phase=phase)
        return [record.getMessage() for record in caplog.records]

    assert named() == ["<text>:4: layer 'loss' (SoftmaxWithLoss): bottom 't' comes from layers "
                       "that learn; no gradient goes to it, where the original ends in its first "
                       "backward: write propagate_down: false for it"]
    assert named("propagate_down: true propagate_down: false") == []
    assert named(phase="TEST") == []
