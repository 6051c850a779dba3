"""Nets written in Python, against the prototxt that the rules of net_spec.py give."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from google.protobuf import text_format

import framework.proto as proto
from framework import NetSpec as BuiltSpec
from framework import parse_net
from framework.pycaffe.net_spec import NetSpec, Top, layers, params, to_proto

L, P = layers, params


def layers_of(text):
    return text_format.Parse(text, proto.NetParameter())


def lenet():
    n = NetSpec()
    n.data, n.label = L.DummyData(shape=[{"dim": [6, 1, 28, 24]}, {"dim": [6]}], ntop=2)
    n.conv1 = L.Convolution(n.data, kernel_size=5, num_output=20,
                            weight_filler={"type": "xavier"})
    n.pool1 = L.Pooling(n.conv1, kernel_size=2, stride=2, pool=P.Pooling.MAX)
    n.relu1 = L.ReLU(n.pool1, in_place=True)
    n["ip/2"] = L.InnerProduct(n.relu1, num_output=10)
    n.loss = L.SoftmaxWithLoss(n["ip/2"], n.label, include={"phase": proto.TRAIN},
                               propagate_down=[True, False], loss_weight=0.5)
    n.silence = L.Silence(n.label, ntop=0)
    return n


def test_a_net_is_the_prototxt_that_one_would_write():
    assert lenet().to_proto() == layers_of("""
        layer { name: "data" type: "DummyData" top: "data" top: "label"
          dummy_data_param { shape { dim: 6 dim: 1 dim: 28 dim: 24 } shape { dim: 6 } } }
        layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
          convolution_param { num_output: 20 kernel_size: 5 weight_filler { type: "xavier" } } }
        layer { name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1"
          pooling_param { pool: MAX kernel_size: 2 stride: 2 } }
        layer { name: "relu1" type: "ReLU" bottom: "pool1" top: "pool1" }
        layer { name: "ip/2" type: "InnerProduct" bottom: "pool1" top: "ip/2"
          inner_product_param { num_output: 10 } }
        layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip/2" bottom: "label" top: "loss"
          loss_weight: 0.5 propagate_down: true propagate_down: false include { phase: TRAIN } }
        layer { name: "silence" type: "Silence" bottom: "label" }""")


def test_the_text_of_a_net_can_be_read_and_wired():
    spec = BuiltSpec(parse_net(str(lenet().to_proto())), "TRAIN")
    assert [layer.proto.name for layer in spec.layers] == [
        "data", "conv1", "pool1", "relu1", "ip/2", "loss", "silence"]


def test_what_has_no_name_is_counted_by_type_each_top_and_each_layer_without_top():
    data, label = L.DummyData(ntop=2)
    other = L.DummyData()
    loss = L.SoftmaxWithLoss(L.ReLU(L.Eltwise(data, other), in_place=True), label)
    net = to_proto(loss, L.Silence(label, ntop=0))
    assert [(layer.name, list(layer.bottom), list(layer.top)) for layer in net.layer] == [
        ("DummyData1", [], ["DummyData1", "DummyData2"]),
        ("DummyData3", [], ["DummyData3"]),
        ("Eltwise1", ["DummyData1", "DummyData3"], ["Eltwise1"]),
        ("ReLU1", ["Eltwise1"], ["Eltwise1"]),
        ("SoftmaxWithLoss1", ["Eltwise1", "DummyData2"], ["SoftmaxWithLoss1"]),
        ("Silence1", ["DummyData2"], [])]
    assert loss.to_proto() == text_format.Parse(str(loss.to_proto()), proto.NetParameter())


def test_a_name_that_is_given_does_not_name_the_top():
    n = NetSpec()
    n.data, n.label = L.AnnotatedData(name="input", ntop=2)
    (layer,) = n.to_proto().layer
    assert (layer.name, list(layer.top)) == ("input", ["data", "label"])


def test_a_layer_deeper_than_the_stack_of_python_is_written():
    top = L.Input()
    for _ in range(3000):
        top = L.ReLU(top)
    assert top.to_proto().layer[-1].name == "ReLU3000"


@pytest.mark.parametrize("layer, expected", [
    (L.Pooling(pool="AVE"), "pooling_param { pool: AVE }"),
    (L.Data(transform_param={"mean_value": [104, 117.5], "scale": 1 / 256}),
     "transform_param { mean_value: 104 mean_value: 117.5 scale: 0.00390625 }"),
    (L.Convolution(kernel_size=3, pad=4 / 2, stride=np.array([2, 3])),
     "convolution_param { kernel_size: 3 pad: 2 stride: 2 stride: 3 }"),
    (L.Convolution(convolution_param={"group": 2}, param=[{"lr_mult": 2}, {"decay_mult": 0}]),
     "convolution_param { group: 2 } param { lr_mult: 2 } param { decay_mult: 0 }"),
    (L.Scale(num_axes=np.int64(2), bias_term=True, filler={"value": np.float32(0.5)}),
     "scale_param { num_axes: 2 bias_term: true filler { value: 0.5 } }"),
    (L.Python(module="mine", layer="Mine", param_str="{}"),
     'python_param { module: "mine" layer: "Mine" param_str: "{}" }'),
    (L.ReLU(negative_slope=0.5), "relu_param { negative_slope: 0.5 }"),
    (L.ReLU6(negative_slope=0.5), "relu6_param { negative_slope: 0.5 }"),
    (L.Normalize(across_spatial=False), "norm_param { across_spatial: false }"),
    (L.DetectionOutput(nms_param={"top_k": 400}),
     "detection_output_param { nms_param { top_k: 400 } }"),
    (L.AnnotatedData(annotated_data_param={
        "batch_sampler": [{"sampler": {}, "max_trials": 1}, {}]}),
     "annotated_data_param { batch_sampler { max_trials: 1 } batch_sampler { } }"),
    (L.Input(shape=proto.BlobShape(dim=[2, 3])), "input_param { shape { dim: 2 dim: 3 } }"),
    (L.Pooling(kernel_size=(2, 3, 4)),
     "pooling_param { kernel_size_3d: 2 kernel_size_3d: 3 kernel_size_3d: 4 }"),
    (L.Data(include=[{"phase": "TEST", "stage": "a"}, {"stage": ["b", "c"]}]),
     'include { phase: TEST stage: "a" } include { stage: "b" stage: "c" }'),
])
def test_values_reach_the_fields_of_the_schema(layer, expected):
    (message,) = layer.to_proto().layer
    message.ClearField("name")
    message.ClearField("type")
    message.ClearField("top")
    assert message == text_format.Parse(expected, proto.LayerParameter())


@pytest.mark.parametrize("layer, kind, message", [
    (L.Pooling(kernel=3), AttributeError, r"layer 'Pooling1' \(Pooling\): kernel is not a field of "
     r"PoolingParameter or LayerParameter; did you mean 'kernel_"),
    (L.Silence(top_k=3), AttributeError, "top_k is not a field of LayerParameter"),
    (L.Convolution(weight_filler={"kind": "xavier"}), AttributeError,
     "kind is not a field of FillerParameter"),
    (L.Convolution(weight_filler="xavier"), TypeError, "must be a dict of the fields of Filler"),
    (L.InnerProduct(num_output=2.5), TypeError, "num_output is 2.5; it must be a number"),
    (L.InnerProduct(num_output=[2, 3]), TypeError, "takes one value"),
    (L.Pooling(pool="MEAN"), ValueError, "pool is 'MEAN'; it must be one of MAX, AVE"),
    (L.Data(source=3), TypeError, "DataParameter.source is 3; it must be text"),
])
def test_a_wrong_field_or_value_is_named_with_its_layer(layer, kind, message):
    with pytest.raises(kind, match=message):
        layer.to_proto()


def test_an_input_that_is_not_a_top_is_a_type_error():
    with pytest.raises(TypeError, match=r"^Silence input 0 is not a Top \(type is <class 'tuple'"):
        L.Silence(L.DummyData(ntop=2), ntop=0)
    n = NetSpec()
    n.data = L.DummyData(ntop=2)
    with pytest.raises(TypeError, match=r"the top data is \(.*it must be one top of a layer"):
        n.to_proto()


def test_tops_are_kept_under_their_names_in_order():
    n = lenet()
    assert n.keys() == ["data", "label", "conv1", "pool1", "relu1", "ip/2", "loss", "silence"]
    assert list(n.tops) == n.keys() and n.vals()[2] is n.conv1 is n["conv1"]
    assert isinstance(n.conv1, Top) and n.label.n == 1 and n.conv1.fn.inputs == (n.data,)
    n.update("conv1", {"dilation": 2})
    assert list(n.to_proto().layer[1].convolution_param.dilation) == [2]
    del n["loss"], n.silence
    assert len(n.to_proto().layer) == 5
    assert not hasattr(n, "loss")
    with pytest.raises(KeyError):
        n["loss"]
    assert copy.deepcopy(n).to_proto() == n.to_proto()


def test_constants_are_those_of_the_message_of_the_name():
    assert (P.Pooling.AVE, P.Data.LMDB, P.Loss.VALID, P.Solver.GPU) == (1, 1, 1, 1)
    assert P.PriorBox.CENTER_SIZE == 2
    with pytest.raises(AttributeError, match="PoolinParameter"):
        _ = P.Poolin.MAX


def test_a_field_of_a_message_of_another_name_is_told_how_to_write_it():
    n = NetSpec()
    n.data = layers.Input(shape={"dim": [1, 3, 8, 8]})
    n.up = layers.Deconvolution(n.data, kernel_size=4)
    with pytest.raises(AttributeError, match=r"kernel_size is not a field of LayerParameter; "
                       r"Deconvolution reads convolution_param: write convolution_param=dict\("
                       r"kernel_size=...\)"):
        n.to_proto()
