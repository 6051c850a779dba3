"""Padding of single sides (pad_t, pad_l, pad_b, pad_r; pad_type 1) against loops in numpy."""

import dataclasses
import itertools
import math
import re

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from framework.export.onnx_model import Options
from framework.layers import LAYERS
from framework.proto import LayerParameter
from framework.pycaffe.coord_map import conv_params
from framework.pycaffe.net_spec import NetSpec, layers
from tests.export.caffe_support import LITTLE, layer, made_for, text_of
from tests.export.test_layers_onnx import assert_equal_in_runtime, fill
from tests.support import check_layer, layer_text, make, net_from, noise

SIDES = ((0, 1), (2, 1))            # before: top, left; after: bottom, right
FOUR = "pad_t: 0 pad_l: 1 pad_b: 2 pad_r: 1"
SIZE = (2, 4, 7, 9)


def correlated(x, weight, bias, stride, sides, dilation=1, group=1):
    """Each cell of the top, summed over the kernel's cells that are inside of the bottom."""
    before, after = sides
    out = [(n + b + a - dilation * (k - 1) - 1) // stride + 1
           for n, b, a, k in zip(x.shape[2:], before, after, weight.shape[2:], strict=True)]
    y = np.zeros((len(x), len(weight), *out)) + bias.reshape(-1, 1, 1)
    per_in, per_out = weight.shape[1], len(weight) // group
    cells = itertools.product(*map(range, out), *map(range, weight.shape[2:]))
    for i, j, r, c in cells:
        row, column = (at * stride - pad + cell * dilation for at, cell, pad in
                       ((i, r, before[0]), (j, c, before[1])))
        if not (0 <= row < x.shape[2] and 0 <= column < x.shape[3]):
            continue
        for m in range(len(weight)):
            first = m // per_out * per_in
            y[:, m, i, j] += x[:, first:first + per_in, row, column] @ weight[m, :, r, c]
    return y


def pooled(x, method, kernel, stride, sides, floor=False):
    """MAX, AVE (padding counts) and EXC (it does not), by pooling_layer.cpp of the source."""
    before, after = sides
    out = []
    for n, b, a in zip(x.shape[2:], before, after, strict=True):
        steps = (n + b + a - kernel) / stride
        made = (math.floor(steps) if floor else math.ceil(steps)) + 1
        out.append(made - 1 if (made - 1) * stride >= n + b else made)
    y = np.zeros((*x.shape[:2], *out))
    for i, j in itertools.product(*map(range, out)):
        first = [at * stride - b for at, b in zip((i, j), before, strict=True)]
        ends = [min(f + kernel, n + a) for f, n, a in zip(first, x.shape[2:], after, strict=True)]
        cut = x[:, :, max(first[0], 0):ends[0], max(first[1], 0):ends[1]]
        area = (ends[0] - first[0]) * (ends[1] - first[1])
        if method == "MAX":
            y[:, :, i, j] = cut.max((2, 3))
        else:
            y[:, :, i, j] = cut.sum((2, 3)) / (
                area if method == "AVE" else cut.shape[2] * cut.shape[3])
    return y


CONVOLUTIONS = {
    "plain": ("Convolution", "num_output: 3 kernel_size: 3 stride: 2", 2, 1, 1),
    "dilated, grouped": ("Convolution", "num_output: 6 kernel_h: 2 kernel_w: 3 dilation: 2 "
                         "group: 2", 1, 2, 2),
    "depthwise": ("ConvolutionDepthwise", "kernel_size: 3 stride: 3", 3, 1, 4),
}


@pytest.mark.parametrize("case", CONVOLUTIONS)
def test_a_convolution_pads_each_side_by_its_own_number(case):
    kind, param, stride, dilation, group = CONVOLUTIONS[case]
    made = make(kind, f"convolution_param {{ {param} {FOUR} }}", SIZE)
    x = noise(SIZE)
    weight, bias = (blob.detach().numpy() for blob in made.blobs)

    expected = correlated(x.detach().numpy(), weight, bias, stride, SIDES, dilation, group)

    np.testing.assert_allclose(made(x).detach().numpy(), expected, rtol=1e-10, atol=1e-12)
    assert made.top_shapes(SIZE) == [expected.shape]
    check_layer(made, x, gradient=True)


