"""What nets declare of data that are not there, and of modules that are not installed."""

import re

import numpy as np
import pytest

from framework import Net, parse_net
from framework.definition.spec import NetSpec
from framework.errors import CaffeError, SpecError
from framework.layers import LAYERS
from framework.layers.base import DataOptions
from framework.net.python_shapes import PYTHON_SHAPES
from framework.report.net_summary import Selection, phases_of, stages_for, take_census


def shapes_of(text, phase="TRAIN"):
    spec = NetSpec(parse_net(text), phase).layers[0]
    return LAYERS[spec.type].assumed_shapes(spec)


@pytest.mark.parametrize("text, expected", [
    ('type: "Data" top: "x" top: "y" data_param { batch_size: 5 } transform_param { crop_size: 7 }',
     [(5, 3, 7, 7), (5,)]),
    ('type: "Data" top: "x" data_param { batch_size: 5 } transform_param { force_gray: true '
     'resize_param { height: 9 width: 11 } }', [(5, 1, 9, 11)]),
    ('type: "Data" top: "label" data_param { batch_size: 1 }', [(1, 1, 224, 224)]),
    ('type: "ImageData" top: "x" top: "y" image_data_param { batch_size: 2 new_height: 6 '
     'new_width: 8 }', [(2, 3, 6, 8), (2,)]),
    ('type: "ImageData" top: "x" top: "y" image_data_param { batch_size: 2 new_height: 6 '
     'new_width: 8 is_color: false }', [(2, 1, 6, 8), (2,)]),
    ('type: "Data" top: "x" top: "y" data_param { batch_size: 5 source: "examples/mnist/train" }',
     [(5, 1, 28, 28), (5,)]),
    ('type: "Data" top: "x" data_param { batch_size: 5 source: "CIFAR10" } transform_param { '
     'crop_size: 27 }', [(5, 3, 27, 27)]),
    ('type: "VideoData" top: "x" top: "y" image_data_param { batch_size: 6 new_length: 16 '
     'new_height: 128 new_width: 171 crop_size: 112 }', [(6, 3, 16, 112, 112), (6,)]),
    ('type: "VideoData" top: "x" top: "y" video_data_param { batch_size: 5 new_length: 8 '
     'use_image: true use_multiple_label: true num_of_labels: 9 } transform_param { crop_size: 7 '
     'mean_value: 128 }', [(5, 3, 8, 7, 7), (5, 9)]),
    ('type: "VideoData" top: "x" top: "y" video_data_param { batch_size: 4 new_length: 5 '
     'num_segments: 3 modality: FLOW } transform_param { crop_size: 7 mean_value: 128 }',
     [(4, 30, 7, 7), (4,)]),
    ('type: "VideoData" top: "x" top: "y" video_data_param { batch_size: 4 num_segments: 3 '
     'modality: RGB new_height: 30 new_width: 40 }', [(4, 9, 30, 40), (4,)]),
    ('type: "DenseImageData" top: "x" top: "y" dense_image_data_param { batch_size: 2 '
     'new_height: 64 new_width: 128 label_divide_factor: 8 }', [(2, 3, 64, 128), (2, 1, 8, 16)]),
    ('type: "MemoryData" top: "x" top: "y" memory_data_param { batch_size: 4 channels: 1 height: 5 '
     'width: 6 }', [(4, 1, 5, 6), (4, 1, 1, 1)]),
    ('type: "MemoryData" top: "x" top: "y" memory_data_param { dim: 2 dim: 3 dim: 4 dim: 5 dim: 6 '
     '}', [(2, 3, 4, 5, 6), (2, 1, 1, 1, 1)]),
    ('type: "AnnotatedData" top: "x" top: "y" data_param { batch_size: 3 } transform_param { '
     'resize_param { height: 30 width: 40 } }', [(3, 3, 30, 40), (1, 1, 3, 8)]),
    # 1000 / 16 = 62.5, which C rounds up
    ('type: "DetectionData" top: "x" top: "a" top: "b" top: "gt" detection_data_param { '
     'batch_size: 2 short_size: 600 long_size: 1000 stride: 16 stride: 32 output_gt_boxes: true }',
     [(2, 3, 1000, 600), (2, 6, 63, 38), (2, 6, 31, 19), (1, 8, 1, 1)]),
    ('type: "EvalData" top: "x" top: "gt" top: "s" eval_data_param { batch_size: 1 short_size: 800 '
     'long_size: 1312 }', [(1, 3, 1312, 800), (1, 8, 1, 1), (1, 2, 1, 1)]),
])
def test_data_layers_have_the_shapes_their_text_declares(text, expected):
    assert shapes_of(f'layer {{ name: "d" {text} }}') == expected


