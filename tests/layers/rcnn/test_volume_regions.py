"""Proposals, their targets and pooling in volumes, box by box as in superxuang's layers."""

import numpy as np
import pytest
import torch

from framework.errors import IndexRangeError, SpecError
from tests.layers.rcnn.test_volume_anchors import all_anchors, overlap, targets_of
from tests.support import make, noise, run

SIZES = "anchor_size { width: 12 width: 20 height: 14 length: 10 length: 18 } "
FIELDS = SIZES + "feat_stride_xy: 8 feat_stride_z: 6 rpn_min_size: 3 rpn_nms_threshold: 0.3 "
NORMAL = "bbox_normalize: true " + "bbox_normalize_mean: 0.25 " * 6 + "bbox_normalize_std: 0.5 " * 6
SHARES, OFFSETS, INFO = (2, 8, 4, 3, 5), (2, 24, 4, 3, 5), (2, 19)


def bottoms_of_proposals():
    shares = noise(SHARES, seed=1, requires_grad=False)
    offsets = noise(OFFSETS, seed=2, requires_grad=False) * 0.4
    info = torch.zeros(INFO, dtype=torch.float64)
    info[0, :3], info[0, 18] = torch.tensor([24.0, 24, 40]), 3
    info[1, :3], info[1, 18] = torch.tensor([20.0, 22, 38]), 1
    return shares, offsets, info


def boxes_of(item, shares, offsets, info, normalizes):
    """Scores and boxes of the anchors that count, the best first."""
    found = []
    for number, anchor in enumerate(all_anchors()):
        cell, m = divmod(number, 4)
        z, y, x = np.unravel_index(cell, (4, 3, 5))
        delta = offsets[item, m * 6:m * 6 + 6, z, y, x]
        if normalizes:
            delta = delta * 0.5 + 0.25
        size = anchor[3:] - anchor[:3] + 1
        middle = anchor[:3] + size / 2 + delta[:3] * size
        half = size * np.exp(delta[3:]) / 2
        extent = info[item, [2, 1, 0]]
        box = np.concatenate([middle - half, middle + half])
        box = np.maximum(np.minimum(box, np.tile(extent, 2) - 1), 0)
        if (anchor[:3] >= 0).all() and (anchor[3:] < extent).all() \
                and (box[3:] - box[:3] + 1 >= 3 * info[item, 18]).all():
            found.append((shares[item, 4 + m, z, y, x], box))
    return sorted(found, key=lambda one: -one[0])


def suppressed(found, most):
    kept = []
    for _, box in found:
        if len(kept) < most and all(overlap(other, box) < 0.3 for other in kept):
            kept.append(box)
    return kept


