"""Layers on octrees: the shapes that O-CNN begins with, and that nothing else is done."""

import pytest
import torch

from framework import parse_net
from framework.errors import SpecError
from framework.net.net import Net
from framework.report.layer_samples import sample_document
from tests.support import make

KINDS = {"OctreeConv": [(1, 16, 8, 1)], "OctreeDeconv": [(1, 16, 8, 1)],
         "OctreePooling": [(1, 3, 8, 1)] * 2, "OctreeUnpooling": [(1, 3, 8, 1)],
         "Octree2FullVoxel": [(32, 3, 4, 4, 4)], "OctreeProperty": [(1, 4, 8, 1)] * 2,
         "OctreeGrow": [(1,)], "OctreeSetFeature": [(1,)], "OctreeMask": [(1, 3, 8, 1)],
         "OctreeZeroize": [(1, 3, 8, 1)], "OctreeUpdateLabel": [(1,)]}


@pytest.mark.parametrize("kind", KINDS)
def test_a_layer_on_octrees_has_shapes_and_no_forward(kind):
    net = Net(sample_document(kind), phase="TRAIN")
    layer = net.layer("y")
    assert [net.shapes[top] for top in layer.spec.tops] == KINDS[kind]
    bottoms = [torch.zeros(net.shapes[name]) for name in layer.spec.bottoms]
    with pytest.raises(SpecError, match=f"'{kind}' is known by its shapes only: it computes on"):
        layer(*bottoms)


@pytest.mark.parametrize("kind, shape", [("OctreeConv", (16, 3, 12, 1)),
                                         ("OctreeDeconv", (3, 16, 12, 1))])
def test_filters_have_the_originals_blobs(kind, shape):
    layer = make(kind, "convolution_param { num_output: 16 kernel_size: 3 kernel_size: 2 "
                 "kernel_size: 2 } octree_param { curr_depth: 3 }", (1, 3, 8, 1))
    assert [tuple(blob.shape) for blob in layer.blobs] == [shape, (16,)]


def test_pooling_to_a_full_level_has_every_node_of_the_batch():
    net = Net(parse_net("""
      layer { name: "d" type: "OctreeDataBase" top: "x" top: "label" data_param { batch_size: 5 }
              octree_param { curr_depth: 2 } }
      layer { name: "p" type: "OctreePooling" bottom: "x" top: "p" octree_param { curr_depth: 2 } }
      layer { name: "q" type: "OctreePooling" bottom: "p" top: "q" octree_param { curr_depth: 1 } }
    """), phase="TRAIN", skip_data=True)
    assert net.shapes["p"] == (1, 3, 40, 1) and net.shapes["q"] == (1, 3, 5, 1)


@pytest.mark.parametrize("kind, param, shape, words", [
    ("OctreeConv", "convolution_param { num_output: 2 kernel_size: 3 }", (1, 3, 8, 1),
     "curr_depth is missing"),
    ("OctreeConv", "convolution_param { num_output: 2 kernel_size: 4 } octree_param { curr_depth: "
     "3 }", (1, 3, 8, 1), "kernel_size is 4; it may be at most 3"),
    ("OctreeConv", "convolution_param { num_output: 2 kernel_size: 3 } octree_param { curr_depth: "
     "3 }", (2, 3, 8, 1), r"it must be \(1, C, nodes, 1\)"),
    ("OctreePooling", "octree_param { curr_depth: 13 }", (1, 3, 8, 1), "it may be at most 12"),
    ("Octree2FullVoxel", "octree_param { curr_depth: 2 }", (1, 3, 8, 1), "batch_size is missing"),
    ("OctreeProperty", "octree_param { curr_depth: 2 content_flag: 'key,child' }", (1,),
     "names 2 properties; the layer has 1 tops"),
])
def test_settings_that_do_not_fit_are_refused(kind, param, shape, words):
    with pytest.raises(SpecError, match=words):
        make(kind, param, shape)
