"""Every registered layer type stands the common check; no type is without an example."""

import pytest
import torch

from framework.layer import Source
from framework.layers import LAYERS
from tests import community_examples, layer_examples
from tests.support import check_layer, make, run

EXAMPLES = (*layer_examples.EXAMPLES, *community_examples.EXAMPLES)
CHECKS = {"shapes", "compile", "export", "autocast", "channels_last", "gradient", "values"}


def names(examples):
    return [f"{example.kind} {example.param}"[:50] for example in examples]


def made(example, tensors):
    return make(example.kind, example.param, *(tuple(tensor.shape) for tensor in tensors),
                tops=example.tops, phase=example.phase)


@pytest.mark.parametrize("example", EXAMPLES, ids=names(EXAMPLES))
def test_layer_stands_the_common_check(example, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    bottoms, refused = example.tensors(), example.without
    assert set(refused) <= CHECKS
    layer = made(example, bottoms)
    check_layer(layer, *bottoms, blobs=example.blobs,
                **{check: check not in refused for check in CHECKS})


def grown(example):
    """The bottoms with each axis of `grows` of two or more times its size."""
    def repeats(tensor):
        return [2 if axis in example.grows else 1 for axis in range(tensor.dim())]

    return [tensor.detach().repeat(repeats(tensor)) if tensor.dim() else tensor
            for tensor in example.tensors()]


GROWING = [example for example in EXAMPLES if example.grows and example.bottoms]


@pytest.mark.parametrize("example", GROWING, ids=names(GROWING))
def test_a_layer_takes_other_sizes_than_those_it_was_made_for(example, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    small, large = made(example, example.tensors()), made(example, grown(example))
    with torch.no_grad():
        found, expected = (run(layer, grown(example)) for layer in (small, large))
    for top, wanted in zip(found, expected, strict=True):
        torch.testing.assert_close(top, wanted, rtol=1e-12, atol=1e-12, equal_nan=True)


OWN_TESTS = {
    "AutoCrop": "its place follows from the layers between its bottoms: layers/test_sequence.py",
    "Python": "a class of the user's: layers/test_python_layer.py",
}


def test_every_registered_layer_type_has_an_example():
    """Data layers stand outside of the graph; their own tests are in tests/data."""
    types = {name for name, cls in LAYERS.items() if not issubclass(cls, Source)}
    examples = {example.kind for example in EXAMPLES}
    assert types - examples - set(OWN_TESTS) == set()
    assert not examples & set(OWN_TESTS)
    assert examples | set(OWN_TESTS) <= types
