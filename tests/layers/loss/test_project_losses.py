"""Losses of single projects by their definitions: hashing, covariance, voxels, CTC."""

import itertools
import math

import numpy as np
import pytest
import torch

from framework import Net, parse_net
from framework.errors import DataError, SpecError
from tests.support import array, make, noise


def slopes(layer, x, *others):
    (slope,) = torch.autograd.grad(layer(x, *others), x)
    return array(slope)


def test_xcov_is_half_the_sum_of_squared_covariances():
    layer = make("XCovLoss", "", (4, 3, 2), (4, 5))
    x, y = noise(4, 3, 2), noise(4, 5, seed=2)
    first, second = array(x).reshape(4, 6), array(y)
    expected = sum(np.cov(first[:, i], second[:, j], bias=True)[0, 1] ** 2
                   for i, j in np.ndindex(6, 5)) / 2
    assert float(layer(x, y).detach()) == pytest.approx(expected, rel=1e-10)
    assert torch.autograd.gradcheck(layer, (x, y), fast_mode=True)


LABELS = torch.tensor([[1, 0, 0], [0, 1, 0], [1, 1, 0], [0, 0, 1.]], dtype=torch.float64)


@pytest.mark.parametrize("threshold", [-1, 0.5])
def test_pairwise_loss_is_the_mean_over_all_pairs(threshold):
    layer = make("PairwiseLoss", f"pairwise_param {{ threshold: {threshold} }}", (4, 6), (4, 3))
    x = noise(4, 6)
    codes, labels = array(x), array(LABELS)
    total, slope = 0.0, np.zeros((4, 6))
    for i, j in np.ndindex(4, 4):
        product = codes[i] @ codes[j]
        similar = float(labels[i] @ labels[j] > 0)
        linear = threshold >= 0 and product >= threshold
        total += product * (1 - similar) if linear \
            else math.log(1 + math.exp(product)) - similar * product
        slope[i] += 2 * (1 / (1 + math.exp(-product)) - similar) * codes[j] / 16
    assert float(layer(x, LABELS).detach()) == pytest.approx(total / 16, rel=1e-10)
    np.testing.assert_allclose(slopes(layer, x, LABELS), slope, rtol=1e-10)


@pytest.mark.parametrize("threshold, continuous, factor", [(-1, False, 1), (0.1, True, 3)])
def test_pairwise_loss_of_two_sets_is_hashnets(threshold, continuous, factor):
    layer = make("PairwiseLoss", f"pairwise_param {{ l_threshold: {threshold} sigmoid_param: 0.5 "
                 f"l_lambda: {factor} class_num: 2 continous_similarity: {str(continuous).lower()} "
                 "}", (4, 6), (4, 3), (4, 6), (4, 3))
    x, y, others = noise(4, 6), noise(4, 6, seed=2), LABELS.flip(0) * 1.0
    others[1] = torch.tensor([1, 1, 1.])
    others[2] = torch.tensor([-1, 0, 0.])
    total, weights, by_x, by_y = 0.0, 0.0, np.zeros((4, 6)), np.zeros((4, 6))
    for i, j in np.ndindex(4, 4):
        first, second = array(LABELS)[i], array(others)[j]
        common, product = first @ second, 0.5 * array(x)[i] @ array(y)[j]
        if not 0 <= common < 3:
            continue
        similar = float(common > 0)
        weight = 2 if similar else 1
        linear = threshold >= 0 and product >= threshold
        total += weight * (product * (1 - similar) if linear
                           else math.log(1 + math.exp(product)) - similar * product)
        weights += weight
        step = 2 * weight * factor * (1 / (1 + math.exp(-product)) - similar)
        if continuous:
            step *= 4 * (common ** 2 / ((first @ first or 1) * (second @ second or 1)) or 0.25)
        by_x[i] += step * array(y)[j]
        by_y[j] += step * array(x)[i]
    for slope in (by_x, by_y):
        slope /= weights
        slope.reshape(-1)[:4] *= 0.5        # the original scales N values only
    loss = layer(x, LABELS, y, others)
    assert float(loss.detach()) == pytest.approx(total / weights, rel=1e-10)
    loss.backward()
    np.testing.assert_allclose(array(x.grad), by_x, rtol=1e-10)
    np.testing.assert_allclose(array(y.grad), by_y, rtol=1e-10)


