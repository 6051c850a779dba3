"""What nets declare of data that are not there, and of modules that are not installed."""

import re

import pytest

from framework import Net, parse_net
from framework.errors import SpecError
from framework.report.net_summary import phases_of, stages_for
from tests.net.looks import HDF5, census_of, python_layer, shapes_of


def test_a_target_of_unknown_shape_is_assumed_to_be_like_the_predictions(tmp_path):
    loss = """layer { name: "loss" type: "EuclideanLoss" bottom: "ip" bottom: "label" top: "loss" }
layer { name: "more" type: "SigmoidCrossEntropyLoss" bottom: "ip" bottom: "second" top: "more" }"""
    (census,) = census_of(tmp_path, HDF5 + loss, phase="TRAIN", skip_data=True)
    assert census.problems == [] and census.built
    assert census.rows[0].shapes == ((4, 3, 224, 224), (4, 6), (4, 6))
    assert "'label' assumed to be (4, 6), 'second' assumed to be (4, 6)" in census.assumed
    other = loss.replace('bottom: "label"', 'bottom: "data"')   # as an autoencoder has it
    (census,) = census_of(tmp_path, HDF5 + other, phase="TRAIN", skip_data=True)
    assert census.built and census.rows[0].shapes == ((4, 6), (4,), (4, 6))
    by_size = HDF5.replace("InnerProduct", "Convolution").replace(
        "inner_product_param { num_output: 6", "convolution_param { kernel_size: 3 num_output: 6")
    (census,) = census_of(tmp_path, by_size + other, phase="TRAIN", skip_data=True)
    assert "'data' has the shape (4, 3, 224, 224); it must have as many" in census.problems[0]


def test_a_target_is_assumed_in_text_of_many_lines_and_as_the_first_bottom(tmp_path):
    loss = """layer {
  name: "loss"
  type: "EuclideanLoss"
  bottom: "label"
  bottom: "ip"
}"""
    (census,) = census_of(tmp_path, HDF5 + loss, phase="TRAIN", skip_data=True)
    assert census.problems == [] and census.rows[0].shapes == ((4, 3, 224, 224), (4, 6), (4,))


def test_a_target_is_assumed_through_layers_that_keep_its_shape(tmp_path):
    loss = """layer { name: "s" type: "Scale" bottom: "label" bottom: "second" top: "s"
  scale_param { axis: 0 } }
layer { name: "in place" type: "Power" bottom: "s" top: "s" power_param { shift: 1 } }
layer { name: "loss" type: "EuclideanLoss" bottom: "ip" bottom: "s" top: "loss" }"""
    (census,) = census_of(tmp_path, HDF5 + loss, phase="TRAIN", skip_data=True)
    assert census.problems == [] and census.rows[0].shapes == ((4, 3, 224, 224), (4, 6), (4,))


CLIPS = """layer { name: "d" type: "Python" top: "x" python_param { module: "m" layer: "D" } }
layer { name: "c" type: "Convolution3D" bottom: "x" top: "c"
  convolution3d_param { num_output: 2 kernel_size: 3 kernel_depth: 3 } }
layer { name: "t" type: "Python" bottom: "c" top: "target" top: "in" top: "out"
  python_param { module: "m" layer: "T" } }
layer { name: "loss" type: "SmoothL1Loss" bottom: "c" bottom: "target" bottom: "in" bottom: "out" }
"""


def test_what_layers_of_video_and_of_box_offsets_read_is_assumed_to_fit_them(tmp_path):
    (census,) = census_of(tmp_path, CLIPS, phase="TRAIN", skip_data=True)
    assert census.problems == []
    assert census.rows[0].shapes == ((1, 3, 16, 224, 224),)
    row = (1, 2, 14, 222, 222)
    assert census.rows[2].shapes == (row, row, row)