@pytest.mark.parametrize("sides, four", [
    (SIDES, FOUR), (((-1, 1), (0, -2)), "pad_t: -1 pad_l: 1 pad_b: 0 pad_r: -2")])
def test_a_deconvolution_cuts_each_side_by_its_own_number(sides, four):
    made = make("Deconvolution", f"num_output: 3 kernel_size: 3 stride: 2 {four}", SIZE)
    x = noise(SIZE)
    weight, bias = (blob.detach().numpy() for blob in made.blobs)
    (top, left), (below, right) = sides

    whole = np.zeros((2, 3, 15 + 4, 19 + 4))        # with a border of 2 on each side
    for i, j, r, c in itertools.product(range(7), range(9), range(3), range(3)):
        whole[:, :, 2 * i + r + 2, 2 * j + c + 2] += \
            x.detach().numpy()[:, :, i, j] @ weight[:, :, r, c]
    expected = whole[:, :, 2 + top:17 - below, 2 + left:21 - right] + bias.reshape(-1, 1, 1)

    np.testing.assert_allclose(made(x).detach().numpy(), expected, rtol=1e-10, atol=1e-12)
    check_layer(made, x, gradient=True)


POOLS = [(method, kernel, stride, rest) for method in ("MAX", "AVE", "EXC")
         for kernel, stride in ((3, 2), (4, 3), (3, 1)) for rest in ("", "ceil_mode: false")]


@pytest.mark.parametrize("method, kernel, stride, rest", POOLS)
def test_pooling_pads_each_side_by_its_own_number(method, kernel, stride, rest):
    pool = f"pool: {'AVE avg_include_pad: false' if method == 'EXC' else method}"
    made = make("Pooling", f"{pool} kernel_size: {kernel} stride: {stride} {FOUR} {rest}", SIZE)
    for size in SIZE, (2, 4, 8, 12):
        x = noise(size)
        expected = pooled(x.detach().numpy(), method, kernel, stride, SIDES, bool(rest))
        np.testing.assert_allclose(made(x).detach().numpy(), expected, rtol=1e-10, atol=1e-12)
    check_layer(made, noise(SIZE), gradient=True)


@pytest.mark.parametrize("size, wanted", [(6, 5), (7, 5)])
def test_a_last_window_that_starts_after_the_bottom_and_the_first_padding_is_dropped(size, wanted):
    """2 + 6 + 1 cells in steps of 2: five windows of 1, the last at 8 = 2 + 6, is dropped at 6."""
    made = make("Pooling", "kernel_size: 3 stride: 2 pad_t: 2 pad_l: 2 pad_b: 2 pad_r: 2",
                (1, 1, size, size + 2))
    assert made.top_shapes((1, 1, size, size + 2))[0][2] == wanted - (size == 6)