def test_pairwise_loss_of_two_sets_wants_equal_shapes_and_its_own_fields():
    with pytest.raises(SpecError, match="other codes and labels must have the same shapes"):
        make("PairwiseLoss", "", (4, 6), (4, 3), (4, 5), (4, 3))
    with pytest.raises(SpecError, match="pairwise_param"):
        make("PairwiseLoss", "pairwise_param { threshold: 2 }", (4, 6), (4, 3), (4, 6), (4, 3))
    layer = make("PairwiseLoss", "pairwise_param { l_lambda: 0 }", (4, 6), (4, 3), (4, 6), (4, 3))
    assert layer(noise(4, 6), LABELS, noise(4, 6), LABELS).item() == 0


@pytest.mark.parametrize("threshold", [-1, 0.5])
def test_quantization_loss_is_log_cosh_and_its_gradient_is_over_items(threshold):
    layer = make("QuantizationLoss", f"quantization_param {{ threshold: {threshold} }}", (4, 6))
    x = noise(4, 6).detach().mul(2).requires_grad_()
    costs = []
    for value in array(x).ravel():
        off = abs(value) - 1
        linear = threshold > 0 and off > threshold
        costs.append(off - math.log(2) if linear else math.log(math.cosh(off)))
    assert float(layer(x).detach()) == pytest.approx(np.mean(costs), rel=1e-10)
    expected = np.sign(array(x)) * np.tanh(np.abs(array(x)) - 1) / 4
    np.testing.assert_allclose(slopes(layer, x), expected, rtol=1e-10)


@pytest.mark.parametrize("sigma_sq", [1.0, 2.5])
def test_kernel_loss_is_a_gaussian_of_the_distance_signed_by_the_labels(sigma_sq):
    a, b = noise(5, 2, 3), noise(5, 6, seed=2)
    first = torch.tensor([0, 1.9, 2, 1, 3]).double()
    second = torch.tensor([0, 1, 2.2, 0, 1]).double().reshape(5, 1)
    layer = make("KernelLoss", f"sigma_sq: {sigma_sq}", (5, 2, 3), (5, 6), (5,), (5, 1))
    total = 0.0
    for x, y, same in zip(array(a).reshape(5, 6), array(b), [1, 1, 1, 0, 0], strict=True):
        value = 1 - math.exp(-sum((x - y) ** 2) / (2 * sigma_sq))
        total += -value if same else value
    assert layer(a, b, first, second).item() == pytest.approx(total / 5, rel=1e-12)
    assert torch.autograd.gradcheck(lambda *given: layer(*given, first, second), (a, b))


@pytest.mark.parametrize("param, shapes, message", [
    ("sigma_sq: 0", [(4, 3), (4, 3), (4,), (4,)], "kernel_loss_param.sigma_sq is 0; it must be"),
    ("", [(4, 3), (5, 3), (4,), (4,)], "both must have as many items"),
    ("", [(4, 3), (4, 2), (4,), (4,)], "features of a pair must have as many values"),
    ("", [(4, 3), (4, 3), (4,), (3,)], r"bottom\[3\] has the shape \(3,\); it must have one label"),
])
def test_kernel_loss_names_what_does_not_fit(param, shapes, message):
    with pytest.raises(SpecError, match=message):
        make("KernelLoss", f"kernel_loss_param {{ {param} }}", *shapes)


def test_svr_loss_is_the_sum_of_absolute_differences_over_items():
    layer = make("SVRLoss", "", (4, 3, 2), (4, 6))
    x, target = noise(4, 3, 2), noise(4, 6, seed=2)
    difference = array(x) - array(target).reshape(4, 3, 2)
    assert float(layer(x, target).detach()) == pytest.approx(np.abs(difference).sum() / 4)
    np.testing.assert_allclose(slopes(layer, x, target), np.sign(difference) / 4)
    with pytest.raises(SpecError, match="bottom"):
        make("SVRLoss", "", (4, 3, 2), (4, 5))