def test_images_of_a_file_are_as_large_as_the_maps_that_they_are_joined_with(tmp_path):
    """honboubao/TextMaps; and labels that are pooled before their loss (elezengz/Learning-...)."""
    text = """layer { name: "d" type: "Python" top: "x" top: "text" top: "label"
  python_param { module: "m" layer: "D" } }
layer { name: "c" type: "Convolution" bottom: "x" top: "c" convolution_param { num_output: 2
  kernel_size: 3 stride: 4 } }
layer { name: "t" type: "Convolution" bottom: "text" top: "t" convolution_param { num_output: 5
  kernel_size: 1 } }
layer { name: "both" type: "Concat" bottom: "c" bottom: "t" top: "both" }
layer { name: "y" type: "Convolution" bottom: "both" top: "y" convolution_param { num_output: 1
  kernel_size: 1 } }
layer { name: "g" type: "Data" top: "map" data_param { batch_size: 1 } }
layer { name: "p" type: "Pooling" bottom: "map" top: "p"
  pooling_param { kernel_size: 2 stride: 2 } }
layer { name: "loss" type: "SigmoidCrossEntropyLoss" bottom: "y" bottom: "p" }"""
    (census,) = census_of(tmp_path, text, phase="TRAIN", skip_data=True)
    assert census.problems == []
    assert "'text' assumed to be (1, 3, 56, 56)" in census.assumed
    assert "'map' assumed to be (1, 1, 112, 112)" in census.assumed


def test_a_batch_is_as_large_as_a_shape_of_known_size_needs(tmp_path):
    """The frames of DengPingFan/DAVSOD: three of a sequence, of 473 x 473."""
    text = """layer { name: "d" type: "Python" top: "x" top: "y"
  python_param { module: "m" layer: "D" } }
layer { name: "c" type: "Convolution" bottom: "x" top: "c" convolution_param { num_output: 2
  kernel_size: 3 stride: 8 pad: 1 } }
layer { name: "r" type: "Reshape" bottom: "c" top: "r"
  reshape_param { shape { dim: 3 dim: 1 dim: 2 dim: 60 dim: 60 } } }
layer { name: "loss" type: "EuclideanLoss" bottom: "r" bottom: "y" }"""
    (census,) = census_of(tmp_path, text, phase="TRAIN", skip_data=True)
    assert census.problems == []
    assert census.rows[0].shapes == ((3, 3, 473, 473), (3, 1, 2, 60, 60))


def test_masks_are_squares_and_kernels_of_three_axes_read_clips(tmp_path):
    text = """layer { name: "d" type: "Python" top: "x" python_param { module: "m" layer: "D" } }
layer { name: "c" type: "Convolution" bottom: "x" top: "c" convolution_param { num_output: 2
  kernel_size: 1 kernel_size: 7 kernel_size: 7 } }
layer { name: "i" type: "InnerProduct" bottom: "c" top: "i"
  inner_product_param { num_output: 441 } }
layer { name: "t" type: "Python" bottom: "i" top: "mask" python_param { module: "m" layer: "T" } }
layer { name: "m" type: "MaskResize" bottom: "mask" top: "m"
  mask_resize_param { output_height: 14 output_width: 13 } }"""
    (census,) = census_of(tmp_path, text, phase="TEST", skip_data=True)
    assert census.problems == []
    assert [row.shapes for row in census.rows[:2]] == [((1, 3, 16, 224, 224),),
                                                       ((1, 2, 16, 218, 218),)]
    assert [row.shapes for row in census.rows[3:]] == [((1, 1, 21, 21),), ((1, 1, 14, 13),)]


def test_rows_of_files_that_a_layer_of_images_reads_are_assumed_to_be_images(tmp_path):
    text = HDF5 + """layer { name: "c" type: "Convolution" bottom: "label" top: "c"
  convolution_param { num_output: 5 kernel_size: 3 pad: 1 } }
layer { name: "e" type: "Eltwise" bottom: "second" bottom: "c" top: "e" }"""
    (census,) = census_of(tmp_path, text, phase="TRAIN", skip_data=True)
    assert census.problems == []
    assert census.rows[0].shapes == ((4, 3, 224, 224), (4, 3, 224, 224), (4, 5, 224, 224))