@pytest.mark.parametrize("normalizes", [False, True])
def test_proposals_in_volumes_are_the_best_boxes_after_suppression(normalizes):
    layer = make("Proposal3D", f"proposal_param {{ {FIELDS} {NORMAL if normalizes else ''} "
                 "rpn_pre_nms_top_n: 9 rpn_post_nms_top_n: 5 proposal_num: 7 }",
                 SHARES, OFFSETS, INFO, phase="TEST")
    bottoms = bottoms_of_proposals()
    top, = run(layer, bottoms)
    expected = []
    for item in range(2):
        found = boxes_of(item, *(bottom.numpy() for bottom in bottoms), normalizes)
        assert len(found) > 9
        kept = suppressed(found[:9], 5)
        assert 1 < len(kept) < 9
        rows = [[item, *box] for box in kept]
        expected += rows + [[-1.0] + [0.0] * 6] * (7 - len(rows))
    np.testing.assert_allclose(top.numpy(), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("least", [0.3, -9.0])
def test_in_training_boxes_of_low_shares_fill_the_rows_of_proposals(least):
    """Of all boxes that are not among the best, if no share is as low."""
    layer = make("Proposal3D", f"proposal_param {{ {FIELDS} rpn_pre_nms_top_n: 4 "
                 f"rpn_post_nms_top_n: 3 proposal_num: 8 bg_score_threshold: {least} }}",
                 SHARES, OFFSETS, INFO)
    bottoms = bottoms_of_proposals()
    top = run(layer, bottoms)[0].numpy().reshape(2, 8, 7)
    for item in range(2):
        found = boxes_of(item, *(bottom.numpy() for bottom in bottoms), False)
        kept = suppressed(found[:4], 3)
        np.testing.assert_allclose(top[item, :len(kept), 1:], kept, rtol=1e-12)
        rest = [(score, box) for score, box in found[4:] if score < least or least < 0]
        drawn = top[item, len(kept):]
        drawn = drawn[drawn[:, 0] == item]
        assert len(drawn) == min(len(rest), 8 - len(kept)) > 1
        index = [[bool(np.allclose(box, row[1:])) for _, box in rest].index(True) for row in drawn]
        assert len(set(index)) == len(index)
    draws = [layer(*bottoms) for _ in range(2)]
    assert least > 0 or not torch.equal(*draws)


BOXES = [[[1.0, 2, 1, 14, 15, 10, 2, 1], [10, 3, 4, 28, 18, 20, 1, 1], [3, 3, 3, 9, 9, 9, 3, 0]],
         [[2, 2, 2, 12, 14, 12, 3, 0], [0, 0, 0, 9, 9, 9, 2, 0], [3, 3, 3, 9, 9, 9, 1, 0]],
         [[5, 4, 3, 20, 18, 16, 3, 1], [5, 4, 3, 20, 18, 16, 1, 1], [3, 3, 3, 9, 9, 9, 1, 0]]]
REGIONS = [[0.0, 30, 20, 9, 38, 23, 20], [0, 2, 2, 1, 15, 15, 11], [2, 5, 5, 3, 21, 18, 17],
           [1, 2, 2, 2, 12, 14, 12], [-1, 0, 0, 0, 0, 0, 0]]


@pytest.mark.parametrize("normalizes", [False, True])
def test_targets_of_regions_are_those_of_the_loops(normalizes):
    layer = make("ProposalTarget3D", "proposal_target_param { class_num: 4 fg_threshold: 0.4 "
                 f"{NORMAL if normalizes else ''} }}", (5, 7), (3, 3, 8), tops=5)
    tops = [top.numpy() for top in run(layer, [torch.tensor(each, dtype=torch.float64)
                                               for each in (REGIONS, BOXES)])]
    rows, labels, targets, weights = [], [], [], []
    for item in range(3):
        boxes = [np.array(box) for box in BOXES[item] if box[7] > 0]
        every = [np.array([item, *box[:6]]) for box in boxes]
        every += [np.array(row) for row in REGIONS if row[0] == item]
        objects, others = [], []
        for row in every:
            table = [overlap(box, row[1:]) for box in boxes]
            is_object = bool(table) and max(table) >= 0.4
            best = boxes[int(np.argmax(table))] if is_object else None
            (objects if is_object else others).append((row, best))
        for row, best in objects + others:
            target, weight = np.zeros((4, 6)), np.zeros((4, 6))
            label = 0 if best is None else int(best[6])
            if label:
                offsets = np.array(targets_of(row[1:], best))
                target[label] = (offsets - 0.25) / 0.5 if normalizes else offsets
                weight[label] = 1
            rows.append(row)
            labels.append([label])
            targets.append(target.ravel())
            weights.append(weight.ravel())
    assert sorted(np.ravel(labels)) == [0, 0, 1, 2, 2, 3, 3, 3]
    for found, expected in zip(tops, (rows, labels, targets, weights, weights), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


def test_a_class_of_a_box_beyond_class_num_is_named():
    layer = make("ProposalTarget3D", "proposal_target_param { class_num: 3 }", (5, 7), (3, 3, 8),
                 tops=5)
    with pytest.raises(IndexRangeError, match="class_num is too small"):
        layer(torch.tensor(REGIONS), torch.tensor(BOXES))


PLACES = [[1.0, 3, 2, 1, 30, 15, 11], [0, -20, 4, 8, 17, 44, 22], [0, 24, 20, 30, 60, 60, 60],
          [-1, 0, 0, 0, 9, 9, 9], [1, 12, 12, 10, 12, 12, 10]]


def pooled(x, row):
    """The maxima of 3 x 2 x 2 bins of one region, and how often each cell is one."""
    item, *corners = row
    top, counts = np.zeros((x.shape[1], 3, 2, 2)), np.zeros(x.shape)
    if item < 0:
        return top, counts
    scales = [0.125, 0.125, 0.25]
    cells = [corners[i] * scales[i % 3] for i in range(6)]      # C rounds halves away from zero
    cells = [int(np.sign(cell) * np.floor(abs(cell) + 0.5)) for cell in cells]
    first, last = cells[2::-1], cells[:2:-1]
    for c, *place in np.ndindex(x.shape[1], 3, 2, 2):
        spans = []
        for axis, bins in enumerate((3, 2, 2)):
            size = max(last[axis] - first[axis] + 1, 1) / bins
            low = int(np.floor(place[axis] * size)) + first[axis]
            high = int(np.ceil((place[axis] + 1) * size)) + first[axis]
            limit = x.shape[2 + axis]
            spans.append(range(min(max(low, 0), limit), min(max(high, 0), limit)))
        cells = [(int(item), c, z, y, w) for z in spans[0] for y in spans[1] for w in spans[2]]
        if cells:
            best = max(cells, key=lambda cell: x[cell])
            top[(c, *place)] = x[best]
            counts[best] += 1
    return top, counts


@pytest.mark.parametrize("ties", [False, True])
def test_regions_in_volumes_give_the_first_maximum_of_each_bin(ties):
    layer = make("ROIPooling3D", "roi_pooling_param { pooled_l: 3 pooled_h: 2 pooled_w: 2 "
                 "spatial_scale_xy: 0.125 spatial_scale_z: 0.25 }", (2, 3, 6, 4, 5), (5, 7))
    x = noise((2, 3, 6, 4, 5), seed=4).detach()
    x = (x.round() if ties else x).requires_grad_()
    top = layer(x, torch.tensor(PLACES, dtype=torch.float64))
    found = [pooled(x.detach().numpy(), row) for row in PLACES]
    np.testing.assert_array_equal(top.detach().numpy(), [one for one, _ in found])
    top.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), sum(counts for _, counts in found))
    assert (top[2] == 0).all() and (top[1] == 0).any() and (top[1] != 0).any()


