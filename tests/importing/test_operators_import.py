"""Each ONNX operator as Caffe layers, against ONNX Runtime."""

import math

import numpy as np
import pytest
import torch

from framework.errors import CaffeError
from framework.importing.operators import OPERATORS
from tests.importing.support import assert_same, imported, model_of
from tests.importing.test_comparisons_and_sums_import import OPERATORS as MORE_OPERATORS

RANDOM = np.random.default_rng(3)


def noise(*shape):
    return RANDOM.standard_normal(shape).astype(np.float32)


def ints(*numbers):
    return np.array(numbers, np.int64)


X = "float[2,4,9,7] x"
CASES = {
    "conv": (X, "Conv<kernel_shape=[3,2],strides=[2,1],pads=[1,0,1,0]>(x, w, b)",
             {"w": noise(6, 4, 3, 2), "b": noise(6)}),
    "conv, groups": (X, "Conv<group=2,dilations=[2,1]>(x, w)", {"w": noise(6, 2, 3, 3)}),
    "conv, more padding after": (X, "Conv<pads=[0,1,1,2]>(x, w)", {"w": noise(5, 4, 3, 3)}),
    "conv, more padding before": (X, "Conv<pads=[2,1,0,0],strides=[2,2]>(x, w)",
                                  {"w": noise(5, 4, 3, 3)}),
    "conv, SAME_UPPER": (X, 'Conv<auto_pad="SAME_UPPER",strides=[2,2]>(x, w)',
                         {"w": noise(5, 4, 3, 3)}),
    "conv, SAME_LOWER": (X, 'Conv<auto_pad="SAME_LOWER",strides=[2,2]>(x, w)',
                         {"w": noise(5, 4, 2, 2)}),
    "conv, one axis": ("float[2,4,9] x", "Conv<pads=[1,1]>(x, w)", {"w": noise(5, 4, 3)}),
    "conv, three axes": ("float[1,2,5,4,6] x", "Conv<pads=[1,0,1,1,0,1]>(x, w)",
                         {"w": noise(3, 2, 3, 2, 3)}),
    "conv_transpose": (X, "ConvTranspose<strides=[2,3],pads=[1,0,1,0]>(x, w, b)",
                       {"w": noise(4, 5, 3, 4), "b": noise(5)}),
    "conv_transpose, output_padding": (
        X, "ConvTranspose<strides=[2,2],pads=[1,1,1,1],output_padding=[1,1],group=2>(x, w)",
        {"w": noise(4, 3, 3, 3)}),
    "conv_transpose, output_padding without padding": (
        X, "ConvTranspose<strides=[2,2],output_padding=[1,0]>(x, w)", {"w": noise(4, 3, 2, 3)}),
    "conv_transpose, unequal": (X, "ConvTranspose<strides=[2,2],pads=[0,1,2,0]>(x, w)",
                                {"w": noise(4, 3, 3, 3)}),
    "gemm": ("float[3,5] x", "Gemm<alpha=0.5,beta=2.0>(x, w, b)",
             {"w": noise(5, 4), "b": noise(4)}),
    "gemm, transposed": ("float[3,5] x", "Gemm<transB=1>(x, w)", {"w": noise(4, 5)}),
    "matmul": ("float[2,3,5] x", "MatMul(x, w)", {"w": noise(5, 4)}),
    "matmul, a vector": ("float[2,3,5] x", "MatMul(x, w)", {"w": noise(5)}),
    "matmul, several matrices": ("float[2,3,5] x", "MatMul(x, w)", {"w": noise(2, 5, 4)}),
    "matmul, on the left": ("float[2,3,5] x", "MatMul(w, x)", {"w": noise(4, 3)}),
    "matmul, a vector on the left": ("float[2,3,5] x", "MatMul(w, x)", {"w": noise(3)}),
    "matmul, two blobs": ("float[2,6,3,5] x, float[2,6,5,4] z", "MatMul(x, z)", {}),
    "matmul, broadcast": ("float[2,1,3,5] x, float[6,5,4] z", "MatMul(x, z)", {}),
    "matmul, a computed vector": ("float[2,3,5] x, float[5] z", "MatMul(x, z)", {}),
    "matmul, two vectors": ("float[5] x, float[5] z", "MatMul(x, z)", {}),
    "batch_normalization": (X, "BatchNormalization<epsilon=0.01>(x, s, b, m, v)",
                            {"s": noise(4), "b": noise(4), "m": noise(4), "v": noise(4)**2}),
    "layer_normalization": ("float[2,3,5] x", "LayerNormalization<axis=-1,epsilon=0.01>(x, s, b)",
                            {"s": noise(5), "b": noise(5)}),
    "instance_normalization": (X, "InstanceNormalization<epsilon=0.01>(x, s, b)",
                               {"s": noise(4), "b": noise(4)}),
    "lrn": (X, "LRN<size=3,alpha=0.1,beta=0.75,bias=2.0>(x)", {}),
    "softmax": (X, "Softmax<axis=1>(x)", {}),
    "log_softmax": (X, "LogSoftmax<axis=-1>(x)", {}),
    "lp_normalization": (X, "LpNormalization<axis=1>(x)", {}),
    "relu": (X, "Relu(x)", {}), "leaky": (X, "LeakyRelu<alpha=0.2>(x)", {}),
    "prelu": (X, "PRelu(x, s)", {"s": noise(4, 1, 1)}),
    "prelu, one": (X, "PRelu(x, s)", {"s": noise(1)}),
    "relu6": (X, "Clip(x, low, high)", {"low": np.float32(0), "high": np.float32(6)}),
    "clip": (X, "Clip(x, low, high)", {"low": np.float32(-1), "high": np.float32(0.5)}),
    "clip, no low": (X, 'Clip(x, "", high)', {"high": np.float32(0.5)}),
    "sigmoid": (X, "Sigmoid(x)", {}), "tanh": (X, "Tanh(x)", {}),
    "elu": (X, "Elu<alpha=0.7>(x)", {}), "selu": (X, "Selu(x)", {}),
    "softplus": (X, "Softplus(x)", {}), "softsign": (X, "Softsign(x)", {}),
    "hard_sigmoid": (X, "HardSigmoid(x)", {}),
    "hard_sigmoid, torch's": (X, "HardSigmoid<alpha=0.16666667,beta=0.5>(x)", {}),
    "hard_swish": (X, "HardSwish(x)", {}), "dropout": (X, "Dropout(x)", {}),
    "erf": (X, "Erf(x)", {}),
    "exp": (X, "Exp(x)", {}), "abs": (X, "Abs(x)", {}), "neg": (X, "Neg(x)", {}),
    "add": ("float[2,4,9,7] x, float[2,4,9,7] z", "Add(x, z)", {}),
    "sub": ("float[2,4,9,7] x, float[2,4,9,7] z", "Sub(x, z)", {}),
    "add a number": (X, "Add(x, c)", {"c": np.float32(1.5)}),
    "number less": (X, "Sub(c, x)", {"c": np.float32(1.5)}),
    "channels less": (X, "Sub(x, c)", {"c": noise(4, 1, 1)}),
    "columns times": (X, "Mul(x, c)", {"c": noise(7)}),
    "channels and columns": (X, "Mul(x, c)", {"c": noise(1, 4, 1, 7)}),
    "divided by": (X, "Div(x, c)", {"c": noise(4, 1, 1) + 5}),
    "a constant that is larger": ("float[2,1,9,7] x", "Add(x, c)", {"c": noise(4, 1, 1)}),
    "squeeze and excite": ("float[2,4,9,7] x, float[2,4,1,1] z", "Mul(x, z)", {}),
    "smaller first": ("float[2,4,1,1] z, float[2,4,9,7] x", "Mul(z, x)", {}),
    "spatial attention": ("float[2,4,9,7] x, float[2,1,9,7] z", "Mul(x, z)", {}),
    "both broadcast": ("float[2,4,1,7] x, float[2,1,9,7] z", "Add(x, z)", {}),
    "fewer axes": ("float[2,4,9,7] x, float[9,7] z", "Sub(x, z)", {}),
    "square": (X, "Pow(x, c)", {"c": np.float32(2)}),
    "exponential": (X, "Pow(c, x)", {"c": np.float32(2)}),
    "max": ("float[2,4,9,7] x, float[2,4,9,7] z", "Max(x, z)", {}),
    "min": ("float[2,4,9,7] x, float[2,4,9,7] z", "Min(x, z, c)", {"c": np.float32(0.1)}),
    "sum": ("float[2,4] x, float[2,4] z", "Sum(x, z, x)", {}),
    "mean": ("float[2,4] x, float[2,4] z", "Mean(x, z, x)", {}),
    "reshape": (X, "Reshape(x, s)", {"s": ints(0, 2, -1, 7)}),
    "reshape, five axes": (X, "Reshape(x, s)", {"s": ints(2, 2, 2, 9, 7)}),
    "flatten": (X, "Flatten<axis=2>(x)", {}),
    "squeeze": ("float[2,4,1,1] x", "Squeeze(x, a)", {"a": ints(2, 3)}),
    "unsqueeze": ("float[2,4] x", "Unsqueeze(x, a)", {"a": ints(1, 3)}),
    "transpose": (X, "Transpose<perm=[0,2,3,1]>(x)", {}),
    "transpose, five axes": ("float[2,3,4,5,2] x", "Transpose<perm=[0,2,1,4,3]>(x)", {}),
    "depth_to_space": ("float[2,8,3,5] x", "DepthToSpace<blocksize=2>(x)", {}),
    "depth_to_space, CRD": ("float[2,8,3,5] x", 'DepthToSpace<blocksize=2,mode="CRD">(x)', {}),
    "space_to_depth": ("float[2,3,4,6] x", "SpaceToDepth<blocksize=2>(x)", {}),
    "expand": ("float[2,4,1,1] x", "Expand(x, s)", {"s": ints(2, 4, 3, 5)}),
    "tile": ("float[2,3] x", "Tile(x, s)", {"s": ints(1, 2)}),
    "concat": ("float[2,3,4] x, float[2,5,4] z", "Concat<axis=1>(x, z, x)", {}),
    "slice": (X, "Slice(x, s, e, a)", {"s": ints(1, -4), "e": ints(3, 100), "a": ints(1, 2)}),
    "slice, steps along channels": (X, "Slice(x, s, e, a, d)", {
        "s": ints(1, 0), "e": ints(4, 9), "a": ints(1, 2), "d": ints(2, 4)}),
    "slice, steps": (X, "Slice(x, s, e, a, d)", {"s": ints(1, 0), "e": ints(9, 7),
                                                 "a": ints(2, 3), "d": ints(2, 3)}),
    "gather": (X, "Gather<axis=1>(x, i)", {"i": ints(2)}),
    "gather, one": (X, "Gather<axis=1>(x, i)", {"i": np.array(1)}),
    "gather, order": (X, "Gather<axis=1>(x, i)", {"i": ints(3, 0, 1, -1)}),
    "pad": (X, "Pad(x, p)", {"p": ints(0, 1, 2, 0, 0, 0, 1, 3)}),
    "pad, edge": (X, 'Pad<mode="edge">(x, p)', {"p": ints(0, 0, 2, 0, 0, 0, 1, 1)}),
    "pad, reflect": (X, 'Pad<mode="reflect">(x, p)', {"p": ints(0, 0, 2, 0, 0, 0, 1, 3)}),
    "pad, negative": (X, "Pad(x, p)", {"p": ints(0, 0, -1, 0, 0, 0, -2, 1)}),
    "reduce_mean, plane": (X, "ReduceMean<axes=[2,3],keepdims=0>(x)", {}),
    "reduce_mean, channels": (X, "ReduceMean<axes=[1]>(x)", {}),
    "reduce_sum": (X, "ReduceSum<keepdims=0>(x, a)", {"a": ints(-1)}),
    "reduce_l1": (X, "ReduceL1<axes=[1,3]>(x)", {}), "reduce_l2": (X, "ReduceL2<axes=[1]>(x)", {}),
    "reduce_sum_square": (X, "ReduceSumSquare<axes=[2]>(x)", {}),
    "reduce_max, plane": (X, "ReduceMax<axes=[2,3]>(x)", {}),
    "reduce_max, channels": (X, "ReduceMax<axes=[1],keepdims=0>(x)", {}),
    "resize, nearest": (X, 'Resize<mode="nearest",coordinate_transformation_mode="asymmetric",'
                        'nearest_mode="floor">(x, "", s)',
                        {"s": np.array([1, 1, 2, 3], np.float32)}),
    "resize, linear": (X, 'Resize<mode="linear">(x, "", s)',
                       {"s": np.array([1, 1, 2, 3], np.float32)}),
    "resize, aligned": (X, 'Resize<mode="linear",coordinate_transformation_mode="align_corners">'
                        '(x, "", "", s)', {"s": ints(2, 4, 13, 20)}),
    "resize, any factor": (X, 'Resize<mode="linear">(x, "", "", s)', {"s": ints(2, 4, 13, 20)}),
    "resize, cubic": (X, 'Resize<mode="cubic">(x, "", "", s)', {"s": ints(2, 4, 18, 5)}),
    "resize, one cell": ("float[2,4,1,1] x", 'Resize<mode="linear">(x, "", "", s)',
                         {"s": ints(2, 4, 5, 3)}),
    "resize, nearest down": (X, 'Resize<mode="nearest">(x, "", "", s)', {"s": ints(2, 4, 4, 5)}),
    "global pools": (X, "GlobalAveragePool(x)", {}), "global max": (X, "GlobalMaxPool(x)", {}),
    "identity": (X, "Identity(x)", {}),
}
POOLS = {
    "floor": (X, "MaxPool<kernel_shape=[3,3],strides=[2,2],pads=[1,1,1,1]>(x)", {}),
    "floor of even sizes": ("float[2,3,8,6] x",
                            "MaxPool<kernel_shape=[3,3],strides=[2,2],pads=[1,1,1,1]>(x)", {}),
    "floor of one axis": ("float[2,3,9,8] x", "MaxPool<kernel_shape=[3,3],strides=[2,2]>(x)", {}),
    "ceil": ("float[2,3,8,6] x", "MaxPool<kernel_shape=[3,3],strides=[2,2],ceil_mode=1>(x)", {}),
    "padding after": ("float[2,3,8,6] x",
                      "MaxPool<kernel_shape=[3,3],strides=[2,2],pads=[0,0,1,1]>(x)", {}),
    "padding before": (X, "MaxPool<kernel_shape=[3,3],strides=[1,1],pads=[2,2,0,0]>(x)", {}),
    "SAME_UPPER": ("float[2,3,8,6] x",
                   'MaxPool<kernel_shape=[3,2],strides=[2,2],auto_pad="SAME_UPPER">(x)', {}),
    "one axis": ("float[2,3,9] x", "MaxPool<kernel_shape=[3],strides=[2]>(x)", {}),
    "mean": ("float[2,3,8,6] x", "AveragePool<kernel_shape=[3,3],strides=[2,2]>(x)", {}),
    "mean of real cells": (
        "float[2,3,8,6] x",
        "AveragePool<kernel_shape=[3,3],strides=[2,2],pads=[1,1,1,1]>(x)", {}),
    "mean with padding": (
        "float[2,3,8,6] x", "AveragePool<kernel_shape=[3,2],strides=[1,2],pads=[1,0,1,0],"
        "count_include_pad=1>(x)", {}),
    "mean, padding after": (
        "float[2,3,8,6] x",
        "AveragePool<kernel_shape=[3,3],strides=[2,2],pads=[0,0,1,1]>(x)", {}),
    "mean with padding after": (
        "float[2,3,8,6] x", "AveragePool<kernel_shape=[3,3],strides=[2,2],pads=[0,0,1,1],"
        "count_include_pad=1>(x)", {}),
}


