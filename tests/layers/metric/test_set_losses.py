"""Losses of groups, of ordered classes and of pairs of points, by their definitions."""

import numpy as np
import pytest
import torch

from framework.errors import DataError, SpecError
from tests.community_examples.metric import GROUPS
from tests.support import make, noise


def test_groups_are_kept_together_and_apart():
    x = noise(6, 5)
    array = x.detach().numpy()
    means = array.reshape(3, 2, 5).mean(1)
    loss = make("VarLoss", "", (6, 5), (6,))(x, GROUPS)
    np.testing.assert_allclose(loss.item(), ((array - means.repeat(2, 0))**2).sum() / 12,
                               rtol=1e-10)
    loss = make("SetLoss2", "set_loss2_param { alpha: 1.5 }", (6, 5), (6,))(x, GROUPS)
    total = sum(max(0, 1.5 - ((means[a] - means[b])**2).sum() / 4)
                for a in range(3) for b in range(a + 1, 3))
    assert total > 0
    np.testing.assert_allclose(loss.item(), 2 * total / 6, rtol=1e-10)
    assert make("SetLoss2", "", (6, 5), (6,))(x, torch.ones(6)).item() == 0


def test_each_rank_is_a_question_of_its_own(tmp_path):
    scores, labels = noise(4, 6), torch.tensor([0, 2, 1, 0.0])
    array = scores.detach().numpy().reshape(4, 3, 2)
    power = np.exp(array)
    share = power / power.sum(2, keepdims=True)
    (tmp_path / "weights.txt").write_text("0.5 2\n1.5")
    for param, weights in (("", [1 / 3] * 3),
                           (f'weight_file: "{tmp_path}/weights.txt"', [0.5, 2, 1.5])):
        loss = make("OrdinalRegressionLoss", param, (4, 6), (4,))(scores, labels)
        total = sum(-weights[k] * np.log(share[n, k, int(labels[n] >= k)])
                    for n in range(4) for k in range(3))
        np.testing.assert_allclose(loss.item(), total / 4, rtol=1e-10)


def test_points_are_compared_two_by_two():
    x, target = noise(4, 10), noise(4, 10, seed=2)
    d = x.detach().numpy() - target.detach().numpy()
    loss = make("RelevantLoss", "", (4, 10), (4, 10))(x, target)
    total = sum((d[n, a] - d[n, b])**2 for n in range(4) for first in (0, 5)
                for a in range(first, first + 5) for b in range(a + 1, first + 5))
    np.testing.assert_allclose(loss.item(), total / 8, rtol=1e-10)


@pytest.mark.parametrize("param, words", [
    ("k: 2", "k is 2; the bottom holds 6 scores"),
    ('weight_file: "none.txt"', "cannot be read: No such file or directory$"),
    ('weight_file: "/dev/zero"', "cannot be read: it is a device, not a regular file")])
def test_ranks_that_do_not_fit_are_refused(param, words):
    with pytest.raises(SpecError, match=words):
        make("OrdinalRegressionLoss", param, (4, 6), (4,))


def test_a_file_without_numbers_is_refused_and_not_shown(tmp_path):
    (tmp_path / "weights.txt").write_text("0.5 secret 0.25")
    with pytest.raises(SpecError, match="weights.txt', which has other than numbers in it$"):
        make("OrdinalRegressionLoss", f'weight_file: "{tmp_path}/weights.txt"', (4, 6), (4,))


def test_points_without_a_y_are_refused():
    with pytest.raises(SpecError, match="an item must hold as many x as y"):
        make("RelevantLoss", "", (4, 9), (4, 9))


def test_a_rank_that_is_not_there_is_named():
    with pytest.raises(DataError, match="has the value 3 at item 1 .*; it must be from 0 to 2"):
        make("OrdinalRegressionLoss", "", (4, 6), (4,))(noise(4, 6), torch.tensor([0, 3, 1, 0.0]))
