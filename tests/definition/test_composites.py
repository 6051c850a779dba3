"""Composite layers: what they expand to, and what they refuse."""

import pytest

from framework.definition.prototxt import to_text
from framework.definition.spec import NetSpec
from framework.errors import SpecError
from framework.layers.vision.convolution import Convolution
from framework.net.net import Net
from framework.net.reading import parse_net, read_net
from tests.support import net_from

INPUT = """
layer { name: "in" type: "Input" top: "data" input_param { shape { dim: [2, 3, 20, 28] } } }"""
INNER = """input: "x"
input_shape { dim: [1, 3, 9, 9] }
layer { name: "c1" type: "Convolution" bottom: "x" top: "c1"
  convolution_param { num_output: 4 kernel_size: 3 pad: 1 stride: 2 } }
layer { name: "c1_relu" type: "ReLU" bottom: "c1" top: "c1" }
layer { name: "c2" type: "Convolution" bottom: "c1" top: "c2" param { lr_mult: 3 }
  convolution_param { num_output: 5 kernel_size: 3 bias_term: false } }
layer { name: "prob" type: "Softmax" bottom: "c2" top: "prob" }
"""


def expanded(folder, layer, inner=INNER):
    """The document of a net of an input and `layer`; `inner` is in the file beside it."""
    (folder / "nets").mkdir(exist_ok=True)
    (folder / "inner.prototxt").write_text(inner)
    (folder / "nets" / "outer.prototxt").write_text(INPUT + "\n" + layer)
    return read_net(folder / "nets" / "outer.prototxt")


def net_file(fields, rest=""):
    return (f'layer {{ name: "body" type: "NetFile" bottom: "data" {rest}\n'
            f'  net_file_param {{ file: "../inner.prototxt" {fields} }} }}')


def names(document):
    return [layer.name for layer in document.message.layer]


def test_a_net_file_comes_in_with_the_bottom_in_place_of_its_input(tmp_path):
    document = expanded(tmp_path, net_file(""))
    assert names(document) == ["in", "c1", "c1_relu", "c2", "prob"]
    assert list(document.message.layer[1].bottom) == ["data"]
    assert NetSpec(document).outputs == ["prob"]


def test_data_layers_of_both_phases_are_one_input(tmp_path):
    data = "".join('layer { name: "d" type: "Data" top: "x" top: "label" include { phase: '
                   f"{phase} }} }}" for phase in ("TRAIN", "TEST"))
    loss = 'layer { name: "loss" type: "SoftmaxWithLoss" bottom: "x" bottom: "label" top: "loss" }'
    document = expanded(tmp_path, net_file("", 'bottom: "data"'), data + loss)
    assert names(document) == ["in", "loss"]
    assert list(document.message.layer[1].bottom) == ["data", "data"]


def test_tops_bring_in_only_what_they_need(tmp_path):
    document = expanded(tmp_path, net_file("", 'top: "c1"'))
    assert names(document) == ["in", "c1", "c1_relu"]       # the layer in place too, no more


def test_a_net_file_may_bring_in_another(tmp_path):
    (tmp_path / "deep.prototxt").write_text(INNER)
    middle = ('input: "y" input_shape { dim: [1, 3, 5, 5] } layer { name: "p" type: "NetFile" '
              'bottom: "y" top: "c2" net_file_param { file: "deep.prototxt" } }')
    document = expanded(tmp_path, net_file(""), middle)
    assert names(document) == ["in", "c1", "c1_relu", "c2"]
    assert list(document.message.layer[1].bottom) == ["data"]


def test_rates_are_scaled_and_frozen(tmp_path):
    document = expanded(tmp_path, net_file('lr_mult: 0.5 freeze_to: "c1"', 'top: "c2"'))
    rates = {layer.name: [blob.lr_mult for blob in layer.param] for layer in document.message.layer}
    assert rates == {"in": [], "c1": [0, 0], "c1_relu": [], "c2": [1.5]}


LEARNING = """input: "x" input_shape { dim: [2, 3, 20, 28] }
layer { name: "learns" bottom: "x" top: "y" %s }
layer { name: "last" type: "ReLU" bottom: "y" top: "z" }"""


