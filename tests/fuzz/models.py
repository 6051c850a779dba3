"""ONNX files: damaged bytes, and sound files that say what cannot be taken."""

import importlib
import random
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from framework.errors import CaffeError
from tests.fuzz.files import Files
from tests.fuzz.mutations import damage_bytes

OPERATORS = ("Erf", "NonZero", "Loop", "MatMul", "Conv", "Reshape", "Resize", "Relu", "Nothing", "")
SIZES = (0, -1, 1, 3, 65536, 1 << 40)


class OnnxModels(Files):
    """What tools/import reads. An error is exit code 1, and leaves no file behind."""

    name = "onnx_models"

    def prepare(self) -> None:
        weights = np.random.default_rng(1).standard_normal((4, 3, 3, 3)).astype(np.float32)
        rows = np.ones((5, 4), np.float32)
        nodes = [helper.make_node("Conv", ["x", "w"], ["a"], "conv", pads=[1, 1, 1, 1]),
                 helper.make_node("Relu", ["a"], ["b"], "relu"),
                 helper.make_node("MaxPool", ["b"], ["c"], "pool", kernel_shape=[2, 2],
                                  strides=[2, 2]),
                 helper.make_node("GlobalAveragePool", ["c"], ["d"], "mean"),
                 helper.make_node("Flatten", ["d"], ["e"], "flat"),
                 helper.make_node("Gemm", ["e", "r"], ["y"], "fc", transB=1)]
        graph = helper.make_graph(
            nodes, "net", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 7, 5])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 5])],
            [numpy_helper.from_array(weights, "w"), numpy_helper.from_array(rows, "r")])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
        onnx.save(model, self.given / "net.onnx")
        self.model = model

    def make(self, rng: random.Random) -> bytes:
        return b"net.onnx\n" + rng.choice([self.changed, self.damaged])(rng)

    def damaged(self, rng: random.Random) -> bytes:
        return damage_bytes(self.model.SerializeToString(), rng)

    def changed(self, rng: random.Random) -> bytes:
        """A sound file with another operator, size, attribute or place of its weights."""
        model = onnx.ModelProto()
        model.CopyFrom(self.model)
        kind = rng.randrange(5)
        node = rng.choice(model.graph.node)
        if kind == 0:
            node.op_type = rng.choice(OPERATORS)
        elif kind == 1:
            shape = model.graph.input[0].type.tensor_type.shape
            axis = shape.dim[rng.randrange(4)]
            if rng.random() < 0.5:
                axis.dim_param = "batch"
            else:
                axis.dim_value = rng.choice(SIZES)
        elif kind == 2:
            weights = rng.choice(model.graph.initializer)
            weights.ClearField("raw_data")
            weights.data_location = TensorProto.EXTERNAL
            place = rng.choice(("../given/net.onnx", "w.bin", "/dev/zero"))
            for key, value in (("location", place), ("offset", rng.choice(("0", "-4", "x"))),
                               ("length", "432")):
                weights.external_data.add(key=key, value=value)
        elif kind == 3:
            for attribute in node.attribute:
                attribute.ints[:] = [rng.choice(SIZES) for _ in attribute.ints]
        else:
            del node.input[rng.randrange(len(node.input)):]
        return model.SerializeToString()

    def read(self, path: Path) -> None:
        code = importlib.import_module("framework.cli.import").main([str(path), "--out", "made"])
        assert code in (0, 1), f"exit code {code}"
        left = sorted(one.name for one in self.out.iterdir() if one != path)
        if code:
            assert not left, f"an error, and still {left}"
            raise CaffeError("exit code 1")
        assert left == ["made.caffemodel", "made.prototxt"]
