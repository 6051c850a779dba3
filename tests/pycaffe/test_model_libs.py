"""The nets that SSD's scripts put together, against published files and counts."""

from __future__ import annotations

from pathlib import Path

import pytest
from google.protobuf.descriptor import FieldDescriptor

import framework.proto as proto
import framework.pycaffe.model_libs as libs
from framework import Net, SpecError, parse_net, read_net
from framework import NetSpec as BuiltSpec
from framework.pycaffe.net_spec import NetSpec
from framework.report.net_summary import Selection, take_census

L, P = libs.L, libs.P
ROOT = Path(__file__).resolve().parents[2]
REPEATED_DEFAULTS = {"stride": 1, "pad": 0, "dilation": 1}
PLAIN = ("data_param", "transform_param", "annotated_data_param", "include",
         "detection_output_param", "detection_evaluate_param")


def without_defaults(message):
    """The message without the fields that say what holds anyway."""
    for field, value in list(message.ListFields()):
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            for part in value if field.is_repeated else [value]:
                without_defaults(part)
            if field.name.endswith("_filler") and not value.ListFields():
                message.ClearField(field.name)
        elif field.is_repeated:
            if list(value) == [REPEATED_DEFAULTS.get(field.name)]:
                message.ClearField(field.name)
        elif value == field.default_value:
            message.ClearField(field.name)
    return message


def ssd300(phase):
    """The net of examples/ssd/ssd_pascal.py, but for the settings of data and evaluation."""
    net = NetSpec()
    net.data, net.label = libs.CreateAnnotatedDataLayer("lmdb", train=phase == "TRAIN")
    libs.VGGNetBody(net, from_layer="data", fully_conv=True, reduced=True, dilated=True,
                    dropout=False)
    from_layer = net.keys()[-1]
    for name, num_output, kernel_size, pad, stride in (
            ("conv6_1", 256, 1, 0, 1), ("conv6_2", 512, 3, 1, 2), ("conv7_1", 128, 1, 0, 1),
            ("conv7_2", 256, 3, 1, 2), ("conv8_1", 128, 1, 0, 1), ("conv8_2", 256, 3, 0, 1),
            ("conv9_1", 128, 1, 0, 1), ("conv9_2", 256, 3, 0, 1)):
        libs.ConvBNLayer(net, from_layer, name, False, True, num_output, kernel_size, pad, stride,
                         lr_mult=1)
        from_layer = name
    tops = libs.CreateMultiBoxHead(
        net, num_classes=21, kernel_size=3, pad=1, use_batchnorm=False, clip=False,
        from_layers=["conv4_3", "fc7", "conv6_2", "conv7_2", "conv8_2", "conv9_2"],
        min_sizes=[30.0, 60.0, 111.0, 162.0, 213.0, 264.0],
        max_sizes=[60.0, 111.0, 162.0, 213.0, 264.0, 315.0], steps=[8, 16, 32, 64, 100, 300],
        aspect_ratios=[[2], [2, 3], [2, 3], [2, 3], [2], [2]],
        normalizations=[20, -1, -1, -1, -1, -1], prior_variance=[0.1, 0.1, 0.2, 0.2])
    if phase == "TRAIN":
        net.mbox_loss = L.MultiBoxLoss(*tops, net.label, propagate_down=[True, True, False, False],
                                       loss_param={"normalization": P.Loss.VALID})
    return net


@pytest.mark.parametrize("phase", ["TRAIN", "TEST"])
def test_ssd300_is_the_published_net_layer_by_layer(phase):
    published = BuiltSpec(read_net(ROOT / "prototxt/ssd300_vgg16/train_test.prototxt"), phase)
    expected = {layer.proto.name: layer.proto for layer in published.layers}
    made = ssd300(phase).to_proto().layer
    assert len(made) >= 98
    for layer in made:
        other = type(layer).FromString(expected[layer.name].SerializeToString())
        for message in (layer, other):
            for field in PLAIN:
                message.ClearField(field)
            if layer.type == "MultiBoxLoss":
                message.ClearField("multibox_loss_param")
        assert without_defaults(layer) == without_defaults(other), layer.name


def counted(net, tmp_path):
    """Numbers of parameters by the type of layer, at a size that all bodies take."""
    (tmp_path / "net.prototxt").write_text(str(net.to_proto()))
    (census,) = take_census(tmp_path / "net.prototxt", Selection(phase="TEST"))
    assert census.problems == [] and census.built
    kinds = {row.type for row in census.rows}
    return {kind: sum(row.parameters for row in census.rows if row.type == kind) for kind in kinds}


