"""Labels and indices outside of their range: a DataError that names them, on every layer."""

import numpy as np
import pytest
import torch

from framework.errors import CaffeError, DataError
from framework.layers.index_check import raise_noted
from framework.solver.divergence import LossWatch
from framework.solver.testing import score
from tests import community_examples, layer_examples
from tests.support import as_tuple, make, net_from, noise

BAD = (-1.0, -7.0, 4.0, 7.0, 255.0, 1e9, 2.0**31, 1e38, float("nan"), float("inf"), -float("inf"))
# kind, param, shape of bottom 0, shape of the labels, how many labels there are
LABELLED = (
    ("SoftmaxWithLoss", "", (3, 4), (3,), 4),
    ("SoftmaxWithLoss", "", (2, 4, 3, 5), (2, 1, 3, 5), 4),
    ("SoftmaxWithLossOHEM", "", (3, 4), (3,), 4),
    ("FocalLoss", "", (3, 4), (3,), 4),
    ("Accuracy", "", (3, 4), (3,), 4),
    ("EltwiseAccuracy", "", (2, 4, 3, 5), (2, 1, 3, 5), 4),
    ("SegAccuracy", "", (2, 4, 3, 5), (2, 1, 3, 5), 4),
    ("MeanIoU", "", (2, 4, 3, 5), (2, 1, 3, 5), 4),
    ("BoundaryF", "", (2, 4, 3, 5), (2, 1, 3, 5), 4),
    ("HingeLoss", "", (3, 4), (3,), 4),
    ("MultinomialLogisticLoss", "", (3, 4), (3,), 4),
    ("CenterLoss", "num_output: 4", (3, 5), (3,), 4),
    ("MarginInnerProduct", "num_output: 4 type: DOUBLE", (3, 5), (3,), 4),
    ("BatchReindex", "", (4, 3), (5,), 4),
    ("CtcLoss", "ctc_loss_param { alphabet_size: 4 time_step: 5 blank_label: 3 }", (5, 3, 4),
     (3, 2), 4),
    ("WarpCTCLoss", "ctc_loss_param { blank_index: 3 }", (5, 3, 4), (3, 2), 4),
)
NAMES = [f"{kind} {shape}" for kind, _, _, shape, _ in LABELLED]


@pytest.mark.parametrize("value", BAD)
@pytest.mark.parametrize("kind, param, x, shape, num", LABELLED, ids=NAMES)
def test_a_label_outside_of_the_classes_is_named(kind, param, x, shape, num, value):
    labels = torch.zeros(shape, dtype=torch.float64)
    labels.view(-1)[-2] = value
    place = np.unravel_index(labels.numel() - 2, shape)
    where = f"item {place[0]}" + (", position .*" if len(shape) > 1 else "")
    with pytest.raises(DataError, match=rf"^<text>:\d+: layer 'layer' \({kind}\): "
                       r"blob 'bottom1' has the value "
                       rf"{f'{value:g}'.replace('+', '.')} at {where} of the batch; it must be "
                       rf"from 0 to {num - 1}, as there are {num} "):
        make(kind, param, x, shape)(noise(x), labels)


@pytest.mark.parametrize("kind, param, x, shape, num", LABELLED[:10], ids=NAMES[:10])
def test_fractions_of_labels_are_cut_off_as_in_c(kind, param, x, shape, num):
    layer, scores = make(kind, param, x, shape), noise(x).abs()
    tops = [as_tuple(layer(scores, torch.full(shape, value, dtype=torch.float64)))[0]
            for value in (0.0, 0.5, -0.5)]
    assert torch.equal(tops[0], tops[1])
    assert torch.equal(tops[0], tops[2])


@pytest.mark.parametrize("ignore", [-1, 255, 2])
def test_ignored_labels_may_be_outside_of_the_classes(ignore):
    scores, labels = noise(4, 3), torch.tensor([0.0, ignore, 1, ignore])
    layer = make("SoftmaxWithLoss", f"loss_param {{ ignore_label: {ignore} }}", (4, 3), (4,))
    rows = scores.detach().numpy()
    logarithms = rows - np.log(np.exp(rows).sum(1, keepdims=True))
    expected = -(logarithms[0, 0] + logarithms[2, 1]) / 2
    np.testing.assert_allclose(layer(scores, labels).item(), expected, rtol=1e-12)


@pytest.mark.parametrize("value, cause", [
    (3, "labels begin with 0, not with 1; or the layer that makes 'bottom0' gives too few"),
    (7, "the layer that makes 'bottom0' gives too few classes .num_output."),
    (255, "if 255 marks what does not count, write loss_param.ignore_label: 255"),
    (-1, "if -1 marks what does not count, write loss_param.ignore_label: -1"),
    (float("nan"), "it is not a number that can be counted with")])
def test_the_nearest_cause_of_a_wrong_label_is_said(value, cause):
    with pytest.raises(DataError, match=cause):
        make("SoftmaxWithLoss", "", (2, 3), (2,))(noise(2, 3), torch.tensor([0.0, value]))