def case_model(case, opset=17):
    inputs, call, constants = case
    return model_of(f"g ({inputs}) => (float y) {{ y = {call} }}", constants, opset)


@pytest.mark.parametrize("name", CASES)
def test_an_operator_computes_the_same_as_layers(name, tmp_path):
    assert_same(case_model(CASES[name]), tmp_path)


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("name", POOLS)
def test_pooling_has_the_windows_of_onnx(name, plain, tmp_path):
    assert_same(case_model(POOLS[name]), tmp_path, plain=plain)


def test_plain_pooling_uses_fields_of_the_original_alone(tmp_path):
    for number, case in enumerate(POOLS.values()):
        made, _ = imported(case_model(case), tmp_path / str(number), plain=True)
        text = str(made.message)
        assert "round_mode" not in text and "avg_include_pad" not in text


PRODUCTS = [name for name in CASES if name.startswith("matmul")]


@pytest.mark.parametrize("name", PRODUCTS)
def test_a_matrix_product_has_plain_layers(name, tmp_path):
    made, _ = imported(case_model(CASES[name]), tmp_path, plain=True)
    assert "MatMul" not in {one.type for one in made.message.layer}
    assert_same(case_model(CASES[name]), tmp_path, plain=True)


def test_a_product_of_two_large_blobs_is_beyond_the_plain_layers(tmp_path):
    case = ("float[3000,400] x, float[400,2000] z", "MatMul(x, z)", {})
    with pytest.raises(CaffeError, match=r"node 'y' \(MatMul\): multiplies two computed matrices, "
                       r"2,400,000,000 products"):
        imported(case_model(case), tmp_path, plain=True)