@pytest.mark.parametrize("size", [(2, 4, 7, 9), (2, 4, 8, 6)])
@pytest.mark.parametrize("kernel, stride", [(3, 2), (2, 3), (4, 1)])
def test_pad_type_1_gives_a_window_for_each_stride_of_the_bottom(kernel, stride, size):
    before, after = [], []
    for n in size[2:]:
        along = max(kernel - (n % stride or stride), 0)
        before.append(along // 2)
        after.append(along - along // 2)
    x = noise(size)
    values = x.detach().numpy()
    fields = f"kernel_size: {kernel} stride: {stride} pad_type: 1"
    made = make("Convolution", f"num_output: 3 {fields}", SIZE)     # and then another size
    weight, bias = (blob.detach().numpy() for blob in made.blobs)
    y = made(x).detach().numpy()
    np.testing.assert_allclose(y, correlated(values, weight, bias, stride, (before, after)),
                               rtol=1e-10, atol=1e-12)
    assert y.shape[2:] == tuple(-(-n // stride) for n in size[2:])
    made = make("Pooling", f"pool: AVE {fields}", SIZE)
    np.testing.assert_allclose(made(x).detach().numpy(),
                               pooled(values, "AVE", kernel, stride, (before, after), True),
                               rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("kind, param, message", [
    ("Convolution", "num_output: 2 kernel_size: 3 pad: 1 pad_r: 1",
     "convolution_param.pad_r is given together with pad; give one of the two"),
    ("Convolution", "num_output: 2 kernel_size: 3 pad_w: 1 pad_t: 1",
     "convolution_param.pad_t is given together with pad_w"),
    ("Convolution", "num_output: 2 kernel_size: 3 pad_type: 1 pad_b: 1",
     "convolution_param.pad_b is given together with pad_type"),
    ("Convolution", "num_output: 2 kernel_size: 3 pad_type: 1 pad: 1",
     "convolution_param.pad_type is given together with pad"),
    ("Convolution", "num_output: 2 kernel_size: 3 pad_type: 2",
     "convolution_param.pad_type is 2; it must be 0, or 1"),
    ("Convolution", "num_output: 2 kernel_size: 3 pad_t: -1",
     "convolution_param.pad_t is -1; it must be at least 0"),
    ("Convolution", "num_output: 2 kernel_size: 3 axis: 2 pad_t: 1",
     "convolution_param.pad_t needs 2 spatial axes; here are 1"),
    ("Deconvolution", "num_output: 2 kernel_size: 3 pad_type: 1", "convolution_param.pad_type "
     "is a field of another project's Caffe"),
    ("Im2col", "kernel_size: 3 pad_t: 1", "convolution_param.pad_t is a field of another "
     "project's Caffe"),
    ("Pooling", "kernel_size: 3 pad: 1 pad_l: 1",
     "pooling_param.pad_l is given together with pad"),
    ("Pooling", "kernel_size: 3 pad_l: 3",
     re.escape("pooling_param.pad is (0, 3); it must be below the kernel, (3, 3)")),
    ("Pooling", "global_pooling: true pad_l: 1",
     "pooling_param.pad_l is 1; it must be 0 with global_pooling: true"),
])
def test_padding_that_contradicts_itself_is_an_error_with_its_place(kind, param, message):
    with pytest.raises(SpecError, match=f"^<?.*:[0-9]+: layer 'layer' .*{message}"):
        net_from(layer_text(kind, param, [SIZE]), "TEST")


def test_sides_of_0_beside_pad_change_nothing():
    made = make("Convolution", "num_output: 2 kernel_size: 3 pad: 1 pad_l: 0 pad_t: 0", SIZE)
    assert made.geometry.pad == made.geometry.pad_end == (1, 1)


ONNX = [
    *(("Convolution", f"num_output: 3 kernel_size: 3 stride: 2 {sides}")
      for sides in (FOUR, "pad_type: 1")),
    ("Convolution", f"num_output: 3 kernel_size: 2 axis: 1 dilation: 2 {FOUR}"),
    ("Deconvolution", f"num_output: 3 kernel_size: 3 stride: 2 {FOUR}"),
    *(("Pooling", f"pool: {pool} kernel_size: 3 stride: {stride} {sides}")
      for pool in ("MAX", "AVE", "AVE_EXC_PAD", "AVE_TF") for stride in (1, 2)
      for sides in (FOUR, "pad_type: 1", "pad_b: 1 pad_r: 2", "pad_t: 2 pad_l: 2")),
]


@pytest.mark.parametrize("kind, param", ONNX)
def test_onnx_runtime_computes_the_same(kind, param):
    net = net_from(layer_text(kind, param, [SIZE]), "TEST")
    fill(net)
    inputs = {"bottom0": noise(SIZE).detach().float().numpy()}
    assert_equal_in_runtime(net, inputs, Options())


def test_negative_sides_have_no_form_in_onnx():
    net = net_from(layer_text("Deconvolution", "num_output: 3 kernel_size: 3 pad_b: -1", [SIZE]),
                   "TEST")
    with pytest.raises(SpecError, match="convolution_param.pad_b is -1; ONNX's ConvTranspose takes "
                       "no negative padding"):
        assert_equal_in_runtime(net, {"bottom0": noise(SIZE).detach().float().numpy()}, Options())


WITH_SLICE = dataclasses.replace(LITTLE, layers=LITTLE.layers | {"Slice"})
DIALECT = {
    "alike on both sides": ("Convolution", "num_output: 3 kernel_size: 3 pad_t: 1 pad_b: 1",
                            ["Convolution"]),
    "zeros before the kernel": ("Convolution", "num_output: 3 kernel_size: 3 stride: 2 pad_b: 1 "
                                "pad_r: 2", ["Convolution"]),
    "zeros after it": ("Convolution", "num_output: 3 kernel_h: 3 kernel_w: 1 dilation: 2 pad_t: 2 "
                       "pad_l: 2 pad_b: 4", ["Convolution"]),
    "depthwise": ("ConvolutionDepthwise", f"convolution_param {{ kernel_size: 3 {FOUR} }}",
                  ["Convolution"]),
    "MAX": ("Pooling", "kernel_size: 3 stride: 2 pad_b: 1 pad_r: 1 ceil_mode: false", ["Pooling"]),
    "MAX, cut": ("Pooling", "kernel_size: 3 stride: 2 pad_t: 1 pad_l: 1 ceil_mode: false",
                 ["Pooling", "Slice"]),
    "AVE": ("Pooling", "pool: AVE kernel_size: 3 stride: 2 pad_b: 1 pad_r: 1",
            ["Pooling", "Scale"]),
    "AVE_EXC_PAD": ("Pooling", "pool: AVE_EXC_PAD kernel_size: 3 stride: 2 pad_b: 1 pad_r: 1",
                    ["Pooling", "Scale"]),
}


@pytest.mark.parametrize("name", DIALECT)
def test_it_is_written_for_readers_that_have_one_padding(name, tmp_path):
    kind, param, types = DIALECT[name]
    text = layer_text(kind, param, [(2, 4, 8, 10)])
    made, found = made_for(text, WITH_SLICE, tmp_path)
    assert list(dict.fromkeys(found)) == types
    assert "pad_t" not in str(made.message) and "pad_b" not in str(made.message)


def test_windows_that_only_the_padding_after_makes_are_refused():
    text = text_of(layer("y", "Pooling", param="pooling_param { kernel_size: 2 pad_b: 1 }"))
    with pytest.raises(AssertionError, match="pooling_param.pad_b is a field that other readers"):
        made_for(text, LITTLE, None)


def test_a_net_that_is_optimized_for_inference_computes_the_same():
    fields = f"convolution_param {{ num_output: 4 kernel_size: 3 stride: 2 {FOUR} }}"
    text = text_of(layer("conv", "Convolution", param=fields),
                   layer("norm", "BatchNorm", "conv", top="conv"),
                   layer("relu", "ReLU", "conv", top="conv"),
                   layer("dw", "ConvolutionDepthwise", "conv",
                         f"convolution_param {{ kernel_size: 3 {FOUR} }}"), shape=SIZE)
    net = net_from(text, "TEST")
    fill(net)
    x = noise(SIZE).detach().float()
    with torch.no_grad():
        net.fuse = False
        expected = net({"data": x})["dw"].clone()
        net.fuse = True
        net.optimize_for_inference()
        torch.testing.assert_close(net({"data": x})["dw"], expected, rtol=1e-5, atol=1e-5)


def test_the_map_of_coordinates_takes_the_padding_before():
    """x of the top is 2 x + (3 - 1) / 2 - pad in the bottom: 1 for rows, 0 for columns."""
    proto = LayerParameter(type="Convolution", convolution_param={
        "kernel_size": [3], "stride": [2], "pad_l": 1, "pad_b": 1, "pad_r": 1})
    rows, columns = LAYERS["Convolution"].coordinate_map(proto).plane
    back = rows.inverse(), columns.inverse()
    assert [(one.factor, one.shift) for one in back] == [(2, 1), (2, 0)]


def test_scripts_that_read_one_padding_are_told_of_four():
    net = NetSpec()
    net.data = layers.Input(shape={"dim": [1, 2, 5, 6]})
    top = layers.Convolution(net.data, num_output=2, kernel_size=3, pad_l=1)
    with pytest.raises(AssertionError, match="pad_l is given; only kernel_size, stride and pad"):
        conv_params(top.fn)