def test_accuracy_of_a_regression_is_half_the_absolute_differences_of_an_item():
    layer = make("AccuracyRegression", "", (4, 3, 2), (4, 3, 2))
    x, target = noise(4, 3, 2), noise(4, 3, 2, seed=2)
    expected = np.abs(array(x) - array(target)).sum() / 8
    assert float(layer(x, target)) == pytest.approx(expected)
    with pytest.raises(SpecError, match="top_k is 7; it must be at most 6"):
        make("AccuracyRegression", "accuracy_param { top_k: 7 }", (4, 3, 2), (4, 3, 2))


def test_voxel_softmax_loss_takes_no_loss_but_a_gradient_from_labels_beyond_the_classes():
    shape = (2, 4, 3, 5, 6)
    layer = make("VoxelSoftmaxLoss", "", shape, (2, 1, 3, 5, 6))
    x = noise(shape)
    labels = (noise(2, 1, 3, 5, 6, seed=3).detach().abs() * 3).floor()
    assert 0 < int((labels >= 4).sum()) < labels.numel()
    probability = np.exp(array(x))
    probability /= probability.sum(1, keepdims=True)
    total, slope = 0.0, probability.copy()
    for n, t, h, w in np.ndindex(2, 3, 5, 6):
        label = int(labels[n, 0, t, h, w])
        if label < 4:
            total -= math.log(probability[n, label, t, h, w])
            slope[n, label, t, h, w] -= 1
    assert float(layer(x, labels).detach()) == pytest.approx(total / 180, rel=1e-10)
    np.testing.assert_allclose(slopes(layer, x, labels), slope / 180, rtol=1e-8, atol=1e-14)
    with pytest.raises(DataError, match="-1"):
        layer(x, labels - 1)


def probability_of(scores, wanted, blank):
    """The sum over all paths (T,) that become `wanted` without repetitions and blanks."""
    steps, classes = scores.shape
    shares = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    total = 0.0
    for path in itertools.product(range(classes), repeat=steps):
        merged = [one for one, _ in itertools.groupby(path)]
        if [one for one in merged if one != blank] == wanted:
            total += math.prod(shares[step, one] for step, one in enumerate(path))
    return total


@pytest.mark.parametrize("param, blank, wanted", [
    ("", 3, [[0, 1], [2]]),                 # the class C - 1, which ends labels too
    ("blank_index: -1", 3, [[0, 1], [2]]),
    ("blank_index: 0", 0, [[2, 1], [1]])])
def test_ctc_loss_sums_over_all_alignments(param, blank, wanted):
    layer = make("CTCLoss", param, (4, 2, 4), (4, 2), (4, 2))
    x = noise(4, 2, 4)
    indicators = torch.tensor([[0, 0], [1, 1], [1, 1], [1, 0.]])        # 4 and 3 steps
    labels = torch.tensor([wanted[0] + [-1, 2], wanted[1] + [3, 1, 0]]).t().double()
    losses = [-math.log(probability_of(array(x)[:length, n], wanted[n], blank))
              for n, length in enumerate((4, 3))]
    assert float(layer(x, indicators, labels).detach()) == pytest.approx(np.mean(losses))
    small = torch.zeros(4, 2, 4, dtype=torch.float64)
    small[1, 0, 2] = 1e-5
    found = slopes(layer, x, indicators, labels)[1, 0, 2]
    change = (layer(x + small, indicators, labels) - layer(x - small, indicators, labels)).item()
    assert found == pytest.approx(2 * change / 2e-5, rel=1e-5)      # of the sum, not the mean


@pytest.mark.parametrize("param, shapes, match", [
    ("blank_index: 4", [(4, 2, 4), (4, 2), (4, 2)], "blank_index is 4; it must be from -1 to 3"),
    ("ctc_merge_repeated: false", [(4, 2, 4), (4, 2), (4, 2)], "ctc_merge_repeated"),
    ("", [(4, 2, 4), (4, 2), (3, 2)], r"must be \(T, N, C\), \(T, N\) and \(T, N\)")])
def test_ctc_loss_refuses_what_does_not_fit(param, shapes, match):
    with pytest.raises(SpecError, match=match):
        make("CTCLoss", param, *shapes)


def test_ctc_loss_names_a_label_that_is_the_blank():
    layer = make("CTCLoss", "blank_index: 0", (4, 2, 4), (4, 2), (4, 2))
    labels = torch.tensor([[1, 1], [0, -1], [-1, -1], [-1, -1.]])
    with pytest.raises(DataError, match="the blank is not a label"):
        layer(noise(4, 2, 4), torch.ones(4, 2), labels)


