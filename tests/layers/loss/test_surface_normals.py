"""Losses of xiaolonw's surface normals and joints against loops written from their sources."""

import math

import numpy as np
import pytest
import torch

from framework.errors import DataError, SpecError
from framework.net.net import Net
from framework.net.reading import parse_net
from tests.definitions import sigmoid, softmax
from tests.support import array, make, noise


def test_multi_softmax_loss_counts_labels_from_one_and_scales_its_value_alone():
    scores = noise(2, 4, 3, 5)
    labels = torch.arange(30).reshape(2, 1, 3, 5) % 4 + 1.0
    layer = make("MultiSoftmaxLoss", "", scores.shape, labels.shape)
    p = softmax(array(scores))
    total, slopes = 0.0, p.copy()
    for n, i, j in np.ndindex(2, 3, 5):
        k = int(labels[n, 0, i, j]) - 1
        total -= math.log(p[n, k, i, j])
        slopes[n, k, i, j] -= 1
    loss = layer(scores, labels)
    assert loss.item() == pytest.approx(total / 2 / 336, rel=1e-12)
    (3 * loss).backward()
    np.testing.assert_allclose(array(scores.grad), 3 * slopes / 2, rtol=1e-10)
    layer = make("MultiSoftmaxLoss", "mult_softmax_loss_param { learning_multiple: 7 }",
                 scores.shape, labels.shape)
    scores.grad = None
    loss = layer(scores, labels)
    assert loss.item() == pytest.approx(total / 2, rel=1e-12)
    loss.backward()
    np.testing.assert_allclose(array(scores.grad), 7 * slopes / 2, rtol=1e-10)
    layer = make("MultiSoftmaxLoss", "", scores.shape, labels.shape)
    for wrong in (0, 5, math.nan):
        with pytest.raises(DataError, match="it must be from 1 to 4"):
            layer(scores, labels.where(labels != 2, wrong))
    with pytest.raises(SpecError, match="so there must be 30 labels"):
        make("MultiSoftmaxLoss", "", scores.shape, (2, 14))
    large = layer(torch.cat([scores[:, :1] + 1000, scores[:, 1:] * 0], 1), labels * 0 + 2)
    assert large.item() == pytest.approx(30 * 87.33654475 / 2 / 336)


def test_angle_loss_is_the_sum_of_angles_without_positions_that_have_no_normal():
    x = torch.nn.functional.normalize(noise(2, 3, 4, 5).detach(), dim=1).requires_grad_()
    target = torch.nn.functional.normalize(noise(2, 3, 4, 5, seed=2).detach(), dim=1)
    target[1, 0, 2, 3] = -11        # no normal there
    layer = make("AngleLoss", "", x.shape, target.shape)
    total, slopes = 0.0, np.zeros((2, 3, 4, 5))
    for n, i, j in np.ndindex(2, 4, 5):
        if abs(target[n, 0, i, j]) > 10:
            continue
        cosine = float((x[n, :, i, j] * target[n, :, i, j]).sum().detach())
        total += math.acos(cosine)
        slopes[n, :, i, j] = -target[n, :, i, j] / (math.sqrt(1 - cosine**2) + 1e-6)
    loss = layer(x, target)
    assert loss.item() == pytest.approx(total / 2, rel=1e-12)
    (3 * loss).backward()
    np.testing.assert_allclose(array(x.grad), 3 * slopes / 2, rtol=1e-9)
    same = layer(target * 1.001, target)        # a cosine above 1
    assert math.isfinite(same.item())


def test_norm_gives_unit_vectors_of_channels_and_a_gradient_without_nan():
    x = noise(2, 3, 4, 5)
    x.data[0, :, 0, 0] = 0
    x.data[0, :, 0, 1] *= 1e-3
    y = make("NormOfChannels", "", x.shape)(x)
    weights = noise(2, 3, 4, 5, seed=2).detach()
    (y * weights).sum().backward()
    for n, i, j in np.ndindex(2, 4, 5):
        v, g = (array(one)[n, :, i, j] for one in (x, weights))
        square = float((v * v).sum())
        np.testing.assert_allclose(array(y)[n, :, i, j], v / (math.sqrt(square) + 1e-6), rtol=1e-12)
        slopes = [sum(((square if a == b else 0) - v[a] * v[b]) * g[b] for b in range(3))
                  / (square * math.sqrt(square) + 1e-6) for a in range(3)]
        np.testing.assert_allclose(array(x.grad)[n, :, i, j], slopes, rtol=1e-9, atol=1e-12)


