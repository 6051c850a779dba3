"""What forks call by other names, or mean by fields of their own, in today's form."""

import pytest

from framework import parse_net
from framework.errors import SpecError
from tests.definition.test_upgrade import assert_same, upgraded


def test_intels_size_of_ghost_batches_is_that_of_each_batch_norm():
    net = parse_net("""bn_stats_batch_size: 4 input: "x" input_dim: 8 input_dim: 3
        input_dim: 1 input_dim: 1
        layer { name: "a" type: "BatchNorm" bottom: "x" top: "a" }
        layer { name: "b" type: "BatchNorm" bottom: "a" top: "b"
                batch_norm_param { eps: 0.01 } }
        layer { name: "r" type: "ReLU" bottom: "b" top: "r" }""").message
    assert not net.HasField("bn_stats_batch_size")
    sizes = [layer.batch_norm_param.stats_batch_size for layer in net.layer]
    assert sizes[-3:] == [4, 4, 0]


def test_a_convolution_of_binary_weights_is_a_binary_convolution():
    text = """layer { name: "c" type: "%s" bottom: "a" top: "b"
              convolution_param { num_output: 4 kernel_size: 3 %s } }"""
    assert_same(upgraded(text % ("Convolution", "binary: true")), text % ("BinaryConvolution", ""))
    plain = text % ("Convolution", "binary: false")
    assert_same(upgraded(plain), plain)
    with pytest.raises(SpecError, match=r":2: .*binary is given with sq or ratio, which Binary"):
        upgraded(text % ("Convolution", "binary: true ratio: 50"))


def test_relu6_of_relu_is_a_relu6():
    text = 'layer {{ name: "r" type: "{}" bottom: "x" top: "x" {} }}'
    assert_same(upgraded(text.format("ReLU", "relu_param { relu6: true }")),
                text.format("ReLU6", ""))
    assert_same(upgraded(text.format("ReLU", "relu_param { negative_slope: 0.5 relu6: true }")),
                text.format("ReLU6", "relu6_param { negative_slope: 0.5 }"))
    same = text.format("ReLU", "relu_param { relu6: false }")
    assert_same(upgraded(same), same)


@pytest.mark.parametrize("name", ["AVE_EXC_PAD", "AVE_TF"])
def test_an_average_without_the_padding_has_two_more_names(name):
    text = 'layer {{ name: "p" type: "Pooling" bottom: "x" top: "y" pooling_param {{ {} }} }}'
    assert_same(upgraded(text.format(f"pool: {name} kernel_size: 3")),
                text.format("pool: AVE kernel_size: 3 avg_include_pad: false"))


def test_darknets_upsampling_is_an_upsample():
    text = 'layer {{ name: "u" type: "{}" bottom: "x" top: "y" {} }}'
    assert_same(upgraded(text.format("UpsampleDarknet", "upsample_darknet_param { stride: 3 }")),
                text.format("Upsample", "upsample_param { scale: 3 }"))
    assert_same(upgraded(text.format("UpsampleDarknet", "")),
                text.format("Upsample", "upsample_param { scale: 1 }"))


def test_pooling_of_any_number_of_axes_is_an_nd_pooling():
    text = 'layer {{ name: "p" type: "{}" bottom: "x" top: "y" {} }}'
    assert_same(upgraded(text.format("PoolingND", "pooling_nd_param { pool: AVE kernel_size: 2 "
                                     "stride: 2 stride: 1 stride: 3 pad: 1 }")),
                text.format("NdPooling", "pooling_param { pool: AVE kernel_size: 2 pad: 1 "
                            "stride_shape { dim: 2 dim: 1 dim: 3 } }"))
    document = upgraded('layer { name: "p" type: "PoolingND" bottom: "x" top: "y"\n'
                        "pooling_nd_param {\nkernel_size: 2\nkernel_size: 3 } }")
    assert document.lines.find("layer[0].pooling_param.kernel_shape") == 3


def test_a_size_of_pooling_3d_param_is_that_of_all_three_axes():
    text = 'layer {{ name: "p" type: "Pooling3D" bottom: "x" top: "y" {} }}'
    assert_same(upgraded(text.format("pooling_3d_param { pool: MAX kernel_size: 3 stride: 2 }")),
                text.format("pooling3d_param { pool: MAX kernel_size: 3 stride: 2 kernel_l: 3 "
                            "stride_l: 2 }"))
    sides = "kernel_l: 3 kernel_h: 2 kernel_w: 4 stride_l: 1 stride_h: 2 stride_w: 3"
    assert_same(upgraded(text.format(f"pooling_3d_param {{ {sides} }}")),
                text.format(f"pooling3d_param {{ {sides} }}"))


def test_an_anchor_target_with_sizes_of_volumes_is_another_type():
    text = 'layer {{ name: "a" type: "{}" bottom: "x" top: "y" anchor_target_param {{ {} }} }}'
    sizes = "anchor_size { width: 15 height: 15 length: 15 }"
    assert_same(upgraded(text.format("AnchorTarget", sizes)), text.format("AnchorTarget3D", sizes))
    plain = text.format("AnchorTarget", "feat_stride: 8")
    assert_same(upgraded(plain), plain)


