"""TripletLoss, CenterLoss, MarginInnerProduct, InnerDistance, FocalLoss, L1Loss."""

import math

import numpy as np
import pytest
import torch

from framework import parse_net
from framework.errors import SpecError
from framework.net.net import Net
from tests.support import array, check_layer, make, noise

LABELS = torch.tensor([2., 0, 2, 1], dtype=torch.float64)


@pytest.mark.parametrize("text", ["margin: 0.5", "threshold_param { threshold: 0.5 }"])
def test_triplet_loss_is_its_definition(text):
    layer = make("TripletLoss", text, *[(4, 3)] * 3)
    bottoms = [noise(4, 3, seed=seed) for seed in (3, 4, 7)]
    check_layer(layer, *bottoms)
    a, p, n = map(array, bottoms)
    each = 0.5 + ((a - p) ** 2).sum(1) - ((a - n) ** 2).sum(1)
    assert (each < 0).any() and (each > 0).any()
    np.testing.assert_allclose(array(layer(*bottoms)), np.maximum(each, 0).sum() / 8)
    assert torch.autograd.gradcheck(layer, bottoms)


def test_center_loss_moves_its_centers_by_a_mean_that_counts_one_more():
    layer = make("CenterLoss", "num_output: 5", (4, 3), (4,))
    x = noise(4, 3)
    check_layer(layer, x, LABELS)
    centers, numbers = array(layer.centers).copy(), array(LABELS).astype(int)
    difference = array(x) - centers[numbers]
    loss = layer(x, LABELS)
    np.testing.assert_allclose(array(loss), (difference ** 2).sum() / 8)
    (3 * loss).backward()
    np.testing.assert_allclose(array(x.grad), 3 * difference / 4)
    expected = np.zeros((5, 3))
    for label in range(5):
        mine = difference[numbers == label]
        expected[label] = -mine.sum(0) / (len(mine) + 1)
    np.testing.assert_allclose(array(layer.centers.grad), expected)


@pytest.mark.parametrize("kind, multiple", [("SINGLE", 1), ("DOUBLE", 2), ("TRIPLE", 3),
                                            ("QUADRUPLE", 4)])
def test_margin_inner_product_multiplies_the_angle_to_the_own_class(kind, multiple):
    layer = make("MarginInnerProduct", f"num_output: 5 type: {kind} base: 10 gamma: 0.5 power: 2 "
                 "lambda_min: 0.1 iteration: 3", (4, 3), (4,), tops=2, phase="TEST")
    x = noise(4, 3)
    check_layer(layer, x, LABELS)
    weight = array(layer.weight)
    top, lam = layer(x, LABELS)
    weight = weight / np.sqrt((weight ** 2).sum(1, keepdims=True))
    plain = array(x) @ weight.T
    expected = plain.copy()
    for row, label in enumerate(array(LABELS).astype(int)):
        length = math.sqrt((array(x)[row] ** 2).sum())
        angle = math.acos(plain[row, label] / length)
        k = math.floor(angle * multiple / math.pi)
        expected[row, label] = length * ((-1) ** k * math.cos(multiple * angle) - 2 * k)
    wanted = 10 / 2.5 ** 2
    np.testing.assert_allclose(array(lam), [wanted], rtol=1e-6)
    if multiple > 1:
        expected = (expected + array(lam) * plain) / (1 + array(lam))
    np.testing.assert_allclose(array(top), expected, rtol=1e-10)


def test_margin_inner_product_counts_and_normalises_in_training():
    layer = make("MarginInnerProduct", "num_output: 5 type: DOUBLE base: 8 gamma: 1", (4, 3), (4,),
                 tops=2)
    x, before = noise(4, 3), array(layer.weight).copy()
    assert [layer(x, LABELS)[1].item() for _ in range(3)] == [4, 8 / 3, 2]
    weight = before / np.sqrt((before ** 2).sum(1, keepdims=True))
    np.testing.assert_allclose(array(layer.weight), weight)


def test_margin_inner_product_has_the_original_gradients():
    layer = make("MarginInnerProduct", "num_output: 5 type: DOUBLE base: 0", (4, 3), (4,))
    x, given = noise(4, 3), array(noise(4, 5, seed=9))
    layer(x, LABELS)[0].backward(torch.from_numpy(given))
    weight = array(layer.weight)
    np.testing.assert_allclose(array(layer.weight.grad), given.T @ array(x))
    expected = np.zeros((4, 3))
    for i, label in enumerate(array(LABELS).astype(int)):
        row = array(x)[i]
        length = math.sqrt((row ** 2).sum())
        for j in range(5):
            if j != label:
                expected[i] += given[i, j] * weight[j]
                continue
            cosine = weight[j] @ row / length
            along_w = 4 * np.sign(cosine) * cosine
            along_x = -(2 * np.sign(cosine) * cosine ** 2 + 1) / length
            size = math.hypot(along_w, along_x)
            expected[i] += given[i, j] * (along_w * weight[j] + along_x * row) / size
    np.testing.assert_allclose(array(x.grad), expected, rtol=1e-10)


