"""Small ONNX models, and nets imported from them beside ONNX Runtime."""

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import numpy_helper

from framework.importing.convert import import_model
from framework.net.net import Net


def model_of(text, constants=None, opset=17):
    """A model of a graph in onnx.parser's text; constants by name."""
    graph = onnx.parser.parse_graph(text)
    for name, array in (constants or {}).items():
        graph.initializer.append(numpy_helper.from_array(np.asarray(array), name))
    for info in graph.output:
        info.type.tensor_type.ClearField("shape")
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", opset)],
                                  ir_version=8)


def shapes_of(model):
    return {info.name: tuple(dim.dim_value for dim in info.type.tensor_type.shape.dim)
            for info in model.graph.input}


def run_onnx(model, inputs):
    session = onnxruntime.InferenceSession(model.SerializeToString(),
                                           providers=["CPUExecutionProvider"])
    return session.run(None, inputs)


def imported(model, folder, **options):
    """What import_model returns, and the net read from its files."""
    made = import_model(model, "model.onnx", shapes_of(model), folder / "net", "net", **options)
    net = Net(folder / "net.prototxt", "TEST", weights=folder / "net.caffemodel")
    return made, net


def assert_same(model, folder, **options):
    """The net gives what ONNX Runtime gives, for other inputs than import_model has tried."""
    made, net = imported(model, folder, **options)
    generator = np.random.default_rng(7)
    inputs = {name: generator.standard_normal(shape, np.float32) * 2
              for name, shape in shapes_of(model).items()}
    expected = run_onnx(model, inputs)
    with torch.no_grad():
        blobs = net.run({name: torch.from_numpy(array) for name, array in inputs.items()})
    for info, array in zip(model.graph.output, expected, strict=True):
        found = blobs[made.outputs[info.name]].numpy()
        assert found.shape == array.shape
        scale = max(np.abs(array).max(), 1e-6)
        np.testing.assert_allclose(found / scale, array / scale, atol=2e-5)
    return net