@pytest.mark.parametrize("layer", [
    'type: "BatchNorm" batch_norm_param { scale_bias: true }',
    'type: "DenseBlock" denseblock_param { numTransition: 2 growthRate: 4 use_BC: true }',
    'type: "MarginInnerProduct" bottom: "label" margin_inner_product_param { num_output: 4 }',
    'type: "CenterLoss" bottom: "label" center_loss_param { num_output: 4 }',
    'type: "BN" bn_param { slope_filler { type: "constant" value: 1 } }',
    'type: "LSTM" bottom: "cont" recurrent_param { num_output: 4 }',
    'type: "RNN" bottom: "cont" recurrent_param { num_output: 4 }',
])
def test_freeze_to_stops_every_kind_of_layer(tmp_path, layer):
    inner = LEARNING % layer
    for name, shape in (("label", "2"), ("cont", "2, 3")):
        if f'"{name}"' in layer:
            inner = f'input: "{name}" input_shape {{ dim: [{shape}] }}\n' + inner
    given = "".join(f'layer {{ name: "{name}" type: "DummyData" top: "{name}" dummy_data_param '
                    f'{{ shape {{ dim: [{shape}] }} }} }}\n'
                    for name, shape in (("label", "2"), ("cont", "2, 3")) if f'"{name}"' in layer)
    bottoms = "".join(f' bottom: "{name}"' for name in ("label", "cont") if f'"{name}"' in layer)
    body = net_file('freeze_to: "last"')
    if bottoms:     # inputs come in the order in which the file makes them
        body = body.replace('bottom: "data"', f'{bottoms} bottom: "data"')
    document = expanded(tmp_path, given + body, inner)
    net = Net(document, "TRAIN")
    assert [blob.lr_mult for blob in net.learned] == [0] * len(net.layer("learns").blobs)
    # and so does the text that tools/expand prints
    printed = Net(parse_net(to_text(document.message)), "TRAIN")
    assert [blob.lr_mult for blob in printed.learned] == [0] * len(net.learned)


def test_a_factor_leaves_running_sums_at_rate_0(tmp_path):
    document = expanded(tmp_path, net_file("lr_mult: 0.5"), LEARNING % (
        'type: "BatchNorm" batch_norm_param { scale_bias: true }'))
    assert [blob.lr_mult for blob in document.message.layer[1].param] == [0, 0, 0, 0.5, 0.5]


def test_freeze_to_stops_a_layer_that_does_not_say_which_blobs_it_learns(tmp_path, monkeypatch):
    monkeypatch.setattr(Convolution, "learned_blobs", lambda proto: ())
    net = Net(expanded(tmp_path, net_file('freeze_to: "c1_relu"')), "TRAIN")
    rates = {(blob.layer, blob.index): blob.lr_mult for blob in net.learned}
    assert rates == {("c1", 0): 0, ("c1", 1): 0, ("c2", 0): 3}


def test_rules_of_the_composite_hold_for_its_layers(tmp_path):
    document = expanded(tmp_path, net_file("", "include { phase: TRAIN }"))
    assert [layer.name for layer in NetSpec(document, "TEST").layers] == ["in"]
    assert len(NetSpec(document, "TRAIN").layers) == 5


def test_an_error_inside_names_the_file_brought_in(tmp_path):
    document = expanded(tmp_path, net_file(""), INNER.replace("num_output: 5", "num_output: 0"))
    layer = NetSpec(document).layers[3]
    error = str(layer.error("convolution_param.num_output", "is 0"))
    assert error == f"{layer.path}:7: layer 'c2' (Convolution): convolution_param.num_output is 0"
    assert layer.path.endswith("inner.prototxt")


def test_unknown_fields_inside_are_reported_with_their_place(tmp_path):
    with pytest.raises(SpecError, match=r"inner.prototxt:4: layer 'c1' .*num_outptu.*num_output"):
        expanded(tmp_path, net_file(""), INNER.replace("num_output: 4", "num_outptu: 4"))