@pytest.mark.parametrize("kind, distance", [("L2", np.square), ("L1", np.abs)])
def test_inner_distance_is_the_distance_to_each_point(kind, distance):
    layer = make("InnerDistance", f"num_output: 5 distance_type: '{kind}'", (4, 3, 2))
    x = noise(4, 3, 2)
    check_layer(layer, x)
    expected = distance(array(x).reshape(4, 1, 6) - array(layer.weight)).sum(2)
    np.testing.assert_allclose(array(layer(x)), expected)
    assert torch.autograd.gradcheck(layer, x)
    given = make("InnerDistance", f"distance_type: '{kind}'", (4, 6), (7, 6))
    points = noise(7, 6, seed=5)
    expected = distance(array(x).reshape(4, 1, 6) - array(points)).sum(2)
    np.testing.assert_allclose(array(given(x.flatten(1), points)), expected)
    assert not given.blobs


def test_inner_distance_moves_only_the_points_of_the_labels():
    layer = make("InnerDistance", "num_output: 5 update_center_only: true", (4, 3), (4,))
    x = noise(4, 3)
    layer(x, LABELS).sum().backward()
    difference = array(x)[:, None] - array(layer.weight)
    np.testing.assert_allclose(array(x.grad), 2 * difference.sum(1))
    own = array(LABELS)[:, None] == np.arange(5)
    np.testing.assert_allclose(array(layer.weight.grad), (-2 * difference * own[..., None]).sum(0))


@pytest.mark.parametrize("phase", ["TRAIN", "TEST"])
def test_inner_distance_can_make_its_points_one_long(phase):
    layer = make("InnerDistance", "num_output: 5 normalize: true", (4, 3), phase=phase)
    before = array(layer.weight).copy()
    points = before / np.sqrt((before ** 2).sum(1, keepdims=True) + 1e-6)
    x = noise(4, 3)
    expected = ((array(x)[:, None] - points) ** 2).sum(2)
    np.testing.assert_allclose(array(layer(x)), expected)
    np.testing.assert_allclose(array(layer.weight), points if phase == "TRAIN" else before)


SCORES = (4, 5, 2)
TRUTH = torch.tensor([[0., 4], [3, 2], [1, 3], [2, 2]], dtype=torch.float64)


@pytest.mark.parametrize("param, factor", [
    ("gamma: 1.5 alpha: 0.5", lambda p: 0.5 * (1 - p) ** 1.5), ("", lambda p: (1 - p) ** 2),
    ("type: ONEADDP alpha: 0.5", lambda p: (0.5 + p) ** 2),
    ("type: ORIGIN alpha: 1.5", lambda p: (1.5 - p) ** 2)])
def test_focal_loss_of_the_softmax_is_its_definition(param, factor):
    layer = make("FocalLoss", f"focal_loss_param {{ {param} }} loss_param {{ ignore_label: 3 }}",
                 SCORES, (4, 2))
    x = noise(SCORES)
    check_layer(layer, x, TRUTH)
    p = np.exp(array(x)) / np.exp(array(x)).sum(1, keepdims=True)
    p = np.take_along_axis(p, array(TRUTH).astype(int)[:, None], 1)[:, 0]
    each = -factor(p) * np.log(p)
    np.testing.assert_allclose(array(layer(x, TRUTH)[0]), each[array(TRUTH) != 3].sum() / 6)
    assert torch.autograd.gradcheck(lambda x: layer(x, TRUTH)[0], x, fast_mode=True)


@pytest.mark.parametrize("param, weights", [("", (1, 1)), ("alpha: 0.25", (0.25, 0.75))])
def test_focal_loss_of_the_sigmoid_is_that_of_the_paper(param, weights):
    layer = make("FocalLoss", f"focal_loss_param {{ gamma: 3 {param} }}", SCORES, SCORES, tops=2)
    x, targets = noise(SCORES), (noise(SCORES, seed=2, requires_grad=False) > 0.5).double()
    check_layer(layer, x, targets)
    p = 1 / (1 + np.exp(-array(x)))
    t = array(targets)
    each = (-t * weights[0] * (1 - p) ** 3 * np.log(p)
            - (1 - t) * weights[1] * p ** 3 * np.log(1 - p))
    loss, probabilities = layer(x, targets)
    np.testing.assert_allclose(array(loss), each.sum() / 4)
    np.testing.assert_allclose(array(probabilities), p)
    assert torch.autograd.gradcheck(lambda x: layer(x, targets)[0], x, fast_mode=True)