def test_sigmoid_loss_takes_every_label_but_one_for_zero():
    x, labels = noise(2, 3, 4), torch.arange(24.).reshape(2, 3, 4) % 3
    layer = make("SigmoidLoss", "", x.shape, (2, 12))
    loss = layer(x, labels.reshape(2, 12))
    p = sigmoid(array(x))
    is_one = labels.numpy() == 1
    assert loss.item() == pytest.approx(-np.log(np.where(is_one, p, 1 - p)).sum() / 2, rel=1e-12)
    loss.backward()
    np.testing.assert_allclose(array(x.grad), (p - is_one) / 2, rtol=1e-9)
    assert layer(x * 0 - 1000, labels * 0 + 1).item() == pytest.approx(12 * 87.33654475)


def mined(x, labels, ratios):
    torch.manual_seed(3)
    layer = make("LabelDropout", ratios, x.shape, labels.shape)
    top = layer(x, labels)
    top.sum().backward()
    taught = array(x.grad).astype(bool)
    np.testing.assert_array_equal(array(top), np.where(taught, array(x), labels.numpy()))
    return taught


def test_label_dropout_teaches_all_joints_and_draws_other_cells_hard_ones_among_them():
    x = noise(4, 5, 6, 7)
    labels = torch.zeros(4, 5, 6, 7)
    labels[:, :, 2, 1:5] = 1
    labels[0, 0, 0] = 2                 # neither
    taught = mined(x, labels, "drop_neg_ratio: 2.5 hard_ratio: 0.5 rand_ratio: 0.3")
    for n, c in np.ndindex(4, 5):
        value, label, own = (one[n, c].ravel() for one in (
            np.abs(array(x)), labels.numpy(), taught))
        assert own[label == 1].all() and not own[label == 2].any()
        hard = np.argsort(np.where(label == 0, value, -1))[-10:]        # 2.5 * 4 cells
        assert own[label == 0].sum() == 5 + 3
        assert own[hard].sum() >= 5
    many = mined(noise(4, 5, 6, 7), labels, "drop_neg_ratio: 20 hard_ratio: 0.1 rand_ratio: 0.1")
    np.testing.assert_array_equal(many, labels.numpy() != 2)
    for ratios, words in (("hard_ratio: 0.7 rand_ratio: 0.5", "together they may be 1"),
                          ("drop_neg_ratio: -1", "it must be at least 0")):
        with pytest.raises(SpecError, match=words):
            make("LabelDropout", ratios, x.shape, labels.shape)


def test_all_of_the_hardest_cells_are_taught_with_a_hard_ratio_of_one():
    x, labels = noise(2, 3, 6, 7), torch.zeros(2, 3, 6, 7)
    labels[:, :, 0, :3] = 1
    taught = mined(x, labels, "drop_neg_ratio: 3 hard_ratio: 1")
    for n, c in np.ndindex(2, 3):
        value = np.where(labels[n, c].numpy() == 0, np.abs(array(x)[n, c]), -1).ravel()
        wanted = np.zeros(42, bool)
        wanted[np.argsort(value)[-9:]] = True
        np.testing.assert_array_equal(taught[n, c].ravel() & (value >= 0), wanted)


def test_nets_of_form_v1_have_these_types():
    net = Net(parse_net("""input: "x" input_dim: 2 input_dim: 3 input_dim: 4 input_dim: 5
input: "t" input_dim: 2 input_dim: 3 input_dim: 8 input_dim: 10
layers { name: "r" type: RESIZE bottom: "x" top: "r" resize_param { height: 8 width: 10 } }
layers { name: "n" type: NORM bottom: "r" top: "n" }
layers { name: "p" type: MULTI_SOFTMAX bottom: "r" top: "p" }
layers { name: "d" type: LABEL_DROPOUT bottom: "p" bottom: "t" top: "d"
  label_drop_param { drop_neg_ratio: 3 hard_ratio: 0.5 rand_ratio: 0.5 } }
layers { name: "a" type: ANGLE_LOSS bottom: "n" bottom: "t" top: "a" }
layers { name: "s" type: SIGMOID_LOSS bottom: "r" bottom: "t" top: "s" }"""), phase="TRAIN")
    x = noise(2, 3, 4, 5, dtype=torch.float32)
    net({"x": x, "t": torch.zeros(2, 3, 8, 10)})
    r = array(net.blobs["r"])
    np.testing.assert_allclose(r[:, :, ::2, ::2], array(x), rtol=1e-5)
    np.testing.assert_allclose(array(net.blobs["p"]), softmax(r), rtol=1e-4)
    np.testing.assert_allclose((array(net.blobs["n"]) ** 2).sum(1), 1, rtol=1e-3)
    assert not array(net.blobs["d"]).any()      # no joint: no cell is taught
