"""Nets of DeepLab's Caffe of 2015, in the form of that time."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError, WeightsError
from framework.net.net import Net
from framework.weights.weights import load_weights, save_weights
from tests.support import make, noise

NET = """
input: "data" input_dim: 2 input_dim: 3 input_dim: 9 input_dim: 17
input: "label" input_dim: 2 input_dim: 1 input_dim: 9 input_dim: 17
layers { name: "pad" type: PADDING bottom: "data" top: "pad" padding_param { pad_beg: 2 } }
layers { name: "fc" type: CONVOLUTION bottom: "data" top: "fc" strict_dim: false
         convolution_param { num_output: 5 kernel_size: 1 stride: 8 } }
layers { name: "shrink" type: INTERP bottom: "label" top: "shrink"
         interp_param { shrink_factor: 8 pad_beg: 0 pad_end: 0 } }
layers { name: "loss" type: SOFTMAX_LOSS bottom: "fc" bottom: "shrink"
         softmaxloss_param { ignore_label: 255 } }
layers { name: "accuracy" type: SEG_ACCURACY bottom: "fc" bottom: "shrink" top: "accuracy"
         seg_accuracy_param { ignore_label: 255 } }
layers { name: "mat" type: MAT_WRITE bottom: "fc" mat_write_param { prefix: "features/" }
         include { phase: TEST } }
"""


def test_a_net_of_that_time_has_the_layers_of_today(tmp_path):
    path = tmp_path / "train.prototxt"
    path.write_text(NET)
    net = Net(path)
    kinds = {layer.name: layer.type for layer in net.spec.layers}
    assert kinds["shrink"] == "Interp" and kinds["accuracy"] == "SegAccuracy"
    assert kinds["pad"] == "Padding" and kinds["loss"] == "SoftmaxWithLoss"


def by_hand(scores, labels, ignored, weights):
    """The weighted mean of -log softmax at each label that counts."""
    total = share = 0.0
    for item, row, column in np.ndindex(labels.shape):
        label = int(labels[item, row, column])
        if label in ignored:
            continue
        line = scores[item, :, row, column]
        total -= weights[label] * (line[label] - np.log(np.exp(line).sum()))
        share += weights[label]
    return total / share


@pytest.mark.parametrize("ignored", [(), (255,), (0, 255), (7, 255, 2)])
@pytest.mark.parametrize("has_weights", [False, True])
def test_softmaxloss_param_leaves_labels_out_and_weighs_classes(tmp_path, ignored, has_weights):
    weights = [0.5, 2.0, 0.25, 1.0, 3.0] if has_weights else [1.0] * 5
    (tmp_path / "weights.txt").write_text("\n".join(map(str, weights)))
    text = " ".join(f"ignore_label: {label}" for label in ignored)
    if has_weights:
        text += f' weight_source: "{tmp_path}/weights.txt"'
    layer = make("SoftmaxWithLoss", f"softmaxloss_param {{ {text} }}", (2, 5, 3, 4), (2, 1, 3, 4))
    labels = np.arange(24).reshape(2, 1, 3, 4) % 5
    others = [label for label in ignored if label > 4]
    for place, label in enumerate(others):
        labels[0, 0, place, 1] = label
    scores = noise(2, 5, 3, 4)
    loss = layer(scores, torch.tensor(labels, dtype=torch.float64))
    expected = by_hand(scores.detach().numpy(), labels[:, 0], ignored, weights)
    assert float(loss.detach()) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("text, message", [
    ('softmaxloss_param { weight_source: "%s" }', "weights.txt', which has 2 numbers; there are 5"),
    ("softmaxloss_param { ignore_label: 3 } loss_param { ignore_label: 3 }",
     "softmaxloss_param is given together with loss_param")])
def test_wrong_weights_of_classes_are_errors(tmp_path, text, message):
    path = tmp_path / "weights.txt"
    path.write_text("1 2")
    with pytest.raises(SpecError, match=message):
        make("SoftmaxWithLoss", text % path if "%" in text else text, (2, 5, 3), (2, 1, 3))


def test_a_file_of_weights_that_is_not_there_is_asked_for_by_the_first_forward():
    layer = make("SoftmaxWithLoss", 'softmaxloss_param { weight_source: "none.txt" }', (2, 5),
                 (2,))
    with pytest.raises(SpecError, match="weight_source is 'none.txt', which cannot be read"):
        layer(noise(2, 5), torch.zeros(2))


@pytest.mark.parametrize("before, after, expected", [(2, 1, (8, 9)), (-1, -2, (2, 3))])
def test_padding_adds_zeros_or_cuts_off(before, after, expected):
    layer = make("Padding", f"pad_beg: {before} pad_end: {after}", (2, 3, 5, 6))
    x = noise(2, 3, 5, 6)
    y = layer(x).detach().numpy()
    assert y.shape[2:] == expected
    if before > 0:
        np.testing.assert_array_equal(y[:, :, 2:7, 2:8], x.detach().numpy())
        assert y.sum() == pytest.approx(float(x.detach().sum()))
    else:
        np.testing.assert_array_equal(y, x.detach().numpy()[:, :, 1:3, 1:4])


@pytest.mark.parametrize("text, message", [
    ("pad_beg: 1 pad_end: -1", "both must be at least 0, or both at most 0"),
    ("pad_beg: -3 pad_end: -2", "keep a cell with -3 and -2 more")])
def test_padding_has_one_direction_and_leaves_something(text, message):
    with pytest.raises(SpecError, match=message):
        make("Padding", text, (2, 3, 5, 6))


@pytest.mark.parametrize("field, is_taken", [("strict_dim: false", True), ("", False)])
def test_weights_of_another_shape_are_taken_where_strict_dim_is_false(tmp_path, field, is_taken):
    dense = """layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 3
               dim: 2 dim: 2 } } } layer { name: "fc" type: "InnerProduct" bottom: "x" top: "y"
               inner_product_param { num_output: 4 weight_filler { type: "xavier" } } }"""
    spatial = dense.replace("InnerProduct", "Convolution").replace("inner_product", "convolution") \
        .replace("num_output: 4", "num_output: 4 kernel_size: 2").replace(
            'top: "y"', f'top: "y" {field}')
    path = tmp_path / "dense.caffemodel"
    (tmp_path / "dense.prototxt").write_text(dense)
    (tmp_path / "spatial.prototxt").write_text(spatial)
    source = Net(str(tmp_path / "dense.prototxt"))
    target = Net(str(tmp_path / "spatial.prototxt"))
    save_weights(source, path)
    if not is_taken:
        with pytest.raises(WeightsError, match="blob 0 is 4 x 12 in the file"):
            load_weights(target, path)
        return
    load_weights(target, path)
    x = noise(1, 3, 2, 2, dtype=torch.float32, requires_grad=False)
    np.testing.assert_allclose(target({"x": x})["y"].detach().numpy().reshape(-1),
                               source({"x": x})["y"].detach().numpy().reshape(-1), rtol=1e-5)