def test_steps_along_channels_have_plain_layers(tmp_path):
    case = (X, "Slice(x, s, e, a, d)", {"s": ints(0), "e": ints(4), "a": ints(1), "d": ints(2)})
    net = assert_same(case_model(case), tmp_path, plain=True)
    assert layer_types(net)[-3:] == ["Reshape", "Pooling", "Reshape"]


def test_dilated_windows_are_beyond_the_plain_layers(tmp_path):
    case = (X, "MaxPool<kernel_shape=[2,2],dilations=[2,2]>(x)", {})
    assert_same(case_model(case), tmp_path / "ours")
    with pytest.raises(CaffeError, match=r"windows of \(2, 2\) with the dilation \(2, 2\), which"):
        imported(case_model(case), tmp_path, plain=True)


def test_every_operator_has_a_case():
    used = {call.partition("(")[0].partition("<")[0]
            for _, call, _ in (*CASES.values(), *POOLS.values())}
    # tried by tests of their own, or by torchvision's nets
    others = {"Log", "Sqrt", "Reciprocal", "Mish", "Cast", "Split", "ArgMax", "Upsample",
              "Gelu", "LSTM", "GRU", "RNN"}
    assert set(OPERATORS) - used == others | MORE_OPERATORS


def test_a_split_gives_several_blobs(tmp_path):
    model = model_of("g (float[2,6,5] x) => (float a, float b) { a, b = Split<axis=1>(x, s) }",
                     {"s": ints(2, 4)})
    assert_same(model, tmp_path)


