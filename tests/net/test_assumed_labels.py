"""What a look at a net without data assumes of labels, planes, weights and masks in databases."""

import pytest

from tests.net.test_assumed_shapes import census_of

NET = """layer {{ name: "x" type: "Data" top: "x" data_param {{ batch_size: {batch} }}
  transform_param {{ crop_size: 6 }} }}
layer {{ name: "t" type: "Data" top: "t" data_param {{ batch_size: {batch} }} }}
layer {{ name: "c" type: "Convolution" bottom: "x" top: "c"
  convolution_param {{ num_output: 5 kernel_size: 1 }} }}
layer {{ name: "y" bottom: "c" {bottoms} top: "y" {layer} }}"""
PAIR = 'bottom: "t"'


@pytest.mark.parametrize("layer, bottoms, batch, shape", [
    ('type: "SoftmaxWithLossExpectation" loss_param { ignore_rank: false }', PAIR, 1, (1, 4, 6, 6)),
    ('type: "SoftmaxWithLossExpectation"', PAIR, 1, (1, 3, 6, 6)),
    ('type: "MaskPooling"', PAIR, 2, (2, 1, 6, 6)),
    ('type: "EuclideanLoss6"', 'bottom: "c" bottom: "t"', 2, (2, 5, 6, 6)),
    ('type: "EuclideanLoss4"', 'bottom: "t" bottom: "c"', 2, (2, 5, 6, 6))])
def test_a_database_fits_the_layer_that_reads_it(tmp_path, layer, bottoms, batch, shape):
    text = NET.format(layer=layer, bottoms=bottoms, batch=batch)
    (census,) = census_of(tmp_path, text, phase="TRAIN")
    assert census.built, census.problems
    assert f"'t' assumed to be {shape}" in census.assumed


def test_labels_of_information_gain_are_one_for_each_position(tmp_path):
    text = NET.format(layer='type: "InfogainLoss" infogain_loss_param { axis: 1 }',
                      bottoms=PAIR + ' bottom: "h"', batch=2)
    text += 'layer { name: "z" type: "Silence" bottom: "y" }'
    matrix = 'layer { name: "h" type: "Input" top: "h" input_param { shape { dim: 25 } } }\n'
    (census,) = census_of(tmp_path, matrix + text, phase="TRAIN")
    assert census.built, census.problems
    assert "'t' assumed to be (2, 1, 6, 6)" in census.assumed