@pytest.mark.parametrize("old, new, more", [
    ("BatchNormScale", "BatchNorm", "batch_norm_param { scale_bias: true }"),
    ("focalSoftmaxWithLoss", "FocalLoss", "focal_loss_param { alpha: 0.75 gamma: 2 }"),
    ("MultiBoxSSDLoss", "MultiBoxLoss", ""), ("YoloAnnotatedData", "AnnotatedData", ""),
    ("Yolov3Detection", "Yolov3DetectionOutput", "")])
def test_types_of_caffe_train_are_others_with_fields_of_their_own(old, new, more):
    text = 'layer {{ name: "a" type: "{}" bottom: "x" top: "y" {} }}'
    assert_same(upgraded(text.format(old, "")), text.format(new, more))


@pytest.mark.parametrize("old, param, fields, other, new", [
    ("Proposal", "proposal_param", "anchor_size { width: 15 }", "feat_stride: 8", "Proposal3D"),
    ("ProposalTarget", "proposal_target_param", "class_num: 3", "cls_num: 3", "ProposalTarget3D"),
    ("DetectionLoss", "detection_loss_param", "side: 7", "cls_num: 2", "GridDetectionLoss"),
    ("MIL", "mil_param", "type: NOR", "context_per_roi: 3", "MapMIL"),
    ("Convolution", "orn_param", "orientations: 8", "orientations: 1", "ORConvolution"),
    ("ROIPooling", "roi_pooling_param", "pooled_l: 3", "pooled_h: 3", "ROIPooling3D"),
])
def test_a_field_of_a_fork_makes_another_type_of_a_layer(old, param, fields, other, new):
    text = 'layer {{ name: "a" type: "{}" bottom: "x" top: "y" {} {{ {} }} }}'
    assert_same(upgraded(text.format(old, param, fields)), text.format(new, param, fields))
    plain = text.format(old, param, other)
    assert_same(upgraded(plain), plain)


def test_c3ds_layers_by_other_names_have_cubes_for_windows():
    document = upgraded("""layer { name: "d" type: "TridimData" top: "x" top: "y"
        tridim_data_param { source: "l" batch_size: 4 new_length: 6 } }
        layer { name: "c" type: "TridimConvolution" bottom: "x" top: "c"
        tridim_convolution_param { num_output: 5 kernel_size: 3 stride: 2 pad: 1
        weight_filler { type: "xavier" } } }
        layer { name: "p" type: "TridimPooling" bottom: "c" top: "p"
        tridim_pooling_param { pool: AVE kernel_size: 2 stride: 2 pad: 1 } }""")
    assert_same(document, """layer { name: "d" type: "VideoData" top: "x" top: "y"
        video_data_param { source: "l" batch_size: 4 new_length: 6 } }
        layer { name: "c" type: "Convolution3D" bottom: "x" top: "c"
        convolution3d_param { num_output: 5 kernel_size: 3 stride: 2 pad: 1 kernel_depth: 3
        temporal_stride: 2 temporal_pad: 1 weight_filler { type: "xavier" } } }
        layer { name: "p" type: "Pooling3D" bottom: "c" top: "p"
        pooling3d_param { pool: AVE kernel_size: 2 stride: 2 pad: 1 kernel_depth: 2
        temporal_stride: 2 temporal_pad: 1 } }""")


def test_a_contrastive_loss_of_a_fork_keeps_its_margin():
    assert_same(upgraded("""layers { name: "l" type: MINE_CONTRASTIVE_LOSS bottom: "a" bottom: "b"
        bottom: "y" top: "l" mine_contrastive_loss_param { margin: 3 } }"""), """layer { name: "l"
        type: "ContrastiveLoss" bottom: "a" bottom: "b" bottom: "y" top: "l"
        contrastive_loss_param { margin: 3 } }""")


def test_a_dropout_of_channels_by_another_name_keeps_its_ratio():
    assert_same(upgraded("""layer { name: "d" type: "ChannelDropout" bottom: "x" top: "x"
        dropout_param { dropout_ratio: 0.25 } }"""), """layer { name: "d" type: "SpatialDropout"
        bottom: "x" top: "x" spatial_dropout_param { dropout_ratio: 0.25 } }""")


def test_maps_of_limbs_are_told_from_types_of_rooms():
    text = """layer { name: "d" type: "DataHeatmap" top: "x" top: "y" top: "z" }
        layer { name: "l" type: "%s" bottom: "x" bottom: "z" top: "l" }"""
    kinds = [upgraded(text % reader).message.layer[0].type
             for reader in ("EuclideanLossHeatmap", "SoftmaxWithLoss", "Accuracy")]
    assert kinds == ["LimbHeatmapData", "DataHeatmap", "DataHeatmap"]
