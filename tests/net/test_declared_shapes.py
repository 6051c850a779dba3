"""What the text of data layers says of the shapes of their tops."""

import re

import numpy as np
import pytest

from framework import Net, parse_net
from framework.definition.spec import NetSpec
from framework.errors import CaffeError, SpecError
from framework.layers import LAYERS
from framework.layers.base import DataOptions
from tests.net.looks import census_of, shapes_of


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
    # the width is first, as janivanecky/Depth-Estimation names its databases
    ('type: "Data" top: "x" top: "y" data_param { batch_size: 5 source: "a_9x9/c_298x218.lmdb" }',
     [(5, 3, 218, 298), (5,)]),
    ('type: "Data" top: "x" data_param { batch_size: 5 source: "x_298x218_lmdb" } transform_param '
     '{ crop_size: 27 }', [(5, 3, 27, 27)]),
    ('type: "Data" top: "x" data_param { batch_size: 5 source: "64x64/v0x16_1e12x34b" }',
     [(5, 3, 224, 224)]),
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


def test_a_data_layer_of_clips_gives_a_class_and_a_clip_for_each_image():
    text = """layer { name: "d" type: "Data" top: "data" top: "label" data_param { source: "frames"
      batch_size: 6 backend: LMDB clip_per_class: 3 } transform_param { crop_size: 9 } }"""
    assert shapes_of(text) == [(6, 3, 9, 9), (6, 2, 1, 1)]
    data = NetSpec(parse_net(text), "TRAIN").layers[0]
    with pytest.raises(SpecError, match="'ClipData' is known by the shapes of its tops only"):
        LAYERS[data.type](data, DataOptions())


@pytest.mark.parametrize("fields, labels", [("img_num: 1 label_num: 1", (2,)),
                                            ("label_num: 3", (2, 3))])
def test_lines_of_a_list_have_as_many_labels_as_label_num(fields, labels):
    text = f"""layer {{ name: "d" type: "ImageData" top: "x" top: "y" image_data_param {{
      source: "list" batch_size: 2 new_height: 6 new_width: 8 {fields} }} }}"""
    assert shapes_of(text) == [(2, 3, 6, 8), labels]
    with pytest.raises(SpecError, match="img_num is 2; lines of several images are not read here"):
        Net(parse_net(text.replace("label_num", "img_num: 2 label_num").replace("img_num: 1", "")),
            phase="TRAIN")


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


def test_box_data_whose_labels_a_region_loss_reads_gives_rows_of_thirty_boxes(tmp_path):
    """Felix-Li-Git/caffe-yolov2, whose box_data_layer.cpp has them so with a `side` too."""
    text = """layer { name: "d" type: "BoxData" top: "x" top: "label"
        data_param { batch_size: 2 %s } }
      layer { name: "c" type: "Convolution" bottom: "x" top: "c" convolution_param {
        num_output: 12 kernel_size: 16 stride: 16 } }
      layer { name: "loss" type: "RegionLoss" bottom: "c" bottom: "label" top: "loss"
        region_loss_param { num_class: 1 num: 2 biases: 1 biases: 1 biases: 2 biases: 2 } }"""
    for side in ("", "side: 7"):
        (census,) = census_of(tmp_path, text % side, phase="TRAIN", skip_data=True)
        assert census.problems == [] and "'label' assumed to be (2, 150)" in census.assumed
    text = text.replace('bottom: "label"', 'bottom: "more"').replace(
        'top: "label"', 'top: "label" top: "more"')
    (census,) = census_of(tmp_path, text % "side: 7 side: 4", phase="TRAIN", skip_data=True)
    assert "has labels of the shape (2, 112)" in census.problems[0]


def test_box_data_whose_labels_are_judged_beside_detections_gives_such_rows(tmp_path):
    text = """layer { name: "d" type: "BoxData" top: "x" top: "label"
        data_param { batch_size: 1 side: 13 } }
      layer { name: "c" type: "Convolution" bottom: "x" top: "c" convolution_param {
        num_output: 12 kernel_size: 16 stride: 16 } }
      layer { name: "found" type: "DetectionOutput" bottom: "c" top: "found"
        detection_output_param { num_classes: 1 side: 26 num_box: 2
        biases: 1 biases: 1 biases: 2 biases: 2 } }
      layer { name: "judged" type: "DetectionEvaluate" bottom: "found" bottom: "label"
        top: "judged" detection_evaluate_param { num_classes: 1 } }"""
    (census,) = census_of(tmp_path, text, phase="TEST", skip_data=True)
    assert census.problems == []
    assert "416 x 416" in census.assumed and "'label' assumed to be (1, 150)" in census.assumed


def test_box_data_with_maskyolos_fields_gives_rows_of_boxes():
    text = """layer { name: "d" type: "BoxData" top: "x" top: "label"
      transform_param { resize_w: 304 resize_h: 224 mean_value: 128 mean_value: 128
      mean_value: 128 } data_param { batch_size: 4 %s } }"""
    assert shapes_of(text % "") == [(4, 3, 224, 304), (4, 150)]
    assert shapes_of(text % "max_box_num: 7") == [(4, 3, 224, 304), (4, 35)]


def test_faces_have_more_attributes_in_test():
    text = """layer { name: "d" type: "faceAttributeData" top: "x" top: "y"
      data_param { batch_size: 3 } transform_param { crop_size: 9 } }"""
    assert shapes_of(text) == [(3, 3, 9, 9), (3, 15)]
    assert shapes_of(text, "TEST") == [(3, 3, 9, 9), (3, 17)]