BALANCED = torch.tensor([[1, 0, 0, 0.5, 0, 0], [1, 1, 0, 0, 0, 1], [0.0] * 6, [0.25] * 6],
                        dtype=torch.float64)


def test_the_balanced_loss_weighs_the_targets_of_an_item_by_the_share_of_the_others():
    layer = make("SigmoidCrossEntropyBalanceLoss", "", (4, 3, 2), (4, 6))
    x = noise(4, 3, 2)
    loss = 0.0
    expected = np.zeros((4, 6))
    for item, (row, targets) in enumerate(zip(array(x).reshape(4, 6), BALANCED, strict=True)):
        ones, zeros = (float((targets == value).sum()) for value in (1, 0))
        for index, target in enumerate(targets.tolist()):
            sigmoid = 1 / (1 + math.exp(-row[index]))
            weight = {1: zeros, 0: ones}.get(target, 0) / max(ones + zeros, 1)
            loss -= weight * math.log(sigmoid if target == 1 else 1 - sigmoid)
            expected[item, index] = (sigmoid - target) * (weight if target in (0, 1) else 1) / 4
    assert float(layer(x, BALANCED).detach()) == pytest.approx(loss / 4, rel=1e-12)
    np.testing.assert_allclose(slopes(layer, x, BALANCED).reshape(4, 6), expected, rtol=1e-12)
    known = BALANCED.round()
    assert torch.autograd.gradcheck(lambda x: layer(x, known), x)


def test_the_balanced_loss_takes_items_of_one_number_which_nothing_balances():
    layer = make("SigmoidCrossEntropyBalanceLoss", "", (4,), (4,))
    x = noise(4)
    target = torch.tensor([0, 1, 1, 0.5], dtype=torch.float64)
    assert float(layer(x, target).detach()) == 0
    expected = [0, 0, 0, (1 / (1 + math.exp(-float(x[3].detach()))) - 0.5) / 4]
    np.testing.assert_allclose(slopes(layer, x, target), expected, rtol=1e-12)


def test_the_balanced_loss_wants_a_target_for_each_value():
    with pytest.raises(SpecError, match="must have as many items and values"):
        make("SigmoidCrossEntropyBalanceLoss", "", (4, 3, 2), (4, 5))


def test_the_dice_loss_is_one_less_twice_the_overlap_over_the_squares():
    layer = make("DiceCoefLoss", "smooth: 0.5", (4, 3, 5), (4, 3, 5))
    x, y = noise(4, 3, 5), noise(4, 3, 5, seed=2)
    fractions = []
    for one, other in zip(x.detach().numpy(), y.detach().numpy(), strict=True):
        fractions.append((2 * (one * other).sum() + 0.5)
                         / ((one ** 2).sum() + (other ** 2).sum() + 0.5))
    assert min(fractions) < 0 < max(fractions)          # a negative one counts as positive
    assert layer(x, y).item() == pytest.approx(1 - np.abs(fractions).mean(), rel=1e-12)
    positive = [one.detach().abs().requires_grad_() for one in (x, y)]
    assert torch.autograd.gradcheck(layer, positive)


def test_the_manhattan_loss_has_a_gradient_that_fades_near_zero():
    layer = make("ManhattanLoss", "", (2, 3), (2, 3))
    x = torch.tensor([[1.0, 2, 3], [4, 5, 6]], dtype=torch.float64, requires_grad=True)
    target = torch.tensor([[1.0, 2.001, 1], [4, 7, 6]], dtype=torch.float64, requires_grad=True)
    loss = layer(x, target)
    loss.backward()
    assert loss.item() == pytest.approx((0.001 + 2 + 2) / 2)
    difference = (x - target).detach().numpy()
    expected = difference / (np.abs(difference) + 1e-3) / 2
    np.testing.assert_allclose(x.grad.numpy(), expected, rtol=1e-9)
    np.testing.assert_allclose(target.grad.numpy(), -expected, rtol=1e-9)