@pytest.mark.parametrize("layer, message", [
    (net_file("").replace("inner", "outer"), r":4: .*'body' \(NetFile\): net_file_param.file names "
                                            r".*outer.prototxt, which is not a file"),
    (net_file("").replace("../inner", "outer"), "brings a file into itself: outer.* -> outer"),
    (net_file("", 'bottom: "data"'), r":3: .*bottom is given 2 times; .* has 1 inputs: x"),
    (net_file("").replace('"data"', '"dat"'), r"bottom\[0\] is 'dat', .* did you mean 'data'"),
    (net_file("", 'top: "prop"'), r"top\[0\] is 'prop', which no layer of .* makes; did you mean"),
    (net_file('freeze_to: "c"'), "freeze_to is 'c', which is not a layer"),
    (net_file("", "loss_weight: 1"), "loss_weight has no meaning here"),
    ('layer { name: "body" type: "NetFile" bottom: "data" }', "net_file_param.file is not given"),
])
def test_a_net_file_that_does_not_fit_is_refused(tmp_path, layer, message):
    with pytest.raises(SpecError, match=message):
        expanded(tmp_path, layer)


def test_rules_of_composite_and_layer_cannot_both_be_given(tmp_path):
    inner = INNER.replace('top: "prob" }', 'top: "prob" include { phase: TEST } }')
    with pytest.raises(SpecError, match="include cannot be given here: the layer 'prob'"):
        expanded(tmp_path, net_file("", "include { phase: TEST }"), inner)


MAPS = INPUT + """
layer { name: "a" type: "Pooling" bottom: "data" top: "a"
  pooling_param { kernel_size: 4 stride: 4 } }
layer { name: "b" type: "Pooling" bottom: "a" top: "b"
  pooling_param { kernel_size: 2 stride: 2 } }
"""
TWO = """source { bottom: "a" min_size: 8 max_size: 12 aspect_ratio: 2 normalization: 20 }
  source { bottom: "b" min_size: 10 min_size: 14 aspect_ratio: 3 aspect_ratio: 0.5 step: 8 }"""


def head(param=f"num_classes: 3 {TWO}", rest=""):
    return (f'{MAPS}layer {{ name: "m" type: "MultiBoxHead" bottom: "data" {rest}\n'
            f"  multi_box_head_param {{\n  {param} }} }}")


def test_a_head_has_the_published_names_and_shapes():
    net = net_from(head(rest="detection_output_param { nms_param { nms_threshold: 0.4 top_k: 9 } "
                             "keep_top_k: 5 }"), "TEST")
    parts = ("loc", "loc_perm", "loc_flat", "conf", "conf_perm", "conf_flat", "priorbox")
    expected = ["a_norm", *(f"a_norm_mbox_{part}" for part in parts),
                *(f"b_mbox_{part}" for part in parts), "mbox_loc", "mbox_conf", "mbox_priorbox",
                "mbox_conf_reshape", "mbox_conf_softmax", "mbox_conf_flatten", "detection_out"]
    assert [layer.name for layer in net.spec.layers][3:] == expected
    num_priors = 5 * 7 * 4 + 3 * 4 * 2 * 5      # a: 1, 12, 2, 1/2; b: 1, 3, 1/3, 1/2, 2, each twice
    assert net.shapes["mbox_loc"] == (2, 4 * num_priors)
    assert net.shapes["mbox_conf"] == (2, 3 * num_priors)
    assert net.shapes["mbox_priorbox"] == (1, 2, 4 * num_priors)


@pytest.mark.parametrize("ratios", ["", "1", "2", "2 2", "0.5 2", "3 1 0.25"])
@pytest.mark.parametrize("flip", ["true", "false"])
def test_the_head_predicts_as_many_boxes_as_prior_box_makes(ratios, flip):
    fields = " ".join(f"aspect_ratio: {ratio}" for ratio in ratios.split())
    net = net_from(head(f'num_classes: 2 flip: {flip} source {{ bottom: "a" min_size: 4 '
                        f'max_size: 6 {fields} }}'))
    assert net.shapes["mbox_loc"][1] == net.shapes["mbox_priorbox"][2]


def test_a_head_for_each_class_predicts_boxes_for_each_class():
    net = net_from(head(f"num_classes: 3 share_location: false {TWO}"))
    assert net.shapes["mbox_loc"][1] == 3 * net.shapes["mbox_priorbox"][2]


