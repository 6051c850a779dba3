"""NoiseTolerantFR against the rule of noise_tolerant_fr_layer.cpp, in loops."""

from __future__ import annotations

import math
from collections import deque

import numpy as np
import pytest
import torch

from framework.errors import IndexRangeError, SpecError
from framework.layers.metric.noise_tolerance import histogram_ends
from tests.definitions import sigmoid
from tests.support import make

N, C, BINS = 24, 5, 40


class Rule:
    """The histogram of the last batches, and the weight that it gives a bin."""

    def __init__(self, slide: int, start: int):
        self.size = slide * N
        self.start = max(start, slide)
        self.queue: deque[int] = deque()
        self.iteration = 0
        self.ends: list[int] | None = None

    def update(self, bins: list[int]) -> str:
        self.queue.extend(bins)
        while len(self.queue) > self.size:
            self.queue.popleft()
        counts = [0] * (BINS + 1)
        for one in self.queue:
            if one != -1:
                counts[one] += 1
        sums = [0] * (BINS + 1)
        for i in range(2, BINS - 1):
            sums[i] = sum(counts[i - 2:i + 3])
        self.iteration += 1
        if self.iteration < self.start:
            return "waits"
        found = self.find(sums)
        if found[0] >= found[1]:
            return "skips"
        if self.ends is None:
            self.ends = found
        else:
            self.ends = [old + (new > old) - (new < old)
                         for old, new in zip(self.ends, found, strict=True)]
        return "weighs"

    @staticmethod
    def find(sums: list[int]) -> list[int]:
        total, below, part = sum(sums), [], 0
        for one in sums:
            part += one
            below.append(part / total if total else math.nan)
        left = 0
        while below[left] < 0.005:
            left += 1
        right = BINS
        while below[right] > 0.995:
            right -= 1
        middle, highest = (left + right) // 2, sums.index(max(sums))
        peaks, i = [], max(left, 5)
        while i <= min(right, BINS - 5):
            f = sums
            if all(f[i] >= f[i + j] and f[i] > f[i + 2 * j] and f[i] > f[i + 3 * j] + 5
                   and f[i] > f[i + 4 * j] + 10 and f[i] > f[i + 5 * j] + 15 for j in (-1, 1)):
                peaks.append(i)
                i += 5
            i += 1
        peaks = peaks or [highest]
        if highest < middle:
            return [left, right, highest, max(peaks[-1], middle)]
        return [left, right, min(peaks[0], middle), highest]

    def weight(self, k: int) -> float:
        assert self.ends is not None
        left, right, first, last = self.ends
        cosine = min(max(-1 + 2 * right / BINS, 0), 1)
        share = 2 - sigmoid(20 * cosine - 5) - sigmoid(15 - 20 * cosine)
        simple = math.log(1 + math.exp(10 * (k - first) / (right - first)))
        simple = min(simple / math.log(1 + math.exp(10)), 1)
        width = ((right - last) if k > last else (last - left)) / 2.576
        hard = math.exp(-(k - last) ** 2 / (2 * width ** 2)) if width else float(k == last)
        other = {-1: 1.0, 0: 0.0, 1: hard}[(cosine > 0.5) - (cosine < 0.5)]
        return (1 - share) * simple + share * other