def test_abs_loss_is_the_sum_of_absolute_differences_over_items_and_slopes_both_ways():
    layer = make("AbsLoss", "", (4, 3, 2), (4, 6))
    x, y = noise(4, 3, 2), noise(4, 6, seed=2)
    expected = np.abs(array(x).reshape(4, 6) - array(y)).sum() / 4
    assert float(layer(x, y).detach()) == pytest.approx(expected, rel=1e-12)
    assert torch.autograd.gradcheck(layer, (x, y))
    same = noise(4, 3, 2).detach().requires_grad_()
    np.testing.assert_array_equal(slopes(layer, same, same.detach().reshape(4, 6)), 0)


def test_joints_are_held_to_where_the_flow_takes_them():
    layer = make("ConsistencyLoss", "", (2, 8, 1, 1), (2, 2, 5, 7))
    joints = (noise(2, 8, 1, 1) * 4 + 2).detach().requires_grad_()
    flow = noise(2, 2, 5, 7, seed=2)
    total = 0.0
    for item, joint in np.ndindex(2, 2):
        x1, y1, x2, y2 = array(joints)[item, 4 * joint:4 * joint + 4, 0, 0]
        columns = [int(min(max(x, 0), 6)) for x in (x1, x2)]
        rows = [int(min(max(y, 0), 4)) for y in (y1, y2)]
        across, down = array(flow)[item]
        dx = (across[rows[0], columns[0]] + across[rows[1], columns[1]]) / 2
        dy = (down[rows[0], columns[0]] + down[rows[0], columns[1]]) / 2    # as the original
        total += abs(x1 + dx - x2) + abs(y1 + dy - y2)
    assert float(layer(joints, flow).detach()) == pytest.approx(total / 2, rel=1e-10)
    assert torch.autograd.gradcheck(lambda x: layer(x, flow), joints)
    for shapes, words in ((((2, 6), (2, 2, 5, 7)), "x and y of J joints in two images"),
                          (((2, 8), (2, 3, 5, 7)), r"it must be \(2, 2, H, W\)")):
        with pytest.raises(SpecError, match=words):
            make("ConsistencyLoss", "", *shapes)


@pytest.mark.parametrize("weight", ["", "loss_weight: 3"])
def test_heatmaps_get_their_difference_as_gradient_whatever_the_loss_weight(weight):
    net = Net(parse_net("""layer { name: "in" type: "Input" top: "x" top: "t" top: "image"
  input_param { shape { dim: 2 dim: 3 dim: 4 dim: 5 } } }
layer { name: "loss" type: "EuclideanLossHeatmap" bottom: "x" bottom: "t" bottom: "image"
  top: "loss" visualise: false """ + weight + " }"), phase="TRAIN")
    x = noise(2, 3, 4, 5, dtype=torch.float32)
    t = noise(2, 3, 4, 5, seed=2, dtype=torch.float32, requires_grad=False)
    net({"x": x, "t": t, "image": t})
    difference = array(x) - array(t)
    assert float(net.blobs["loss"].detach()) == pytest.approx((difference**2).mean(), rel=1e-6)
    net.objective(net.blobs).backward()
    np.testing.assert_allclose(x.grad, difference, rtol=1e-6)


def test_siamese_logistic_loss_is_the_weighted_logistic_loss_of_signs():
    x, labels = noise(2, 1, 3, 4), (noise(2, 1, 3, 4, seed=2).detach() > 0).double() * 2 - 1
    weights = noise(2, 1, 3, 4, seed=3).detach().abs()
    layer = make("SiameseLogisticLoss", "", x.shape, (2, 12), weights.shape)
    expected = sum(w * math.log(1 + math.exp(-y * v)) for v, y, w in zip(
        *(array(one).ravel() for one in (x, labels, weights)), strict=True)) / 2
    found = layer(x, labels.reshape(2, 12), weights)
    assert float(found.detach()) == pytest.approx(expected, rel=1e-10)
    assert torch.autograd.gradcheck(lambda x: layer(x, labels.reshape(2, 12), weights), x)
    large = layer(x * 0 - 1000, labels * 0 + 1, weights * 0 + 1)    # where exp overflows
    assert float(large.detach()) == pytest.approx(12 * 1000)
    for shapes in (((2, 4), (2, 3), (2, 4)), ((2, 4), (2, 4), (4, 2))):
        with pytest.raises(SpecError, match="it must have as many items and values as 'bottom0'"):
            make("SiameseLogisticLoss", "", *shapes)
