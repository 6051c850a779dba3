"""Two-stage detectors in ONNX Runtime: proposals, RoI pooling and what follows, in numbers of the
data."""

import numpy as np
import onnx
import pytest

from framework.export.check import check
from framework.export.onnx_model import Options, to_model
from tests.export.support import run_onnx, run_ours
from tests.export.test_layers_onnx import fill
from tests.support import layer_text, net_from

PROPOSAL = "feat_stride: 8 base_size: 8 min_size: 4 ratio: 1.0 ratio: 0.5 scale: 2 scale: 4 " \
    "pre_nms_topn: {} post_nms_topn: {} nms_thresh: 0.6"
ANCHORS, ROWS, COLUMNS = 4, 5, 7
TWO_STAGES = f"""
layer {{ name: "x" type: "Input" top: "x" input_param {{ shape {{ dim: 2 dim: 6 dim: {ROWS}
        dim: {COLUMNS} }} }} }}
layer {{ name: "im_info" type: "Input" top: "im_info" input_param {{ shape {{ dim: 2 dim: 3 }} }} }}
layer {{ name: "score" type: "Convolution" bottom: "x" top: "score"
        convolution_param {{ num_output: {2 * ANCHORS} kernel_size: 1 }} }}
layer {{ name: "offset" type: "Convolution" bottom: "x" top: "offset"
        convolution_param {{ num_output: {4 * ANCHORS} kernel_size: 1 }} }}
layer {{ name: "rois" type: "Proposal" bottom: "score" bottom: "offset" bottom: "im_info"
        top: "rois" proposal_param {{ {PROPOSAL.format(60, 9)} }} }}
layer {{ name: "pool" type: "POOLING" bottom: "x" bottom: "rois" top: "pool" PARAM }}
layer {{ name: "up" type: "Interp" bottom: "pool" top: "up" interp_param {{ zoom_factor: 2 }} }}
layer {{ name: "fc" type: "InnerProduct" bottom: "up" top: "fc"
        inner_product_param {{ num_output: 3 }} }}
layer {{ name: "prob" type: "Softmax" bottom: "fc" top: "prob" }}
"""
POOLINGS = {
    "ROIPooling": "roi_pooling_param { pooled_h: 2 pooled_w: 3 spatial_scale: 0.125 }",
    "ROIAlign": "roi_pooling_param { pooled_h: 2 pooled_w: 3 spatial_scale: 0.125 pad_ratio: 0.2 }",
    "ROIAlign ": "roi_pooling_param { pooled_h: 2 pooled_w: 3 spatial_scale: 0.125 "
                 "sampling_ratio: 2 }",
    "PSROIPooling": "psroi_pooling_param { output_dim: 6 group_size: 1 spatial_scale: 0.125 }",
}


def rpn_inputs(seed: int = 5) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(seed)
    return {"bottom0": generator.random((2, 2 * ANCHORS, ROWS, COLUMNS), np.float32),
            "bottom1": generator.standard_normal((2, 4 * ANCHORS, ROWS, COLUMNS), np.float32) / 3,
            "bottom2": np.array([[40, 56, 1], [36, 50, 1.5]], np.float32)}