def test_sizes_follow_from_ratios_as_in_ssd_pascal():
    # the values that ssd_pascal.py prints for 300, 20, 90 and four sources: step 35
    sources = "".join(f'source {{ bottom: "{blob}" }} ' for blob in ("a", "b", "a", "b"))
    document = parse_net(head("num_classes: 3 image_size: 300 first_ratio: 10 min_ratio: 20 "
                              f"max_ratio: 90 {sources}"))
    priors = [layer.prior_box_param for layer in document.message.layer
              if layer.type == "PriorBox"]
    assert [(prior.min_size[0], prior.max_size[0]) for prior in priors] == [
        (30, 60), (60, 165), (165, 270), (270, 375)]


def test_one_number_of_classes_reaches_loss_output_and_evaluation():
    text = head(rest='bottom: "data" multibox_loss_param { neg_overlap: 0.5 } '
                     "detection_output_param { keep_top_k: 7 } detection_evaluate_param { }")
    layers = {layer.name: layer for layer in parse_net(text).message.layer}
    assert layers["mbox_loss"].multibox_loss_param.num_classes == 3
    assert layers["mbox_loss"].include[0].phase == 0
    assert list(layers["mbox_loss"].propagate_down) == [True, True, False, False]
    assert layers["detection_out"].detection_output_param.num_classes == 3
    assert layers["detection_eval"].detection_evaluate_param.num_classes == 3
    assert list(layers["mbox_conf_reshape"].reshape_param.shape.dim) == [0, -1, 3]


def test_logistic_confidences_go_through_a_sigmoid():
    text = head(rest='bottom: "data" multibox_loss_param { conf_loss_type: LOGISTIC } '
                     "detection_output_param { keep_top_k: 7 }")
    layers = {layer.name: layer for layer in parse_net(text).message.layer}
    assert list(layers["detection_out"].bottom) == ["mbox_loc", "mbox_conf_sigmoid",
                                                    "mbox_priorbox"]
    assert "mbox_conf_softmax" not in layers


@pytest.mark.parametrize("param, rest, message", [
    ('num_classes: 3 source { bottom: "dat" min_size: 4 }', "",
     r":9: .*'m' \(MultiBoxHead\): multi_box_head_param.source\[0\].bottom is 'dat', .*'data'"),
    ('num_classes: 3 source { bottom: "a" }', "", r"source\[0\].min_size is not given"),
    ('num_classes: 3 source { bottom: "a" min_size: 4 max_size: 5 max_size: 6 }', "",
     r"max_size is given 2 times and min_size 1 times; it must be as often"),
    ('source { bottom: "a" min_size: 4 }', "", "num_classes is 0; it must be at least 1"),
    ("num_classes: 3", "", "source is not given"),
    (f"num_classes: 3 variance: 0.1 variance: 0.2 {TWO}", "", "variance is given 2 times"),
    (f"num_classes: 3 kernel_size: 2 {TWO}", "", "kernel_size is 2; it must be odd"),
    (f"num_classes: 3 image_size: 300 {TWO}", "", "first_ratio is not given, but image_size is"),
    (f"num_classes: 3 image_size: 9 first_ratio: 1 min_ratio: 2 max_ratio: 3 {TWO}", "",
     r"source\[0\].min_size is given, and image_size too"),
    ('num_classes: 3 image_size: 9 first_ratio: 1 min_ratio: 2 max_ratio: 3 '
     'source { bottom: "a" }', "", "sizes from ratios need at least 3"),
    ('num_classes: 3 image_size: 9 first_ratio: 1 min_ratio: 2 max_ratio: 2 '
     'source { bottom: "a" } source { bottom: "a" } source { bottom: "a" }', "",
     "max_ratio is 2; it must be at least 3"),
    (f"num_classes: 3 {TWO}", "multibox_loss_param { }",
     "bottom is given 1 times; it must be two, the image and the labels that multibox_loss_param"),
    (f"num_classes: 3 {TWO}", "detection_output_param { num_classes: 4 }",
     "detection_output_param.num_classes is 4, but multi_box_head_param.num_classes is 3"),
    (f"num_classes: 3 {TWO}", 'bottom: "data" detection_evaluate_param { }',
     "detection_evaluate_param needs a detection_output_param beside it"),
    (f"num_classes: 3 {TWO}", 'top: "mbox"', "top has no meaning here"),
])
def test_a_head_that_does_not_fit_is_refused(param, rest, message):
    with pytest.raises(SpecError, match=message):
        parse_net(head(param, rest))