@pytest.mark.parametrize("text", [
    "n = ReduceL2<keepdims=1>(x, a) c = Clip(n, e) w = Expand(c, s) y = Div(x, w)",
    "n = ReduceL2<keepdims=1>(x, a) c = Clip(n, e) y = Div(x, c)",
    "n = ReduceL2<keepdims=1>(x, a) y = Div(x, n)"])
def test_what_torchs_normalize_becomes_is_one_layer(text, tmp_path):
    model = model_of(f"g (float[2,4,9,7] x) => (float y) {{ {text} }}",
                     {"a": ints(1), "e": np.float32(1e-12), "s": ints(2, 4, 9, 7)}, 18)
    net = assert_same(model, tmp_path)
    assert [step.layer.spec.type for step in net.layers] == ["Normalize"]


@pytest.mark.parametrize("text, axis", [
    ("n = ReduceL2<keepdims=1>(x, a) y = Div(x, n)", 2),                    # not the channels
    ("z = Exp(x) n = ReduceL2<keepdims=1>(z, a) y = Div(x, n)", 1),        # of another blob
    ("n = ReduceL2<keepdims=1>(x, a) d = Div(x, n) y = Mul(d, n)", 1)])     # read twice
def test_other_lengths_stay_as_they_are(text, axis, tmp_path):
    model = model_of(f"g (float[2,4,9,7] x) => (float y) {{ {text} }}", {"a": ints(axis)}, 18)
    net = assert_same(model, tmp_path)
    assert "Normalize" not in {step.layer.spec.type for step in net.layers}