def python_layer(module, cls, bottoms, tops, param=""):
    names = "".join(f'bottom: "{name}" ' for name in bottoms) + "".join(
        f'top: "{name}" ' for name in tops)
    return (f'layer {{ name: "{cls}" type: "Python" {names} python_param {{ module: "{module}" '
            f'layer: "{cls}" param_str: "{param}" }} }}\n')


FASTER_RCNN = python_layer(
    "roi_data_layer.layer", "RoIDataLayer", [], ["data", "im_info", "gt_boxes"],
    "'num_classes': 21") + """
layer { name: "c" type: "Convolution" bottom: "data" top: "score" convolution_param {
  num_output: 18 kernel_size: 16 stride: 16 } }
layer { name: "o" type: "Convolution" bottom: "data" top: "offset" convolution_param {
  num_output: 36 kernel_size: 16 stride: 16 } }
""" + python_layer("rpn.anchor_target_layer", "AnchorTargetLayer",
                   ["score", "gt_boxes", "im_info", "data"], ["l", "t", "i", "w"],
                   "'feat_stride': 16") + python_layer(
    "rpn.proposal_layer", "ProposalLayer", ["score", "offset", "im_info"], ["rois"],
    "'feat_stride': 16") + python_layer(
    "rpn.proposal_target_layer", "ProposalTargetLayer", ["rois", "gt_boxes"],
    ["r", "labels", "targets", "inside", "outside"], "'num_classes': 21")


def census_of(tmp_path, text, **selection):
    path = tmp_path / "net.prototxt"
    path.write_text(text)
    return take_census(path, Selection(**selection))


def test_python_layers_of_faster_rcnn_count_by_their_shapes(tmp_path):
    (census,) = census_of(tmp_path, FASTER_RCNN, phase="TRAIN")
    assert census.problems == [] and census.built
    shapes = {row.name: row.shapes for row in census.rows}
    assert shapes["RoIDataLayer"] == ((1, 3, 640, 1024), (1, 3), (1, 5))
    assert shapes["AnchorTargetLayer"] == (
        (1, 1, 9 * 40, 64), (1, 36, 40, 64), (1, 36, 40, 64), (1, 36, 40, 64))
    assert shapes["ProposalTargetLayer"] == (
        (1, 5, 1, 1), (1, 1, 1, 1), *[(1, 84, 1, 1)] * 3)


def test_images_of_rcnn_are_as_stated_where_a_rounded_size_does_not_fit(tmp_path):
    pools = "".join(f"""layer {{ name: "p{i}" type: "Pooling" bottom: "{'data' if i == 0 else
      f'p{i - 1}'}" top: "p{i}" pooling_param {{ pool: MAX kernel_size: 2 stride: 2 }} }}
""" for i in range(4))
    # of 80 rows 40 are left, which give 79 again; of 75 it is 38, which give 75
    text = FASTER_RCNN + pools + """
layer { name: "up" type: "Deconvolution" bottom: "p3" top: "up" convolution_param {
  num_output: 3 kernel_size: 1 stride: 2 } }
layer { name: "crop" type: "Crop" bottom: "up" bottom: "p2" top: "crop" crop_param { axis: 2 } }
"""
    (census,) = census_of(tmp_path, text, phase="TRAIN", skip_data=True)
    assert census.problems == [] and census.built
    assert census.assumed == "images of 600 x 1000 assumed"
    shapes = {row.name: row.shapes for row in census.rows}
    assert shapes["RoIDataLayer"] == ((1, 3, 600, 1000), (1, 3), (1, 5))
    assert shapes["crop"] == ((1, 3, 75, 125),)
    (census,) = census_of(tmp_path, text.replace("kernel_size: 1 ", "kernel_size: 1 pad: 1 "),
                          phase="TRAIN", skip_data=True)
    assert "a crop of 80 from there goes beyond the bottom's 77" in census.problems[0]