def test_expanded_text_reads_as_the_same_net():
    message = parse_net(head()).message
    text = to_text(message)
    assert "multi_box_head_param" not in text and "net_file_param" not in text
    assert parse_net(text).message == message


BLOCK = """input: "x"
input_shape { dim: [1, 4, 9, 9] }
layer { name: "conv" type: "Convolution" bottom: "x" top: "conv"
  convolution_param { num_output: $width kernel_size: $kernel pad: 1 } }
layer { name: "relu" type: "$act" bottom: "conv" top: "conv" }
layer { name: "sum" type: "Eltwise" bottom: "x" bottom: "conv" top: "sum" }
"""
VALUES = 'set: "width=3 kernel=3" set: "act=TanH"'


def test_a_block_comes_in_as_a_chain_of_copies_with_values_and_names_of_their_own(tmp_path):
    document = expanded(tmp_path, net_file(f'{VALUES} prefix: "block#/" repeat: 3'), BLOCK)
    assert names(document) == ["in", *(f"block{number}/{name}" for number in (1, 2, 3)
                                       for name in ("conv", "relu", "sum"))]
    first, _, _, second = document.message.layer[1:5]
    assert (list(first.bottom), list(second.bottom)) == (["data"], ["block1/sum"])
    assert list(document.message.layer[3].bottom) == ["data", "block1/conv"]
    assert document.message.layer[2].type == "TanH"
    assert Net(document).shapes["block3/sum"] == (2, 3, 20, 28)


def test_values_reach_the_files_that_a_block_brings_in(tmp_path):
    outer = ('input: "y" input_shape { dim: [1, 3, 9, 9] }\n'
             'layer { name: "b" type: "NetFile" bottom: "y" net_file_param { file: "block.prototxt"'
             ' set: "width=$size kernel=3 act=TanH" } }')
    (tmp_path / "block.prototxt").write_text(BLOCK)
    document = expanded(tmp_path, net_file('set: "size=3" prefix: "a/"'), outer)
    assert names(document) == ["in", "a/conv", "a/relu", "a/sum"]
    assert document.message.layer[1].convolution_param.num_output == 3


@pytest.mark.parametrize("fields, rest, message", [
    ('set: "width=3 act=TanH"', "", r"inner.prototxt:4: \$kernel has no value; the NetFile layer "
     "that brings the file in gives it: set: .* of a project's template its script does"),
    (f'{VALUES} set: "widht=3"', "", r"net_file_param.set gives 'widht', but .* has no \$widht"),
    (f'{VALUES} set: "width=4"', "", r"net_file_param.set gives 'width' twice"),
    ('set: "width 3"', "", r"net_file_param.set has 'width'; it must be NAME=VALUE"),
    (f"{VALUES} repeat: 2", "", r"repeat is 2, so the prefix needs a # .*; it is ''"),
    (f'{VALUES} repeat: 0 prefix: "#"', "", r"net_file_param.repeat is 0; it must be from 1"),
    (f'{VALUES} repeat: 2 prefix: "#"', 'top: "1sum"', r"top is given 1 times; a chain"),
])
def test_copies_that_cannot_be_are_refused(tmp_path, fields, rest, message):
    with pytest.raises(SpecError, match=message):
        expanded(tmp_path, net_file(fields, rest), BLOCK)


def test_values_that_double_in_each_file_of_a_chain_are_refused(tmp_path):
    for number in range(30):
        (tmp_path / f"{number}.prototxt").write_text(
            f'input: "x" input_shape {{ dim: [1, 3, 9, 9] }}\n'
            f'layer {{ name: "b" type: "NetFile" bottom: "x" net_file_param {{ file: "{number + 1}'
            '.prototxt" set: "long=$long$long" } }')
    chain = net_file('set: "long=x"').replace("inner.prototxt", "0.prototxt")
    with pytest.raises(SpecError, match=r"prototxt: the values of its \$names are more than "
                       r"1000000 characters"):
        expanded(tmp_path, chain)