def test_functions_of_positive_values_compute_the_same(tmp_path):
    model = model_of("g (float[2,6] x) => (float a, float b, float c) { p = Exp(x) a = Sqrt(p) "
                     "b = Log(p) c = Reciprocal(p) }")
    assert_same(model, tmp_path)


@pytest.mark.parametrize("opset, call, constants", [
    (9, "Slice<starts=[1,-4],ends=[3,100],axes=[1,2]>(x)", {}),
    (10, "Slice(x, s, e, a)", {"s": ints(1, -4), "e": ints(3, 100), "a": ints(1, 2)}),
    (10, "Clip<min=-0.5,max=0.7>(x)", {}),
    (11, "Clip(x, low, high)", {"low": np.float32(-0.5), "high": np.float32(0.7)}),
    (12, "Softmax<axis=1>(x)", {}), (13, "Softmax<axis=1>(x)", {}),
    (12, "Softmax(x)", {}), (13, "Softmax(x)", {}),
    (10, "Pad<pads=[0,1,2,0,0,0,1,3]>(x)", {}),
    (11, "Pad(x, p)", {"p": ints(0, 1, 2, 0, 0, 0, 1, 3)}),
    (8, 'Upsample<mode="nearest",scales=[1.0,1.0,2.0,3.0]>(x)', {}),
    (9, 'Upsample<mode="nearest">(x, s)', {"s": np.array([1, 1, 2, 3], np.float32)}),
    (10, 'Resize<mode="linear">(x, s)', {"s": np.array([1, 1, 1.5, 2], np.float32)}),
    (11, 'Resize<mode="linear">(x, r, s)', {"r": np.zeros(8, np.float32),
                                            "s": np.array([1, 1, 1.5, 2], np.float32)}),
])
def test_the_forms_of_older_versions_of_operators_compute_the_same(opset, call, constants,
                                                                    tmp_path):
    assert_same(case_model((X, call, constants), opset), tmp_path)


