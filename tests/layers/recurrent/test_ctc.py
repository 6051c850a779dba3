"""CTC's losses and decoders against sums over all paths, and PyTorch's."""

import itertools
import math

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from framework.layers.left_out import left_out_lines
from tests.support import array, check_layer, make, noise


def collapse(path, blank):
    return [label for label, _ in itertools.groupby(path) if label != blank]


def by_all_paths(scores, labels, blank):
    """-log of the sum over every path (class a time) that reads as the labels."""
    log_p = scores - np.log(np.exp(scores).sum(1, keepdims=True))
    times, classes = scores.shape
    total = sum(math.exp(sum(log_p[t, c] for t, c in enumerate(path)))
                for path in itertools.product(range(classes), repeat=times)
                if collapse(path, blank) == list(labels))
    return -math.log(total) if total else math.inf


SCORES = noise(5, 3, 4)                                       # 5 times, 3 texts, 4 classes
LABELS = torch.tensor([[1, 0, 2, 0], [3, 3, 0, 0], [0, 2, 0, 0]], dtype=torch.float64)
TEXTS = [[1, 2], [3, 3], [2]]


def test_warp_ctc_sums_over_all_paths_and_keeps_the_gradient_of_the_sum():
    layer = make("WarpCTCLoss", "", (5, 3, 4), (3, 4))
    check_layer(layer, SCORES, LABELS, compile=False, export=False)
    costs = [by_all_paths(array(SCORES)[:, n], text, 0) for n, text in enumerate(TEXTS)]
    np.testing.assert_allclose(array(layer(SCORES, LABELS)), np.mean(costs), rtol=1e-9)
    x = SCORES.detach().clone().requires_grad_()
    layer(x, LABELS).backward()
    step, direction = 1e-6, noise(5, 3, 4, seed=8, requires_grad=False)
    both = [sum(by_all_paths(array(x + sign * step * direction)[:, n], text, 0)
                for n, text in enumerate(TEXTS)) for sign in (1, -1)]
    np.testing.assert_allclose((array(x.grad) * array(direction)).sum(),
                               (both[0] - both[1]) / (2 * step), rtol=1e-6)


def test_warp_ctc_leaves_out_texts_that_do_not_fit_into_their_time():
    layer = make("WarpCTCLoss", "ctc_loss_param { blank_index: 0 }", (2, 2, 4), (2, 3))
    x = noise(2, 2, 4)
    labels = torch.tensor([[3.0, 3, 0], [1, 2, 0]], dtype=torch.float64)   # 3 3 needs 3 times
    loss = layer(x, labels)
    np.testing.assert_allclose(array(loss), by_all_paths(array(x)[:, 1], [1, 2], 0), rtol=1e-9)
    loss.backward()
    assert (x.grad[:, 0] == 0).all() and (x.grad[:, 1] != 0).all()


@pytest.mark.parametrize("kind, param, others", [
    ("WarpCTCLoss", "", [[[3, 3, 0], [1, 2, 0]]]),
    ("CtcLoss", "ctc_loss_param { alphabet_size: 4 time_step: 2 }", [[[3, 3, 0], [1, 2, 0]]]),
    ("CTCLoss", "", [[[0, 0], [1, 1]], [[1, 1], [1, 2]]])])
def test_texts_that_do_not_fit_into_their_time_are_counted(kind, param, others):
    bottoms = [torch.tensor(values, dtype=torch.float64) for values in others]
    layer = make(kind, param, (2, 2, 4), *(tuple(one.shape) for one in bottoms))
    layer(noise(2, 2, 4), *bottoms)
    layer(noise(2, 2, 4), *bottoms)
    assert [line.split(": ", 1)[1] for line in left_out_lines(layer)] == [
        f"layer 'layer' ({kind}): 2 label sequences are longer than their time steps allow; they "
        "add nothing to the loss"]


def test_warp_ctc_is_torchs_ctc_loss():
    scores = noise(12, 3, 5)
    labels = torch.tensor([[1, 2, 3, 4], [4, 4, 0, 0], [2, 0, 0, 0]])
    lengths = torch.tensor([4, 2, 1])
    wanted = torch.nn.functional.ctc_loss(scores.log_softmax(2), labels, torch.full((3,), 12),
                                          lengths, 0, "none").mean()
    loss = make("WarpCTCLoss", "", (12, 3, 5), (3, 4))(scores, labels.double())
    np.testing.assert_allclose(loss.item(), wanted.item(), rtol=1e-12)


def test_warp_ctc_with_lengths_given():
    layer = make("WarpCTCLoss", "ctc_loss_param { blank_index: 3 }", (5, 2, 4), (2, 1), (2, 1),
                 (3, 2))
    x = noise(5, 2, 4)
    labels = torch.tensor([[1.0, 0], [2, 2], [2, 9]], dtype=torch.float64)      # (L, N)
    times, lengths = torch.tensor([[5.0], [4]]), torch.tensor([[3.0], [2]])
    costs = [by_all_paths(array(x)[:5, 0], [1, 2, 2], 3), by_all_paths(array(x)[:4, 1], [0, 2], 3)]
    np.testing.assert_allclose(array(layer(x, times, lengths, labels)), np.mean(costs), rtol=1e-9)