def test_images_are_assumed_with_as_many_channels_as_the_net_needs(tmp_path):
    text = """layer { name: "d" type: "HDF5Data" top: "x" top: "y"
  hdf5_data_param { source: "list.txt" batch_size: 4 } }
layer { name: "c" type: "Convolution" bottom: "x" top: "c"
  convolution_param { num_output: %s group: %s kernel_size: 3 pad: 1 } }
layer { name: "e" type: "Eltwise" bottom: "x" bottom: "c" top: "e" }
layer { name: "j" type: "Concat" bottom: "e" bottom: "y" top: "j" }"""
    (census,) = census_of(tmp_path, text % (1, 1), phase="TRAIN", skip_data=True)      # grey
    assert census.problems == [] and census.rows[-1].shapes == ((4, 2, 224, 224),)
    assert "images of 1 x 224 x 224 assumed in 'x'" in census.assumed
    (census,) = census_of(tmp_path, text % (5, 5), phase="TRAIN", skip_data=True)
    assert census.problems == [] and census.rows[-1].shapes == ((4, 10, 224, 224),)


@pytest.mark.parametrize("kind, param", [
    ("ROIPooling", "roi_pooling_param { pooled_h: 3 pooled_w: 2 }"),
    ("ROIAlign", "roi_pooling_param { pooled_h: 3 pooled_w: 2 sampling_ratio: 2 }"),
    ("ROIWarping", "roi_warping_param { pooled_h: 3 pooled_w: 2 }")])
def test_rows_of_files_that_are_pooled_by_region_are_assumed_to_be_regions(tmp_path, kind, param):
    text = HDF5 + f"""layer {{ name: "p" type: "{kind}" bottom: "data" bottom: "label" top: "p"
  {param} }}"""
    (census,) = census_of(tmp_path, text, phase="TRAIN", skip_data=True)
    assert census.problems == [] and census.rows[-1].shapes == ((1, 3, 3, 2),)


def test_rows_of_files_hold_what_a_shape_of_known_size_needs(tmp_path):
    text = HDF5 + """layer { name: "r" type: "Reshape" bottom: "%s" top: "r"
  reshape_param { shape { dim: 4 dim: 5 dim: 2 } } }"""
    for top in ("label", "data"):
        (census,) = census_of(tmp_path, text % top, phase="TRAIN", skip_data=True)
        assert census.problems == [] and f"'{top}' assumed to be (4, 10)" in census.assumed


@pytest.mark.parametrize("layer", [
    'type: "Interp" interp_param { height: 72 width: 88 }',
    'type: "Reshape" reshape_param { shape { dim: 4 dim: 3 dim: 72 dim: 88 } }'])
def test_images_have_the_size_of_a_layer_if_the_usual_ones_do_not_fit(tmp_path, layer):
    text = """layer { name: "d" type: "Data" top: "x" data_param { batch_size: 4 } }
layer { name: "i" bottom: "x" top: "i" %s }
layer { name: "e" type: "Eltwise" bottom: "x" bottom: "i" top: "e" }"""
    (census,) = census_of(tmp_path, text % layer, skip_data=True)
    assert census.problems == [] and census.rows[0].shapes == ((4, 3, 72, 88),)
    assert "images of 72 x 88, as a layer has it, assumed" in census.assumed


def test_numbers_of_files_are_assumed_to_be_columns_where_they_are_joined(tmp_path):
    text = HDF5 + 'layer { name: "j" type: "Concat" bottom: "label" bottom: "second" top: "j" }'
    (census,) = census_of(tmp_path, text, phase="TRAIN", skip_data=True)
    assert census.problems == [] and census.rows[-1].shapes == ((4, 2),)


