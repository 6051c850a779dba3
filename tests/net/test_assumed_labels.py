"""What a look at a net without data assumes of labels, planes, weights and masks in databases."""

import pytest

from framework import Net, SpecError, parse_net
from tests.net.looks import HDF5, census_of

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
    ('type: "SegAccuracy"', PAIR, 2, (2, 1, 6, 6)),
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


TABLE = """layer { name: "data" type: "HDF5Data" top: "data" top: "label"
  hdf5_data_param { source: "list.txt" batch_size: 4 } }
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip"
  inner_product_param { num_output: %d } }
layer { name: "slice" type: "Slice" bottom: "label" top: "points" top: "one" top: "two"
  slice_param { axis: %d slice_point: 2 slice_point: 3 } }
layer { name: "loss" type: "EuclideanLoss" bottom: "ip" bottom: "points" }
layer { name: "more" type: "Silence" bottom: "one" bottom: "two" }
"""


@pytest.mark.parametrize("axis", [-1, 1])
def test_numbers_that_are_cut_along_their_last_axis_are_rows_where_a_loss_needs_rows(
        tmp_path, axis):
    (census,) = census_of(tmp_path, TABLE % (2, axis))
    assert census.problems == [] and census.rows[0].shapes[1] == (4, 4)
    assert census.rows[2].shapes == ((4, 2), (4, 1), (4, 1))
    (census,) = census_of(tmp_path, TABLE % (3, axis))      # the piece has 2
    assert "it must have as many items and values as 'ip', (4, 3)" in census.problems[0]


FLOW = """layer { name: "data" type: "HDF5Data" top: "data" top: "label"
  hdf5_data_param { source: "list.txt" batch_size: 4 } }
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip"
  inner_product_param { num_output: 8 } }
layer { name: "slice" type: "Slice" bottom: "data" top: "images" top: "flow"
  slice_param { slice_point: 6 } }
layer { name: "loss" type: "ConsistencyLoss" bottom: "ip" bottom: "flow" }
layer { name: "quiet" type: "Silence" bottom: "images" }
"""


def test_the_last_channels_of_images_are_a_flow_where_a_loss_reads_them_as_one(tmp_path):
    (census,) = census_of(tmp_path, FLOW)
    assert census.problems == [] and census.rows[0].shapes[0] == (4, 8, 224, 224)


GAINS = """layer { name: "data" type: "HDF5Data" top: "data" top: "label"
  hdf5_data_param { source: "list.txt" batch_size: 4 } }
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip"
  inner_product_param { num_output: 6 } }
layer { name: "H" type: "Python" bottom: "label" top: "H"
  python_param { module: "some_module" layer: "Gains" } }
layer { name: "loss" type: "InfogainLoss" bottom: "ip" bottom: "label" %s }
"""


@pytest.mark.parametrize("param", ["", "infogain_loss_param { axis: -1 }"])
def test_a_matrix_of_gains_from_an_unknown_module_is_as_large_as_the_classes_need(
        tmp_path, param):
    (census,) = census_of(tmp_path, GAINS % f'bottom: "H" {param}')
    assert census.problems == [] and "'H' assumed to be (1, 1, 6, 6)" in census.assumed


def test_a_matrix_of_gains_in_a_file_that_is_not_there_is_no_fault_without_data(tmp_path):
    text = """layer { name: "p" type: "Input" top: "p" top: "label"
  input_param { shape { dim: 4 dim: 6 } shape { dim: 4 } } }
layer { name: "loss" type: "InfogainLoss" bottom: "p" bottom: "label"
  infogain_loss_param { source: "gains.binaryproto" } }"""
    (census,) = census_of(tmp_path, text)
    assert census.problems == []
    with pytest.raises(SpecError, match="source 'gains.binaryproto' cannot be read: No such"):
        Net(parse_net(text), "TEST")


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


@pytest.mark.parametrize("axis, shape", [("axis: 2", (1, 3, 112, 75)), ("", (1, 3, 112, 75))])
def test_what_is_cropped_to_without_an_offset_is_no_larger(tmp_path, axis, shape):
    """Labels of several sizes, by Python (JXingZhao/ContrastPrior)."""
    text = """
layer { name: "d" type: "Python" top: "x" top: "label2" python_param { module: "m" layer: "D" } }
layer { name: "p" type: "Pooling" bottom: "x" top: "half"
  pooling_param { kernel_h: 2 stride_h: 2 kernel_w: 3 stride_w: 3 } }
layer { name: "c" type: "Crop" bottom: "half" bottom: "label2" top: "c" crop_param { %s } }
layer { name: "l" type: "Python" bottom: "c" bottom: "label2" top: "loss"
  python_param { module: "m" layer: "L" } }"""
    (census,) = census_of(tmp_path, text % axis, skip_data=True)
    assert census.problems == []
    assert census.rows[2].shapes == (shape,)
    assert f"'label2' assumed to be {shape}" in census.assumed


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


def test_points_of_faces_that_are_cropped_are_as_many_as_the_net_predicts(tmp_path):
    """CamlinZ/face_alignment, whose lists have the points of each face."""
    (census,) = census_of(tmp_path, """
layer { name: "d" type: "ImageData" top: "x" top: "points" image_data_param { source: "l"
  batch_size: 4 new_height: 6 new_width: 7 rate_height: 0.1 rate_width: 0.1 } }
layer { name: "i" type: "InnerProduct" bottom: "x" top: "i"
  inner_product_param { num_output: 10 } }
layer { name: "loss" type: "EuclideanLoss" bottom: "i" bottom: "points" top: "loss" }""",
                          phase="TRAIN", skip_data=True)
    assert census.problems == []
    assert census.rows[0].shapes == ((4, 3, 6, 7), (4, 10))


