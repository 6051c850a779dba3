"""Forks' types of several labels and fields of pooling, by the forms that they have here."""

import pytest

from tests.definition.test_upgrade import assert_same, upgraded

ACCURACY = 'layer {{ name: "a" type: "MultiLabelAccuracy" bottom: "p" bottom: "t" top: "a" {} }}'


def test_an_accuracy_of_a_sigmoid_has_counts_and_another_has_not():
    sigmoid = 'layer { name: "s" type: "Sigmoid" bottom: "x" top: "p" }'
    assert_same(upgraded(sigmoid + ACCURACY.format("")),
                sigmoid + ACCURACY.format("multi_label_accuracy_param { with_counts: true }"))
    threshold = ACCURACY.format("multi_label_accuracy_param { prob_threshold: 0.7 }")
    assert_same(upgraded(sigmoid + threshold), sigmoid + threshold)
    assert_same(upgraded(ACCURACY.format("")), ACCURACY.format(""))


@pytest.mark.parametrize("text", ['layer { name: "m" type: "Multilogistic" top: "y" }',
                                  'layers { name: "m" type: MULTILOGISTIC top: "y" }'])
def test_multilogistic_is_a_sigmoid(text):
    assert_same(upgraded(text), 'layer { name: "m" type: "Sigmoid" top: "y" }')


def test_image_data_of_label_size_is_a_list_of_several_labels():
    text = 'layer {{ name: "d" type: "{}" top: "x" top: "t" image_data_param {{ {}: 4 }} }}'
    assert_same(upgraded(text.format("ImageData", "label_size")),
                text.format("MultilabelImageData", "multilabel_num"))


def test_windows_of_one_channel_are_left_out_of_pooling():
    text = 'layer {{ name: "p" type: "Unpooling" unpooling_param {{ kernel_w: 3 {} }} }}'
    assert_same(upgraded(text.format("kernel_c: 1 stride_c: 1")), text.format(""))
    text = 'layer {{ name: "p" type: "Pooling" pooling_param {{ kernel_size: 3 {} }} }}'
    assert_same(upgraded(text.format("kernel_c: 1 stride_c: 1")), text.format(""))
    assert_same(upgraded(text.format("kernel_c: 2 stride_c: 1")),
                text.format("kernel_c: 2 stride_c: 1"))


def test_mmd_loss_param_is_mmd_param_with_other_names():
    text = 'layer {{ name: "m" type: "MMDLoss" bottom: "a" bottom: "b" {} }}'
    assert_same(upgraded(text.format("mmd_loss_param { kernel_numb: 3 absfix_flag: true }")),
                text.format("mmd_param { kernel_num: 3 kernel_mul: 2 }"))


@pytest.mark.parametrize("mode", ["LEARN", "INFERENCE"])
def test_bnplus_is_segnets_bn(mode):
    text = 'layer {{ name: "b" type: "{}" {}_param {{ {}_mode: {} scale_filler {{ value: 1 }} }} }}'
    assert_same(upgraded(text.format("BNplus", "bnplus", "bnplus", mode)),
                text.format("BN", "bn", "bn", mode))
    assert_same(upgraded('layer { name: "b" type: "BNplus" }'),
                'layer { name: "b" type: "BN" bn_param { bn_mode: LEARN } }')


def test_fields_of_ctc_loss_have_other_names():
    text = ('layer {{ name: "c" type: "CtcLoss" {}ctc_loss_param {{ blank_label: 5 '
            'time_step: 7 }} }}')
    assert_same(upgraded(text.format("use_ctc_loss: true warp")), text.format(""))


def test_several_sizes_of_images_have_another_name():
    text = ('layer {{ name: "d" type: "AnnotatedData" transform_param {{ {} {{ height: 5 }} '
            '{} {{ height: 6 }} {} {{ height: 7 }} }} }}')
    assert_same(upgraded(text.format(*["resize_param_yolo"] * 3)),
                text.format("resize_param", *["resize_param_more"] * 2))


@pytest.mark.parametrize("fields, kind", [
    ("side: 7 constriant: true", "GridEvalDetection"), ("side: 7", "EvalDetection"),
    ("side: 7 constriant: true biases: 1 biases: 2", "EvalDetection")])
def test_an_evaluation_without_anchors_is_that_of_a_grid(fields, kind):
    text = 'layer {{ name: "e" type: "{}" eval_detection_param {{ {} }} }}'
    assert_same(upgraded(text.format("EvalDetection", fields)), text.format(kind, fields))


def test_older_files_name_the_two_discrepancies_the_other_way_round():
    two = 'layer {{ name: "m" type: "{}" bottom: "a" bottom: "b" {} }}'
    assert_same(upgraded(two.format("MMDXLoss", "mmdx_loss_param { kernel_num: 3 "
                                    "kernel_mul: 4 loss_weight: 0.5 }")),
                two.format("MMDLoss", "loss_weight: 0.5 mmd_param { kernel_num: 3 kernel_mul: 4 }"))
    four = two.replace("bottom", 'bottom: "c" bottom: "d" bottom', 1)
    assert_same(upgraded(four.format("MMDLoss", "mmd_loss_param { kernel_mult: 3 }")),
                four.format("MMDXLoss", "mmdx_loss_param { kernel_mult: 3 }"))


def test_compress_is_an_older_name_of_weights_compress():
    text = 'layer {{ name: "c" type: "InnerProduct" bottom: "a" top: "b" {0}: "Ternary" {0}: "" }}'
    assert_same(upgraded(text.format("compress")), text.format("weights_compress"))
    both = 'layer { name: "c" compress: "Ternary" weights_compress: "Quantize" }'
    assert_same(upgraded(both), both)
