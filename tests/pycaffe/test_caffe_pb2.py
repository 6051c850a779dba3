"""What scripts expect of caffe_pb2, a module that protoc would make."""

from __future__ import annotations

import copy

import pytest
from google.protobuf import text_format

import framework.proto as proto
from framework.pycaffe.proto import caffe_pb2


def test_messages_constants_and_enums_have_the_numbers_of_caffe_proto():
    assert (caffe_pb2.TRAIN, caffe_pb2.TEST) == (0, 1)
    assert caffe_pb2.Phase.Value("TEST") == 1 and caffe_pb2.Phase.Name(0) == "TRAIN"
    assert caffe_pb2.V1LayerParameter.CONVOLUTION == 4
    assert caffe_pb2.V1LayerParameter.LayerType.Name(4) == "CONVOLUTION"
    assert caffe_pb2.PoolingParameter.PoolMethod.DESCRIPTOR.values_by_number[1].name == "AVE"
    assert caffe_pb2.LayerParameter is proto.LayerParameter


def test_the_names_that_protoc_adds_are_there():
    assert caffe_pb2.DESCRIPTOR.message_types_by_name["Datum"] is caffe_pb2.Datum.DESCRIPTOR
    assert caffe_pb2._LAYERPARAMETER is caffe_pb2.LayerParameter.DESCRIPTOR
    types = caffe_pb2._V1LAYERPARAMETER_LAYERTYPE.values_by_number
    assert types[caffe_pb2.V1LayerParameter.RELU].name == "RELU"
    assert caffe_pb2._PHASE.values_by_name["TEST"].number == 1
    assert "_POOLINGPARAMETER_POOLMETHOD" in dir(caffe_pb2)
    for name in ("_NOTHING", "Nothing"):
        with pytest.raises(AttributeError, match=name):
            getattr(caffe_pb2, name)


def test_a_star_import_brings_messages_and_constants():
    found: dict[str, object] = {}
    exec("from framework.pycaffe.proto.caffe_pb2 import *", found)
    assert found["TEST"] == 1 and found["LabelMap"] is caffe_pb2.LabelMap


def test_protobufs_own_text_format_reads_and_prints_the_messages():
    labels = caffe_pb2.LabelMap()
    text_format.Merge('item { name: "none" label: 0 }\nitem { name: "car" label: 7 }', labels)
    assert [(item.name, item.label) for item in labels.item] == [("none", 0), ("car", 7)]
    net = caffe_pb2.NetParameter()
    text_format.Merge('layer { name: "p" pooling_param { pool: AVE } include { phase: TEST } }',
                      net)
    printed = text_format.MessageToString(net)
    assert printed == str(net) and "pool: AVE" in printed
    assert text_format.Parse(printed, caffe_pb2.NetParameter()) == net
    assert copy.deepcopy(net) == caffe_pb2.NetParameter.FromString(net.SerializeToString()) == net


@pytest.mark.parametrize("name", [
    "AnnotatedDatum", "Annotation", "AnnotationGroup", "BlobProto", "BlobProtoVector", "BlobShape",
    "Datum", "EmitConstraint", "LabelMapItem", "NetState", "NetStateRule", "NormalizedBBox",
    "ParamSpec", "SolverParameter", "SolverState", "V0LayerParameter", "VideoDataParameter"])
def test_the_messages_that_scripts_fill_in_are_there(name):
    message = getattr(caffe_pb2, name)()
    assert isinstance(message, getattr(caffe_pb2, name)) and message.DESCRIPTOR.name == name


def test_a_solver_takes_whole_floats_as_integers_and_stays_the_message_in_all_else():
    solver = caffe_pb2.SolverParameter(
        train_net="a.prototxt", test_net=["b.prototxt"], test_iter=[4952 / 8], iter_size=32 / 32,
        solver_mode=caffe_pb2.SolverParameter.GPU, type=None)
    assert list(solver.test_iter) == [619] and solver.iter_size == 1 and not solver.HasField("type")
    assert isinstance(solver, caffe_pb2.SolverParameter)
    assert not isinstance(caffe_pb2.Datum(), caffe_pb2.SolverParameter)
    assert type(solver) is proto.SolverParameter
    assert caffe_pb2.SolverParameter.FromString(solver.SerializeToString()) == solver
    with pytest.raises(TypeError, match="SolverParameter.max_iter is 2.5; it must be a number"):
        caffe_pb2.SolverParameter(max_iter=2.5)
    with pytest.raises(AttributeError, match="max_iters is not a field of SolverParameter"):
        caffe_pb2.SolverParameter(max_iters=2)