def batches(center: float, number: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Cosines with two peaks, which drift, and labels, some of them -1."""
    random = np.random.default_rng(7)
    result = []
    for step in range(number):
        clean = random.random(N) < 0.6
        drift = center + 0.02 * step
        own = np.where(clean, random.normal(drift, 0.12, N), random.normal(0, 0.06, N))
        cosines = random.uniform(-1, 1, (N, C))
        labels = random.integers(-1, C, N)
        cosines[np.arange(N), labels] = np.clip(own, -1.1, 1.1)
        result.append((cosines, labels))
    return result


@pytest.mark.parametrize("center, shield", [(0.1, False), (0.5, False), (0.7, True)])
def test_noise_tolerant_weights_are_those_of_the_histogram_of_own_cosines(center, shield):
    layer = make("NoiseTolerantFR", f"bins: {BINS} slide_batch_num: 6 start_iter: 3 "
                 f"shield_forward: {str(shield).lower()} debug: true", (N, C), (N, C), (N,))
    rule, states, weights = Rule(6, 3), [], []
    for cosines, labels in batches(center, 25):
        bins = [min(max(int(BINS * (cosines[i, label] + 1) / 2), 0), BINS) if label >= 0 else -1
                for i, label in enumerate(labels)]
        states.append(rule.update(bins))
        weight = np.array([rule.weight(k) if k >= 0 and states[-1] == "weighs" else 1.0
                           for k in bins])
        x = torch.tensor(cosines * 0.9, requires_grad=True)
        top = layer(x, torch.tensor(cosines), torch.tensor(labels))
        top.sum().backward()
        expected = cosines * 0.9 * (1 if shield else weight[:, None])
        np.testing.assert_allclose(top.detach().numpy(), expected, rtol=1e-12)
        assert x.grad is not None
        np.testing.assert_allclose(x.grad.numpy(), np.repeat(weight[:, None], C, 1), rtol=1e-12)
        weights.extend(weight)
    assert states == ["waits"] * 5 + ["weighs"] * 20
    assert min(weights) < 0.2 and max(weights) > 0.8


@pytest.mark.parametrize("seed", range(60))
def test_ends_and_peaks_of_a_histogram_are_those_of_the_loops(seed):
    random = np.random.default_rng(seed)
    centers = random.uniform(4, BINS - 4, 3)
    heights = random.uniform(0, 70, 3)
    width = random.uniform(2, 12)
    sums = sum(height * np.maximum(0, 1 - abs(np.arange(BINS + 1) - center) / width)
               for center, height in zip(centers, heights, strict=True))
    sums = np.round(sums / (5 if seed % 2 else 1)).astype(int) * (5 if seed % 2 else 1)
    sums[:2] = sums[-2:] = 0
    assert histogram_ends(torch.tensor(sums)).tolist() == Rule.find(sums.tolist())


@pytest.mark.parametrize("distance, margin", [(3, 5), (4, 10), (5, 15)])
@pytest.mark.parametrize("side", [-1, 1])
def test_a_peak_is_above_the_bin_at_each_distance_by_a_margin_of_its_own(distance, margin, side):
    sums = np.zeros(BINS + 1, dtype=int)
    ends, highest, peak = [2, BINS - 3], 8, 28
    sums[[2, BINS - 2]] = 30        # the right end is the last bin before 99.5 %
    sums[highest] = 90
    sums[peak - 2:peak + 3] = [20, 40, 50, 40, 20]
    found = []
    for least in (margin + 1, margin):      # above the bin by more than the margin, and by just it
        sums[peak + side * distance] = 50 - least
        found.append(histogram_ends(torch.tensor(sums)).tolist())
    assert found == [[*ends, highest, peak], [*ends, highest, sum(ends) // 2]]


def test_noise_tolerant_gradient_is_zero_where_the_histogram_has_no_width():
    layer = make("NoiseTolerantFR", "bins: 40 slide_batch_num: 1", (3, 2), (3, 2), (3,))
    x = torch.ones(3, 2, dtype=torch.float64, requires_grad=True)
    # all in bin 2: of the sums 0 to 4 those below 2 are not taken, so all of them are in 2, 3, 4
    cosines = torch.full((3, 2), -1 + 0.05 * 2.5, dtype=torch.float64)
    layer(x, cosines, torch.tensor([0, 1, -1])).sum().backward()
    assert x.grad is not None and (x.grad[:2] > 0).all()
    one = make("NoiseTolerantFR", "bins: 40 slide_batch_num: 1", (3, 2), (3, 2), (3,))
    x.grad = None
    # bin 0 counts in the sum of bin 2 alone
    top = one(x, cosines * 0 - 1, torch.tensor([0, 1, -1]))
    top.sum().backward()
    assert x.grad.tolist() == [[0, 0], [0, 0], [1, 1]]
    assert torch.equal(top, x)


def test_noise_tolerant_copies_in_test_and_takes_marks_of_noise():
    layer = make("NoiseTolerantFR", "slide_batch_num: 1", (3, 2), (3, 2), (3,), (3,), phase="TEST")
    x = torch.randn(3, 2)
    assert torch.equal(layer(x, x, torch.zeros(3), torch.ones(3)), x)


@pytest.mark.parametrize("param, shapes, message", [
    ("bins: 4", ((3, 2), (3, 2), (3,)), "bins is 4; it must be from 5 to 1048576"),
    ("start_iter: 0", ((3, 2), (3, 2), (3,)), "start_iter is 0"),
    ("slide_batch_num: -1", ((3, 2), (3, 2), (3,)), "slide_batch_num is -1"),
    ("value_low: 1", ((3, 2), (3, 2), (3,)), "value_high is 1; it must be above value_low, 1"),
    ("", ((3, 2), (3, 4), (3,)), "as many items and values"),
    ("", ((3, 2), (3, 2), (4,)), "one number for each of the 3 items"),
])
def test_noise_tolerant_names_what_cannot_be(param, shapes, message):
    with pytest.raises(SpecError, match=message):
        make("NoiseTolerantFR", param, *shapes)


def test_noise_tolerant_names_a_label_that_is_no_class():
    layer = make("NoiseTolerantFR", "", (3, 2), (3, 2), (3,))
    with pytest.raises(IndexRangeError, match="from 0 to 1"):
        layer(torch.ones(3, 2), torch.ones(3, 2), torch.tensor([0.0, 2.0, -1.0]))
