"""EltwiseAccuracy of DeconvNet."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import check_layer, make, noise


@pytest.mark.parametrize("top_k", [1, 2])
def test_it_is_the_share_of_pixels_whose_class_is_among_the_best(top_k):
    scores = noise(2, 5, 3, 4, requires_grad=False)
    labels = torch.from_numpy(np.random.default_rng(1).integers(0, 6, (2, 1, 3, 4)).astype(float))
    layer = make("EltwiseAccuracy", f"top_k: {top_k} ignore_label: 5", (2, 5, 3, 4), (2, 1, 3, 4))
    check_layer(layer, scores, labels)
    hits = [label in np.argsort(-scores[n, :, y, x].numpy())[:top_k]
            for (n, _, y, x), label in np.ndenumerate(labels.numpy()) if label != 5]
    assert 0 < sum(hits) < len(hits) < labels.numel()
    np.testing.assert_allclose(layer(scores, labels).numpy(), np.full((1, 1, 1, 1), np.mean(hits)),
                               rtol=1e-6)


def test_more_than_all_classes_are_refused():
    with pytest.raises(SpecError, match="top_k is 6; it must be from 1 to the number of classes"):
        make("EltwiseAccuracy", "top_k: 6", (2, 5, 3, 4), (2, 1, 3, 4))