def test_images_without_a_size_are_assumed_as_large_as_the_predictions(tmp_path):
    text = """layer { name: "x" type: "Data" top: "x" data_param { batch_size: 4 } }
layer { name: "y" type: "ImageData" top: "y" top: "none"
  image_data_param { batch_size: 4 is_color: false %s } }
layer { name: "c" type: "Convolution" bottom: "x" top: "c"
  convolution_param { num_output: 1 kernel_size: 3 stride: 4 } }
layer { name: "loss" type: "EuclideanLoss" bottom: "y" bottom: "c" }"""
    (census,) = census_of(tmp_path, text % "", phase="TRAIN", skip_data=True)
    assert census.problems == [] and "'y' assumed to be (4, 1, 56, 56)" in census.assumed
    stated = text % "new_height: 9 new_width: 8"
    (census,) = census_of(tmp_path, stated, phase="TRAIN", skip_data=True)
    assert "it must have as many items and values as 'y', (4, 1, 9, 8)" in census.problems[0]


@pytest.mark.parametrize("text, message", [
    ('type: "Eltwise" bottom: "data" top: "s"', "bottom is given 1 times; it must be at least 2"),
    ('type: "Convolution" bottom: "loss" top: "s" convolution_param { num_output: 2 '
     'kernel_size: 1 }', r"convolution_param.axis is 1; the bottom has the shape \(\)"),
    ('type: "Reshape" bottom: "loss" top: "s" reshape_param { shape { dim: 2 dim: 3 } }',
     r"do not hold the 1 values of the bottom's shape \(\)"),
    ('type: "Reshape" bottom: "none" top: "s" reshape_param { shape { dim: 2 dim: 3 } }',
     r"do not hold the 0 values of the bottom's shape \(0, 3, 224, 224\)"),
    ('type: "Slice" bottom: "label" top: "a" top: "b" top: "c" slice_param { slice_point: 5 '
     'slice_point: 2 }', r"slice_point is \[5, 2\]; the points must rise between 0 and the size 3"),
    ('type: "Python" top: "s" python_param { module: "rpn.anchor_target_layer" '
     'layer: "AnchorTargetLayer" }', "top cannot be made: the layer has no bottom"),
    ('type: "Python" top: "s" python_param { module: "voc_layers" layer: "VOCSegDataLayer" '
     """param_str: "{'tops': [data, label}]}" }""",
     "top cannot be made: closing parenthesis"),
])
def test_what_does_not_fit_whatever_files_hold_is_said_without_them(tmp_path, text, message):
    loss = HDF5 + """layer { name: "loss" type: "EuclideanLoss" bottom: "ip" bottom: "second"
  top: "loss" }
layer { name: "none" type: "Python" top: "none" python_param { module: "my_data" layer: "D"
  param_str: "{'batch_size': 0}" } }
layer { name: "s" %s }"""
    (census,) = census_of(tmp_path, loss % text, phase="TRAIN", skip_data=True)
    assert re.search(message, census.problems[0])


def test_a_slice_in_one_piece_needs_an_axis_of_one(tmp_path):
    text = HDF5 + 'layer { name: "s" type: "Slice" bottom: "label" top: "s" }'
    (census,) = census_of(tmp_path, text, phase="TRAIN", skip_data=True)
    assert census.problems == [] and census.rows[-1].shapes == ((4, 1),)


