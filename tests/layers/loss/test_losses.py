"""The losses and Accuracy: what the golden cases do not hold."""

import math

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from framework.proto import BlobProto
from tests.support import array, check_layer, make, noise


def labels(*numbers):
    return torch.tensor(numbers, dtype=torch.float64)


def log_softmax(x, axis):
    x = x - x.max(axis, keepdims=True)
    return x - np.log(np.exp(x).sum(axis, keepdims=True))


PAIR = ((4, 3, 2), (4, 6))
SCORES, PLACES = (2, 5, 3, 4), (2, 3, 4)
TARGETS = labels(*[(3 * index) % 5 for index in range(24)]).reshape(PLACES)


@pytest.mark.parametrize("kind, param, shapes", [
    ("EuclideanLoss", "", PAIR),
    ("SmoothL1Loss", "", PAIR),
    ("SmoothL1Loss", "sigma: 3", (*PAIR, (4, 6), (4, 3, 2))),
    ("SigmoidCrossEntropyLoss", "loss_param { ignore_label: 0 normalization: VALID }", PAIR),
    ("ContrastiveLoss", "", ((4, 3), (4, 3), (4,))),
    ("ContrastiveLoss", "", ((4, 3), (4, 3), (4,), (4, 1))),
])
def test_losses_on_two_blobs_stand_the_common_check(kind, param, shapes):
    bottoms = [noise(shape, seed=seed).abs().detach() for seed, shape in enumerate(shapes)]
    check_layer(make(kind, param, *shapes), *bottoms)


@pytest.mark.parametrize("kind, param, shapes, bottoms", [
    ("SoftmaxWithLoss", "loss_param { ignore_label: 3 }", (SCORES, PLACES),
     (noise(SCORES), TARGETS)),
    ("SoftmaxWithLoss", "loss_param { ignore_label: 3 }", (SCORES, PLACES, PLACES),
     (noise(SCORES), TARGETS, noise(PLACES, seed=2).abs().detach())),
    ("HingeLoss", "", ((3, 5), (3,)), (noise(3, 5), labels(4, 0, 2))),
    ("MultinomialLogisticLoss", "", ((3, 5), (3, 1)),
     (noise(3, 5).abs().detach(), labels(4, 0, 2))),
    ("InfogainLoss", "", ((3, 5), (3,), (1, 1, 5, 5)),
     (noise(3, 5).abs().detach(), labels(4, 0, 2), noise(1, 1, 5, 5, seed=2))),
    ("Accuracy", "top_k: 2", (SCORES, PLACES), (noise(SCORES), TARGETS)),
])
def test_losses_on_labels_stand_the_common_check(kind, param, shapes, bottoms):
    check_layer(make(kind, param, *shapes), *bottoms)


@pytest.mark.parametrize("normalization, divisor", [
    ("normalization: VALID", 19), ("normalize: true", 19), ("normalization: FULL", 24),
    ("normalization: BATCH_SIZE", 2), ("normalization: NONE", 1),
    ("normalization: PRE_FIXED pre_fixed_normalizer: 7", 7)])
def test_softmax_loss_is_the_log_loss_over_its_normalizer(normalization, divisor):
    layer = make("SoftmaxWithLoss", f"loss_param {{ ignore_label: 3 {normalization} }}",
                 SCORES, PLACES)
    x = noise(SCORES)
    truth = array(TARGETS).astype(int)
    each = -np.take_along_axis(log_softmax(array(x), 1), truth[:, None], 1)[:, 0]
    expected = each[truth != 3].sum() / divisor
    np.testing.assert_allclose(array(layer(x, TARGETS)), expected, rtol=1e-12)
    assert torch.autograd.gradcheck(lambda x: layer(x, TARGETS), x, fast_mode=True)