JOINED = """
layer { name: "d" type: "Data" top: "x" data_param { batch_size: 5 }
  transform_param { crop_size: 6 } }
layer { name: "a" type: "Data" top: "a" data_param { batch_size: 2 } }
layer { name: "b" type: "Data" top: "b" data_param { batch_size: 3 } }
layer { name: "t" type: "Concat" bottom: "a" bottom: "b" top: "t" concat_param { axis: 0 } }
layer { name: "i" type: "InnerProduct" bottom: "x" top: "i"
  inner_product_param { num_output: %d } }
layer { name: "loss" type: "SigmoidCrossEntropyLoss" bottom: "i" bottom: "t" top: "loss" }"""


def test_targets_of_several_databases_are_joined_by_their_items(tmp_path):
    """PKU-ICST-MIPL/MHTN_TCYB2018, whose modalities have a database of labels each."""
    (census,) = census_of(tmp_path, JOINED % 7, phase="TRAIN", skip_data=True)
    assert census.problems == []
    assert [row.shapes for row in census.rows[1:4]] == [((2, 7),), ((3, 7),), ((5, 7),)]
    wrong = JOINED.replace("batch_size: 3", "batch_size: 4") % 7
    (census,) = census_of(tmp_path, wrong, phase="TRAIN", skip_data=True)
    assert not census.built


def test_images_of_a_list_are_in_colour_also_where_they_are_the_targets(tmp_path):
    """Tyler-D/DeBlurNet, whose top 'label' is the sharp image."""
    text = "".join(f"""
layer {{ name: "{top}" type: "ImageData" top: "{top}" image_data_param {{ source: "l"
  batch_size: 4 new_height: 6 new_width: 7 label: false }} }}""" for top in ("data", "label"))
    (census,) = census_of(tmp_path, text + """
layer { name: "c" type: "Convolution" bottom: "data" top: "c"
  convolution_param { num_output: 3 kernel_size: 1 } }
layer { name: "loss" type: "EuclideanLoss" bottom: "c" bottom: "label" top: "loss" }""",
                          phase="TRAIN", skip_data=True)
    assert census.problems == []


@pytest.mark.parametrize("kind, fits", [("Sigmoid", True), ("Reshape", False)])
def test_data_of_an_autoencoder_are_as_many_as_it_decodes(tmp_path, kind, fits):
    """chenzhenhua986/autoencoder, whose data are rows of 96; a Reshape may be of any size."""
    (census,) = census_of(tmp_path, f"""
layer {{ name: "d" type: "Data" top: "x" data_param {{ batch_size: 4 }} }}
layer {{ name: "e" type: "InnerProduct" bottom: "x" top: "e"
  inner_product_param {{ num_output: 3 }} }}
layer {{ name: "f" type: "InnerProduct" bottom: "e" top: "f"
  inner_product_param {{ num_output: 12 }} }}
layer {{ name: "s" type: "{kind}" bottom: "f" top: "s" }}
layer {{ name: "t" type: "Flatten" bottom: "x" top: "t" }}
layer {{ name: "loss" type: "EuclideanLoss" bottom: "s" bottom: "t" top: "loss" }}""",
                          phase="TRAIN", skip_data=True)
    assert census.built == fits
    if fits:
        assert "'x' assumed to be (4, 12)" in census.assumed


@pytest.mark.parametrize("points, size", [([1, 2], 3), ([3], 6), ([2, 5], 8), ([], 4)])
def test_a_sliced_label_is_assumed_as_long_as_its_pieces_need(tmp_path, points, size):
    tops = " ".join(f'top: "t{index}"' for index in range(len(points) + 1 if points else 4))
    text = HDF5 + f"""layer {{ name: "slice" type: "Slice" bottom: "label" {tops}
  slice_param {{ axis: 1 slice_point: {points} }} }}"""
    (census,) = census_of(tmp_path, text, phase="TRAIN", skip_data=True)
    assert census.problems == [] and census.rows[0].shapes[1] == (4, size)


def test_the_last_piece_of_a_sliced_label_is_as_long_as_its_loss_needs(tmp_path):
    text = HDF5 + """layer { name: "slice" type: "Slice" bottom: "label" top: "two" top: "rest"
  slice_param { slice_point: 2 } }
layer { name: "loss" type: "EuclideanLoss" bottom: "ip" bottom: "rest" }"""
    (census,) = census_of(tmp_path, text, phase="TRAIN", skip_data=True)
    assert census.problems == []        # ip has 6 values
    assert census.rows[0].shapes[1] == (4, 8) and "'label' assumed to be (4, 8)" in census.assumed


def test_a_label_of_a_database_may_be_a_row_of_numbers_but_a_map_in_few_losses(tmp_path):
    text = """layer { name: "x" type: "Data" top: "x" top: "label" data_param { batch_size: 4 } }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "ip"
  inner_product_param { num_output: 14 } }
layer { name: "loss" type: "EuclideanLoss" bottom: "ip" bottom: "label" }"""
    (census,) = census_of(tmp_path, text, phase="TRAIN", skip_data=True)
    assert census.problems == [] and census.rows[0].shapes == ((4, 3, 224, 224), (4, 14))
    text = text.replace('"EuclideanLoss" bottom: "ip"', '"SigmoidCrossEntropyLoss" bottom: "x"')
    (census,) = census_of(tmp_path, text, phase="TRAIN", skip_data=True)
    assert "it must have as many items and values as 'x', (4, 3, 224, 224)" in census.problems[0]
