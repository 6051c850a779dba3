"""Comparisons, choices, Einsum, sums along axes, and other operators against ONNX Runtime."""

import numpy as np
import pytest
import torch
from torch import nn

from framework.errors import CaffeError
from framework.export.module_onnx import to_onnx
from framework.importing.convert import import_model
from framework.net.net import Net
from tests.importing.support import assert_same, imported, model_of

RANDOM = np.random.default_rng(4)
X = "float[2,4,9,7] x"
TWO = "float[2,4,9,7] x, float[2,4,9,7] z"


def noise(*shape):
    return RANDOM.standard_normal(shape).astype(np.float32)


def ints(*numbers):
    return np.array(numbers, np.int64)


def chosen(condition, first="x", second="z", inputs=TWO, **constants):
    return (inputs, f"c = {condition} y = Where(c, {first}, {second})", constants)


HALF = np.float32(0.5)
CASES = {
    "celu": (X, "y = Celu<alpha=0.6>(x)", {}), "celu, alpha 1": (X, "y = Celu(x)", {}),
    "greater": chosen("Greater(x, z)"), "less": chosen("Less(x, h)", h=HALF),
    "greater or equal": chosen("GreaterOrEqual(r, n)", inputs=TWO, r=np.float32(1), n=noise(7)),
    "greater or equal, equal ones": (X, "r = Relu(x) c = GreaterOrEqual(zero, r) "
                                     "y = Where(c, x, h)", {"zero": np.float32(0), "h": HALF}),
    "less or equal, equal ones": (X, "r = Relu(x) c = LessOrEqual(r, zero) y = Where(c, h, x)",
                                  {"zero": np.float32(0), "h": HALF}),
    "less or equal": chosen("LessOrEqual(z, x)"),
    "where, broadcast": ("float[2,4,1,7] x, float[2,1,9,7] z",
                         "c = Less(x, h) y = Where(c, x, z)", {"h": HALF}),
    "where, two constants": (X, "c = Less(x, h) y = Where(c, h, n)", {"h": HALF, "n": noise(7)}),
    "where, a constant condition": (X, "y = Where(m, x, n)", {
        "m": noise(9, 7) > 0, "n": np.float32(-3)}),
    "a mask of minus infinity": ("float[2,4,5,5] x", "a = Where(m, x, n) y = Softmax<axis=3>(a)", {
        "m": np.tri(5) > 0, "n": np.float32("-inf")}),
    "and, or, not": (TWO, "a = Less(x, h) b = Greater(z, h) c = And(a, b) d = Not(a) e = Or(c, d) "
                     "y = Where(e, x, z)", {"h": HALF}),
    "and, or of constants": (TWO, "a = Less(x, h) c = And(a, m) d = Or(n, c) y = Where(d, x, z)", {
        "h": HALF, "m": noise(9, 7) > 0, "n": noise(4, 1, 1) > 1}),
    "sign": (X, "s = Sub(x, h) t = Clip(s, n, n2) y = Sign(t)", {
        "h": HALF, "n": np.float32(0), "n2": np.float32(2)}),
    "cast": (X, "r = Relu(x) b = Cast<to=9>(r) f = Cast<to=1>(b) y = Mul(f, x)", {}),
    "trilu": ("float[2,4,5,7] x", "y = Trilu(x)", {}),
    "trilu, lower": ("float[2,4,5,7] x", "y = Trilu<upper=0>(x, k)", {"k": np.array(1)}),
    "cumsum": (X, "y = CumSum(x, a)", {"a": np.array(2)}),
    "cumsum, exclusive": (X, "y = CumSum<exclusive=1>(x, a)", {"a": np.array(-1)}),
    "cumsum, reverse": (X, "y = CumSum<exclusive=1,reverse=1>(x, a)", {"a": np.array(1)}),
    "reduce_min": (X, "y = ReduceMin<axes=[1],keepdims=0>(x)", {}),
    "reduce_prod": (X, "y = ReduceProd<axes=[1]>(x)", {}),
    "reduce_log_sum_exp": (X, "y = ReduceLogSumExp<axes=[3],keepdims=0>(x)", {}),
    "reduce_log_sum_exp, large": (X, "a = Mul(x, h) y = ReduceLogSumExp<axes=[1]>(a)", {
        "h": np.float32(90)}),
    "flip": (X, "y = Slice(x, s, e, a, d)", {"s": ints(-1), "e": ints(-100), "a": ints(2),
                                             "d": ints(-1)}),
    "steps backwards": (X, "y = Slice(x, s, e, a, d)", {"s": ints(7), "e": ints(0), "a": ints(2),
                                                        "d": ints(-3)}),
    "pad, a value": (X, "y = Pad(x, p, v)", {"p": ints(0, 1, 2, 0, 0, 0, 1, 3),
                                             "v": np.float32(3)}),
    "pad, three axes": ("float[2,4,9] x", "y = Pad(x, p)", {"p": ints(0, 1, 2, 0, 0, 3)}),
    "pad, two axes": ("float[2,4] x", "y = Pad(x, p)", {"p": ints(0, 1, 0, 2)}),
    "pad, five axes": ("float[2,3,4,5,2] x", "y = Pad(x, p)", {
        "p": ints(0, 0, 1, 2, 0, 0, 1, 0, 0, 3)}),
    "resize, three axes": ("float[2,3,8] x", 'y = Resize<mode="linear">(x, "", "", s)', {
        "s": ints(2, 3, 13)}),
    "resize, three axes, nearest": ("float[2,3,8] x", 'y = Resize<mode="nearest">(x, "", "", s)', {
        "s": ints(2, 3, 16)}),
    "resize, three axes by a scale": ("float[2,3,8] x", 'y = Resize<mode="linear">(x, "", s)', {
        "s": np.array([1, 1, 2], np.float32)}),
    "resize, five axes": ("float[2,3,4,5,2] x", 'y = Resize<mode="linear">(x, "", "", s)', {
        "s": ints(2, 3, 4, 8, 5)}),
}
EQUATIONS = {
    "bij,bjk->bik": ((2, 3, 4), (2, 4, 5)), "bij,bkj->bki": ((2, 3, 4), (2, 5, 4)),
    "nchw,nkhw->nckh": ((2, 3, 4, 5), (2, 6, 4, 5)),
    "nqhd,nkhd->nhqk": ((2, 3, 4, 5), (2, 6, 4, 5)),
    "bi,bj->bij": ((2, 3), (2, 4)), "bij,bik->b": ((2, 3, 4), (2, 3, 5)),
    "bi,bi": ((2, 3), (2, 3)), "bi,b->ib": ((2, 3), (2,)), "bijk->bkj": ((2, 3, 4, 5), None),
    "bij->bji": ((2, 3, 4), None), "bij,jk->bik": ((2, 3, 4), (4, 5)),
}
# operators that cases here name, or tests of their own
OPERATORS = {"Celu", "Greater", "Less", "GreaterOrEqual", "LessOrEqual", "Where", "And", "Or",
             "Not", "Sign", "Trilu", "CumSum", "ReduceMin", "ReduceProd", "ReduceLogSumExp",
             "Einsum", "Sin", "Cos"}


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_an_operator_computes_the_same_as_layers(name, plain, tmp_path):
    inputs, body, constants = CASES[name]
    model = model_of(f"g ({inputs}) => (float y) {{ {body} }}", constants)
    net = assert_same(model, tmp_path, plain=plain)
    assert net.outputs == ["y"]
    fixed = {"Bias", "Scale", "InnerProduct", "Convolution", "Deconvolution"}
    for step in net.layers:     # what says where, not what is learned
        if step.layer.spec.type in fixed and step.layer.blobs:
            assert all(one.lr_mult == 0 for one in step.layer.spec.proto.param)
            assert len(step.layer.spec.proto.param) == len(step.layer.blobs)


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("equation", EQUATIONS)
def test_einsum_computes_the_same(equation, plain, tmp_path):
    first, second = EQUATIONS[equation]
    texts = [f"float[{','.join(map(str, shape))}] {name}"
             for name, shape in (("x", first), ("z", second)) if shape]
    operands = "x, z" if second else "x"
    model = model_of(f"g ({', '.join(texts)}) => (float y) {{ y = "
                     f'Einsum<equation="{equation}">({operands}) }}')
    assert_same(model, tmp_path, plain=plain)


