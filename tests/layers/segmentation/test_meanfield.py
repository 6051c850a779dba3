"""MultiStageMeanfield and its permutohedral lattice against plain definitions."""

import itertools

import numpy as np
import pytest
import torch

from framework import parse_net
from framework.errors import DataError, SpecError
from framework.net.net import Net
from framework.ops.permutohedral import LatticeFilter, make_lattice
from tests.support import array, make, noise

SIZE = (2, 3, 6, 5)


def by_definition(features):
    """The filter's matrix (P, P) by Adams et al. 2010, section 3, with a dict of corners."""
    num, d = features.shape
    matrix = np.zeros((d + 1, d))
    for column in range(d):         # columns: (1, ..., 1, -column - 1, 0, ...) over their length
        matrix[:column + 1, column] = 1
        matrix[column + 1, column] = -column - 1
        matrix[:, column] /= np.sqrt((column + 1) * (column + 2))
    raised = np.sqrt(2 / 3) * (d + 1) * features @ matrix.T
    assert np.allclose(raised.sum(1), 0)
    spread, corners = [], {}
    for y in raised:
        zero = np.round(y / (d + 1)) * (d + 1)
        order = np.argsort(-(y - zero), kind="stable")
        excess = int(round(zero.sum() / (d + 1)))
        ranks = np.empty(d + 1, int)
        ranks[order] = np.arange(d + 1)
        ranks += excess
        zero[ranks < 0] += d + 1
        zero[ranks > d] -= d + 1
        ranks %= d + 1
        rest = np.sort(y - zero)[::-1] / (d + 1)
        weights = [1 - rest[0] + rest[-1]] + [rest[d - k] - rest[d - k + 1]
                                              for k in range(1, d + 1)]
        row = {}
        for k, weight in enumerate(weights):
            key = tuple((zero + np.where(ranks <= d - k, k, k - d - 1)).astype(int))
            row[corners.setdefault(key, len(corners))] = weight
        spread.append(row)
    splat = np.zeros((len(corners), num))
    for pixel, row in enumerate(spread):
        for corner, weight in row.items():
            splat[corner, pixel] = weight
    blurred = splat
    for axis in range(d + 1):
        step = np.ones(d + 1, int)
        step[axis] -= d + 1
        blur = np.eye(len(corners))
        for key, index in corners.items():
            for side in (-1, 1):
                other = corners.get(tuple(np.array(key) + side * step))
                if other is not None:
                    blur[index, other] = 0.5
        blurred = blur @ blurred
    return splat.T @ blurred / (1 + 2.0 ** -d)


