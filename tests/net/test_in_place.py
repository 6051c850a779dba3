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
