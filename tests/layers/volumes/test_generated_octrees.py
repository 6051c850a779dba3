"""Layers of octree generating networks: their shapes, and that nothing else is done."""

import pytest
import torch

from framework.errors import SpecError
from framework.net.net import Net
from framework.report.layer_samples import sample_document
from tests.support import make

KINDS = {"OGNData": [(4, 1), (4,)], "OGNColorData": [(4, 3, 1), (4,)], "OGNGenerateKeys": [],
         "OGNLossPrep": [(2, 1, 7, 1)], "OGNColorLossPrep": [(2, 3, 7, 1)],
         "OGNProp": [(2, 4, 1)], "OGNConv": [(2, 5, 56)], "OGNOutput": [], "OGNColorOutput": []}


@pytest.mark.parametrize("kind", KINDS)
def test_a_layer_of_an_octree_network_has_shapes_and_no_forward(kind):
    document = sample_document(kind)
    net = Net(document, phase="TRAIN")
    layer = net.layer(document.message.layer[-1].name)
    assert [net.shapes[top] for top in layer.spec.tops] == KINDS[kind]
    bottoms = [torch.zeros(net.shapes[name]) for name in layer.spec.bottoms]
    with pytest.raises(SpecError, match=f"'{kind}' is known by its shapes only: it computes on"):
        layer(*bottoms)


@pytest.mark.parametrize("deconv, nodes, shape", [("true", 56, (4, 5, 3, 3, 3)),
                                                  ("false", 7, (5, 4, 3, 3, 3))])
def test_filters_have_the_originals_blobs(deconv, nodes, shape):
    layer = make("OGNConv", f"is_deconv: {deconv} filter_size: 3 "
                 "output_channels: 5 key_layer: 'x'", (2, 4, 7))
    assert [tuple(blob.shape) for blob in layer.blobs] == [shape, (5,)]
    assert layer.top_shapes((2, 4, 7)) == [(2, 5, nodes)]


@pytest.mark.parametrize("kind, param, shapes, words", [
    ("OGNData", "source: 'x'", (), "batch_size is 0; it must be"),
    ("OGNGenerateKeys", "", ((2, 3, 4, 5),), r"it must be \(N, C, X, Y, Z\)"),
    ("OGNProp", "key_layer: 'x'", ((2, 3, 4, 5), (2, 1)), r"it must be \(N, C, nodes\)"),
    ("OGNConv", "filter_size: 16 output_channels: 5 key_layer: 'x'", ((2, 4, 7),),
     "filter_size is 16; it may be"),
    ("OGNProp", "key_layer: 'x'", ((2, 4, 7), (2, 1, 7, 1)), r"it must be \(2, 3, 7\)"),
    ("OGNProp", "prop_mode: PROP_KNOWN", ((2, 4, 7), (2, 1, 7, 1)), "key_layer is missing; it is"),
    ("OGNLossPrep", "gt_key_layer: 'x'", ((2, 4, 7), (2, 1)), "pr_key_layer is missing; it is"),
    ("OGNOutput", "key_layer: 'x'", ((2, 3, 7), (2, 3, 7)), "is given 1 times; it must be 1 "
     "bottoms for each, and there are 2"),
])
def test_settings_that_do_not_fit_are_refused(kind, param, shapes, words):
    with pytest.raises(SpecError, match=words):
        make(kind, param, *shapes)
