"""Verification on pairs against loops over thresholds, and LFW's list."""

import numpy as np
import pytest

from framework.data.datasets.pairs import read_pairs
from framework.errors import DataError
from framework.evaluation.verification import accuracies, best_threshold, roc, similarities


def pairs(seed, count):
    """Scores with ties, and whether they are of one person."""
    generator = np.random.default_rng(seed)
    same = generator.random(count) < 0.4
    return np.round(generator.normal(same * 1.0, 0.8), 1), same


@pytest.mark.parametrize("seed", range(4))
def test_the_curve_counts_the_pairs_at_and_above_each_threshold(seed):
    scores, same = pairs(seed, 57)
    curve = roc(scores, same)
    assert (curve.far[0], curve.tar[0]) == (0, 0)
    assert (curve.far[-1], curve.tar[-1]) == (1, 1)
    for threshold, far, tar in zip(curve.threshold, curve.far, curve.tar, strict=True):
        assert far == pytest.approx((scores[~same] >= threshold).mean())
        assert tar == pytest.approx((scores[same] >= threshold).mean())
    above = scores[same][:, None] - scores[~same]
    assert curve.area() == pytest.approx(((above > 0) + 0.5 * (above == 0)).mean())
    for limit in (0.0, 0.05, 0.3, 1.0):
        wanted = max((scores[same] >= threshold).mean() for threshold in [np.inf, *scores]
                     if (scores[~same] >= threshold).mean() <= limit)
        assert curve.tar_at(limit) == pytest.approx(wanted)


@pytest.mark.parametrize("seed", range(4))
def test_the_best_threshold_has_the_most_right_answers(seed):
    scores, same = pairs(seed, 43)
    found = best_threshold(scores, same)
    most = max(((scores >= threshold) == same).mean()
               for threshold in np.arange(-6, 6, 0.05))
    assert ((scores >= found) == same).mean() == pytest.approx(most)


def test_a_fold_is_judged_by_the_threshold_of_the_others():
    scores = np.array([0.9, 0.1, 0.8, 0.2, 0.6, 0.7])
    same = np.array([True, False, True, False, False, True])
    folds = np.array([0, 0, 1, 1, 2, 2])
    values, thresholds = accuracies(scores, same, folds)
    # without the last fold the threshold is between 0.2 and 0.8: above it 0.6 is of two persons
    assert values.tolist() == [1, 1, 0.5]
    assert thresholds[2] == pytest.approx(0.5)


def test_similarities_are_the_cosine_or_the_negative_distance():
    a, b = np.random.default_rng(0).normal(size=(2, 5, 3)).astype(np.float32)
    for metric, expected in (
            ("cosine", [x @ y / np.linalg.norm(x) / np.linalg.norm(y)
                        for x, y in zip(a, b, strict=True)]),
            ("euclidean", [-np.linalg.norm(x - y) for x, y in zip(a, b, strict=True)])):
        np.testing.assert_allclose(similarities(a, b, metric), expected, rtol=1e-5)


def test_the_list_of_lfw_names_images_by_number(tmp_path):
    (tmp_path / "pairs.txt").write_text(
        "2\t1\nAnn\t1\t12\nAnn\t2\tBob\t3\nBob\t1\t2\nAnn\t3\tBob\t1\n")
    found = read_pairs(str(tmp_path / "pairs.txt"))
    assert [(one.first, one.second, one.is_same, one.fold) for one in found] == [
        ("Ann_0001", "Ann_0012", True, 0), ("Ann_0002", "Bob_0003", False, 0),
        ("Bob_0001", "Bob_0002", True, 1), ("Ann_0003", "Bob_0001", False, 1)]
    assert found[3].line == 5


def test_a_plain_list_has_ten_folds_by_position(tmp_path):
    (tmp_path / "list").write_text("".join(f"a/x{i}.jpg b/y{i}.png {i % 2}\n" for i in range(20)))
    found = read_pairs(str(tmp_path / "list"))
    assert [one.fold for one in found] == [i // 2 for i in range(20)]
    assert (found[7].first, found[7].second, found[7].is_same) == ("x7", "y7", True)


@pytest.mark.parametrize("text, message", [
    ("1\t1\nAnn\t1\t2\n", "has 1 pairs; its first line, '1 1', says 2"),
    ("1\t1\nAnn\t1\t2\nAnn\tx\tBob\t2\n", "list:3: 'Ann\tx\tBob\t2' is neither `NAME 1 4` nor"),
    ("a b 2\n", "list:1: 'a b 2' is not two images and 0 or 1"),
    ("a b\n", "list:1: 'a b' is not two images and 0 or 1")])
def test_a_wrong_line_of_pairs_is_named(tmp_path, text, message):
    (tmp_path / "list").write_text(text)
    with pytest.raises(DataError, match=message.replace("`", ".")) as error:
        read_pairs(str(tmp_path / "list"))
    assert "list" in str(error.value)