def assert_same(net, inputs, options, rows=None):
    model = to_model(net, options)
    onnx.checker.check_model(model, full_check=True)
    found = run_onnx(model, inputs)
    for name, expected in run_ours(net, inputs).items():
        assert rows is None or len(expected) == rows
        np.testing.assert_allclose(found[name], expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("before, most", [(6000, 300), (60, 11), (20, 300)])
@pytest.mark.parametrize("opset, dynamic", [(13, False), (21, True)])
def test_proposals_are_those_of_the_net_in_their_order(before, most, opset, dynamic):
    shapes = [array.shape for array in rpn_inputs().values()]
    net = net_from(layer_text("Proposal", PROPOSAL.format(before, most), shapes, 2), "TEST")
    assert_same(net, rpn_inputs(), Options(opset, dynamic=dynamic))


@pytest.mark.parametrize("kind", POOLINGS)
def test_layers_after_proposals_take_any_number_of_regions(kind):
    text = TWO_STAGES.replace("POOLING", kind.strip()).replace("PARAM", POOLINGS[kind])
    net = net_from(text, "TEST")
    fill(net)
    inputs = {"x": np.random.default_rng(2).standard_normal((2, 6, ROWS, COLUMNS), np.float32),
              "im_info": rpn_inputs()["bottom2"]}
    for options in (Options(13), Options(17, dynamic=True)):
        assert_same(net, inputs, options)


@pytest.mark.parametrize("kind", POOLINGS)
def test_the_check_gives_image_sizes_and_regions_that_make_sense(kind):
    text = TWO_STAGES.replace("POOLING", kind.strip()).replace("PARAM", POOLINGS[kind])
    net = net_from(text, "TEST")
    fill(net)
    found = check(net, to_model(net, Options()))
    assert found.first is None
    shapes = [(2, 6, ROWS, COLUMNS), (11, 5)]
    net = net_from(layer_text(kind.strip(), POOLINGS[kind], shapes), "TEST")
    assert check(net, to_model(net, Options())).first is None


def test_proposals_and_regions_of_several_maps():
    shapes = [(2, 2, 5, 7), (2, 8, 5, 7), (2, 2, 3, 4), (2, 8, 3, 4), (2, 3)]
    generator = np.random.default_rng(4)
    inputs = {f"bottom{index}": generator.random(shape, np.float32)
              for index, shape in enumerate(shapes)}
    inputs["bottom4"] = np.array([[40, 56, 1], [36, 50, 1.5]], np.float32)
    param = "level_stride: [8, 16] ratio: 1 scale: [2, 3] min_size: 4 pre_nms_topn: 30 " \
        "post_nms_topn: 9 nms_thresh: 0.5"
    net = net_from(layer_text("Proposal", param, shapes, 2), "TEST")
    for options in (Options(13), Options(17, dynamic=True)):
        assert_same(net, inputs, options)
    low = generator.random((20, 2), np.float32) * 30
    rois = np.concatenate([generator.integers(0, 2, (20, 1)).astype(np.float32), low,
                           low + 4 + 90 * generator.random((20, 2), np.float32)], 1)
    shapes = [(2, 3, 16, 18), (2, 3, 8, 9), (2, 3, 4, 5), rois.shape]
    inputs = {f"bottom{index}": generator.random(shape, np.float32)
              for index, shape in enumerate(shapes[:-1])} | {"bottom3": rois}
    param = "roi_pooling_param { pooled_h: 2 pooled_w: 3 sampling_ratio: 2 level_stride: [4, 8, " \
        "16] canonical_size: 32 canonical_level: 3 }"
    net = net_from(layer_text("ROIAlign", param, shapes), "TEST")
    for options in (Options(13), Options(17, dynamic=True)):
        assert_same(net, inputs, options)


@pytest.mark.parametrize("fields", ["confidence_threshold: 0.3", "keep_top_k: 5",
                                    "keep_top_k: 500 confidence_threshold: 0.2",
                                    "confidence_threshold: 2"])
@pytest.mark.parametrize("columns", [12, 8])
def test_detections_of_several_images_are_those_of_the_net(fields, columns):
    generator = np.random.default_rng(6)
    low = generator.random((30, 2), np.float32) * 50
    rois = np.concatenate([generator.integers(0, 3, (30, 1)).astype(np.float32), low,
                           low + 10 + 30 * generator.random((30, 2), np.float32)], 1)
    inputs = {"bottom0": generator.standard_normal((30, columns), np.float32) / 5,
              "bottom1": generator.random((30, 3), np.float32), "bottom2": rois,
              "bottom3": np.array([[70, 80, 1], [60, 66, 1], [64, 90, 1]], np.float32)}
    param = "detection_output_param { num_classes: 3 nms_param { nms_threshold: 0.3 } " \
        f"{fields} }} bbox_reg_param {{ bbox_mean: [0, 0, 0, 0] bbox_std: [1, 1, 2, 2] }}"
    shapes = [array.shape for array in inputs.values()]
    net = net_from(layer_text("RegionOutput", param, shapes, 2), "TEST")
    for options in (Options(13), Options(17, dynamic=True)):
        assert_same(net, inputs, options)


def test_regions_grown_by_pad_ratio_are_pooled():
    shapes = [(2, 3, 8, 9), (4, 5)]
    rois = np.array([[0, 8, 4, 40, 30], [1, 0, 0, 20, 9], [1, 30, 20, 60, 63], [0, 5, 5, 6, 6]],
                    np.float32)
    x = np.random.default_rng(3).standard_normal(shapes[0], np.float32)
    param = "pooled_h: 2 pooled_w: 3 spatial_scale: 0.125 pad_ratio: 0.25"
    net = net_from(layer_text("ROIPooling", f"roi_pooling_param {{ {param} }}", shapes), "TEST")
    assert_same(net, {"bottom0": x, "bottom1": rois}, Options())


@pytest.mark.parametrize("kind", ["ROIAlign", "PSROIPooling"])
def test_regions_that_are_not_numbers_are_pooled_as_here(kind):
    shapes = [(2, 6, 8, 9), (4, 5)]
    nan, inf = float("nan"), float("inf")
    rois = np.array([[0, nan, 4, nan, 30], [1, 0, nan, 20, nan], [0, -inf, 2, inf, 50],
                     [1, 3e38, -3e38, 3e38, 3e38]], np.float32)
    x = np.random.default_rng(4).standard_normal(shapes[0], np.float32)
    net = net_from(layer_text(kind, POOLINGS[kind], shapes), "TEST")
    for opset in (13, 21):
        assert_same(net, {"bottom0": x, "bottom1": rois}, Options(opset))


@pytest.mark.parametrize("fields", ["conf_thr: 0.3", "conf_thr: 0.1 max_det_num: 5",
                                    "conf_thr: 0.1 max_det_num: 500", "conf_thr: 2"])
@pytest.mark.parametrize("by_class", ["true", "false"])
def test_detections_of_each_class_are_those_of_the_net(fields, by_class):
    generator = np.random.default_rng(6)
    low = generator.random((30, 2), np.float32) * 50
    rois = np.concatenate([np.zeros((30, 1), np.float32), low,
                           low + 10 + 30 * generator.random((30, 2), np.float32)], 1)
    offsets = 12 if by_class == "true" else 8
    inputs = {"bottom0": generator.random((30, 3), np.float32),
              "bottom1": generator.standard_normal((30, offsets), np.float32) / 5,
              "bottom2": rois, "bottom3": np.array([[70, 80]], np.float32)}
    param = f"frcnn_output_param {{ {fields} }} bbox_reg_param {{ cls_aware: {by_class} }}"
    shapes = [array.shape for array in inputs.values()]
    net = net_from(layer_text("FrcnnOutput", param, shapes), "TEST")
    assert_same(net, inputs, Options(), 1 if fields == "conf_thr: 2" else None)


@pytest.mark.parametrize("threshold, rows", [(0.1, None), (2.0, 1)])
def test_proposals_of_several_maps_or_one_box_where_there_is_none(threshold, rows):
    generator = np.random.default_rng(7)
    group = "box_group_param { field_h: 16 field_h: 40 field_w: 24 field_w: 12 stride: 8 }"
    param = f"box_group_output_param {{ fg_thr: {threshold} max_nms_num: 90 max_post_nms_num: 7 " \
        f"{group} {group.replace('stride: 8', 'stride: 16')} }}"
    shapes = [(4, 3, 5, 6), (4, 4, 5, 6), (4, 3, 3, 2), (4, 4, 3, 2)]
    inputs = {f"bottom{index}": generator.random(shape, np.float32)
              for index, shape in enumerate(shapes)}
    net = net_from(layer_text("BoxGroupOutput", param, shapes, 2), "TEST")
    assert_same(net, inputs, Options(), rows)


@pytest.mark.parametrize("threshold, rows", [(-1.5, None), (50.0, 1)])
def test_proposals_of_maps_of_one_anchor(threshold, rows):
    generator = np.random.default_rng(9)
    param = f"box_output_param {{ fg_thr: {threshold} max_nms_num: 30 max_post_nms_num: 7 " \
        "field_w: 24 field_w: 48 field_h: 20 field_h: 40 downsample_rate: 8 downsample_rate: 16 }"
    shapes = [(2, 7, 5, 6), (2, 7, 3, 2)]
    inputs = {f"bottom{index}": generator.standard_normal(shape, np.float32)
              for index, shape in enumerate(shapes)}
    net = net_from(layer_text("BoxOutput", param, shapes, 2), "TEST")
    assert_same(net, inputs, Options(), rows)


@pytest.mark.parametrize("fields, rows", [("high_scale: 25", None), ("low_scale: 20", None),
                                          ("low_scale: 900 high_scale: 950", 1)])
def test_regions_of_one_range_of_sizes_or_the_nearest(fields, rows):
    generator = np.random.default_rng(8)
    low = generator.random((20, 2), np.float32) * 50
    rois = np.concatenate([np.zeros((20, 1), np.float32), low,
                           low + 40 * generator.random((20, 2), np.float32)], 1)
    inputs = {"bottom0": rois, "bottom1": generator.random((20, 3, 2), np.float32)}
    shapes = [array.shape for array in inputs.values()]
    net = net_from(layer_text("ScaleRoute", f"scale_route_param {{ {fields} }}", shapes, 2), "TEST")
    assert_same(net, inputs, Options(), rows)


@pytest.mark.parametrize("fields, rows", [("high_scale: 30", 2), ("low_scale: 20", 1),
                                          ("low_scale: 900 high_scale: 950", 1), ("", 3)])
def test_regions_that_are_not_numbers_belong_to_no_range_of_sizes(fields, rows):
    nan, inf = float("nan"), float("inf")
    rois = np.array([[0, nan, 1, 3, 4], [0, 5, 6, 60, 70], [0, 9, 9, 5, 20], [0, 0, 0, inf, inf],
                     [0, -inf, -inf, -inf, 4], [0, 1, 2, 9, 12]], np.float32)
    inputs = {"bottom0": rois, "bottom1": np.arange(6, dtype=np.float32).reshape(6, 1)}
    shapes = [array.shape for array in inputs.values()]
    net = net_from(layer_text("ScaleRoute", f"scale_route_param {{ {fields} }}", shapes, 2), "TEST")
    assert_same(net, inputs, Options(), rows)


@pytest.mark.parametrize("merge", ["true", "false"])
@pytest.mark.parametrize("blank", [0, -1])
def test_texts_are_decoded_as_by_hand(merge, blank):
    classes, steps, streams = 5, 12, 3
    best = np.random.default_rng(4).integers(0, classes, (steps, streams))
    scores = np.eye(classes, dtype=np.float32)[best]
    empty = blank % classes
    expected = np.full((streams, steps), -1.0)
    for stream in range(streams):
        before, found = None, []
        for one in best[:, stream]:
            if one != empty and not (merge == "true" and one == before):
                found.append(one)
            before = one
        expected[stream, :len(found)] = found
    param = f"ctc_decoder_param {{ blank_index: {blank} ctc_merge_repeated: {merge} }}"
    net = net_from(layer_text("CTCGreedyDecoder", param, [scores.shape]), "TEST")
    found = run_onnx(to_model(net, Options()), {"bottom0": scores})["top0"]
    np.testing.assert_array_equal(found[:, :, 0, 0], expected)