def test_targets_of_a_pyramids_anchors_have_the_cells_of_all_maps_on_one_axis(tmp_path):
    text = FASTER_RCNN.replace('["score", "gt', '["score", "coarse", "gt').replace(
        'bottom: "score" bottom: "gt_boxes" bottom: "im_info" bottom: "data"',
        'bottom: "score" bottom: "coarse" bottom: "gt_boxes" bottom: "im_info"')
    text = text.replace('layer { name: "o"', """layer { name: "c2" type: "Convolution"
      bottom: "data" top: "coarse" convolution_param { num_output: 18 kernel_size: 32 stride: 32 } }
    layer { name: "o\"""", 1)
    (census,) = census_of(tmp_path, text, phase="TRAIN", skip_data=True)
    assert census.problems == [] and census.built
    found = next(row.shapes for row in census.rows if row.name == "AnchorTargetLayer")
    cells = 40 * 64 + 20 * 32
    assert found == ((1, 1, 9 * cells), *[(1, 36, cells)] * 3)


HDF5 = """
layer { name: "data" type: "HDF5Data" top: "data" top: "label" top: "second"
  hdf5_data_param { source: "list.txt" batch_size: 4 } }
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip"
  inner_product_param { num_output: 6 } }
"""


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


def test_a_label_of_a_database_may_be_a_row_of_numbers_but_no_map(tmp_path):
    text = """layer { name: "x" type: "Data" top: "x" top: "label" data_param { batch_size: 4 } }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "ip"
  inner_product_param { num_output: 14 } }
layer { name: "loss" type: "EuclideanLoss" bottom: "ip" bottom: "label" }"""
    (census,) = census_of(tmp_path, text, phase="TRAIN", skip_data=True)
    assert census.problems == [] and census.rows[0].shapes == ((4, 3, 224, 224), (4, 14))
    text = text.replace('"EuclideanLoss" bottom: "ip"', '"EuclideanLoss" bottom: "x"')
    (census,) = census_of(tmp_path, text, phase="TRAIN", skip_data=True)
    assert "it must have as many items and values as 'x', (4, 3, 224, 224)" in census.problems[0]


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


def test_data_of_a_known_module_are_assumed_anew_where_its_own_do_not_fit(tmp_path):
    """ppengtang/oicr reads labels of the whole image by the layer of Fast R-CNN."""
    text = """layer { name: "d" type: "Python" top: "data" top: "rois" top: "labels" python_param {
    module: "roi_data_layer.layer" layer: "RoIDataLayer" param_str: "'num_classes': 20" } }
layer { name: "pool" type: "ROIPooling" bottom: "data" bottom: "rois" top: "pool"
  roi_pooling_param { pooled_h: 3 pooled_w: 2 } }
layer { name: "ip" type: "InnerProduct" bottom: "pool" top: "ip"
  inner_product_param { num_output: 20 } }
layer { name: "t" type: "Python" bottom: "ip" top: "label" top: "weight"
  python_param { module: "m" layer: "T" } }
layer { name: "w" type: "WeightedSoftmaxWithLoss" bottom: "ip" bottom: "label" bottom: "weight" }
layer { name: "loss" type: "%s" bottom: "ip" bottom: "labels" }"""
    (census,) = census_of(tmp_path, text % "SigmoidCrossEntropyLoss", phase="TRAIN", skip_data=True)
    assert census.problems == []
    assert census.rows[0].shapes == ((1, 3, 224, 224), (1, 5), (1, 20))
    assert census.rows[3].shapes == ((1, 1), (1, 1))     # a label and a weight
    assert "modules not run: 'roi_data_layer.layer' 'm'" in census.assumed
    (census,) = census_of(tmp_path, text % "SoftmaxWithLoss", phase="TRAIN", skip_data=True)
    assert census.rows[0].shapes == ((2, 3, 640, 1024), (1, 5), (1,))


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