@pytest.mark.parametrize("normalization", ["VALID", "BATCH_SIZE"])
def test_softmax_loss_with_weights_sums_them_where_it_counted_labels(normalization):
    layer = make("SoftmaxWithLoss", f"loss_param {{ ignore_label: 3 normalization: {normalization} "
                 "}", SCORES, PLACES, PLACES)
    x, weights = noise(SCORES), noise(PLACES, seed=2).abs().detach()
    truth = array(TARGETS).astype(int)
    each = -np.take_along_axis(log_softmax(array(x), 1), truth[:, None], 1)[:, 0] * array(weights)
    divisor = array(weights)[truth != 3].sum() if normalization == "VALID" else 2
    expected = each[truth != 3].sum() / divisor
    np.testing.assert_allclose(array(layer(x, TARGETS, weights)), expected, rtol=1e-12)
    assert torch.autograd.gradcheck(lambda x: layer(x, TARGETS, weights), x, fast_mode=True)
    assert layer(x, TARGETS, torch.zeros_like(weights)).item() == 0


def test_softmax_loss_takes_another_axis_another_size_and_gives_probabilities():
    layer = make("SoftmaxWithLoss", "softmax_param { axis: -1 }", (2, 3, 5), (2, 3), tops=2)
    x, truth = noise(4, 2, 5), labels(*range(8)).reshape(4, 2, 1) % 5
    loss, probabilities = layer(x, truth)
    each = np.take_along_axis(log_softmax(array(x), 2), array(truth).astype(int), 2)
    np.testing.assert_allclose(array(loss), -each.mean(), rtol=1e-12)
    np.testing.assert_allclose(array(probabilities).sum(2), 1, rtol=1e-12)


def test_softmax_loss_weights_its_classes():
    weights = [0.5, 2, 1, 3, 0]
    text = " ".join(f"class_weighting: {weight}" for weight in weights)
    layer = make("SoftmaxWithLoss", f"loss_param {{ weight_by_label_freqs: true {text} }}",
                 SCORES, PLACES)
    x, truth = noise(SCORES), array(TARGETS).astype(int)
    each = -np.take_along_axis(log_softmax(array(x), 1), truth[:, None], 1)[:, 0]
    expected = (each * np.array(weights)[truth]).sum() / 24
    np.testing.assert_allclose(array(layer(x, TARGETS)), expected, rtol=1e-12)


def test_softmax_loss_smooths_its_gradient_and_not_its_value():
    layer = make("SoftmaxWithLoss", "loss_param { label_smoothing: 0.125 }", (3, 5), (3,))
    plain = make("SoftmaxWithLoss", "", (3, 5), (3,))
    x, truth = noise(3, 5), labels(4, 0, 2)
    loss = layer(x, truth)
    torch.testing.assert_close(loss, plain(x, truth))
    loss.backward()
    targets = np.full((3, 5), 0.125 / 5)
    targets[[0, 1, 2], [4, 0, 2]] = 0.875
    probabilities = np.exp(log_softmax(array(x), 1))
    expected = (probabilities * targets.sum(1, keepdims=True) - targets) / 3
    np.testing.assert_allclose(array(x.grad), expected, rtol=1e-12)


@pytest.mark.parametrize("shape, factor", [((3, 5), 0.25), ((2, 5, 3), 0.125), ((3, 5), 0)])
def test_soft_labels_of_another_fork_are_in_value_and_gradient(shape, factor):
    """Targets 1 - e and e / 5, whose sum is less than 1; the gradient is probability - target."""
    param = f"softmax_param {{ label_smooth: true label_smooth_factor: {factor} }}"
    places = (shape[0], *shape[2:])
    layer = make("SoftmaxWithLoss", param + " loss_param { ignore_label: 1 }", shape, places)
    x, truth = noise(shape), labels(*([4, 0, 1, 2, 3, 0][:int(np.prod(places))])).reshape(places)
    loss = layer(x, truth)
    loss.backward()

    logs = np.moveaxis(log_softmax(array(x), 1), 1, -1).reshape(-1, 5)
    numbers = array(truth).astype(int).reshape(-1)
    targets = np.full(logs.shape, factor / 5)
    targets[np.arange(len(numbers)), numbers] = 1 - factor
    counts = numbers != 1
    np.testing.assert_allclose(loss.item(), -(targets * logs)[counts].sum() / counts.sum(),
                               rtol=1e-10)
    slopes = (np.exp(logs) - targets) * counts[:, None] / counts.sum()
    got = np.moveaxis(array(x.grad), 1, -1).reshape(-1, 5)
    np.testing.assert_allclose(got, slopes, rtol=1e-10, atol=1e-15)