@pytest.mark.parametrize("value", BAD)
def test_embed_and_masks_and_regions_name_what_is_outside(value):
    with pytest.raises(DataError, match=r"\(Embed\): blob 'bottom0' .* 4 rows in the table"):
        make("Embed", "num_output: 3 input_dim: 4", (3,))(torch.tensor([0.0, 1, value]))
    for kind, param in (("ROIPooling", "pooled_h: 2 pooled_w: 3"),
                        ("ROIAlign", "roi_pooling_param { pooled_h: 2 pooled_w: 3 }"),
                        ("PSROIPooling", "output_dim: 1 group_size: 2 spatial_scale: 1")):
        rois = torch.tensor([[0.0, 0, 0, 3, 3], [value, 0, 0, 3, 3]])
        with pytest.raises(DataError, match=rf"\({kind}\): .* at region 1 of the batch"):
            make(kind, param, (2, 4, 5, 6), (2, 5))(noise(2, 4, 5, 6), rois)
    if value < 0 or value < 32:
        return                          # below 0 nothing is put; 32 cells are there
    mask = torch.zeros(1, 2, 2, 3)
    mask[0, 1, 0, 2] = value
    for kind, param in (("Unpooling", "kernel_size: 2 stride: 2"), ("Upsample", "scale: 2")):
        with pytest.raises(DataError, match=rf"\({kind}\): .* item 0, position 1, 0, 2 of"):
            make(kind, param, (1, 2, 2, 3), (1, 2, 2, 3))(noise(1, 2, 2, 3), mask)


@pytest.mark.parametrize("times, lengths, message", [
    ((5, 6), (1, 1), "'bottom1' has the value 6 at item 1 .* 0 to 5, as the scores have no more"),
    ((5, -1), (1, 1), "'bottom1' has the value -1 at item 1"),
    ((5, 5), (1, 3), "'bottom2' has the value 3 at item 1 .* 0 to 2, as there are no more labels"),
    ((5, 5), (float("nan"), 1), "'bottom2' has the value nan at item 0")])
def test_ctc_lengths_beyond_their_blobs_are_named(times, lengths, message):
    layer = make("WarpCTCLoss", "ctc_loss_param { blank_index: 0 }", (5, 2, 4), (2,), (2,), (2, 2))
    with pytest.raises(DataError, match=message):
        layer(noise(5, 2, 4), torch.tensor(times), torch.tensor(lengths), torch.ones(2, 2))


def test_a_compiled_step_goes_on_and_the_first_wrong_label_is_told_when_asked():
    net = net_from('layer { name: "in" type: "Input" top: "x" top: "label" input_param { shape { '
                   'dim: 4 dim: 3 } shape { dim: 4 dim: 1 } } }'
                   'layer { name: "loss" type: "SoftmaxWithLoss" bottom: "x" bottom: "label" '
                   'top: "loss" }')
    step = torch.compile(net.run, fullgraph=True, backend="eager")
    for value in (1.0, 3.0, 9.0):
        loss = step({"x": noise(4, 3), "label": torch.tensor([[0.0], [1], [value], [2]])})["loss"]
        assert torch.isfinite(loss)
    with pytest.raises(DataError, match=r"layer 'loss' \(SoftmaxWithLoss\): blob 'label' has the "
                       "value 3 at item 2 of the batch"):
        LossWatch().look(net, 0, 1)
    raise_noted(net)                    # told once


def test_a_test_ends_with_the_wrong_label_that_a_device_noted():
    net = net_from('layer { name: "in" type: "DummyData" top: "x" top: "label" dummy_data_param { '
                   'shape { dim: 4 dim: 3 } shape { dim: 4 } } }'
                   'layer { name: "accuracy" type: "Accuracy" bottom: "x" bottom: "label" '
                   'top: "accuracy" }', phase="TEST")
    torch.compile(net.run, fullgraph=True, backend="eager")(
        {"x": noise(4, 3), "label": torch.tensor([0.0, 1, -1, 2])})
    with pytest.raises(DataError, match="'label' has the value -1 at item 2"):
        score(net, 1, "Integral")


@pytest.mark.parametrize("label", [0.0, 4.0, -1.0])
def test_a_ground_truth_label_is_named_with_its_row_and_item(label):
    truth = layer_examples.TRUTH.clone()
    truth[0, 0, 2, 1] = label
    layer = make("MultiBoxLoss", "num_classes: 4", (2, 12), (2, 12), (1, 2, 12), (1, 1, 3, 8))
    with pytest.raises(DataError, match=rf"blob 'bottom3' has the value {label:g} at row 2 .item 1."
                       " of the batch; it must be from 0 to 3, as there are 4 classes, and not 0"):
        layer(noise(2, 12), noise(2, 12), layer_examples.PRIOR, truth)


WITH_NUMBERS = [example for example in (*layer_examples.EXAMPLES, *community_examples.EXAMPLES)
                if any(isinstance(bottom, torch.Tensor) and not bottom.requires_grad
                       for bottom in example.bottoms)]


@pytest.mark.parametrize("example", WITH_NUMBERS, ids=lambda one: f"{one.kind} {one.param}"[:40])
def test_no_number_in_a_blob_of_labels_ends_in_another_error(example, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    layer = make(example.kind, example.param, *(tuple(one.shape) for one in example.tensors()),
                 tops=example.tops, phase=example.phase)
    draw = np.random.default_rng(7)
    for index, given in enumerate(example.bottoms):
        if not isinstance(given, torch.Tensor) or given.requires_grad:
            continue
        for value in (*BAD, 0.5):
            bottoms = example.tensors()
            bottoms[index] = bottoms[index].detach().clone()
            bottoms[index].view(-1)[int(draw.integers(given.numel()))] = value
            try:
                tops = as_tuple(layer(*bottoms))
                total = sum(top.sum() for top in tops if top.requires_grad)
                if isinstance(total, torch.Tensor):
                    total.backward()
            except CaffeError as error:
                assert f"layer 'layer' ({example.kind})" in str(error)