CAPTIONS = """layer { name: "x" type: "Data" top: "x" data_param { batch_size: 5 }
  transform_param { crop_size: 9 } include { phase: TRAIN %s } }
layer { name: "h5" type: "HDF5Data" top: "cont" top: "words" top: "label"
  hdf5_data_param { batch_size: 4 } include { phase: TRAIN %s } }
layer { name: "e" type: "Embed" bottom: "words" top: "e"
  embed_param { num_output: 6 input_dim: 9 } }
layer { name: "lstm" type: "LSTM" bottom: "e" bottom: "cont" bottom: "x" top: "h"
  recurrent_param { num_output: 7 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "h" bottom: "label"
  softmax_param { axis: 2 } }
"""


@pytest.mark.parametrize("stages", [("", ""), ('stage: "a"', 'stage: "b"')])
def test_sequences_in_files_have_as_many_streams_as_the_images_that_they_go_with(tmp_path, stages):
    (census,) = census_of(tmp_path, CAPTIONS % stages, skip_data=True)
    assert census.problems == [] and census.stages == (("a", "b") if stages[0] else ())
    assert census.rows[1].shapes == ((4, 5), (4, 5), (4, 5, 1))


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


UNKNOWN_PYTHON = """layer { name: "d" type: "Python" top: "x" top: "label"
  python_param { module: "my_data" layer: "D" param_str: "{'batch_size': 5}" } }
layer { name: "c" type: "Convolution" bottom: "x" top: "c"
  convolution_param { num_output: 4 kernel_size: 3 stride: 2 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "c" bottom: "label" top: "loss" }
layer { name: "mine" type: "Python" bottom: "c" top: "mine" loss_weight: 1
  python_param { module: "my_loss" layer: "L" } }
"""


def test_python_layers_of_unknown_modules_are_assumed_where_their_shapes_are_free(tmp_path):
    (census,) = census_of(tmp_path, UNKNOWN_PYTHON, phase="TRAIN", skip_data=True)
    assert census.problems == [] and census.built
    shapes = {row.name: row.shapes for row in census.rows}
    assert shapes["d"] == ((5, 3, 224, 224), (5, 1, 111, 111)) and shapes["mine"] == ((1,),)
    assert "modules not run: 'my_data' 'my_loss'" in census.assumed
    (census,) = census_of(tmp_path, UNKNOWN_PYTHON, phase="TRAIN", skip_data=False)
    assert "--import my_data runs it" in census.problems[0]


def test_outputs_of_modules_that_are_not_run_are_as_large_as_what_reads_them_needs(tmp_path):
    """As proposals of a module of another name: regions, labels and targets of boxes."""
    text = """layer { name: "x" type: "Input" top: "x" input_param { shape {
    dim: 1 dim: 6 dim: 20 dim: 30 } } }
layer { name: "p" type: "Python" bottom: "x" top: "like_x" top: "rois" top: "label" top: "unread"
  python_param { module: "my_proposals" layer: "P" } }
layer { name: "r" type: "ReLU" bottom: "like_x" top: "r" }
layer { name: "pool" type: "ROIPooling" bottom: "r" bottom: "rois" top: "pool"
  roi_pooling_param { pooled_h: 3 pooled_w: 2 } }
layer { name: "ip" type: "InnerProduct" bottom: "pool" top: "ip"
  inner_product_param { num_output: 5 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }
"""
    (census,) = census_of(tmp_path, text, phase="TRAIN", skip_data=True)
    assert census.problems == []
    shapes = {row.name: row.shapes for row in census.rows}
    assert shapes["p"] == ((1, 6, 20, 30), (1, 5), (1, 1), (1,))
    assert shapes["pool"] == ((1, 6, 3, 2),)
    assert "modules not run: 'my_proposals'" in census.assumed
    assert "'rois' assumed to be (1, 5)" in census.assumed
    broken = text + 'layer { name: "c" type: "Concat" bottom: "r" bottom: "pool" top: "c" }'
    (census,) = census_of(tmp_path, broken, phase="TRAIN", skip_data=True)
    assert "(with modules not run: 'my_proposals')" in census.problems[0]