@pytest.mark.parametrize("form", ["none", "tanh"])
def test_gelu_computes_the_same(form, tmp_path):
    case = (X, f'Gelu<approximate="{form}">(x)', {})
    assert_same(case_model(case, opset=20), tmp_path)


def test_the_error_function_is_that_of_python_and_has_a_gradient_at_zero(tmp_path):
    _, net = imported(model_of("g (float[1,9] x) => (float y) { y = Erf(x) }"), tmp_path)
    values = [-5.0, -1.0, -1e-3, -1e-9, 0.0, 1e-9, 1e-3, 0.5, 4.0]
    x = torch.tensor([values], requires_grad=True)
    y = net.run({"x": x})["y"]
    np.testing.assert_allclose(y.detach().numpy()[0], [math.erf(value) for value in values],
                               atol=5e-7)
    y.sum().backward()
    assert torch.isfinite(x.grad).all()


def test_shape_arithmetic_is_folded(tmp_path):
    model = model_of("""g (float[2,6,4,3] x) => (float y) {
        s = Shape(x)
        n = Gather(s, zero)
        m = Unsqueeze(n, first)
        t = Concat<axis=0>(m, rest)
        y = Reshape(x, t) }""", {"zero": np.array(0), "first": ints(0), "rest": ints(-1)})
    assert [layer.type for layer in imported(model, tmp_path)[0].message.layer] == \
        ["Input", "Flatten"]


def test_a_channel_shuffle_becomes_one_layer(tmp_path):
    model = model_of("g (float[2,6,4,3] x) => (float y) { a = Reshape(x, s) "
                     "b = Transpose<perm=[0,2,1,3,4]>(a) y = Reshape(b, t) }",
                     {"s": ints(2, 3, 2, 4, 3), "t": ints(2, 6, 4, 3)})
    net = assert_same(model, tmp_path)
    assert [step.layer.spec.type for step in net.layers] == ["ShuffleChannel"]


def layer_types(net):
    return [step.layer.spec.type for step in net.layers]


def test_shapes_and_orders_that_follow_one_another_are_one_layer_or_none(tmp_path):
    back = model_of("g (float[2,6,4] x) => (float y) { a = Transpose<perm=[1,0,2]>(x) "
                    "b = Reshape(a, s) c = Reshape(b, t) d = Transpose<perm=[1,0,2]>(c) "
                    "y = Neg(d) }", {"s": ints(6, 2, 2, 2), "t": ints(6, 2, 4)})
    assert layer_types(assert_same(back, tmp_path / "back")) == ["Power"]
    joined = model_of("g (float[2,6,4] x) => (float y) { a = Transpose<perm=[1,0,2]>(x) "
                      "b = Transpose<perm=[0,2,1]>(a) c = Reshape(b, s) y = Reshape(c, t) }",
                      {"s": ints(6, 2, 4), "t": ints(3, 2, 8)})
    assert layer_types(assert_same(joined, tmp_path / "joined")) == ["Permute", "Reshape"]
    squeezed = model_of("g (float[4,6] x) => (float y) { a = Reshape(x, s) y = Squeeze(a, z) }",
                        {"s": ints(1, 3, 8), "z": ints(0)})
    assert layer_types(assert_same(squeezed, tmp_path / "squeezed")) == ["Reshape"]