@pytest.mark.parametrize("d", [2, 5])
def test_the_lattice_is_the_one_of_adams_baek_and_davis(d):
    features = array(noise(40, d, seed=4)).astype(np.float32)
    values = array(noise(40, 3, seed=5))
    lattice = make_lattice(features)
    np.testing.assert_allclose(lattice.weights.sum(1), 1, rtol=1e-5)
    matrix = by_definition(features.astype(np.float64))
    np.testing.assert_allclose(lattice.filter(values), matrix @ values, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(lattice.filter(values, True), matrix.T @ values, rtol=1e-4,
                               atol=1e-5)


def test_the_normalised_filter_is_near_a_gaussian():
    rows, columns = np.mgrid[:20, :17]
    features = np.stack([columns.ravel(), rows.ravel()], 1).astype(np.float32) / 4
    values = array(noise(340, 1, seed=2))
    lattice = make_lattice(features)
    found = lattice.filter(values) / lattice.filter(np.ones_like(values))
    distance = ((features[:, None] - features[None]) ** 2).sum(-1)
    weights = np.exp(-distance / 2)
    expected = weights @ values / weights.sum(1, keepdims=True)
    assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.97
    assert abs(found - expected).max() < 0.35 * abs(expected).max()


def test_the_gradient_of_the_filter_is_its_transpose():
    lattice = make_lattice(array(noise(12, 3, seed=6)).astype(np.float32))
    planes = noise(2, 12)
    assert torch.autograd.gradcheck(lambda x: LatticeFilter.apply(x, lattice), planes)


def softmax(x):
    power = np.exp(x - x.max(0))
    return power / power.sum(0)


def test_meanfield_is_the_iteration_of_its_definition(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    layer = make("MultiStageMeanfield", "num_iterations: 3 theta_alpha: 4 theta_beta: 16 "
                 "theta_gamma: 2", SIZE, SIZE, SIZE)
    unary, start = noise(SIZE, seed=3), noise(SIZE, seed=4)
    image = noise(SIZE, seed=5).detach() * 30
    spatial, bilateral, compatibility = (array(blob)[0, 0] for blob in layer.blobs)
    rows, columns = np.mgrid[:6, :5]
    where = np.stack([columns.ravel(), rows.ravel()], 1).astype(np.float64)
    expected = np.empty(SIZE)
    for item in range(2):
        colours = array(image)[item].reshape(3, -1).T / 16
        filters = [by_definition(where / 2),
                   by_definition(np.concatenate([where / 4, colours], 1))]
        filters = [one / one.sum(1, keepdims=True) for one in filters]
        scores = array(start)[item].reshape(3, -1)
        for _ in range(3):
            share = softmax(scores)
            message = spatial @ (filters[0] @ share.T).T + bilateral @ (filters[1] @ share.T).T
            scores = array(unary)[item].reshape(3, -1) - compatibility @ message
        expected[item] = scores.reshape(3, 6, 5)
    np.testing.assert_allclose(array(layer(unary, start, image)), expected, rtol=1e-3, atol=1e-4)
    assert torch.autograd.gradcheck(lambda *x: layer(*x, image), (unary, start), fast_mode=True)


def net(text="num_iterations: 2"):
    inputs = "".join(f'layer {{ name: "{name}" type: "Input" top: "{name}" input_param {{ shape {{ '
                     'dim: 1 dim: 3 dim: 6 dim: 5 } } }' for name in "uqi")
    return Net(parse_net(inputs + 'layer { name: "crf" type: "MultiStageMeanfield" bottom: "u" '
                         f'bottom: "q" bottom: "i" top: "p" multi_stage_meanfield_param {{ {text} '
                         '} }'), phase="TEST")


def test_weights_begin_as_the_files_say_or_the_fields(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "spatial.par").write_text("1.5 2.5\n3.5 9 9\n")
    made = net("num_iterations: 2 spatial_filter_weight: 7 bilateral_filter_weight: 5")
    spatial, bilateral, compatibility = made.params["crf"]
    np.testing.assert_array_equal(array(spatial)[0, 0], np.diag([1.5, 2.5, 3.5]))
    np.testing.assert_array_equal(array(bilateral)[0, 0], 5 * np.eye(3))
    np.testing.assert_array_equal(array(compatibility)[0, 0], -np.eye(3))


def test_weights_begin_as_the_texts_of_the_later_version_say(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "spatial.par").write_text("7 7 7")
    made = net('num_iterations: 2 spatial_filter_weights_str: "1 5 2.5" '
               'bilateral_filter_weights_str: "3 4 5 6"')
    spatial, bilateral, _ = made.params["crf"]
    np.testing.assert_array_equal(array(spatial)[0, 0], np.diag([1, 5, 2.5]))
    np.testing.assert_array_equal(array(bilateral)[0, 0], np.diag([3, 4, 5]))
    with pytest.raises(SpecError, match="filter_weights_str is '1 5'; it must be a number for each "
                                        "of the 3 classes"):
        net('num_iterations: 2 spatial_filter_weights_str: "1 5"')


@pytest.mark.parametrize("content, match", [
    ("1 2", "'spatial.par', which has 2 numbers; there are 3 classes"),
    ("1 2 x", "'spatial.par', which has other than numbers in it")])
def test_files_of_weights_that_do_not_fit_are_named(tmp_path, monkeypatch, content, match):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "spatial.par").write_text(content)
    with pytest.raises(SpecError, match=match):
        net()


@pytest.mark.parametrize("text, match", [
    ("", "num_iterations is 1; it must be at least 2"),
    ("num_iterations: 4294967295", "num_iterations is 4294967295; it must be at most 1000"),
    ("num_iterations: 2 theta_beta: 0", "theta_beta is 0; it must be above 0")])
def test_meanfield_refuses_what_cannot_be(text, match):
    with pytest.raises(SpecError, match=match):
        make("MultiStageMeanfield", text, SIZE, SIZE, SIZE)
    with pytest.raises(SpecError, match=r"they must be \(N, C, H, W\) twice and \(N, 3, H, W\)"):
        make("MultiStageMeanfield", "num_iterations: 2", SIZE, SIZE, (2, 1, 6, 5))
    with pytest.raises(SpecError, match=r"must be \(N, C, H, W\) twice and \(N, F, H, W\)"):
        make("MultiStageMeanfieldAU3", "num_iterations: 2", SIZE, SIZE, (2,))


def test_the_v1_form_of_crf_rnn_is_read():
    text = "".join(f'input: "{name}" input_dim: 1 input_dim: 3 input_dim: 6 input_dim: 5 '
                   for name in "ui")
    text += """layers { name: "inference1" type: MULTI_STAGE_MEANFIELD bottom: "u" bottom: "u"
      bottom: "i" top: "pred" blobs_lr: 10000 blobs_lr: 10000 blobs_lr: 1000
      multi_stage_meanfield_param { num_iterations: 10 compatibility_mode: POTTS threshold: 2
      theta_alpha: 160 theta_beta: 3 theta_gamma: 3 spatial_filter_weight: 3
      bilateral_filter_weight: 5 } }"""
    made = Net(parse_net(text), phase="TEST")
    assert made.shapes["pred"] == (1, 3, 6, 5)
    assert list(itertools.chain(made.params)) == ["inference1"]


@pytest.mark.parametrize("level", [float("nan"), float("inf"), 1e9])
def test_an_image_of_levels_that_cannot_be_is_named(level):
    layer = make("MultiStageMeanfield", "num_iterations: 2", SIZE, SIZE, SIZE)
    image = noise(SIZE, seed=5).detach()
    image[1, 2, 3, 1] = level
    with pytest.raises(DataError, match="levels of the image in blob 'bottom2', over theta_beta"):
        layer(noise(SIZE), noise(SIZE), image)