def test_a_known_python_layer_with_other_parameters_is_one_that_is_not_run(tmp_path):
    """As proposals that give the labels of their regions (nnop/mtnet)."""
    text = """layer { name: "x" type: "Input" top: "x" input_param { shape {
    dim: 1 dim: 6 dim: 20 dim: 30 } } }
layer { name: "p" type: "Python" bottom: "x" bottom: "x" bottom: "x" top: "rois" top: "a" top: "b"
  python_param { module: "rpn.proposal_layer" layer: "ProposalLayer" param_str: "%s" } }
layer { name: "pool" type: "ROIPooling" bottom: "x" bottom: "rois" top: "pool"
  roi_pooling_param { pooled_h: 3 pooled_w: 2 } }"""
    (census,) = census_of(tmp_path, text % "'feat_stride': 16", phase="TEST", skip_data=True)
    assert census.problems == [] and census.rows[-1].shapes == ((1, 6, 3, 2),)
    assert "modules not run: 'rpn.proposal_layer'" in census.assumed
    (census,) = census_of(tmp_path, text % "'num_classes': 4", phase="TEST", skip_data=True)
    assert census.problems == [] and "not run" not in census.assumed


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
     'layer: "AnchorTargetLayer" }', r"\(Python\): bottom has shapes that do not fit"),
    ('type: "Python" top: "s" python_param { module: "voc_layers" layer: "VOCSegDataLayer" '
     """param_str: "{'tops': [data, label}]}" }""", r"\(Python\): bottom has shapes that do not"),
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


SEQUENCE = """layer { name: "x" type: "Data" top: "x" data_param { batch_size: 12 }
  transform_param { crop_size: 9 } }
layer { name: "r" type: "Reshape" bottom: "x" top: "r"
  reshape_param { shape { dim: 4 dim: 3 dim: 243 } } }
layer { name: "h5" type: "HDF5Data" top: "cont" top: "label" hdf5_data_param { batch_size: 4 } }
layer { name: "lstm" type: "LSTM" bottom: "r" bottom: "cont" top: "h"
  recurrent_param { num_output: 5 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "h" bottom: "label"
  softmax_param { axis: 1 } }
layer { name: "accuracy" type: "Accuracy" bottom: "h" bottom: "label" top: "accuracy" }
"""


def test_sequence_marks_and_labels_in_files_are_assumed_to_fit_what_reads_them(tmp_path):
    (census,) = census_of(tmp_path, SEQUENCE, phase="TRAIN", skip_data=True)
    assert census.problems == [] and census.built
    assert "'cont' assumed to be (4, 3), 'label' assumed to be (4, 1, 5)" in census.assumed


def test_a_module_that_may_run_must_be_there(tmp_path):
    (census,) = census_of(tmp_path, FASTER_RCNN, phase="TRAIN", skip_data=False,
                          modules=("roi_data_layer.layer",))
    assert not census.built
    assert "'roi_data_layer.layer' cannot be imported" in census.problems[0]
    assert "must be on PYTHONPATH" in census.problems[0]
    with pytest.raises(SpecError, match="must be on PYTHONPATH"):
        Net(parse_net(FASTER_RCNN), phase="TRAIN")


def test_a_module_that_nobody_knows_is_refused_with_data(tmp_path):
    (census,) = census_of(tmp_path, python_layer("mine.own", "Secret", [], ["x"]), phase="TRAIN",
                          skip_data=False)
    assert not census.built and "is 'mine.own', whose code is not run" in census.problems[0]


def test_proposals_made_before_come_with_targets_of_each_class(tmp_path):
    tops = ["data", "rois", "labels", "targets", "inside", "outside"]
    text = python_layer("roi_data_layer.layer", "RoIDataLayer", [], tops, "'num_classes': 81")
    (census,) = census_of(tmp_path, text)
    assert census.rows[0].shapes == ((2, 3, 640, 1024), (1, 5), (1,), *[(1, 324)] * 3)


def test_fcn_layers_say_in_param_str_what_their_tops_are(tmp_path):
    text = python_layer("nyud_layers", "NYUDSegDataLayer", [], ["c", "h", "d", "l"],
                        "{'tops': ['color', 'hha', 'depth', 'label'], 'seed': 1337}")
    (census,) = census_of(tmp_path, text)
    assert [shape[1] for shape in census.rows[0].shapes] == [3, 3, 1, 1]


def test_every_known_python_layer_says_what_it_makes():
    assert {type(rule).__name__ for rule in PYTHON_SHAPES.values()} == {"function"}


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


