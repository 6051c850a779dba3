"""Every registered layer type passes the common check; no type is without an example."""

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from framework.definition import prototxt
from framework.layers import LAYERS
from framework.layers.base import Source
from framework.net.net import Net
from framework.report.layer_samples import sample_document
from tests import community_examples, layer_examples
from tests.support import check_layer, layer_text, make, net_from, noise, run

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


@pytest.mark.parametrize("example", EXAMPLES, ids=names(EXAMPLES))
def test_a_layer_says_beforehand_which_blobs_learn(example, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    layer = made(example, example.tensors())
    said = type(layer).learned_blobs(layer.spec.proto)
    assert list(said) == [name in layer._parameters for name in layer.blob_names]


@pytest.mark.parametrize("example", EXAMPLES, ids=names(EXAMPLES))
def test_multiply_adds_are_what_torchs_counter_counts(example, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    bottoms = example.tensors()
    layer = made(example, bottoms)
    if not layer.blob_names or not bottoms:
        return
    # the counter does not look into fused attention
    with FlopCounterMode(display=False) as counter, torch.no_grad(), sdpa_kernel(SDPBackend.MATH):
        tops = run(layer, bottoms)
    found = layer.multiply_adds([tuple(bottom.shape) for bottom in bottoms],
                                [tuple(top.shape) for top in tops])
    assert 2 * found == counter.get_total_flops()


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


# Bottoms that get no gradient: shared/golden/README.md, "Nets and gradients", "Embed, Filter,
# BatchReindex", "RNN, LSTM". -1 is the last bottom.
STOPPED = {
    "SoftmaxWithLoss": {1}, "SigmoidCrossEntropyLoss": {1}, "HingeLoss": {1},
    "MultinomialLogisticLoss": {1}, "InfogainLoss": {1, 2}, "ContrastiveLoss": {2},
    "Accuracy": {0, 1}, "ArgMax": {0}, "Threshold": {0}, "Silence": {0}, "HDF5Output": {0, 1},
    "LSTM": {1}, "RNN": {1}, "LSTMUnit": {2}, "Crop": {1}, "Filter": {-1}, "BatchReindex": {1},
    "Embed": {0}, "PriorBox": {0, 1}, "MultiBoxLoss": {2, 3}, "DetectionOutput": {0, 1, 2},
    "DetectionEvaluate": {0, 1},
}
STATES = {"LSTM": 2, "RNN": 1}      # h0 and c0, the last bottoms with expose_hidden
FLOWING = [example for example in layer_examples.EXAMPLES
           if example.bottoms and "power: 0" not in example.param]


def stopped(example):
    last = len(example.bottoms)
    places = {place % last for place in STOPPED.get(example.kind, ())}
    if "expose_hidden" in example.param:
        places |= set(range(last - STATES[example.kind], last))
    return places | {"SmoothL1Loss": {2, 3}, "Softmax": {1}}.get(example.kind, set())


def gradients(example, fields=""):
    """The gradient at each bottom, or None, and the blobs, after a backward through a net."""
    tensors = [tensor.detach().float() for tensor in example.tensors()]
    text = layer_text(example.kind, example.param, [tuple(one.shape) for one in tensors],
                      example.tops, fields)
    net = net_from("force_backward: true " + text, example.phase)
    inputs = {f"bottom{index}": one.requires_grad_() for index, one in enumerate(tensors)}
    with torch.no_grad():
        for index, blob in enumerate(net.params.get("layer", [])):
            blob.copy_(noise(tuple(blob.shape), seed=index).abs() + 0.5)
    tops = [top for name, top in net.run(inputs).items() if name.startswith("top")]
    total = [(top * noise(tuple(top.shape), dtype=torch.float32)).sum() for top in tops
             if top.requires_grad]
    if total:
        torch.stack(total).sum().backward()
    return [one.grad for one in tensors], net.params.get("layer", [])


@pytest.mark.parametrize("example", FLOWING, ids=names(FLOWING))
def test_gradients_stop_where_the_originals_do(example, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found, blobs = gradients(example)
    arrived = {index for index, grad in enumerate(found) if grad is not None and grad.any()}
    assert arrived == set(range(len(found))) - stopped(example)
    assert all(blob.grad is not None and blob.grad.any() for blob in blobs if blob.requires_grad)


@pytest.mark.parametrize("example", FLOWING, ids=names(FLOWING))
def test_propagate_down_false_stops_a_gradient(example, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    wanted = " ".join(f"propagate_down: {str(bool(index)).lower()}"
                      for index in range(len(example.bottoms)))
    found, _ = gradients(example, wanted)
    assert found[0] is None or not found[0].any()


OWN_TESTS = {
    "AutoCrop": "its place follows from the layers between its bottoms: layers/test_sequence.py",
    **dict.fromkeys(("CropPatchFromMaxFeaturePosition", "ResizeWithMap"),
                    "their places follow from the net: layers/pose/test_aligned_maps.py"),
    "Torch": "a module of another package: layers/python/test_torch_layer.py",
    "Python": "a class of the user's: layers/test_python_layer.py",
    "LoadImageData": "it refuses a forward: layers/pose/test_pose_truth.py",
    **dict.fromkeys(("OctreeConv", "OctreeDeconv", "OctreePooling", "OctreeUnpooling",
                     "Octree2FullVoxel", "OctreeProperty", "OctreeGrow", "OctreeSetFeature",
                     "OctreeMask", "OctreeZeroize", "OctreeUpdateLabel"),
                    "it refuses a forward: layers/volumes/test_octrees.py"),
    **dict.fromkeys(("OGNData", "OGNColorData", "OGNGenerateKeys", "OGNLossPrep",
                     "OGNColorLossPrep", "OGNProp", "OGNConv", "OGNOutput", "OGNColorOutput"),
                    "it refuses a forward: layers/volumes/test_generated_octrees.py"),
    "Clustering": "it refuses a forward: layers/vision/test_clustering.py",
    "DecodeRois": "it refuses a forward: layers/yolo/test_regions_of_grid.py",
    "WassersteinLoss": "it reads a file: layers/loss/test_wasserstein.py",
    **dict.fromkeys(("DeepHandModel", "DeepHandModelDofConstraintLoss"),
                    "it reads files: layers/pose/test_hand_skeleton.py"),
    **dict.fromkeys(("CodebookDecode", "MeanRescale"),
                    "it reads files: layers/segmentation/test_normal_maps.py"),
    **dict.fromkeys(("DynamicRouting", "CapsuleDeconvRouting", "CapsuleDeconvTransform"),
                    "it refuses a forward: layers/capsules/test_capsules_by_shape.py"),
    "LayerOp": "it refuses a forward: layers/vision/test_circulant.py",
    "BeamSearch": "it refuses a forward: layers/recurrent/test_beam_search.py",
    "XCLProgram": "it has neither bottoms nor tops: layers/low_precision/test_image_last.py",
    **dict.fromkeys(("SoftmaxWithSphereLoss", "AccuracySphere"),
                    "it refuses a forward: layers/loss/test_viewpoints.py"),
}


def test_every_registered_layer_type_has_an_example():
    sources = {name for name, cls in LAYERS.items() if issubclass(cls, Source)}
    assert sources == set(layer_examples.DATA_LAYERS)
    types = {name for name, cls in LAYERS.items() if not issubclass(cls, Source)}
    examples = {example.kind for example in EXAMPLES}
    assert types - examples - set(OWN_TESTS) == set(), "write an example of these"
    assert not examples & set(OWN_TESTS)
    assert examples | set(OWN_TESTS) <= types


@pytest.mark.parametrize("kind", layer_examples.DATA_LAYERS)
def test_a_data_layer_declares_its_shapes_and_goes_through_text(kind):
    document = sample_document(kind)
    net = Net(document, phase="TRAIN", skip_data=True)
    assert list(net.shapes.values()) == layer_examples.DATA_LAYERS[kind]
    text = prototxt.to_text(document.message)
    assert prototxt.parse(text, "NetParameter").message == document.message