def body(function, **settings):
    net = NetSpec()
    size = settings.pop("size", 224)
    net.data = L.Input(shape={"dim": [1, 3, size, size]})
    assert function(net, "data", **settings) is net
    return net


@pytest.mark.parametrize("function, total", [(libs.ResNet101Body, 44_549_160),
                                             (libs.ResNet152Body, 60_192_808)])
def test_residual_nets_have_the_published_number_of_parameters(function, total, tmp_path):
    """torchvision's resnet101 and resnet152 have as many, with a classifier of 1000 outputs."""
    counts = counted(body(function), tmp_path)
    assert counts["Convolution"] + counts["Scale"] == total - 2049 * 1000


def test_inception_has_the_published_number_of_parameters(tmp_path):
    """torchvision's inception_v3 without its second head has 23,834,568, with a classifier of 1000
    outputs, and beside each bias a factor, which here is 1 and left out.
    """
    counts = counted(body(libs.InceptionV3Body, size=299, output_pred=True), tmp_path)
    assert counts["Convolution"] + 2 * counts["Bias"] == 23_834_568 - 2049 * 1000
    assert counts["InnerProduct"] == 2049 * 1008


@pytest.mark.parametrize("settings", [{}, {"fully_conv": True}])
def test_vgg_has_the_published_number_of_parameters(settings, tmp_path):
    """VGG-16 has 138,357,544 with fc8 (Simonyan and Zisserman 2014, table 2: 138 million)."""
    counts = counted(body(libs.VGGNetBody, **settings), tmp_path)
    assert counts["Convolution"] + counts.get("InnerProduct", 0) == 138_357_544 - 4097 * 1000


@pytest.mark.parametrize("settings, height, window", [
    ({"dilated": True, "reduced": True}, 7, (3, 6, 6)), ({"dilated": True}, 7, (7, 6, 2)),
    ({"reduced": True}, 4, (3, 3, 3)), ({}, 4, (7, 3, 1)),
    ({"dilate_pool4": True, "dilated": True, "reduced": True}, 14, (3, 12, 12)),
])
def test_fc6_is_spread_out_where_the_map_is_finer(settings, height, window, tmp_path):
    """window: kernel, pad and dilation of fc6, which keeps the height of the map; 112 rows go in"""
    net = body(libs.VGGNetBody, fully_conv=True, size=112, **settings)
    (layer,) = [layer for layer in net.to_proto().layer if layer.name == "fc6"]
    param = layer.convolution_param
    assert (*param.kernel_size, *param.pad, *param.dilation) == window
    (tmp_path / "net.prototxt").write_text(str(net.to_proto()))
    (census,) = take_census(tmp_path / "net.prototxt", Selection(phase="TEST"))
    assert {row.name: row.shapes for row in census.rows}["fc6"][0][2] == height


def test_what_is_frozen_learns_nothing_and_convolutions_may_stand_for_poolings():
    net = body(libs.VGGNetBody, nopool=True, need_fc=False, freeze_layers=["conv1_1", "conv9_9"])
    layers = {layer.name: layer for layer in net.to_proto().layer}
    assert [param.lr_mult for param in layers["conv1_1"].param] == [0, 0]
    assert [param.lr_mult for param in layers["conv1_2"].param] == [1, 2]
    assert list(layers["conv4_4"].convolution_param.stride) == [2]
    assert not any(layer.type == "Pooling" for layer in layers.values())


def test_zf_ends_in_probabilities_of_1000_classes(tmp_path):
    net = body(libs.ZFNetBody, need_fc8=True, dropout=False, size=227)
    assert net.keys()[-4:] == ["fc7", "relu7", "fc8", "prob"]
    counts = counted(net, tmp_path)
    assert counts["Convolution"] == 14208 + 614656 + 885120 + 1327488 + 884992


def test_a_convolution_may_be_a_rectangle_with_normalisation_that_stands_still():
    net = body(lambda net, start: libs.ConvBNLayer(
        net, start, "c", True, True, 4, [1, 7], [0, 3], 2, dilation=3, use_scale=False, lr_mult=5,
        use_global_stats=True) or net)
    _, conv, norm, bias, relu = net.to_proto().layer
    param = conv.convolution_param
    assert (param.kernel_h, param.kernel_w, param.pad_h, param.pad_w, param.stride_h) == (
        1, 7, 0, 3, 2)
    assert list(param.dilation) == [3] and not param.bias_term
    assert [each.lr_mult for each in conv.param] == [5] and bias.param[0].lr_mult == 0
    assert norm.batch_norm_param.use_global_stats
    assert not norm.batch_norm_param.HasField("moving_average_fraction")
    assert [layer.name for layer in (norm, bias, relu)] == ["c_bn", "c_bias", "c_relu"]


