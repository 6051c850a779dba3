"""Hints to the machine of another Caffe: taken, and named in one line."""

import pytest

from framework.definition.hints import HINTS
from framework.errors import SpecError
from framework.net.net import Net
from framework.net.reading import parse_net
from tests.support import net_from

INPUT = 'input: "x" input_shape { dim: 1 dim: 3 dim: 8 dim: 8 }\n'
CONVOLUTION = ('layer { name: "c%d" type: "Convolution" bottom: "x" top: "c%d" convolution_param { '
               'num_output: 4 kernel_size: 3 engine: CUDNN\ncudnn_flavor: SINGLE_HANDLE } }\n')


def test_a_hint_of_many_layers_is_named_once_with_the_first_place(caplog):
    Net(parse_net(INPUT + CONVOLUTION % (1, 1) + CONVOLUTION % (2, 2), "net.prototxt"))
    [record] = caplog.records
    assert record.message == ("net.prototxt:3: fields without effect here, which say how another "
                              "Caffe works: convolution_param.cudnn_flavor")


@pytest.mark.parametrize("text, named", [
    ('layer { name: "d" type: "MemoryData" top: "x" top: "y" source_class: "LMDB" '
     'memory_data_param { source: "db" batch_size: 4 channels: 3 height: 8 width: 8 '
     'share_in_parallel: false } }',
     ["source_class", "memory_data_param.source", "memory_data_param.share_in_parallel"]),
    ('input: "a" input_shape { dim: 1 dim: 8 } input: "b" input_shape { dim: 1 dim: 4 } input: "p" '
     'input_shape { dim: 1 dim: 2 dim: 8 } layer { name: "d" type: "DetectionOutput" bottom: "a" '
     'bottom: "b" bottom: "p" top: "d" detection_output_param { num_classes: 2 visualize: true '
     'visualize_threshold: 0.3 } }',
     ["detection_output_param.visualize", "detection_output_param.visualize_threshold"]),
    (INPUT + 'input: "s" input_shape { dim: 1 dim: 2 dim: 8 dim: 8 } layer { name: "m" bottom: "s" '
     'bottom: "s" bottom: "x" top: "m" type: "MultiStageMeanfield" is_test: true '
     'multi_stage_meanfield_param { num_iterations: 2 force_cpu: true } }',
     ["is_test", "multi_stage_meanfield_param.force_cpu"]),
    ("mem_param { optimize_train: true } default_forward_type: FLOAT16 " + INPUT,
     ["mem_param", "default_forward_type"]),
    (INPUT + """layer { name: "c" type: "Convolution" bottom: "x" top: "c"
     param { breadth_decay_mult: 0 regularization_type: "L1"
     kernel_shape_decay_mult: 1 block_group_lasso { xdimen: 2 ydimen: 1 block_decay_mult: 2 } }
     convolution_param { num_output: 2 kernel_size: 1 } }""",
     ["param.breadth_decay_mult", "param.kernel_shape_decay_mult",
      "param.block_group_lasso"]),
])
def test_hints_of_nets_and_layers_are_taken(text, named, caplog):
    Net(parse_net(text))
    [record] = caplog.records
    assert all(name in record.message for name in named)


def test_how_nodes_share_their_records_is_taken(caplog):
    parse_net("""layers { name: "d" type: DATA top: "x" data_param { source: "db" batch_size: 4
  shared_file_system: true } }
layers { name: "i" type: IMAGE_DATA top: "y" image_data_param { source: "list.txt" batch_size: 4
  shared_file_system: false } }""")
    [record] = caplog.records
    assert record.message.endswith(
        "data_param.shared_file_system, image_data_param.shared_file_system")


def test_a_field_of_a_layer_that_changes_numbers_is_refused():
    with pytest.raises(SpecError, match="scale_param.min_value is a field of another project"):
        net_from(INPUT + 'layer { name: "s" type: "Scale" bottom: "x" top: "s" '
                 "scale_param { min_value: 0.5 } }")


def test_every_hint_is_a_field_of_the_schema():
    import framework.proto as proto
    for name in HINTS:
        message, field = name.rsplit(".", 1)
        if message == "TopParameter":       # inside another message
            descriptor = proto.CoSDataParameter.DESCRIPTOR.nested_types_by_name[message]
        else:
            descriptor = getattr(proto, message).DESCRIPTOR
        assert field in descriptor.fields_by_name, name


def test_the_threshold_of_a_quantization_loss_is_not_a_hint(caplog):
    text = INPUT + """layer { name: "q" type: "QuantizationLoss" bottom: "x" top: "q"
                      quantization_param { %s } }"""
    for field, is_named in (("threshold: 15", False), ("bw_params: 8", True)):
        caplog.clear()
        parse_net(text % field)
        assert ("quantization_param" in caplog.text) is is_named


def test_the_words_of_ristrettos_layers_are_no_hint(caplog):
    text = INPUT + """layer { name: "y" type: "%s" bottom: "x" top: "y"
                      inner_product_param { num_output: 2 } quantization_param { bw_params: 8 } }"""
    for kind, is_named in (("FcRistretto", False), ("InnerProduct", True)):
        caplog.clear()
        parse_net(text % kind)
        assert ("quantization_param" in caplog.text) is is_named


def test_the_formats_of_an_accelerators_numbers_are_a_hint(caplog):
    parse_net(INPUT + """layer { name: "y" type: "ReLU" bottom: "x" top: "y" precision_param {
              quant_type: "Xilinx" bw_layer_in: 8 fl_layer_in: 3 th_params: 2 }
              }""")
    assert "fields without effect here" in caplog.text and "precision_param" in caplog.text