@pytest.mark.parametrize("kind, param, shapes, message", [
    ("Proposal3D", "proposal_param { feat_stride_xy: 8 feat_stride_z: 6 anchor_size { width: 1 } }",
     (SHARES, OFFSETS, INFO), "must have a width, a height and a length"),
    ("Proposal3D", f"proposal_param {{ {FIELDS} }}", (SHARES, SHARES, INFO),
     r"for 4 anchors they must be \(N, 8, L, H, W\), \(N, 24, L, H, W\) and \(N, 19\)"),
    ("Proposal3D", f"proposal_param {{ {FIELDS} rpn_post_nms_top_n: 8 proposal_num: 7 }}",
     (SHARES, OFFSETS, INFO), "rpn_post_nms_top_n is 8; it may be at most 7"),
    ("Proposal3D", f"proposal_param {{ {FIELDS} base_size: 3 }}", (SHARES, OFFSETS, INFO),
     "base_size asks for what Proposal3D does not do"),
    ("ProposalTarget3D", "proposal_target_param { class_num: 1 }", ((5, 7), (2, 3, 8)),
     "class_num is 1; it must be at least 2"),
    ("ProposalTarget3D", "proposal_target_param { class_num: 4 }", ((5, 5), (2, 3, 8)),
     r"they must be \(R, 7\) and \(N, G, 8\)"),
    ("ROIPooling3D", "roi_pooling_param { pooled_l: 3 pooled_h: 2 pooled_w: 2 }",
     ((2, 3, 6, 4), (5, 7)), r"they must be \(N, C, L, H, W\) and \(R, 7\)"),
    ("ROIPooling3D", "roi_pooling_param { pooled_l: 3 pooled_h: 2 }",
     ((2, 3, 6, 4, 5), (5, 7)), "pooled_w is 0"),
    ("BBoxOutput", "", ((5, 7), (5, 4), (5, 23), (1, 19)), r"\(R, 7\), \(R, C\) and \(R, 6 C\)"),
])
def test_regions_in_volumes_name_what_cannot_be(kind, param, shapes, message):
    with pytest.raises(SpecError, match=message):
        make(kind, param, *shapes, tops=5 if kind == "ProposalTarget3D" else kind != "BBoxOutput")
