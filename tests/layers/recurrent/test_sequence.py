"""Reverse, Transpose, ContinuationIndicator, Lstm, SegAccuracy, AutoCrop."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.definitions import sigmoid
from tests.support import array, check_layer, make, net_from, noise

X = (3, 2, 5)


def test_reverse_turns_one_axis_round():
    layer = make("Reverse", "axis: 1", X)
    check_layer(layer, noise(X))
    np.testing.assert_array_equal(array(layer(noise(X))), array(noise(X))[:, ::-1])


def test_transpose_puts_the_axes_into_its_order():
    layer = make("Transpose", "dim: 2 dim: 0 dim: 1", X)
    check_layer(layer, noise(X))
    np.testing.assert_array_equal(array(layer(noise(X))), array(noise(X)).transpose(2, 0, 1))


def test_tensor_transpose_names_its_axes_order():
    layer = make("TensorTranspose", "order: 1 order: 2 order: 0", X)
    np.testing.assert_array_equal(array(layer(noise(X))), array(noise(X)).transpose(1, 2, 0))


def test_continuation_indicator_starts_every_stream_at_step_0():
    layer = make("ContinuationIndicator", "time_step: 4 axis: 1", X)
    check_layer(layer, noise(X))
    np.testing.assert_array_equal(layer(noise(7, 3, 2)), [[0] * 3] + [[1] * 3] * 3)


def lstm(blobs, x, cont, h, c):
    """The definition of junhyukoh's layer for one stream; c and h before the first step."""
    weight, hidden_weight, bias = blobs
    outputs = []
    for t in range(len(x)):
        gates = weight @ x[t] + bias + (hidden_weight @ h if cont[t] else 0)
        i, f, o, g = np.split(gates, 4)
        c = (sigmoid(f) * c if cont[t] else 0) + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        outputs.append(h)
    return np.array(outputs), h, c


def lstm_layer(*flags, param=""):
    return make("Lstm", f"num_output: 6 {param}", X, *flags)


def test_lstm_without_flags_starts_every_forward_from_zeros():
    layer = lstm_layer()
    check_layer(layer, noise(X))
    blobs, zeros = [array(blob) for blob in layer.blobs], np.zeros(6)
    expected = [lstm(blobs, array(noise(X))[:, n], [0, 1, 1], zeros, zeros)[0] for n in range(2)]
    for _ in range(2):
        np.testing.assert_allclose(array(layer(noise(X))), np.stack(expected, 1), rtol=1e-10)
    assert torch.autograd.gradcheck(layer, noise(X))
    assert layer.blob_names == ["weight", "hidden_weight", "bias"]


def test_lstm_with_flags_goes_on_from_the_last_forward():
    layer = lstm_layer((3, 2))
    blobs, x = [array(blob) for blob in layer.blobs], noise(6, 2, 5)
    flags = torch.tensor([[0, 0], [1, 1], [1, 0], [1, 0], [0, 1], [1, 1]], dtype=torch.float64)
    found = torch.cat([layer(x[:3], flags[:3]), layer(x[3:], flags[3:].flatten())])
    for n in range(2):
        expected = lstm(blobs, array(x)[:, n], array(flags)[:, n], np.zeros(6), np.zeros(6))[0]
        np.testing.assert_allclose(array(found)[:, n], expected, rtol=1e-10)


def test_lstm_cuts_the_gradient_into_its_gates():
    free, cut = lstm_layer(), lstm_layer(param="clipping_threshold: 0.125")
    biases = []
    for layer in (free, cut):
        layer(noise(1, 1, 5)).backward(torch.full((1, 1, 6), 4.0, dtype=torch.float64))
        biases.append(array(layer.bias.grad))
    assert np.abs(biases[0]).max() > 0.125
    np.testing.assert_allclose(biases[1], np.clip(biases[0], -0.125, 0.125))


