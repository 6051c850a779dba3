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


def test_a_row_of_values_beside_maps_is_spread_over_them(tmp_path):
    """The classes of a whole image as maps of one value, by Python (weitianhan/human_parsing)."""
    (census,) = census_of(tmp_path, """
layer { name: "d" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 dim: 8 dim: 6 } } }
layer { name: "f" type: "InnerProduct" bottom: "x" top: "f" inner_product_param { num_output: 5 } }
layer { name: "p" type: "Python" bottom: "f" top: "spread"
  python_param { module: "m" layer: "Spread" } }
layer { name: "c" type: "Concat" bottom: "x" bottom: "spread" top: "c" }""", skip_data=True)
    assert census.problems == []
    assert census.rows[-1].shapes == ((2, 8, 8, 6),)
    assert "'spread' assumed to be (2, 5, 8, 6)" in census.assumed


@pytest.mark.parametrize("offset, size", [("offset: 60", (164, 164)),
                                          ("offset: 60 offset: 20", (164, 204))])
def test_what_is_cropped_to_fits_behind_the_offset(tmp_path, offset, size):
    """A frame and the part of it that is followed, by Python (ZhouYzzz/project)."""
    text = """
layer { name: "d" type: "Python" top: "x" top: "label" python_param { module: "m" layer: "D" } }
layer { name: "r" type: "Python" top: "part" python_param { module: "m" layer: "R" } }
layer { name: "c" type: "Crop" bottom: "x" bottom: "part" top: "c" crop_param { axis: 2 %s } }"""
    (census,) = census_of(tmp_path, text % offset, skip_data=True)
    assert census.problems == []
    assert census.rows[-1].shapes == ((1, 3, *size),)
    (census,) = census_of(tmp_path, text % "offset: 800", skip_data=True)
    assert not census.built and "goes beyond the bottom's 224" in census.problems[0]


def test_a_net_whose_scores_are_too_small_for_large_images_is_looked_at_with_128(tmp_path):
    """One transposed convolution at the end covers 128 pixels, not 224 (KID-7391/my_fcn)."""
    (census,) = census_of(tmp_path, """
layer { name: "d" type: "Python" top: "x" top: "label" python_param { module: "m" layer: "D" } }
layer { name: "p" type: "Pooling" bottom: "x" top: "p"
  pooling_param { kernel_size: 32 stride: 32 } }
layer { name: "f" type: "Convolution" bottom: "p" top: "f"
  convolution_param { num_output: 5 kernel_size: 3 } }
layer { name: "u" type: "Deconvolution" bottom: "f" top: "u"
  convolution_param { num_output: 2 kernel_size: 120 stride: 8 } }
layer { name: "c" type: "Crop" bottom: "u" bottom: "x" top: "c" }""", skip_data=True)
    assert census.problems == []
    assert "images of 128 x 128 assumed" in census.assumed
    assert census.rows[-1].shapes == ((1, 2, 128, 128),)


def test_a_target_that_is_flattened_is_as_flat_as_the_predictions(tmp_path):
    """tomstream/SSDA, whose predictions are rows."""
    (census,) = census_of(tmp_path, """
layer { name: "d" type: "HDF5Data" top: "data" top: "label" hdf5_data_param { source: "l"
  batch_size: 4 } }
layer { name: "t" type: "Flatten" bottom: "label" top: "t" }
layer { name: "i" type: "InnerProduct" bottom: "data" top: "i"
  inner_product_param { num_output: 100 } }
layer { name: "loss" type: "EuclideanLoss" bottom: "i" bottom: "t" top: "loss" }""",
                          phase="TRAIN", skip_data=True)
    assert census.problems == []
    assert "'label' assumed to be (4, 100)" in census.assumed
