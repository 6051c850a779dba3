"""Clustering: its shapes and blobs, and that nothing else is done."""

import pytest
import torch

from framework.errors import SpecError
from tests.support import make


@pytest.mark.parametrize("param, branches, classes", [
    ("k: 2 across_class: true total_class: 3", 2, 1), ("k: 2 total_class: 3", 6, 3),
    ("k: 2 total_class: 3 dominate: 1", 2, 1)])
def test_each_cluster_has_layers_and_a_centre(param, branches, classes):
    layer = make("Clustering", f"{param} num_output: 6", (4, 3, 2, 5), (4,))
    one = [(6, 30), (6,), (6, 6), (6,)]
    shapes = [tuple(blob.shape) for blob in layer.blobs]
    assert shapes == one * branches + [(1, 3, 2, 5)] * branches
    assert type(layer).learned_blobs(layer.spec.proto) == (True,) * len(shapes)
    assert layer.top_shapes((4, 3, 2, 5), (4,)) == [(4, 6)]
    with pytest.raises(SpecError, match="'Clustering' is known by its shapes only"):
        layer(torch.zeros(4, 3, 2, 5), torch.zeros(4))


@pytest.mark.parametrize("param, words", [
    ("k: 0", "clustering_param.k is 0; it must be"), ("num_layer: 1001", "num_layer is 1001; "),
    ("num_output: 0", "num_output is 0; "), ("k: 30 total_class: 40", "total_class is 2400; ")])
def test_counts_beyond_bounds_are_refused(param, words):
    with pytest.raises(SpecError, match=words):
        make("Clustering", param, (4, 3, 2, 5))