def test_warp_ctc_with_indicators_counts_labels_from_one():
    layer = make("WarpCTCLoss", "", (5, 2, 4), (5, 2), (5, 2))
    x = noise(5, 2, 4)
    begins = torch.tensor([[0, 0], [1, 1], [1, 1], [1, 0], [1, 1]], dtype=torch.float64)
    labels = torch.tensor([[1, 0], [2, 1], [-1, -1], [-1, -1], [-1, -1]], dtype=torch.float64)
    costs = [by_all_paths(array(x)[:5, 0], [2, 3], 0), by_all_paths(array(x)[:3, 1], [1, 2], 0)]
    np.testing.assert_allclose(array(layer(x, begins, labels)), np.mean(costs), rtol=1e-9)


def test_ctc_loss_of_deepdetect_takes_the_first_times():
    layer = make("CtcLoss", "ctc_loss_param { alphabet_size: 4 time_step: 4 blank_label: 0 }",
                 (5, 3, 4), (3, 4))
    costs = [by_all_paths(array(SCORES)[:4, n], text, 0) for n, text in enumerate(TEXTS)]
    np.testing.assert_allclose(array(layer(SCORES, LABELS)), np.mean(costs), rtol=1e-9)


def scores_of(paths, classes=4):
    """(T, N, C) whose best class at each time is the path's."""
    best = np.eye(classes)[np.array(paths).T]
    return torch.from_numpy(best * 2 + np.random.default_rng(0).uniform(0, 1, best.shape))


PATHS = [[0, 1, 1, 0, 1, 2], [3, 3, 0, 0, 3, 3], [0, 0, 0, 0, 0, 0]]


@pytest.mark.parametrize("param, expected", [
    ("", [[1, 1, 2, -1, -1, -1], [3, 3, -1, -1, -1, -1], [-1] * 6]),
    ("ctc_decoder_param { ctc_merge_repeated: false }",
     [[1, 1, 1, 2, -1, -1], [3, 3, 3, 3, -1, -1], [-1] * 6]),
    ("ctc_decoder_param { blank_index: -1 }",
     [[0, 1, 0, 1, 2, -1], [0, -1, -1, -1, -1, -1], [0, -1, -1, -1, -1, -1]])])
def test_the_decoder_leaves_out_blanks_and_repetitions(param, expected):
    layer = make("CTCGreedyDecoder", param, (6, 3, 4))
    scores = scores_of(PATHS)
    check_layer(layer, scores)
    np.testing.assert_array_equal(array(layer(scores))[:, :, 0, 0], expected)


def test_the_decoder_stops_where_the_marks_of_a_sequence_end():
    marks = torch.ones(6, 3, dtype=torch.float64)
    marks[0] = 0                # where each begins
    marks[3, 0] = marks[1, 1] = 0
    layer = make("CTCGreedyDecoder", "", (6, 3, 4), (6, 3))
    top = array(layer(scores_of(PATHS), marks))[:, :, 0, 0]
    whole = array(make("CTCGreedyDecoder", "", (6, 3, 4))(scores_of(PATHS)))[:, :, 0, 0]
    short = [array(make("CTCGreedyDecoder", "", (count, 3, 4))(scores_of(PATHS)[:count]))
             for count in (3, 1)]
    for row, (expected, item) in enumerate([(short[0], 0), (short[1], 1), (whole, 2)]):
        found = expected[item].ravel()
        np.testing.assert_array_equal(top[row, :len(found)], found)
        assert (top[row, len(found):] == -1).all()
    with pytest.raises(SpecError, match=r"or \(T, N\) of marks"):
        make("CTCGreedyDecoder", "", (6, 3, 4), (6, 2))


def test_the_decoder_judges_by_edit_distance():
    layer = make("CTCGreedyDecoder", "", (6, 3, 4), (3, 5))
    labels = torch.tensor([[1, 2, 3, 2, -1], [3, 0, 3, -1, 2], [-1, 1, 1, 1, 1]],
                          dtype=torch.float64)
    check_layer(layer, scores_of(PATHS), labels)
    top = array(layer(scores_of(PATHS), labels)).ravel()
    # 1 1 2 -> 1 2 3 2: two steps of four; 3 3 is right; nothing for nothing is no text
    np.testing.assert_allclose(top, [1 - (2 / 4 + 0 + 0) / 3, 1 / 3])


def test_labels_of_one_each_need_no_second_axis():
    one = LABELS[:, 1:2].clamp(min=1)
    for kind, scores in (("WarpCTCLoss", SCORES), ("CTCGreedyDecoder", SCORES.detach())):
        both = [make(kind, "", (5, 3, 4), shape)(scores, one.reshape(shape))
                for shape in ((3,), (3, 1))]
        assert torch.equal(*both)


def test_labelsequence_accuracy_counts_whole_texts():
    layer = make("LabelsequenceAccuracy", "", (3, 6, 4), (3, 4))
    labels = torch.tensor([[1, 0, 1, 2], [3, 0, 0, 0], [0, 0, 0, 0]], dtype=torch.float64)
    scores = scores_of(PATHS).transpose(0, 1)
    check_layer(layer, scores, labels)
    assert array(layer(scores, labels)) == pytest.approx(2 / 3)     # 3 3 is not 3


@pytest.mark.parametrize("kind, param, shapes, message", [
    ("WarpCTCLoss", "", [(5, 3, 4), (2, 4)], "all must have 3 sequences"),
    ("WarpCTCLoss", "ctc_loss_param { blank_index: 4 }", [(5, 3, 4), (3, 4)],
     "blank_index is 4; it must be from 0 to 3"),
    ("CtcLoss", "ctc_loss_param { alphabet_size: 5 time_step: 5 }", [(5, 3, 4), (3, 4)],
     "alphabet_size is 5; the bottom has 4 classes"),
])
def test_wrong_settings_are_refused(kind, param, shapes, message):
    with pytest.raises(SpecError, match=message):
        make(kind, param, *shapes)