def test_a_blob_between_two_shapes_that_somebody_reads_stays(tmp_path):
    model = model_of("g (float[2,6,4] x) => (float y, float z) { a = Reshape(x, s) "
                     "y = Reshape(a, t) z = Neg(a) }", {"s": ints(2, 24), "t": ints(2, 4, 6)})
    assert layer_types(assert_same(model, tmp_path)) == ["Flatten", "Reshape", "Power"]


def test_slices_at_the_same_points_are_one_layer(tmp_path):
    model = model_of("g (float[2,6,4,3] x) => (float a, float b) { a = Slice(x, zero, three, one) "
                     "b = Slice(x, three, six, one) }",
                     {"zero": ints(0), "three": ints(3), "six": ints(6), "one": ints(1)})
    net = assert_same(model, tmp_path)
    assert [step.layer.spec.type for step in net.layers] == ["Slice"]


def test_layers_with_the_same_weights_are_trained_as_one(tmp_path):
    model = model_of("g (float[2,3,6,5] x) => (float y) { a = Conv<pads=[1,1,1,1]>(x, w, b) "
                     "c = Relu(a) d = Conv<pads=[1,1,1,1]>(c, w, b) y = Conv(d, v, b) }",
                     {"w": noise(3, 3, 3, 3), "v": noise(3, 3, 3, 3), "b": noise(3)})
    net = assert_same(model, tmp_path)
    assert net.params["a"][0] is net.params["d"][0] and net.params["a"][1] is net.params["d"][1]
    assert net.params["y"][1] is not net.params["a"][1]


def test_a_fork_and_an_output_that_is_read_keep_their_values(tmp_path):
    model = model_of("g (float[2,4] x) => (float a, float y) { a = Exp(x) b = Relu(a) "
                     "c = Neg(a) y = Add(b, c) }")
    assert_same(model, tmp_path)


def test_operators_without_a_counterpart_are_counted_and_named(tmp_path):
    model = model_of("g (float[2,4] x) => (float y) { a = Tan(x) b = Tan(a) y = Ceil(b) }")
    with pytest.raises(CaffeError, match=r"model.onnx: operators without a counterpart in Caffe's "
                       r"layers: Tan \(node 'a' and 1 more\), Ceil \(node 'y'\); there are Abs, "):
        imported(model, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("case, message", [
    (("float[2,4,6,6] x, float[3,4,3,3] w", "Conv(x, w)", {}), "its weight 'w' is computed"),
    ((X, "Pad(x, p)", {"p": ints(1, 0, 1, 1, 0, 0, 1, 1)}),
     r"pads \(2, 4, 9, 7\) by \[1, 0, 1, 1\] and \[0, 0, 1, 1\]; all axes but the first"),
    (("float[2,3,8,6] x", "MaxPool<kernel_shape=[2,2],strides=[2,2],pads=[1,1,0,0],"
      "dilations=[2,2]>(x)", {}), None),
    ((X, "Conv<pads=[1,65536,0,3]>(x, w)", {"w": noise(5, 4, 3, 3)}),
     "so differently that its kernel of 3 x 3 would become one of 4 x 65536"),
    (("float[5,4] x", "Gemm<transA=1>(x, w)", {"w": noise(5, 3)}), "transA is 1"),
])
def test_a_node_without_an_exact_form_is_refused_with_its_reason(case, message, tmp_path):
    if message is None:
        assert_same(case_model(case), tmp_path)     # an odd window that has one
        return
    with pytest.raises(CaffeError, match=f"model.onnx: node 'y'.*{message}"):
        imported(case_model(case), tmp_path)
    assert list(tmp_path.iterdir()) == []