def test_the_factor_of_soft_labels_needs_label_smooth():
    scores = noise(3, 5)
    losses = [make("SoftmaxWithLoss", f"softmax_param {{ label_smooth: true {factor} }}", (3, 5),
                   (3,))(scores, labels(1, 2, 3)).item()
              for factor in ("", "label_smooth_factor: 0.00001")]
    assert losses[0] == pytest.approx(losses[1], rel=1e-12)
    with pytest.raises(SpecError, match="label_smooth_factor has a meaning with label_smooth only"):
        make("SoftmaxWithLoss", "softmax_param { label_smooth_factor: 0.1 }", (3, 5), (3,))


def test_the_logarithms_of_soft_labels_are_cut():
    layer = make("SoftmaxWithLoss", "softmax_param { label_smooth: true label_smooth_factor: 0.5 }",
                 (1, 2), (1,))
    loss = layer(torch.tensor([[0.0, 200.0]], dtype=torch.float64), labels(1))
    assert loss.item() == pytest.approx(0.25 * 87.3365, rel=1e-5)


@pytest.mark.parametrize("sigma", [1, 3])
@pytest.mark.parametrize("weighted", [False, True])
def test_smooth_l1_loss_is_that_of_fast_r_cnn(sigma, weighted):
    shapes = [(4, 3, 2)] * (4 if weighted else 2)
    layer = make("SmoothL1Loss", f"sigma: {sigma}", *shapes)
    bottoms = [noise(7, 3, 2, seed=seed) for seed in range(len(shapes))]
    x, y, inside, outside = [array(b) for b in bottoms] + [1.0] * (4 - len(shapes))
    d = inside * (x - y)
    each = np.where(np.abs(d) < 1 / sigma**2, 0.5 * (sigma * d) ** 2,
                    np.abs(d) - 0.5 / sigma**2)
    np.testing.assert_allclose(array(layer(*bottoms)), (outside * each).sum() / 7, rtol=1e-12)
    assert torch.autograd.gradcheck(lambda x, y: layer(x, y, *bottoms[2:]), bottoms[:2])


def test_sigmoid_loss_has_the_gradient_sigmoid_minus_target():
    layer = make("SigmoidCrossEntropyLoss", "loss_param { normalization: PRE_FIXED "
                 "pre_fixed_normalizer: 3 }", (4, 2), (4, 2))
    x, target = noise(4, 2), noise(4, 2, seed=2, requires_grad=False).sigmoid()
    layer(x, target).backward()
    np.testing.assert_allclose(array(x.grad), (1 / (1 + np.exp(-array(x))) - array(target)) / 3,
                               rtol=1e-12)


def test_weights_of_a_cross_entropy_come_with_their_sum_as_the_normalizer():
    """daijifeng001/caffe-mnc: masks that count, of regions; nothing where none does."""
    layer = make("SigmoidCrossEntropyLoss", "", (3, 4), (3, 4), (3, 4))
    x = noise(3, 4)
    target = (noise(3, 4, seed=1) > 0).double()
    weight = noise(3, 4, seed=2).detach().abs()
    p = 1 / (1 + np.exp(-x.detach().numpy()))
    each = -np.where(target.numpy() > 0, np.log(p), np.log(1 - p)) * weight.numpy()
    np.testing.assert_allclose(layer(x, target, weight).item(), each.sum() / weight.sum())
    assert torch.autograd.gradcheck(lambda x: layer(x, target, weight), x)
    loss = layer(x, target, torch.zeros_like(weight))
    loss.backward()
    assert loss.item() == 0 and (x.grad == 0).all()
    # ZhiwenShao/ARL: with loss_param it says the normalizer
    layer = make("SigmoidCrossEntropyLoss", "loss_param { normalization: FULL }", *[(3, 4)] * 3)
    np.testing.assert_allclose(layer(x, target, weight).item(), each.sum() / 12)
    assert torch.autograd.gradcheck(lambda x: layer(x, target, weight), x)