def test_seg_accuracy_gives_three_shares():
    layer = make("SegAccuracy", "ignore_label: 255", (2, 4, 3, 5), (2, 1, 3, 5))
    scores = noise(2, 4, 3, 5)
    labels = torch.tensor([[0., 2, 1, 255, 2] * 3] * 2, dtype=torch.float64).reshape(2, 1, 3, 5)
    check_layer(layer, scores, labels)
    truth, found = array(labels).ravel(), array(scores).argmax(1).ravel()
    truth, found = truth[truth != 255], found[truth != 255]
    recall = [(found[truth == c] == c).mean() for c in range(3)]
    union = [((truth == c) | (found == c)).sum() for c in range(4)]
    both = [((truth == c) & (found == c)).sum() for c in range(4)]
    expected = [(truth == found).mean(), np.mean(recall), np.mean(np.divide(both, union))]
    np.testing.assert_allclose(array(layer(scores, labels)), np.reshape(expected, (1, 1, 1, 3)))


def test_seg_accuracy_counts_on_without_reset():
    layer = make("SegAccuracy", "reset: false", (1, 2, 1, 2), (1, 1, 1, 2))
    scores = torch.tensor([[1., 1], [0, 0]]).reshape(1, 2, 1, 2)
    assert layer(scores, torch.zeros(1, 1, 1, 2)).flatten().tolist() == [1, 1, 1]
    after = layer(scores, torch.ones(1, 1, 1, 2)).flatten().tolist()
    assert after == [0.5, 0.5, 0.25]


@pytest.mark.parametrize("kind, param, shapes, message", [
    ("Reverse", "axis: 3", [X], "reverse_param.axis is 3"),
    ("Transpose", "dim: 0 dim: 1", [X], r"dim is \[0, 1\]; it must name each of the 3 axes once"),
    ("TensorTranspose", "order: 0 order: 1 order: 1", [X], r"tensor_transpose_param.order is "
     r"\[0, 1, 1\]; it must name each of the 3 axes once"),
    ("ContinuationIndicator", "", [X], "time_step is 0; it must be at least 1"),
    ("Lstm", "", [X], "lstm_param.num_output is 0"),
    ("Lstm", "num_output: 2", [X, (3, 3)], r"x \(T, N, ...\) or \(T . N, D\) and T . N flags"),
    ("SegAccuracy", "", [(2, 4, 3, 5), (2, 1, 3, 4)], r"they must be \(N, C, H, W\) and"),
])
def test_sequence_layers_refuse(kind, param, shapes, message):
    with pytest.raises(SpecError, match=message):
        make(kind, param, *shapes)


def convolution(name, bottom, size, param=""):
    return (f'layer {{ name: "{name}" type: "Convolution" bottom: "{bottom}" top: "{name}" '
            f"convolution_param {{ num_output: 2 kernel_size: {size} {param} }} }}\n")


# The first two stages of HED (Xie and Tu 2015): padding 35, side outputs cut to the image.
HED = ('layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 '
       'dim: 23 dim: 30 } } }\n'
       + convolution("c1", "data", 3, "pad: 35")
       + 'layer { name: "r1" type: "ReLU" bottom: "c1" top: "c1" }\n'
       + convolution("c2", "c1", 3, "pad: 1")
       + 'layer { name: "p" type: "Pooling" bottom: "c2" top: "p" pooling_param { pool: MAX '
       'kernel_size: 2 stride: 2 } }\n'
       + convolution("c3", "p", 3, "pad: 1")
       + convolution("c4", "c3", 3, "pad: 1 stride: 2")
       + 'layer { name: "up" type: "Deconvolution" bottom: "c4" top: "up" convolution_param { '
       'num_output: 1 kernel_size: 8 stride: 4 } }\n')
CROP = 'layer { name: "crop" type: "AutoCrop" bottom: "up" bottom: "data" top: "crop" }'


def test_auto_crop_finds_the_place_that_its_layers_give():
    # up = 4 c4 + 3.5, c3 = 2 c4, c2 = 2 p + 0.5, data = c1 - 34: so data = up - 3.5 + 0.5 - 34
    net = net_from(HED + CROP)
    x = noise(1, 3, 23, 30, dtype=torch.float32)
    cut = net({"data": x})["crop"]
    assert net.layer("crop").offsets == [37, 37]
    np.testing.assert_array_equal(array(cut), array(net.blobs["up"])[:, :, 37:60, 37:67])