def test_eval_data_gives_images_boxes_and_sizes(tmp_path):
    import cv2
    image = np.random.default_rng(2).integers(0, 256, (50, 80, 3), dtype=np.uint8)
    cv2.imwrite(str(tmp_path / "a.png"), image)
    (tmp_path / "list.txt").write_text(
        "# 0\na.png\n3 50 80\n2\n3 0 1 8 10 39 29\n1 1 0 0 0 9 9\n1\n1 2 3 4\n"
        "# 1\na.png\n3 50 80\n0\n0\n")
    text = f"""layer {{ name: "d" type: "EvalData" top: "x" top: "gt" top: "size"
      transform_param {{ mean_value: 104 mean_value: 117 mean_value: 123 }} eval_data_param {{
      source: "{tmp_path}/list.txt" root_folder: "{tmp_path}/" batch_size: 1 short_size: 100
      long_size: 150 }} }}"""
    source = LAYERS["EvalData"](NetSpec(parse_net(text), "TEST").layers[0], DataOptions())
    batches = source.batches()
    pixels, boxes, size = next(batches)
    # 100 x 160, of which 160 becomes 150; the nearest multiples of 32 are 96 and 160
    assert source.top_shapes == [(1, 3, 96, 160), (2, 8, 1, 1), (1, 2, 1, 1)]
    expected = cv2.resize(image, (160, 96)).astype(np.float32) - [104, 117, 123]
    np.testing.assert_allclose(pixels.numpy(), expected.transpose(2, 0, 1)[None], rtol=1e-6)
    np.testing.assert_allclose(boxes[:, :, 0, 0].numpy(), [
        [0, 16, 19.2, 78, 55.68, 3, 0, 1], [0, 0, 0, 18, 17.28, 1, 1, 0]], rtol=1e-6)
    assert size.flatten().tolist() == [96, 160]
    assert next(batches)[1].flatten().tolist() == [-1] * 8      # an image without boxes
    assert next(batches)[1].shape == (2, 8, 1, 1)               # and from the front again


@pytest.mark.parametrize("text, message", [
    ("# 0\na.png\n3 50 80\n1\n3 0 1 8", "image 0 is incomplete"),
    ("0 a.png", "there is '0' where image 0 must begin"), ("", "the window file is empty")])
def test_a_broken_window_file_is_an_error(tmp_path, text, message):
    (tmp_path / "list.txt").write_text(text)
    net = f"""layer {{ name: "d" type: "EvalData" top: "x" top: "gt" eval_data_param {{
      batch_size: 1 source: "{tmp_path}/list.txt" }} }}"""
    with pytest.raises(CaffeError, match=message):
        Net(parse_net(net))


def test_detection_data_is_refused_where_data_are_asked_for():
    text = """layer { name: "d" type: "DetectionData" top: "x" detection_data_param { batch_size: 1
      short_size: 64 long_size: 96 } }"""
    with pytest.raises(SpecError, match="known by the shapes of its tops only"):
        Net(parse_net(text))
    assert Net(parse_net(text), skip_data=True).shapes["x"] == (1, 3, 96, 64)


def test_fields_of_forks_are_read_and_refused_by_name_where_they_count():
    data = """layer { name: "d" type: "DummyData" top: "x"
      dummy_data_param { shape { dim: 2 dim: 3 } }
      transform_param { resize_param { max_angle: 15 } } }"""
    assert parse_net(data).problems == []
    with pytest.raises(SpecError, match=r"transform_param.resize_param.max_angle is a field of"):
        Net(parse_net(data))
    harmless = data.replace("max_angle: 15", "max_angle: 0")       # its default asks for nothing
    assert Net(parse_net(harmless)).shapes["x"] == (2, 3)
    layer = """layer { name: "i" type: "Softmax" bottom: "x" top: "y"
      softmax_param { margin: 2 } }"""
    with pytest.raises(SpecError, match=r"layer 'i' \(Softmax\): softmax_param.margin is a field"):
        Net(parse_net(harmless + layer))


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


def test_values_that_only_one_fork_repeats_are_read_and_refused_where_they_count():
    text = """layer { name: "d" type: "Data" top: "x" data_param { source: "a" source: "b"
      batch_size: 2 } transform_param { resize_param { height: 8 width: 9 }
      resize_param { height: 16 width: 17 } } }"""
    layer = parse_net(text).message.layer[0]
    assert layer.data_param.source == "a" and list(layer.data_param.source_more) == ["b"]
    assert shapes_of(text) == [(2, 3, 8, 9)]
    with pytest.raises(SpecError, match=r"<text>:3: .*resize_param_more is a field of another"):
        Net(parse_net(text))
    with pytest.raises(SpecError, match=r"<text>:1: .*data_param.source_more is a field of"):
        Net(parse_net(text.replace("resize_param { height: 16 width: 17 }", "")))