def test_a_database_of_target_images_is_assumed_to_be_like_the_predictions(tmp_path):
    text = """layer { name: "x" type: "Data" top: "x" data_param { batch_size: 4 } }
layer { name: "y" type: "Data" top: "mask" top: "class" data_param { batch_size: 4 } }
layer { name: "c" type: "Convolution" bottom: "x" top: "c"
  convolution_param { num_output: 1 kernel_size: 3 stride: 4 } }
layer { name: "loss" type: "SigmoidCrossEntropyLoss" bottom: "c" bottom: "mask" top: "loss" }"""
    (census,) = census_of(tmp_path, text, phase="TRAIN", skip_data=True)
    assert census.problems == [] and census.built
    assert census.rows[1].shapes == ((4, 1, 56, 56), (4,))
    assert "'mask' assumed to be (4, 1, 56, 56)" in census.assumed
    (census,) = census_of(tmp_path, text.replace(' top: "loss"', ""), phase="TRAIN", skip_data=True)
    assert census.built
    classes = text.replace('bottom: "mask"', 'bottom: "class"')     # one number a record
    (census,) = census_of(tmp_path, classes, phase="TRAIN", skip_data=True)
    assert not census.built


def test_a_database_may_hold_the_numbers_that_maps_are_compared_with_in_rows(tmp_path):
    text = """layers { name: "x" type: DATA top: "x" top: "t" data_param { batch_size: 4 } }
layers { name: "c" type: CONVOLUTION bottom: "x" top: "c"
  convolution_param { num_output: 3 kernel_size: 3 stride: 4 } }
layers { name: "loss" type: EUCLIDEAN_LOSS bottom: "c" bottom: "t" top: "loss" }"""
    (census,) = census_of(tmp_path, text, phase="TRAIN", skip_data=True)
    assert census.problems == [] and census.rows[0].shapes == ((4, 3, 224, 224), (4, 3 * 56 * 56))
    assert "'t' assumed to be (4, 9408)" in census.assumed
    labels = text.replace("EUCLIDEAN_LOSS", "MULTI_SOFTMAX_LOSS")
    (census,) = census_of(tmp_path, labels, phase="TRAIN", skip_data=True)
    assert census.rows[0].shapes[1] == (4, 56 * 56)


def test_the_grid_that_a_data_layer_states_says_the_size_of_its_images(tmp_path):
    text = """layer { name: "d" type: "BoxData" top: "x" top: "y" data_param { side: 13
  batch_size: 2 } }
layer { name: "p" type: "Pooling" bottom: "x" top: "p" pooling_param { kernel_size: 16
  stride: 16 } }
layer { name: "r" type: "Reshape" bottom: "p" top: "r" reshape_param {
  shape { dim: 0 dim: -1 dim: 13 dim: 13 } } }"""
    (census,) = census_of(tmp_path, text, phase="TRAIN", skip_data=True)
    assert census.problems == [] and census.rows[0].shapes == ((2, 3, 416, 416), (2, 1183))
    assert "images of 416 x 416" in census.assumed


@pytest.mark.parametrize("axis, channels", [(2, 2), (1, None)])
def test_target_images_that_the_predictions_are_cropped_to_have_their_channels(
        tmp_path, axis, channels):
    text = f"""layer {{ name: "x" type: "Data" top: "x" data_param {{ batch_size: 4 }} }}
layer {{ name: "y" type: "Data" top: "y" data_param {{ batch_size: 4 }} }}
layer {{ name: "crop" type: "Crop" bottom: "x" bottom: "y" top: "crop"
  crop_param {{ axis: {axis} }} }}
layer {{ name: "c" type: "Convolution" bottom: "crop" top: "c"
  convolution_param {{ num_output: 2 kernel_size: 1 }} }}
layer {{ name: "loss" type: "EuclideanLoss" bottom: "c" bottom: "y" top: "loss" }}"""
    (census,) = census_of(tmp_path, text, phase="TRAIN", skip_data=True)
    assert census.built == bool(channels)       # a crop of channels depends on the target's
    if channels:
        assert census.rows[1].shapes == ((4, channels, 224, 224),)


TWO_PHASES = """
layer { name: "d" type: "DummyData" top: "x" include { phase: TRAIN } dummy_data_param {
  shape { dim: 2 } } }
layer { name: "s" type: "Silence" bottom: "x" }
"""