@pytest.mark.parametrize("axis", [1, 2])
def test_auto_crop_goes_through_slices_of_channels_only(axis):
    cut = HED + 'layer { name: "s" type: "Slice" bottom: "c2" top: "a" top: "b" slice_param { ' \
        f'axis: {axis} slice_point: 1 }} }}' + CROP.replace('"data"', '"b"')
    if axis > 1:
        with pytest.raises(SpecError, match=r"'s' \(Slice\) on the way cuts an axis of the im"):
            net_from(cut)
        return
    # up = 4 c4 + 3.5, c3 = 2 c4, c2 = 2 p + 0.5: so c2 = up - 3.5 + 0.5
    assert net_from(cut).layer("crop").offsets == [3, 3]


def test_auto_crop_stands_the_common_check():
    layer = net_from(HED + CROP).layer("crop").double()
    check_layer(layer, noise(1, 1, 70, 80), noise(1, 3, 9, 7))


@pytest.mark.parametrize("text, message", [
    (HED.replace("stride: 4", "stride: 2") + CROP, "cannot be aligned: its bottoms have different "
     "scales: one step in the first is 2 in the second"),
    (HED.replace("pad: 35", "pad: 0").replace("kernel_size: 8", "kernel_size: 2") + CROP,
     "the first bottom would have to start -1 before the second"),
    (HED.replace("kernel_size: 8", "kernel_size: 7") + CROP, "only whole steps from 0 on"),
    (HED + 'layer { name: "other" type: "Input" top: "other" input_param { shape { dim: 1 } } }'
     + CROP.replace('"data"', '"other"'), "its two bottoms come from no common blob"),
    (HED + 'layer { name: "t" type: "Tile" bottom: "up" top: "t" tile_param { tiles: 2 } }'
     + CROP.replace('"up"', '"t"'), r"the layer 't' \(Tile\) on the way moves coordinates"),
])
def test_auto_crop_refuses_what_it_cannot_align(text, message):
    with pytest.raises(SpecError, match=message):
        net_from(text)


def test_lstm_of_two_axes_has_batch_size_streams():
    rows = make("Lstm", "num_output: 3 batch_size: 2", (8, 5), (8, 1))
    planes = make("Lstm", "num_output: 3", (4, 2, 5), (4, 2))
    x, flags = noise(8, 5), torch.tensor([0.0, 0, 1, 1, 1, 0, 1, 1], dtype=torch.float64)
    top = rows(x, flags[:, None])
    assert top.shape == (8, 3)      # both have the same noise in their blobs
    torch.testing.assert_close(top, planes(x.view(4, 2, 5), flags.view(4, 2)).view(8, 3))
    with pytest.raises(SpecError, match="batch_size is 3; it must divide the 8 rows"):
        make("Lstm", "num_output: 3 batch_size: 3", (8, 5))


def test_continuation_indicators_need_no_bottom_where_batch_size_is_given():
    layer = make("ContinuationIndicator", "time_step: 3 batch_size: 2")
    assert layer().tolist() == [[0, 0], [1, 1], [1, 1]]
    with pytest.raises(SpecError, match="batch_size must be given where there is no bottom"):
        make("ContinuationIndicator", "time_step: 3")
    with pytest.raises(SpecError, match="batch_size must be given where there is no bottom"):
        make("ContinuationIndicator", "time_step: 3 batch_size: 2", (2, 4))


def test_a_third_bottom_of_lstm_has_no_effect_and_is_warned_of(caplog):
    size = (4, 2, 5)
    two = make("Lstm", "num_output: 3", size, (4, 2))
    three = make("Lstm", "num_output: 3", size, (4, 2), (4, 2))
    assert "bottom[2] has no effect; bottom[1] are the flags" in caplog.text
    x, flags = noise(size), torch.tensor([[0, 0], [1, 1], [1, 0], [0, 1]], dtype=torch.float64)
    torch.testing.assert_close(three(x, flags, 1 - flags), two(x, flags))