@pytest.mark.parametrize("num_tops", [1, 2, 3])
def test_focal_loss_has_one_top_or_two(num_tops):
    tops = " ".join(f'top: "{index}"' for index in range(num_tops))
    net = parse_net('layer { name: "in" type: "Input" top: "x" top: "t" input_param { '
                    "shape { dim: 4 dim: 3 } shape { dim: 4 } } } "
                    f'layer {{ name: "focus" type: "FocalLoss" bottom: "x" bottom: "t" {tops} }}')
    if num_tops > 2:
        with pytest.raises(SpecError, match="'focus'.* is given 3 times; it must be from 1 to 2"):
            Net(net, "TRAIN")
    else:
        shapes = Net(net, "TRAIN").shapes
        assert [shapes[str(index)] for index in range(num_tops)] == [(), (4, 3)][:num_tops]


def test_l1_loss_is_the_sum_of_absolute_differences():
    layer = make("L1Loss", "", (4, 3), (4, 3))
    x, y = noise(4, 3), noise(4, 3, seed=2)
    check_layer(layer, x, y)
    np.testing.assert_allclose(array(layer(x, y)), np.abs(array(x) - array(y)).sum() / 4)
    assert torch.autograd.gradcheck(layer, (x, y))


FLOW = (2, 3, 4, 5)


def flow_of_unknowns():
    """A flow, and a target that is not a number at a location and at a single value."""
    x, target = noise(*FLOW), noise(*FLOW, seed=2).detach()
    target[0, :, 1, 2] = math.nan
    target[1, 2, 0, 0] = math.nan
    return x, target


@pytest.mark.parametrize("text, plateau, scale, by_entries", [
    ("plateau: 0", 0, None, False),
    ("plateau: 0.5 normalize_by_num_entries: true", 0.5, None, True),
    ("l2_per_location: true", 0, 1, False),
    ("l2_per_location: true epsilon: 0.25 plateau: 1.5 normalize_by_num_entries: true", 1.5, 1,
     True),
    ("l2_per_location: true l2_prescale_by_channels: true", 0, 1 / 3, False)])
def test_flownets_l1_loss_leaves_out_what_is_not_known(text, plateau, scale, by_entries):
    layer = make("L1Loss", text, FLOW, FLOW)
    x, target = flow_of_unknowns()
    epsilon = 0.25 if "epsilon" in text else float(np.float32(0.01))
    difference = array(x) - target.numpy()
    known = np.count_nonzero(~np.isnan(difference))
    total = 0.0
    for item, row, column in np.ndindex(2, 4, 5):
        values = [value for value in difference[item, :, row, column] if not np.isnan(value)]
        if scale is None:
            total += sum(abs(value) for value in values if abs(value) >= plateau)
            continue
        squares = sum(value ** 2 for value in values) * scale
        total += math.sqrt((squares if squares >= plateau ** 2 else 0) + epsilon)
    expected = total / (known / 3 if by_entries else 2)
    assert float(layer(x, target).detach()) == pytest.approx(expected, rel=1e-12)
    assert torch.autograd.gradcheck(lambda x: layer(x, target), x)


def test_flownets_l1_loss_takes_items_of_one_number():
    layer = make("L1Loss", "normalize_by_num_entries: true", (4,), (4,))
    x = torch.tensor([1, -2, 3, math.nan], dtype=torch.float64)
    assert float(layer(x, torch.zeros(4, dtype=torch.float64))) == (1 + 2 + 3) / 3


def test_flownets_l1_loss_takes_a_difference_alone():
    x, target = flow_of_unknowns()
    alone = make("L1Loss", "l2_per_location: true", FLOW)(x - target)
    both = make("L1Loss", "l2_per_location: true", FLOW, FLOW)(x, target)
    assert float(alone.detach()) == float(both.detach())


@pytest.mark.parametrize("kind, param, shapes, message", [
    ("TripletLoss", "", [(4, 3), (4, 3), (4, 2)], r"'bottom2' has the shape \(4, 2\)"),
    ("CenterLoss", "", [(4, 3), (4,)], "center_loss_param.num_output is 0"),
    ("CenterLoss", "num_output: 2", [(4, 3), (3,)], "there must be 4 labels"),
    ("CenterLoss", "num_output: 2 distance_type: 'L1'", [(4, 3), (4,)],
     "center_loss_param.distance_type asks for"),
    ("MarginInnerProduct", "", [(4, 3), (4,)], "margin_inner_product_param.num_output is 0"),
    ("InnerDistance", "num_output: 2 distance_type: 'cos'", [(4, 3)], "'cos'; it must be L1 or"),
    ("InnerDistance", "", [(4, 3)], "inner_distance_param.num_output is 0"),
    ("FocalLoss", "type: LINEAR", [SCORES, (4, 2)], "type is LINEAR, which the original"),
    ("FocalLoss", "gamma: -1", [SCORES, (4, 2)], "gamma is -1.0; it must be at least 0"),
    ("FocalLoss", "", [SCORES, (4, 3)], "so there must be 8 labels"),
    ("L1Loss", "l2_per_location: true", [(4, 3), (4, 3)],
     r"l1_loss_param.l2_per_location is for \(N, C, H, W\)"),
])
def test_metric_layers_refuse(kind, param, shapes, message):
    with pytest.raises(SpecError, match=message):
        make(kind, param, *shapes)