def test_hinge_loss_of_norm_1_is_the_sum_of_the_margins():
    layer = make("HingeLoss", "", (3, 5), (3,))
    x, truth = noise(4, 5), labels(4, 0, 2, 1)
    signs = np.ones((4, 5))
    signs[range(4), [4, 0, 2, 1]] = -1
    expected = np.maximum(0, 1 + signs * array(x)).sum() / 4
    np.testing.assert_allclose(array(layer(x, truth)), expected, rtol=1e-12)
    assert torch.autograd.gradcheck(lambda x: layer(x, truth), x)


def write_matrix(path, matrix):
    blob = BlobProto(num=1, channels=1, height=len(matrix), width=len(matrix))
    blob.data.extend(matrix.ravel().tolist())
    path.write_bytes(blob.SerializeToString())


def test_infogain_loss_of_bvlc_takes_scores_where_its_fields_are_given(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    matrix = array(noise(5, 5, seed=3)).astype(np.float32).astype(np.float64)
    write_matrix(tmp_path / "h.binaryproto", matrix)
    layer = make("InfogainLoss", 'infogain_loss_param { axis: 1 source: "h.binaryproto" } '
                 "loss_param { ignore_label: 3 }", SCORES, PLACES, tops=2)
    x, truth = noise(SCORES), array(TARGETS).astype(int)
    each = -(matrix[truth] * log_softmax(array(x), 1).transpose(0, 2, 3, 1)).sum(-1)
    loss, probabilities = layer(x, TARGETS)
    np.testing.assert_allclose(array(loss), each[truth != 3].sum() / 19, rtol=1e-12)
    np.testing.assert_allclose(array(probabilities).sum(1), 1)
    assert torch.autograd.gradcheck(lambda x: layer(x, TARGETS)[0], x, fast_mode=True)


def test_infogain_loss_refuses_a_matrix_that_does_not_fit(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_matrix(tmp_path / "h.binaryproto", np.eye(4))
    (tmp_path / "torn").write_bytes(b"\xff\xff")
    for source, message in [
            ("", "source is not given, and there is no third bottom"),
            ('source: "absent"', "'absent' cannot be read"),
            ('source: "torn"', "'torn' cannot be read"),
            ('source: "h.binaryproto"', "gives a matrix of 16 values; 5 classes need 25")]:
        with pytest.raises(SpecError, match=message):
            make("InfogainLoss", source, (3, 5), (3,))
    with pytest.raises(SpecError, match="bottom gives a matrix of 20 values"):
        make("InfogainLoss", "", (3, 5), (3,), (4, 5))


def test_contrastive_loss_tells_how_far_apart_pairs_of_both_kinds_are():
    layer = make("ContrastiveLoss", "margin: 2", (5, 3), (5, 3), (5,), tops=3)
    a, b = noise(5, 3), noise(5, 3, seed=2)
    square = array(a - b)**2 @ np.ones(3)
    loss, alike, apart = layer(a, b, labels(0, 1, 1, 0, 1))
    np.testing.assert_allclose(array(alike), square[[1, 2, 4]].mean())
    np.testing.assert_allclose(array(apart), square[[0, 3]].mean())
    alone = make("ContrastiveLoss", "margin: 2", (5, 3), (5, 3), (5,))
    np.testing.assert_array_equal(array(loss), array(alone(a, b, labels(0, 1, 1, 0, 1))))
    assert not alike.requires_grad and not layer(a, b, labels(*[1] * 5))[2]     # without such pairs
    with pytest.raises(SpecError, match="top is given 2 times; it must be 1, or 3"):
        make("ContrastiveLoss", "", (5, 3), (5, 3), (5,), tops=2)


def test_contrastive_loss_divides_its_gradient_by_a_little_more_than_the_distance():
    layer = make("ContrastiveLoss", "margin: 5", (2, 3), (2, 3), (2,))
    a, b = noise(2, 3), noise(2, 3, seed=2)
    d = array(a - b)
    length = np.sqrt((d * d).sum(1))
    loss = layer(a, b, labels(0, 1))
    np.testing.assert_allclose(array(loss), ((5 - length[0]) ** 2 + length[1] ** 2) / 4)
    loss.backward()
    expected = [-(5 - length[0]) / 2 * d[0] / (length[0] + 1e-4), d[1] / 2]
    np.testing.assert_allclose(array(a.grad), expected, rtol=1e-12)
    np.testing.assert_allclose(array(b.grad), -np.array(expected), rtol=1e-12)


@pytest.mark.parametrize("legacy", ["false", "true"])
def test_contrastive_loss_compares_two_labels(legacy):
    a, b = noise(4, 3), noise(4, 3, seed=2)
    of_pairs = make("ContrastiveLoss", f"margin: 5 legacy_version: {legacy}", (4, 3), (4, 3), (4,))
    of_labels = make("ContrastiveLoss", f"margin: 5 legacy_version: {legacy}", (4, 3), (4, 3),
                     (4,), (4,))
    loss = of_labels(a, b, labels(0, 7, 2, 0), labels(0, 2, 2, 1))
    np.testing.assert_allclose(array(loss), array(of_pairs(a, b, labels(1, 0, 1, 0))))


@pytest.mark.parametrize("kind, param, shapes, message", [
    ("SoftmaxWithLoss", "", [SCORES, PLACES, (2, 4)], r"'bottom2' has the shape \(2, 4\); there "
     r"must be a weight for each label of \(2, 3, 4\)"),
    ("SoftmaxWithLoss", "", [SCORES, (2, 4)], r"'bottom1' has the shape \(2, 4\); the scores have "
     r"the shape \(2, 5, 3, 4\) with classes on axis 1, so there must be 24 labels"),
    ("SoftmaxWithLoss", "loss_param { weight_by_label_freqs: true class_weighting: 1 }",
     [SCORES, PLACES], "class_weighting is given 1 times; there are 5 classes"),
    ("SigmoidCrossEntropyLoss", "loss_param { label_smoothing: 0.1 }", PAIR,
     "label_smoothing asks for what SigmoidCrossEntropyLoss does not do"),
    ("Softmax", "axis: 4", [SCORES], "softmax_param.axis is 4"),
    ("EuclideanLoss", "", [(4, 3), (4, 2)], r"'bottom1' has the shape \(4, 2\); it must have as"),
    ("SmoothL1Loss", "", [(4, 3), (4, 3), (4, 2)], r"'bottom2' has the shape \(4, 2\)"),
    ("SmoothL1Loss", "sigma: 0", [(4, 3)] * 2, "sigma is 0; it must be above 0"),
    ("ContrastiveLoss", "", [(4, 3, 2), (4, 3, 2), (4,)], r"must be \(N, C\) and one label"),
    ("HingeLoss", "", [(4, 3), (3,)], "it must hold one label for each of the 4 items"),
    ("Accuracy", "top_k: 6", [SCORES, PLACES], "top_k is 6; .* number of classes, 5"),
])
def test_losses_refuse(kind, param, shapes, message):
    with pytest.raises(SpecError, match=message):
        make(kind, param, *shapes)


def test_softmax_stands_the_common_check():
    check_layer(make("Softmax", "axis: 2", SCORES), noise(SCORES))


def test_accuracy_counts_the_later_of_equal_scores_as_better():
    x = torch.tensor([[1., 3, 3, 0], [1, 3, 3, 0]])
    for top_k, expected in ((1, [0.5, 0, 0, 1]), (2, [1, 0, 1, 1])):
        layer = make("Accuracy", f"top_k: {top_k}", (2, 4), (2,), tops=2)
        share, each = layer(x, labels(1, 2))
        assert share.item() == expected[0]
        assert each.tolist() == [0, expected[2], expected[3], 0]


@pytest.mark.parametrize("sign, param", [(1, ""), (-1, "min_is_better: true")])
def test_accuracy_gives_recall_and_precision_of_each_class(sign, param):
    """Given, over what is ignored: class 0 three times, 1 once, 2 never, 3 twice."""
    best = np.array([[0, 0, 3], [0, 1, 3], [2, 2, 2]])
    true = np.array([[0, 1, 3], [2, 1, 0], [9, 9, 9]])
    x = torch.tensor(sign * np.eye(4)[best].transpose(0, 2, 1))
    layer = make("Accuracy", f"ignore_label: 9 {param}", (3, 4, 3), (3, 3), tops=3)
    share, recall, precision = layer(x, torch.tensor(true))
    assert share.item() == 0.5
    assert recall.tolist() == [1 / 2, 1 / 2, 0, 1]
    np.testing.assert_allclose(precision.tolist(), [1 / 3, 1, 0, 1 / 2])


def test_accuracy_refuses_precision_of_the_best_two():
    with pytest.raises(SpecError, match="top_k is 2; it must be 1 with a third top"):
        make("Accuracy", "top_k: 2", (3, 4), (3,), tops=3)


def test_accuracy_can_take_the_lowest_scores_for_the_best_and_ignores_a_label():
    layer = make("Accuracy", "min_is_better: true ignore_label: 9 axis: 0", (3, 4), (4,))
    x = torch.tensor([[1., 5, 2, 1], [2, 1, 2, 2], [0, 3, 1, 3]])
    assert layer(x, labels(2, 0, 9, 0)).item() == pytest.approx(2 / 3)
    assert math.isnan(layer(x, labels(9, 9, 9, 9)))


@pytest.mark.parametrize("kind, bottoms", [
    ("SoftmaxWithLoss", (noise(SCORES), TARGETS)),
    ("InfogainLoss", (noise(2, 3), labels(0, 2), noise(3, 3, seed=2).abs().detach()))])
def test_the_probabilities_beside_a_loss_have_no_gradient(kind, bottoms):
    """Backward_cpu of both reads the diff of the first top only."""
    layer = make(kind, "", *(tuple(bottom.shape) for bottom in bottoms), tops=2)
    loss, probabilities = layer(*bottoms)
    assert loss.requires_grad and not probabilities.requires_grad
    assert torch.equal(probabilities, bottoms[0].detach().softmax(1))


@pytest.mark.parametrize("axis, shape", [(1, (2, 3, 1)), (2, (2, 4, 1)), (-2, (6,))])
def test_softmax_of_two_bottoms_counts_the_first_values_of_each_sum(axis, shape):
    size = (2, 4, 3)
    layer = make("Softmax", f"axis: {axis}", size, shape)
    x = noise(size)
    numbers = np.array([2, 4, 1, 3, 9, 2, 1, 3])[:np.prod(shape)]
    top = layer(x, torch.tensor(numbers).double().reshape(shape))
    values = np.moveaxis(x.detach().numpy(), axis, -1)
    expected = np.zeros(values.shape)
    for row, value, number in zip(expected.reshape(-1, size[axis]),
                                  values.reshape(-1, size[axis]), numbers, strict=True):
        powers = [math.exp(one) for one in value[:number]]
        row[:len(powers)] = np.array(powers) / sum(powers)
    np.testing.assert_allclose(top.detach().numpy(), np.moveaxis(expected, -1, axis), rtol=1e-12)


def test_softmax_of_no_values_is_zero_and_has_a_gradient():
    layer = make("Softmax", "", (2, 3), (2,))
    x = noise(2, 3)
    top = layer(x, torch.tensor([0.0, 2.0]))
    assert top[0].tolist() == [0, 0, 0] and top[1, 2] == 0
    top.square().sum().backward()
    assert x.grad is not None and x.grad[0].tolist() == [0, 0, 0] and x.grad[1, 0] != 0


def test_softmax_names_numbers_that_do_not_fit():
    with pytest.raises(SpecError, match="a number for each of the 8 sums"):
        make("Softmax", "axis: 2", (2, 4, 3), (2, 3))
