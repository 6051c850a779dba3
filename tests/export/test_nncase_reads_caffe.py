"""Files written --for nncase, in nncase 1.9's importer and simulator, where NNCASE_PYTHON names a
Python that has it (`pip install 'nncase<2' 'numpy<2'` in one up to 3.10)."""

import json
import os
import subprocess

import numpy as np
import pytest

from framework.export.caffe.dialect_net import to_dialect
from framework.export.caffe.dialects import DIALECTS
from framework.export.caffe.write import report_text, write_dialect
from tests.export.caffe_support import CONV, layer, text_of
from tests.export.support import run_ours
from tests.export.test_layers_onnx import fill
from tests.support import net_from

SHAPE = (1, 6, 8, 7)
RUN = """
import json, sys
import numpy, nncase
for name, wanted in json.load(open("list.json")).items():
    options = nncase.CompileOptions()
    options.target, options.preprocess = "cpu", False
    options.input_type, options.input_layout, options.output_layout = "float32", "NCHW", "NCHW"
    compiler = nncase.Compiler(options)
    with open(name + ".caffemodel", "rb") as weights, open(name + ".prototxt", "rb") as text:
        compiler.import_caffe(weights.read(), text.read())
    compiler.compile()
    simulator = nncase.Simulator()
    simulator.load_model(compiler.gencode_tobytes())
    given = nncase.RuntimeTensor.from_numpy(numpy.load("x.npy"))
    simulator.set_input_tensor(0, given)
    simulator.run()
    outputs = [simulator.get_output_tensor(i).to_numpy() for i in range(simulator.outputs_size)]
    numpy.save(name + ".npy", next(one for one in outputs if list(one.shape) == wanted))
"""


def conv(param):
    return layer("conv", "Convolution", param="convolution_param { num_output: 6 " + param + " }")


def pool(param, bottom="relu"):
    return layer("y", "Pooling", bottom, "pooling_param { " + param + " }")


RELU = layer("relu", "ReLU", "conv")
LAYERS = {
    "sizes_by_axes": conv("kernel_h: 3 kernel_w: 3 stride_h: 2 stride_w: 2 pad_h: 1 pad_w: 1"),
    "no_bias": conv("kernel_size: 3 bias_term: false"),
    "oblong_kernel": conv("kernel_h: 3 kernel_w: 1"),
    "groups": conv("kernel_size: 3 group: 3 dilation: 2"),
    "slope": CONV + layer("y", "ReLU", "conv", "relu_param { negative_slope: 0.1 }"),
    "prelu": CONV + layer("y", "PReLU", "conv"),
    "relu6": CONV + layer("y", "ReLU6", "conv"),
    "weighted_sum": layer("y", "Eltwise", "data data", "eltwise_param { coeff: 1 coeff: -2 }"),
    "max_pool": CONV + RELU + pool("kernel_size: 3 stride: 2 pad: 1"),
    "average_pool": CONV + RELU + pool("pool: AVE kernel_size: 3 stride: 1 pad: 1"),
    "whole": CONV + pool("pool: AVE global_pooling: true", "conv"),
    "slice": 'layer { name: "s" type: "Slice" bottom: "data" top: "a" top: "b" }'
             + layer("y", "Eltwise", "b a"),
    "batch_norm": layer("b", "BatchNorm") + layer("y", "Scale", "b"),
    "flatten": layer("y", "Flatten"),
    "linear": layer("y", "InnerProduct", param="inner_product_param { num_output: 5 "
                    "bias_term: false }"),
    "shuffle": layer("y", "ShuffleChannel", param="shuffle_channel_param { group: 3 }"),
}


def test_nncase_computes_what_the_nets_do(tmp_path):
    python = os.environ.get("NNCASE_PYTHON")
    if not python:
        pytest.skip("NNCASE_PYTHON names no Python with nncase 1.9")
    x = np.random.default_rng(3).standard_normal(SHAPE, np.float32)
    np.save(tmp_path / "x.npy", x)
    expected = {}
    for name, text in LAYERS.items():
        net = net_from(text_of(text, shape=SHAPE), "TEST")
        fill(net)
        made = to_dialect(net, DIALECTS["nncase"])
        assert not made.refused, report_text(made.verdicts)
        write_dialect(net, made, tmp_path / name)
        expected[name] = run_ours(net, {"data": x})[net.outputs[0]]
    (tmp_path / "list.json").write_text(json.dumps({name: array.shape
                                                    for name, array in expected.items()}))
    subprocess.run([python, "-c", RUN], cwd=tmp_path, check=True, capture_output=True, timeout=300)
    for name, array in expected.items():
        np.testing.assert_allclose(np.load(tmp_path / f"{name}.npy"), array, rtol=1e-4,
                                   atol=1e-5 * np.abs(array).max(), err_msg=name)


@pytest.mark.parametrize("text, reason", [
    (conv("kernel_size: 1 stride_h: 2 stride_w: 1"), "stride_h and stride_w are not read"),
    (CONV + pool("kernel_size: 2 stride: 1", "conv"), "a maximum below 0 becomes 0"),
    (CONV + RELU + pool("pool: AVE kernel_size: 3 stride: 2"), "averages of windows"),
    (layer("y", "Scale", param="scale_param { axis: 2 }"), "scale_param.axis is 2"),
])
def test_what_nncase_computes_otherwise_is_refused(text, reason):
    net = net_from(text_of(text, shape=SHAPE), "TEST")
    made = to_dialect(net, DIALECTS["nncase"])
    assert [reason in verdict.rule for verdict in made.refused] == [True]