def test_blobs_of_a_data_frame_have_the_shapes_that_their_tops_state():
    text = """layer { name: "d" type: "CoSData" top: "x" top: "label" top: "s" cos_data_param {
      batch_size: 4 top { channels: 3 height: 50 width: 60 out_height: 22 out_width: 33 }
      top { channels: 1 height: 1 width: 1 }
      top { type: INT_ARRAY channels: 21 sample_num_axes: 1 transpose: true } } }"""
    assert shapes_of(text) == [(4, 3, 22, 33), (4, 1, 1, 1), (21, 4)]
    with pytest.raises(SpecError, match="known by the shapes of its tops only"):
        Net(parse_net(text))
    with pytest.raises(SpecError, match=r"sample_num_axes is 3; it must be 1 with transpose"):
        shapes_of(text.replace("sample_num_axes: 1", ""))


@pytest.mark.parametrize("fields, channels", [('models: "COCO_25;COCO_18"', 156),
                                              ('models: "COCO_19" add_distance: true', 192),
                                              ('models: "COCO_25B_17" taf_topology: 1', 202)])
def test_openposes_maps_are_counted_by_its_first_model(fields, channels):
    text = f"""layer {{ name: "d" type: "OPData" top: "x" top: "label"
      data_param {{ batch_size: 3 }} op_transform_param {{ stride: 8 crop_size_x: 96
      crop_size_y: 80 {fields} }} }}"""
    assert shapes_of(text) == [(3, 3, 80, 96), (3, channels, 10, 12)]
    with pytest.raises(SpecError, match="models begins with 'COCO'; it must be one of COCO_18"):
        shapes_of(text.replace(fields, 'models: "COCO"'))


@pytest.mark.parametrize("layer, words", [
    ('type: "BoxData" top: "x" top: "a" top: "b" data_param { side: 7 }',
     r"side is given 1 times; the layer has 3 tops"),
    ('type: "CarcontImageData" top: "x" top: "a" top: "b" top: "c" top: "d" carcont_param { '
     'ni: 3 }', "gives an empty batch"),
    ('type: "DriveData" top: "x" top: "a"', "is given 2 times; it must be 1, images, or 3"),
    ('type: "DriveData" top: "x" drive_data_param { tiling_width: 0 }', "tiling_width is 0; it"),
])
def test_layers_known_by_shape_refuse_what_has_no_shape(tmp_path, layer, words):
    (census,) = census_of(tmp_path, f'layer {{ name: "d" {layer} }}', phase="TRAIN")
    assert not census.built
    assert re.search(words, census.problems[0])
    with pytest.raises(SpecError, match=words):
        Net(parse_net(f'layer {{ name: "d" {layer} }}'), phase="TRAIN")


@pytest.mark.parametrize("fields, expected", [
    ("channels: 1 crop_width: 9 crop_height: 7", [(2, 1, 7, 9), (2,)]),
    ("resize_width: 9 resize_height: 7 onehot: 5", [(2, 3, 7, 9), (2, 5)]),
    ('crop_width: 9 crop_height: 7 annotate: "json" order: "NHWC"', [(2, 7, 9, 3), (2, 7, 9, 1)]),
    ('annotate: "image" onehot: 5', [(2, 3, 224, 224), (2, 5, 224, 224)])])
def test_images_of_picpac_have_the_shapes_of_its_stream(fields, expected):
    text = f"""layer {{ name: "d" type: "PicPac" top: "x" top: "t"
      picpac_param {{ path: "db" batch: 2 {fields} }} }}"""
    assert shapes_of(text) == expected
    with pytest.raises(SpecError, match="order is 'NCWH'; it must be NCHW or NHWC"):
        shapes_of(text.replace("batch: 2", 'batch: 2 order: "NCWH"').replace('order: "NHWC"', ""))


