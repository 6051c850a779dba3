"""Data layers of single projects: the shapes that their texts say, and no data."""

import pytest

from framework import Net, parse_net
from framework.definition.spec import NetSpec
from framework.errors import SpecError
from framework.layers import LAYERS
from tests.support import layer_spec

WINDOWS = """layers { name: "d" type: %s top: "x" top: "m" top: "y" %s_param {
    source: "w.txt" batch_size: 4 crop_size: 20 shuffle: false } }"""


def shapes(kind, param, tops):
    return LAYERS[kind].assumed_shapes(layer_spec(kind, param, 0, tops))


def test_windows_with_masks_are_read_from_v1():
    layer = parse_net(WINDOWS % ("MCWINDOW_DATA", "mcwindow_data")).message.layer[0]
    assert layer.type == "MCWindowData" and layer.mcwindow_data_param.crop_size == 20
    layer = parse_net(WINDOWS % ("NAMCWINDOW_DATA", "namcwindow_data")).message.layer[0]
    assert layer.type == "NAMCWindowData" and layer.namcwindow_data_param.batch_size == 4
    text = """layers { name: "d" type: SPATIAL_PYRAMID_POOLING_DATA top: "x" top: "y"
        spatial_pyramid_pooling_data_param { features_source: "f" batch_size: 7 } }"""
    assert parse_net(text).message.layer[0].type == "SpatialPyramidPoolingData"


def test_windows_need_sizes():
    with pytest.raises(SpecError, match="mask_crop_size is 0; it must be at least 1"):
        shapes("MCWindowData", "crop_size: 20", 3)
    with pytest.raises(SpecError, match="namcwindow_data_param.crop_size is 0"):
        shapes("NAMCWindowData", "batch_size: 4", 3)


def test_blobs_that_are_sent_have_the_shapes_of_the_text():
    two = "remote_data_param { shape { dim: 8 dim: 3 } shape { dim: 8 } }"
    assert shapes("RemoteData", two, 2) == [(8, 3), (8,)]
    with pytest.raises(SpecError, match="shape is given 1 times; the layer has 2 tops"):
        shapes("RemoteData", "remote_data_param { shape { dim: 8 dim: 3 } }", 2)


def test_files_of_pixels_have_the_size_of_the_crop_in_both_messages():
    for field in ("binary_data_param", "image_data_param"):
        assert shapes("BinaryData", f"{field} {{ batch_size: 5 }} transform_param {{ crop_size: 11 "
                      "}", 2) == [(5, 3, 11, 11), (5,)]


def test_patches_have_the_size_of_the_crop_and_their_labels_may_be_maps():
    param = ("datum_data_param { batch_size: 6 label_scale: 0.1 %s } "
             "transform_param { crop_size: 41 %s }")
    assert shapes("DatumData", param % ("", 'mean_value_file: "m.txt" rotate: true'), 2) == [
        (6, 3, 41, 41), (6,)]
    maps = 'target_source: "maps"'
    assert shapes("DatumData", param % (maps, "label_crop_size: 9"), 2)[1] == (6, 1, 9, 9)
    assert shapes("DatumData", param % (maps, "label_crop_size: 9 resize_label: 5"), 2)[1] == (
        6, 1, 5, 5)
    with pytest.raises(SpecError, match="label_crop_size is missing or 0"):
        shapes("DatumData", param % (maps, ""), 2)
    layer = parse_net("""layers { name: "d" type: DATUM_DATA top: "x" top: "y" datum_data_param {
        source: "s" batch_size: 5 } transform_param { crop_size: 7 } }""").message.layer[0]
    assert layer.type == "DatumData" and layer.datum_data_param.batch_size == 5