@pytest.mark.parametrize("text, expected", [
    (TWO_PHASES, ["TRAIN"]),
    (TWO_PHASES.replace("TRAIN", "TEST"), ["TEST"]),
    (TWO_PHASES.replace("include { phase: TRAIN }", "exclude { phase: TRAIN }"), ["TEST"]),
    (TWO_PHASES.replace(" include { phase: TRAIN }", "").replace(
        'bottom: "x" }', 'bottom: "x" include { phase: TEST } }'), ["TRAIN", "TEST"]),
    (TWO_PHASES.replace(" include { phase: TRAIN }", ""), ["TEST"]),
])
def test_a_file_declares_the_phases_it_names_and_those_that_wire(text, expected):
    assert phases_of(parse_net(text)) == expected


def test_a_net_that_wires_only_with_a_stage_is_shown_with_it(tmp_path):
    text = TWO_PHASES.replace("phase: TRAIN", 'phase: TEST stage: "on-val"')
    assert stages_for(parse_net(text), "TEST", None) == ("on-val",)
    (census,) = census_of(tmp_path, text)
    assert census.built and census.stages == ("on-val",)


def test_the_first_assumed_size_that_fits_is_taken(tmp_path):
    """Lines of text: 32 high, which four poolings and a kernel of 2 make 1."""
    text = 'layer { name: "d" type: "Data" top: "x" top: "l" data_param { batch_size: 3 } }\n'
    for index in range(4):
        text += (f'layer {{ name: "p{index}" type: "Pooling" bottom: "x{index or ""}" '
                 f'top: "x{index + 1}" pooling_param {{ kernel_size: 2 stride: 2 }} }}\n')
    text += """layer { name: "c" type: "Convolution" bottom: "x4" top: "c" convolution_param {
        num_output: 7 kernel_size: 2 } }
      layer { name: "r" type: "Reshape" bottom: "c" top: "r" reshape_param {
        shape { dim: 3 dim: 7 dim: 1 dim: 17 } } }"""
    (census,) = census_of(tmp_path, text)
    assert census.built and census.rows[0].shapes[0] == (3, 3, 32, 280)
    (census,) = census_of(tmp_path, text.replace("dim: 17", "dim: 18"))
    assert not census.built and "(3, 7, 13, 13)" in census.problems[0]     # that of 224 x 224


HEATMAP = """layer { name: "d" type: "DataHeatmap" top: "x" top: "t" heatmap_data_param {
  batchsize: 2 outsize: 32 label_width: 8 label_height: 8 %s } }
layer { name: "c" type: "Convolution" bottom: "x" top: "c"
  convolution_param { num_output: 7 kernel_size: 4 stride: 4 } }
layer { name: "loss" type: "EuclideanLossHeatmap" bottom: "c" bottom: "t" bottom: "x" top: "loss" }
"""


def test_maps_of_joints_are_as_many_as_the_text_or_the_net_says(tmp_path):
    (census,) = census_of(tmp_path, HEATMAP % "", phase="TRAIN")
    assert census.built and census.rows[0].shapes == ((2, 3, 32, 32), (2, 7, 8, 8))
    assert "'t' assumed to be (2, 7, 8, 8)" in census.assumed
    (census,) = census_of(tmp_path, HEATMAP % "labelinds: '1,2,5,6'", phase="TRAIN")
    assert "(2, 2, 8, 8); it must have as many" in census.problems[0]
    with pytest.raises(SpecError, match="known by the shapes of its tops only"):
        Net(parse_net(HEATMAP % ""), phase="TRAIN")
    with pytest.raises(SpecError, match="outsize is missing or 0"):
        shapes_of(HEATMAP.replace("outsize: 32", "") % "")


