"""RankHardLoss by its definition, and which items it may draw."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from framework.net.net import Net
from framework.net.reading import parse_net
from tests.support import make, noise

LABELS = torch.tensor([0, 0, 9, 1, 1, 9, 2, 2, 9, 3, 3, 9], dtype=torch.float64)


def terms(x, i, n, margin):
    """The two terms of the pair at item i against item n."""
    near = x[i] @ x[i + 1]
    return x[i] @ x[n] - near + margin, x[i + 1] @ x[n] - near + margin


def others(x, i, margin):
    """Items of another label that cost something, the largest product first."""
    found = [n for n in range(12) if LABELS[n] != LABELS[i] and terms(x, i, n, margin)[0] > 0]
    return sorted(found, key=lambda n: -(x[i] @ x[n]))


def test_few_others_all_count():
    x = noise(12, 4)
    layer = make("RankHardLoss", "rank_param { neg_num: 11 pair_size: 3 margin: 0.5 }", (12, 4),
                 (12,))
    array = x.detach().numpy()
    total = sum(max(one, 0) for i in range(0, 12, 3) for n in others(array, i, 0.5)
                for one in terms(array, i, n, 0.5))
    loss = layer(x, LABELS)
    np.testing.assert_allclose(loss.detach(), total / (2 * (11 * 12 // 3)), rtol=1e-12)
    assert torch.autograd.gradcheck(lambda one: layer(one, LABELS), x)


@pytest.mark.parametrize("hard, random", [(0.5, 0), (0, 0.5), (0.5, 0.75), (1, 1)])
def test_of_many_the_hard_and_the_random_ones_are_drawn(hard, random):
    x = noise(12, 4, requires_grad=False)
    layer = make("RankHardLoss", f"rank_param {{ neg_num: 4 pair_size: 3 margin: 30 hard_ratio: "
                 f"{hard} rand_ratio: {random} }}", (12, 4), (12,))
    array, kinds = x.numpy(), LABELS
    anchor = x[::3]
    products = anchor @ x.t()
    costs = products - (anchor * x[1::3]).sum(1, keepdim=True) + 30
    assert (costs > 0).all()
    counts = torch.zeros(4, 12)
    for _ in range(40):
        chosen = layer._chosen(products, costs, kinds[::3, None] != kinds)
        counts += chosen
        assert (chosen.sum(1) == int(4 * hard) + int(4 * random)).all()
    for pair, i in enumerate(range(0, 12, 3)):
        ranked = others(array, i, 30)
        assert len(ranked) == 10
        drawn = {n for n in range(12) if counts[pair, n]}
        if hard and not random:
            assert drawn == set(ranked[:4])     # two of the four hardest each time
        else:
            assert drawn == set(ranked)


@pytest.mark.parametrize("fields, message", [
    ("neg_num: 2", "pair_size is 1; it must be at least 2"),
    ("pair_size: 5", "pair_size is 5; it must divide the 12 items"),
    ("pair_size: 2 neg_num: 0", "neg_num is 0; it must be at least 1"),
])
def test_refused_at_the_start(fields, message):
    with pytest.raises(SpecError, match=message):
        make("RankHardLoss", f"rank_param {{ {fields} }}", (12, 4), (12,))


def test_lines_in_pairs_are_not_shuffled(tmp_path):
    text = f"""layer {{ name: "d" type: "ImageData" top: "x" top: "y" image_data_param {{
        source: '{tmp_path}/list' batch_size: 2 pair_size: 2 shuffle: true }} }}"""
    with pytest.raises(SpecError, match="pair_size is 2; lines are not shuffled in groups here"):
        Net(parse_net(text), phase="TRAIN")