@pytest.mark.parametrize("kind, param, tops", [
    ("DatumData", "batch_size: 2", 2),
    ("MCWindowData", "crop_size: 9 mask_crop_size: 5", 3), ("NAMCWindowData", "crop_size: 9", 3),
    ("RemoteData", "remote_data_param { shape { dim: 2 } }", 1),
    ("BinaryData", "binary_data_param { batch_size: 2 }", 2),
    ("WindowPoseData", "", 8), ("WindowMulticlassKeypointData", "", 3),
    ("SpatialPyramidPoolingData", "batch_size: 2", 2)])
def test_their_data_are_refused(kind, param, tops):
    spec = layer_spec(kind, param, 0, tops)
    text = f'layer {{ name: "d" type: "{kind}" ' + "".join(
        f'top: "{top}" ' for top in spec.tops) + "}"
    document = parse_net(text)
    document.message.layer[0].CopyFrom(spec.proto)
    with pytest.raises(SpecError, match=f"'{kind}' is known by the shapes of its tops only"):
        Net(document)


def test_plates_have_seven_signs():
    field = "data_param { batch_size: 5 } transform_param { crop_size: 9 }"
    assert shapes("ccpdData", field, 2) == [(5, 3, 9, 9), (5, 7)]


def test_images_of_drawn_classes_are_another_type():
    text = """layer { name: "d" type: "ImageData" top: "x" top: "k" top: "y" image_data_param {
        source: "l.txt" batch_size: %d label_num: 4 sample_num: 3 new_height: 6 new_width: 8 } }"""
    spec = NetSpec(parse_net(text % 12), "TRAIN").layers[0]
    assert spec.type == "DrawnClassesData"
    assert LAYERS[spec.type].assumed_shapes(spec) == [(12, 3, 6, 8), (4,), (12,)]
    with pytest.raises(SpecError, match=r"batch_size is 13; it must be label_num \* sample_num"):
        LAYERS[spec.type].assumed_shapes(NetSpec(parse_net(text % 13), "TRAIN").layers[0])


@pytest.mark.parametrize("fields, columns", [
    ("has_landmarks: true", (1, 1, 1, 19)), ("yoloformat: true", (5, 1, 1, 8)),
    ("yoloformat: true has_landmarks: true", (5, 1, 1, 19)),
    ("data_anchor_sampler { scale: 16 }", (1, 1, 1, 8))])
def test_boxes_of_faces_have_their_points(fields, columns):
    text = """layer { name: "d" type: "AnnotatedData" top: "x" top: "y" data_param { batch_size: 5 }
        transform_param { resize_param { height: 6 width: 8 } } annotated_data_param { %s } }"""
    spec = NetSpec(parse_net(text % fields), "TRAIN").layers[0]
    assert spec.type == "FaceBoxData"
    assert LAYERS[spec.type].assumed_shapes(spec) == [(5, 3, 6, 8), columns]
    assert parse_net(text % 'label_map_file: "m"').message.layer[0].type == "AnnotatedData"


def test_maps_of_labels_have_the_sides_of_their_scales():
    text = "image_multilabel_data_param { batch_size: 3 new_height: 40 new_width: 48 } "
    scales = "transform_param { crop_size: 24 multilabelscale: 12 multilabelscale: 4 }"
    assert shapes("ImageMultiLabelData", text + scales, 3) == [
        (3, 3, 24, 24), (3, 144, 1, 1), (3, 16, 1, 1)]
    assert shapes("ImageMultiLabelData", text, 2) == [(3, 3, 40, 48), (3, 1, 1, 1)]
    with pytest.raises(SpecError, match="multilabelscale is given 2 times; the layer has 2 tops"):
        shapes("ImageMultiLabelData", text + scales, 2)
    layer = parse_net("""layers { name: "d" type: IMAGE_MULTILABEL_DATA top: "x" top: "y"
        image_multilabel_data_param { batch_size: 3 } transform_param { multilabelscale: 5
        isrand: true downsample: true } }""").message.layer[0]
    assert layer.type == "ImageMultiLabelData" and layer.transform_param.multilabelscale == [5]