@pytest.mark.parametrize("equation, inputs", [
    ("bii->bi", "float[2,3,3] x"), ("...ij->...ji", "float[2,3,4] x"),
    ("bi,bi,bi->b", "float[2,3] x, float[2,3] x, float[2,3] x")])
def test_an_einsum_of_another_form_is_refused_with_its_sizes(equation, inputs, tmp_path):
    operands = ", ".join(["x"] * (equation.count(",") + 1))
    model = model_of(f"g ({inputs.split(', float')[0]}) => (float y) {{ y = "
                     f'Einsum<equation="{equation}">({operands}) }}')
    with pytest.raises(CaffeError, match=r"its equation is .* for \(2, 3.*; one or two operands"):
        imported(model, tmp_path)


@pytest.mark.parametrize("body, message", [
    ("y = ReduceMin<axes=[1,2]>(x)", r"takes the axes \[1, 2\] of \(2, 4, 9, 7\)"),
    ("y = CumSum(x, a)", r"sums along the batch of \(2, 4, 9, 7\)"),
    ('y = Resize(x, "", "", s)', r"resizes \(2, 4, 9, 7\) to \(2, 8, 9, 7\); all axes but the")])
def test_what_has_no_form_is_refused_with_sizes(body, message, tmp_path):
    model = model_of(f"g ({X}) => (float y) {{ {body} }}", {"a": np.array(0),
                                                           "s": ints(2, 8, 9, 7)})
    with pytest.raises(CaffeError, match=message):
        imported(model, tmp_path)


