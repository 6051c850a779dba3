"""Values that no layer can compute with are errors, in every field of every type."""

from __future__ import annotations

import pytest

from framework.errors import SpecError
from framework.net.net import Net
from framework.net.reading import parse_net

INPUT = 'layer { name: "d" type: "Input" top: "d" input_param { shape { dim: 2 dim: 3 } } }\n'


def build(text: str) -> Net:
    return Net(parse_net(text, "net.prototxt"))


@pytest.mark.parametrize("layer, message", [
    ('type: "Power" bottom: "d" power_param { scale: nan }', "power_param.scale is nan"),
    ('type: "Threshold" bottom: "d" threshold_param { threshold: nan }', "threshold is nan"),
    ('type: "InnerProduct" bottom: "d" inner_product_param { num_output: 2 weight_filler { '
     'type: "constant" value: -nan } }', "inner_product_param.weight_filler.value is nan"),
    ('type: "ReLU" bottom: "d" loss_weight: nan', "loss_weight is nan; it must be a number"),
    ('type: "ReLU" bottom: "d" param { lr_mult: nan }', "param.lr_mult is nan"),
    ('type: "Eltwise" bottom: "d" bottom: "d" eltwise_param { coeff: 1 coeff: nan }',
     "eltwise_param.coeff is nan"),
    ('type: "Input" input_param { shape { dim: 2 dim: -1 } }',
     "input_param.shape.dim is -1; a side of a shape must be at least 0"),
    ('type: "DummyData" dummy_data_param { shape { dim: 1 } shape { dim: -2 dim: 3 } }',
     "dummy_data_param.shape.dim is -2; a side"),
    ('type: "Parameter" parameter_param { shape { dim: -3 } }', "parameter_param.shape.dim is -3"),
])
def test_a_number_that_is_none_and_a_negative_side_are_named(layer, message):
    with pytest.raises(SpecError, match=rf"net\.prototxt:2: layer 'y' .*{message}"):
        build(INPUT + f'layer {{ name: "y" top: "y" {layer} }}')


@pytest.mark.parametrize("text", ['input: "d" input_dim: 1 input_dim: 3 input_dim: -4 input_dim: 4',
                                  'input: "d" input_shape { dim: 1 dim: -4 }'])
def test_a_negative_side_of_declared_inputs_is_named(text):
    with pytest.raises(SpecError, match=r"net\.prototxt:1: .*is -4; a side of a shape must be at"):
        build(text)


def test_the_dims_of_a_reshape_have_signs():
    net = build(INPUT + 'layer { name: "y" type: "Reshape" bottom: "d" top: "y" reshape_param { '
                        'shape { dim: 0 dim: -1 dim: 1 } } }')
    assert net.shapes["y"] == (2, 3, 1)