def test_a_ratio_given_twice_makes_one_prior_in_the_head_too():
    net = NetSpec()
    net.data, net.label = L.DummyData(
        shape=[{"dim": [2, 3, 20, 30]}, {"dim": [1, 1, 2, 8]}], ntop=2)
    net.a = L.Convolution(net.data, num_output=4, kernel_size=3, stride=4)
    libs.CreateMultiBoxHead(
        net, num_classes=3, from_layers=["a"], min_sizes=[[4.0]], max_sizes=[[8.0]],
        aspect_ratios=[[2, 2, 0.5, 3, 1]], normalizations=[], use_batchnorm=False)
    convolutions = {layer.name: layer.convolution_param.num_output
                    for layer in net.to_proto().layer if layer.type == "Convolution"}
    # two squares; 2, 1/2, 3, 1/3: the others are there already
    assert convolutions["a_mbox_loc"] == 6 * 4 and convolutions["a_mbox_conf"] == 6 * 3
    built = Net(parse_net(str(net.to_proto())), "TRAIN")
    assert built.shapes["mbox_priorbox"][2] == built.shapes["mbox_loc"][1]


def test_the_head_takes_what_lies_between_and_predicts_objects_too():
    net = body(libs.VGGNetBody, need_fc=False)
    tops = libs.CreateMultiBoxHead(
        net, num_classes=5, from_layers=["conv4_3", "conv5_3"], min_sizes=[[30, 40], 60],
        aspect_ratios=[2, [2, 3]], use_objectness=True, share_location=False,
        inter_layer_depth=[16, 0], img_height=300, img_width=500, loc_postfix="_x")
    layers = {layer.name: layer for layer in net.to_proto().layer}
    assert [top.fn.type_name for top in tops] == ["Concat"] * 4
    assert net.keys()[-4:] == ["mbox_loc", "mbox_conf", "mbox_priorbox", "mbox_objectness"]
    assert layers["conv4_3_inter_mbox_loc_x"].convolution_param.num_output == 6 * 4 * 5
    assert layers["conv4_3_inter_mbox_conf"].convolution_param.num_output == 6 * 5
    assert layers["conv5_3_mbox_objectness"].convolution_param.num_output == 5 * 2
    prior = layers["conv4_3_inter_mbox_priorbox"].prior_box_param
    assert (list(prior.min_size), prior.img_h, prior.img_w) == ([30, 40], 300, 500)
    assert layers["mbox_priorbox"].concat_param.axis == 2


@pytest.mark.parametrize("settings, message", [
    ({"num_classes": 0}, "num_classes is 0"), ({"data_layer": "image"}, "data_layer is image"),
    ({"min_sizes": [30]}, "min_sizes has 1 entries; it must have 2"),
    ({"max_sizes": [[60, 70], [80]]}, "must have the same length"),
    ({"kernel_size": [1, 2, 3]}, "has 3 values; it must have 1 or 2"),
])
def test_settings_that_do_not_fit_are_named(settings, message):
    net = body(libs.VGGNetBody, need_fc=False)
    given = {"num_classes": 5, "from_layers": ["conv4_3", "conv5_3"], "min_sizes": [30, 60]}
    with pytest.raises(SpecError, match=message):
        libs.CreateMultiBoxHead(net, **{**given, **settings})


def test_a_from_layer_that_is_not_there_is_named():
    with pytest.raises(SpecError, match="from_layer is image"):
        libs.VGGNetBody(NetSpec(), "image")


def test_the_data_layer_is_of_one_phase_and_star_imports_bring_what_scripts_use(tmp_path):
    found: dict[str, object] = {}
    exec("from framework.pycaffe.model_libs import *", found)
    assert {"L", "P", "caffe_pb2", "os", "xrange", "VGGNetBody"} <= set(found)
    net = NetSpec()
    net.data = libs.CreateAnnotatedDataLayer(
        "lmdb", 4, output_label=False, anno_type=0,
        transform_param={"mirror": True}, batch_sampler=[{}, {"max_trials": 3}])
    (layer,) = net.to_proto().layer
    assert (layer.name, layer.include[0].phase) == ("data", proto.TRAIN)
    assert layer.data_param.backend == proto.DataParameter.LMDB and layer.transform_param.mirror
    assert [each.max_trials for each in layer.annotated_data_param.batch_sampler] == [100, 3]
    libs.make_if_not_exist(str(tmp_path / "a/b"))
    libs.make_if_not_exist(str(tmp_path / "a/b"))
    assert libs.check_if_exist(str(tmp_path / "a/b")) and not libs.check_if_exist("no/such/file")