def test_a_truth_has_no_gradient_and_the_choice_has(tmp_path):
    model = model_of("g (float[1,3] x) => (float y) { c = Greater(x, h) t = Mul(x, three) "
                     "y = Where(c, x, t) }", {"h": HALF, "three": np.float32(3)})
    _, net = imported(model, tmp_path)
    x = torch.tensor([[-1.0, 0.4, 2.0]], requires_grad=True)
    net.run({"x": x})["y"].sum().backward()
    assert x.grad.tolist() == [[3, 3, 1]]


def same_as_torch(module, folder, shape, plain):
    """The net of a module gives what torch gives, for other inputs than the import tried."""
    module = module.eval()
    import_model(to_onnx(module, "module", [shape]), "module", {"data": shape}, folder / "net",
                 "net", plain)
    net = Net(folder / "net.prototxt", "TEST", weights=folder / "net.caffemodel")
    x = torch.randn(shape, generator=torch.Generator().manual_seed(3)) * 3
    with torch.no_grad():
        (found,) = net({"data": x}).values()
        torch.testing.assert_close(found, module(x), rtol=2e-5, atol=1e-5)
    return net


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("module, shape", [
    (nn.AdaptiveAvgPool2d((4, 5)), (2, 3, 9, 7)), (nn.AdaptiveAvgPool2d((3, 5)), (2, 3, 9, 7)),
    (nn.AdaptiveAvgPool2d((None, 2)), (2, 3, 9, 7)), (nn.AdaptiveAvgPool2d(12), (2, 3, 9, 7)),
    (nn.AdaptiveMaxPool2d((4, 5)), (2, 3, 9, 7)), (nn.AdaptiveAvgPool1d(5), (2, 3, 8)),
    (nn.AdaptiveMaxPool1d(3), (2, 3, 8)), (nn.AdaptiveAvgPool3d((2, 3, 2)), (2, 3, 5, 4, 6)),
    (nn.AdaptiveMaxPool3d((2, 3, 4)), (1, 2, 5, 4, 6)),
    (nn.AdaptiveAvgPool2d((3, 7)), (2, 3, 9, 7)),
    (nn.LocalResponseNorm(4, 0.5, 0.7, 2.0), (2, 9, 4, 3)),
    (nn.LocalResponseNorm(2, 0.5), (2, 3, 5)), (nn.LocalResponseNorm(8, 0.5), (2, 3, 2, 4, 5)),
    (nn.RMSNorm(5), (2, 3, 5)), (nn.RMSNorm((3, 5), 0.01, elementwise_affine=False), (2, 3, 5)),
    (nn.Upsample(size=(4, 11), mode="nearest-exact"), (2, 3, 9, 7)),
    (nn.Upsample(size=5, mode="nearest-exact"), (2, 3, 8)),
    (nn.CELU(0.6), (2, 3, 5)), (nn.ChannelShuffle(3), (2, 6, 4, 5)),
    (nn.Threshold(0.4, -2.0), (2, 3, 5)), (nn.Hardshrink(0.7), (2, 3, 5)),
    (nn.Softshrink(0.7), (2, 3, 5)), (nn.Upsample(scale_factor=1.5, mode="linear"), (2, 3, 8)),
    (nn.Upsample(size=(4, 7, 3), mode="trilinear"), (1, 2, 3, 5, 4)),
    (nn.CircularPad2d((1, 2, 0, 1)), (2, 3, 4, 5)), (nn.ConstantPad1d((2, 1), -1.5), (2, 3, 4))])