def test_maps_of_the_corners_of_rooms_are_48(tmp_path):
    text = HEATMAP.replace('top: "t"', 'top: "t" top: "kind"', 1).replace(
        'bottom: "x" top: "loss"', 'bottom: "kind" top: "loss" is_test: false')
    (census,) = census_of(tmp_path, text.replace("num_output: 7", "num_output: 48") % "",
                          phase="TRAIN")
    assert census.problems == []
    assert census.rows[0].shapes == ((2, 3, 32, 32), (2, 48, 8, 8), (2,))
    (census,) = census_of(tmp_path, text % "", phase="TRAIN")
    assert "'t' has the shape (2, 48, 8, 8)" in census.problems[0]


def test_segmented_images_have_multiples_of_the_stride_up_to_a_size(tmp_path):
    text = """layer { name: "d" type: "SegData" top: "x" top: "y" transform_param { stride: 50
              upper_height: 160 upper_width: 220 scale_ratios: 0.8 } }"""
    (census,) = census_of(tmp_path, text, phase="TRAIN")
    assert census.rows[0].shapes == ((1, 3, 160, 200), (1, 1, 160, 200))
    cropped = text.replace("upper_height: 160", "crop_size: 70 ignore_label: 255").replace(
        'top: "y"', 'top: "y" seg_data_param { batch_size: 6 }')
    (census,) = census_of(tmp_path, cropped, phase="TRAIN")
    assert census.rows[0].shapes == ((6, 3, 70, 70), (6, 1, 70, 70))
    with pytest.raises(SpecError, match="its data are not read here"):
        Net(parse_net(text), phase="TRAIN")


@pytest.mark.parametrize("kind, param, channels", [
    ("ImageData", "image_data_param", 3), ("Data", "data_param", 1)])
def test_a_mean_for_all_channels_says_nothing_of_images_of_a_list(kind, param, channels, tmp_path):
    """is_color, true by default, decodes each of them to three channels."""
    (census,) = census_of(tmp_path, f"""
layer {{ name: "data" type: "{kind}" top: "data" top: "label" transform_param {{ mean_value: 127 }}
  {param} {{ source: "list.txt" batch_size: 2 }} }}
layer {{ name: "c" type: "Convolution" bottom: "data" top: "c" convolution_param {{
  num_output: 2 kernel_size: 3 }} }}""", phase="TRAIN")
    assert census.rows[0].shapes[0] == (2, channels, 224, 224)


MASKS = """
layer { name: "roi" type: "Python" bottom: "rpn_rois" bottom: "gt_boxes" bottom: "im_info"
  bottom: "masks" bottom: "flipped" top: "rois" top: "labels" top: "targets" top: "inside"
  top: "outside" top: "mask_targets" top: "rois_pos" python_param {
  module: "rpn.proposal_target_layer" layer: "ProposalTargetLayer" param_str: "'num_classes': 6" } }
layer { name: "pool" type: "ROIAlignment" bottom: "x" bottom: "rois_pos" top: "pool"
  roi_alignment_param { pooled_w: 7 pooled_h: 5 spatial_scale: 0.0625 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "pool" bottom: "mask_targets" top: "loss" }
"""


def test_the_layers_that_read_them_say_how_large_the_targets_of_masks_are(tmp_path):
    """affordance-net's layer of the name that others have: a setting says it there."""
    data = python_layer("roi_data_layer.layer", "RoIDataLayer", [], [
        "data", "im_info", "gt_boxes", "masks", "flipped"], "'num_classes': 6")
    text = data + """
layer { name: "x" type: "Pooling" bottom: "data" top: "x" pooling_param { kernel_size: 16
  stride: 16 } }
layer { name: "i" type: "Input" top: "rpn_rois" input_param { shape { dim: 1 dim: 5 } } }
""" + MASKS
    (census,) = census_of(tmp_path, text, phase="TRAIN")
    assert census.problems == [] and census.built
    shapes = {row.name: row.shapes for row in census.rows}
    assert shapes["RoIDataLayer"] == ((1, 3, 640, 1024), (1, 3), (1, 5), (1, 2), (1, 1))
    assert shapes["roi"][5:] == ((1, 1, 5, 7), (1, 5))