GRIDS = """layer { name: "d" type: "AnnotatedData" top: "x" top: "a" top: "b"
  transform_param { caffe_yolo: true
    resize_param { width: 416 height: 416 jitter: 0.3 }
    distort_param { exposure_lower: 1 exposure_upper: 1.5 } }
  data_param { batch_size: 2 random: false side: 13 side: 26 } }"""


def test_synopsys_grids_have_seven_numbers_for_each_cell(tmp_path):
    assert shapes_of(GRIDS) == [(2, 3, 416, 416), (2, 7 * 13**2), (2, 7 * 26**2)]
    with pytest.raises(SpecError, match=r"caffe_yolo is true: labels of grids .* by shape only"):
        Net(parse_net(GRIDS))
    for gone, words in (("side: 26", "side is given 1 times; the layer has 3 tops"),
                        ("caffe_yolo: true", "random is of transform_param.caffe_yolo, which is")):
        (census,) = census_of(tmp_path, GRIDS.replace(gone, ""), phase="TRAIN", skip_data=True)
        assert words in census.problems[0]


def test_box_data_with_maskyolos_fields_gives_rows_of_boxes():
    text = """layer { name: "d" type: "BoxData" top: "x" top: "label"
      transform_param { resize_w: 304 resize_h: 224 mean_value: 128 mean_value: 128
      mean_value: 128 } data_param { batch_size: 4 %s } }"""
    assert shapes_of(text % "") == [(4, 3, 224, 304), (4, 150)]
    assert shapes_of(text % "max_box_num: 7") == [(4, 3, 224, 304), (4, 35)]


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


def test_faces_have_more_attributes_in_test():
    text = """layer { name: "d" type: "faceAttributeData" top: "x" top: "y"
      data_param { batch_size: 3 } transform_param { crop_size: 9 } }"""
    assert shapes_of(text) == [(3, 3, 9, 9), (3, 15)]
    assert shapes_of(text, "TEST") == [(3, 3, 9, 9), (3, 17)]


def test_segmented_images_have_multiples_of_the_stride_up_to_a_size(tmp_path):
    text = """layer { name: "d" type: "SegData" top: "x" top: "y" transform_param { stride: 50
              upper_height: 160 upper_width: 220 scale_ratios: 0.8 } }"""
    (census,) = census_of(tmp_path, text, phase="TRAIN")
    assert census.rows[0].shapes == ((1, 3, 160, 200), (1, 1, 160, 200))
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


@pytest.mark.parametrize("module", ["rcnn_layers", "efficient_rcnn_layers"])
def test_regions_and_captions_of_up_down_captioner_are_as_their_classes_reshape_them(tmp_path,
                                                                                  module):
    """As `reshape` of layers/rcnn_layers.py there says, with 2048 features of a region."""
    settings = ("'max_boxes': 7, 'pool': True, 'batch_size': 5, 'sequence_length': 9, "
                "'end_of_sequence': 0, 'ignore_label': 1")
    tops = ["image_id", "num_boxes", "boxes", "features"]
    text = python_layer(module, "RCNNTestDataLayer", [], tops, "{" + settings + "}")
    words = ["image_id", "input_sentence", "target_sentence", *tops[1:]]
    train = python_layer(module, "RCNNCaptionTrainDataLayer", [], words,
                         "{" + settings.replace("'pool': True", "'pool': False") + "}")
    (census,) = census_of(tmp_path, text)
    assert census.rows[0].shapes == ((5, 3), (5, 1), (5, 8, 4), (5, 8, 2048))
    (census,) = census_of(tmp_path, train)
    assert census.rows[0].shapes == ((5, 3), (5, 9), (5, 9), (5, 1), (5, 7, 4), (5, 7, 2048))


def test_each_region_has_a_person_where_the_background_has_a_number(tmp_path):
    """ProposalTargetLayer of ShuangLI59/person_search: its sixth top is a label for each."""
    text = FASTER_RCNN.replace('top: "outside"', 'top: "outside" top: "person"').replace(
        "'num_classes': 21", "'num_classes': 2 'bg_aux_label': 5532")
    (census,) = census_of(tmp_path, text, phase="TRAIN")
    shapes = {row.name: row.shapes for row in census.rows}
    assert shapes["ProposalTargetLayer"][5] == (1, 1, 1, 1)