def test_modules_that_torch_onnx_has_no_form_for_compute_the_same(module, shape, plain, tmp_path):
    same_as_torch(module, tmp_path, shape, plain)


class Causal(nn.Module):
    def forward(self, x):
        return nn.functional.scaled_dot_product_attention(x, x, x, is_causal=True)


def test_a_mask_of_minus_infinity_is_finite_in_the_file_and_not_learned(tmp_path):
    net = same_as_torch(Causal(), tmp_path, (2, 4, 6), False)
    (mask,) = [step.layer for step in net.layers if step.layer.spec.type == "Bias"]
    assert torch.isfinite(mask.blobs[0]).all() and mask.spec.proto.param[0].lr_mult == 0


@pytest.mark.parametrize("plain", [False, True])
def test_the_logarithm_of_a_sigmoid_that_is_0_is_finite(plain, tmp_path):
    net = same_as_torch(nn.LogSigmoid(), tmp_path, (2, 3), plain)
    x = torch.tensor([[-900.0, -90, -1], [0, 1, 90]])
    (found,) = net({"data": x}).values()
    torch.testing.assert_close(found, nn.functional.logsigmoid(x), rtol=1e-5, atol=1e-7)


class Waves(nn.Module):
    def forward(self, x):
        return torch.cat([x.sin(), x.cos()], 1)


def test_waves_are_cosines_which_plain_caffe_has_not(tmp_path):
    net = same_as_torch(Waves(), tmp_path, (2, 3, 5), False)
    assert [step.layer.spec.type for step in net.layers] == ["Power", "Cos", "Cos", "Concat"]
    with pytest.raises(CaffeError, match=r"\(Sin\): BVLC's Caffe has no cosine"):
        same_as_torch(Waves(), tmp_path, (2, 3, 5), True)


def test_torchs_functions_are_its_own_again():
    from torch.nn import functional

    names = ("adaptive_avg_pool2d", "adaptive_max_pool1d", "local_response_norm", "threshold")
    before = [getattr(functional, name) for name in names]
    to_onnx(nn.AdaptiveAvgPool2d(2), "module", [(1, 2, 5, 5)])
    with pytest.raises(CaffeError):
        to_onnx(nn.Linear(3, 2), "module", [(1, 2)])
    assert [getattr(functional, name) for name in names] == before
