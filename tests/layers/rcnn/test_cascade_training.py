"""cascade-rcnn's training layers and its output, against their definitions in loops."""

import math

import numpy as np
import pytest
import torch

from framework.errors import DataError, SpecError
from tests.support import array, check_layer, make, noise

REG = """bbox_reg_param { cls_aware: %s bbox_mean: 0.125 bbox_mean: 0 bbox_mean: -0.25 bbox_mean: 0
         bbox_std: 0.5 bbox_std: 0.25 bbox_std: 2 bbox_std: 1 }"""
MEAN, STD = np.array([0.125, 0, -0.25, 0]), np.array([0.5, 0.25, 2, 1])
TRUTH = np.array([[0, 10, 10, 49, 29, 3, 0, 0], [1, 5, 8, 30, 60, 1, 0, 0],
                  [1, 70, 70, 99, 99, 2, 1, 0], [-1, 0, 0, 0, 0, 0, 0, 0]], float)
ROIS = np.array([[0, 12, 11, 50, 30], [0, 12, 20, 60, 44], [1, 12, 11, 50, 30],
                 [1, 6, 6, 28, 58], [1, 71, 72, 99, 99], [0, 80, 80, 90, 95]], float)


def tensor(array):
    return torch.from_numpy(np.asarray(array, float))


def share(a, b):
    """Overlap of two boxes whose last pixels belong to them."""
    wide = min(a[2], b[2]) - max(a[0], b[0]) + 1
    high = min(a[3], b[3]) - max(a[1], b[1]) + 1
    common = wide * high if wide >= 1 and high >= 1 else 0
    area = [(c[2] - c[0] + 1) * (c[3] - c[1] + 1) for c in (a, b)]
    return common / (sum(area) - common)


def best_boxes():
    """For each region the box of its image that it overlaps most."""
    found = []
    for roi in [*ROIS, *(row[:5] for row in TRUTH[:3])]:
        shares = [(share(roi[1:], row[1:5]), index) for index, row in enumerate(TRUTH[:3])
                  if row[0] == roi[0]]
        found.append(max(shares, key=lambda pair: pair[0]))
    return found


def proposal_target(extra, aware="true", tops=6):
    param = f"proposal_target_param {{ cls_num: 4 {extra} }} {REG % aware}"
    return make("ProposalTarget", param, ROIS.shape, TRUTH.shape, tops=tops)


@pytest.mark.parametrize("aware", ["true", "false"])
def test_all_regions_get_their_labels_and_targets(aware):
    layer = proposal_target("batch_size: -1 bg_thr_lw: 0", aware)
    tops = [array(top)[:, :, 0, 0] for top in layer(tensor(ROIS), tensor(TRUTH))]
    all_rows = np.concatenate([ROIS, TRUTH[:3, :5]])
    best = best_boxes()
    objects = [i for i, (s, g) in enumerate(best) if s >= 0.5 and not TRUTH[g, 6]]
    others = [i for i, (s, _) in enumerate(best) if s < 0.5]
    assert objects == [0, 3, 6, 7] and others == [1, 2, 5]
    np.testing.assert_array_equal(tops[0], all_rows[objects + others])
    for row, index in enumerate(objects + others):
        overlap, truth = best[index][0], TRUTH[best[index][1]]
        label = truth[5] if index in objects else 0
        target, weight = np.zeros((4 if aware == "true" else 2, 4)), 0
        weights = np.zeros_like(target)
        if label:
            w, h = all_rows[index, 3:] - all_rows[index, 1:3] + 1
            gw, gh = truth[3:5] - truth[1:3] + 1
            offsets = [(truth[1] + gw / 2 - all_rows[index, 1] - w / 2) / w,
                       (truth[2] + gh / 2 - all_rows[index, 2] - h / 2) / h,
                       math.log(gw / w), math.log(gh / h)]
            slot = int(label) if aware == "true" else 1
            target[slot], weights[slot], weight = (offsets - MEAN) / STD, 1, 1
        assert tops[1][row, 0] == label
        np.testing.assert_allclose(tops[2][row], target.ravel(), rtol=1e-12, atol=1e-12)
        np.testing.assert_array_equal(tops[3][row], weights.ravel())
        np.testing.assert_allclose(tops[5][row], weight * np.array(
            [label, *truth[1:5], overlap]), rtol=1e-12)


def test_a_label_without_columns_of_its_own_is_an_error_that_names_it():
    truth = TRUTH.copy()
    truth[1, 5] = 4
    with pytest.raises(DataError, match=r"layer '.*' \(ProposalTarget\): blob 'bottom1' has the "
                       rf"value 4 at row 1.*\(item {truth[1, 0]:.0f}\).* from 0 to 3"):
        proposal_target("batch_size: -1 bg_thr_lw: 0")(tensor(ROIS), tensor(truth))
    proposal_target("batch_size: -1 bg_thr_lw: 0", "false")(tensor(ROIS), tensor(truth))
    truth[1, 6] = 1     # ignored: it gets no columns
    proposal_target("batch_size: -1 bg_thr_lw: 0")(tensor(ROIS), tensor(truth))


def test_a_batch_is_drawn_with_its_part_of_objects_and_filled_up():
    layer = proposal_target("batch_size: 8 fg_fraction: 0.25 bg_thr_lw: 0.05", tops=7)
    assert layer.top_shapes(ROIS.shape, TRUTH.shape)[0] == (8, 5, 1, 1)
    torch.manual_seed(3)
    tops = [array(top)[:, :, 0, 0] for top in layer(tensor(ROIS), tensor(TRUTH))]
    labels = tops[1][:, 0]
    assert (labels[:2] > 0).all() and (labels[2:] == 0).all()
    rows = np.concatenate([ROIS, TRUTH[:3, :5]])
    background = [list(row) for row in tops[0][2:]]
    best = best_boxes()
    assert background[-1] == list(rows[5]) and best[5][0] < 0.05     # filled up from the rest
    assert len(background) == sum(share < 0.5 for share, _ in best) == 3
    num = len(labels)
    np.testing.assert_allclose(tops[6][:2, 0], 0.25 * num / 2)
    np.testing.assert_allclose(tops[6][2:, 0], 0.75 * num / 3)


def test_one_random_box_stands_in_where_no_region_can_be_chosen():
    layer = proposal_target("batch_size: 4 append_gtbox: false num_img_per_batch: 1 "
                            "img_width: 100 img_height: 80 pickup_discard: false bg_thr_lw: 0.4")
    tops = [array(top)[:, :, 0, 0] for top in layer(tensor(ROIS[5:]), tensor(TRUTH))]
    (item, x1, y1, x2, y2), = tops[0]
    assert item == 0 and x2 - x1 >= 31 and y2 - y1 >= 31 and tops[1] == 0
    assert share((x1, y1, x2, y2), TRUTH[0, 1:5]) < 0.5


def test_truth_of_seven_columns_is_filled_up_with_random_boxes():
    layer = make("ProposalTarget", "proposal_target_param { cls_num: 4 batch_size: 14 "
                 f"num_img_per_batch: 2 img_width: 200 img_height: 120 }} {REG % 'true'}",
                 ROIS.shape, (3, 7), tops=6)
    tops = [array(top)[:, :, 0, 0] for top in layer(tensor(ROIS), tensor(TRUTH[:3, :7]))]
    labels = tops[1][:, 0]
    objects = (labels > 0).sum()
    own = {tuple(row) for row in np.concatenate([ROIS, TRUTH[:3, :5]])}
    strange = [row for row in tops[0] if tuple(row) not in own]
    assert len(labels) == 14 and 0 < objects <= 4
    assert 14 - len(strange) == len([row for row in tops[0] if tuple(row) in own]) <= len(own)
    assert len(strange) >= 5 and not labels[-len(strange):].any()
    for item, *corners in strange:
        assert all(share(corners, row[1:5]) < 0.5 for row in TRUTH[:3] if row[0] == item)


def test_proposal_target_refuses_thresholds_the_wrong_way_round():
    with pytest.raises(SpecError, match=r"fg_thr is 0.3; it must be at least bg_thr_hg, 0.5"):
        proposal_target("fg_thr: 0.3")


def test_hard_mining_keeps_the_largest_losses_of_each_image():
    loss = np.array([5, 1, 4, 3, 9, 2, 8], float)
    rois = np.zeros((7, 5))
    rois[:, 0] = [0, 0, 0, 0, 1, 0, 0]
    layer = make("HardMining", "num_image: 2 num_roi_per_image: 2", (7, 1), (7, 5), (7, 3), tops=2)
    extra = noise(7, 3, requires_grad=False)
    bottoms = tensor(loss)[:, None], tensor(rois), extra
    check_layer(layer, *bottoms)
    # image 1 has only one; of what is left the largest fills up
    np.testing.assert_array_equal(array(layer(*bottoms)[1]), array(extra)[[0, 2, 4, 6]])


def test_bbox_accuracy_is_the_mean_overlap_after_and_before():
    matched = np.array([[3, 10, 10, 49, 29, 0.6], [0, 0, 0, 0, 0, 0], [1, 5, 8, 30, 60, 0.8],
                        [1, 5, 8, 30, 60, 0.99], [2, 70, 70, 99, 99, 0.5], [0] * 6], float)
    offsets = noise(6, 16, requires_grad=False) * 0.2
    layer = make("BboxAccuracy", REG % "true", (6, 16), (6, 5), (6, 6), tops=2)
    bottoms = offsets, tensor(ROIS), tensor(matched)
    check_layer(layer, *bottoms)
    after, before = [], []
    for row in (0, 2, 4):
        label, x1, y1, x2, y2 = int(matched[row, 0]), *ROIS[row, 1:]
        dx, dy, dw, dh = array(offsets)[row, 4 * label:4 * label + 4] * STD + MEAN
        w, h = x2 - x1 + 1, y2 - y1 + 1
        cx, cy, nw, nh = x1 + w / 2 + dx * w, y1 + h / 2 + dy * h, w * np.exp(dw), h * np.exp(dh)
        moved = cx - nw / 2, cy - nh / 2, cx + nw / 2 - 1, cy + nh / 2 - 1
        after.append(share(moved, matched[row, 1:5]))
        before.append(share(ROIS[row, 1:], matched[row, 1:5]))
    found = [array(top).item() for top in layer(*bottoms)]
    np.testing.assert_allclose(found, [np.mean(after), np.mean(before)], rtol=1e-12)
    none = layer(offsets, tensor(ROIS), torch.zeros(6, 6, dtype=torch.float64))
    assert [array(top).item() for top in none] == [-1, -1]


SIZES = torch.tensor([[90.0, 100.0]], dtype=torch.float64)


def test_frcnn_output_thins_each_class_and_keeps_the_best():
    rois = np.array([[0, 10, 10, 49, 29], [0, 12, 11, 50, 30], [0, 60, 40, 99, 89],
                     [0, 61, 41, 98, 85]], float)
    scores = np.array([[.1, .8, .1], [.2, .7, .1], [.1, .3, .6], [.05, .05, .9]])
    offsets = noise(4, 8, requires_grad=False) * 0.02
    param = f"frcnn_output_param {{ conf_thr: 0.2 iou_thr: 0.5 max_det_num: 2 }} {REG % 'false'}"
    layer = make("FrcnnOutput", param, (4, 3), (4, 8), (4, 5), (1, 2))
    top = array(layer(tensor(scores), offsets, tensor(rois), SIZES))[:, :, 0, 0]
    boxes = []
    for row, roi in enumerate(rois):
        dx, dy, dw, dh = array(offsets)[row, 4:] * STD + MEAN
        w, h = roi[3] - roi[1] + 1, roi[4] - roi[2] + 1
        cx, cy = roi[1] + w / 2 + dx * w, roi[2] + h / 2 + dy * h
        nw, nh = w * np.exp(dw), h * np.exp(dh)
        boxes.append([max(cx - nw / 2, 0), max(cy - nh / 2, 0), min(cx + nw / 2 - 1, 100),
                      min(cy + nh / 2 - 1, 90)])
    assert share(boxes[0], boxes[1]) > 0.5 and share(boxes[2], boxes[3]) > 0.5
    # class 1: row 0, then row 2 (0.3, far away), of which the best two of all classes stay
    expected = [[0, *[-1] * 6], [0, *boxes[0], 1, 0.8], [0, *boxes[3], 2, 0.9]]
    np.testing.assert_allclose(top, expected, rtol=1e-10)


def test_frcnn_output_without_a_detection_has_its_first_row():
    layer = make("FrcnnOutput", "conf_thr: 0.9", (2, 3), (2, 12), (2, 5), (1, 2))
    top = layer(torch.full((2, 3), 0.3, dtype=torch.float64), noise(2, 12), tensor(ROIS[:2]), SIZES)
    assert array(top)[:, :, 0, 0].tolist() == [[0, -1, -1, -1, -1, -1, -1]]


def test_frcnn_output_refuses_to_write_files():
    with pytest.raises(SpecError, match="asks for result files"):
        make("FrcnnOutput", 'frcnn_output_param { save_output_param { output_directory: "x" } }',
             (2, 3), (2, 12), (2, 5), (1, 2))


def test_detections_of_cascade_are_judged_in_the_pixels_of_the_image(tmp_path):
    sizes = tmp_path / "sizes.txt"
    sizes.write_text("first 180 50\nsecond 90 100\n")     # heights x2, widths x0.5 of the first
    truth = np.array([[0, 10, 10, 29, 29, 1, 0, 0], [0, 60, 10, 79, 29, 2, 0, 1],
                      [-1, 0, 0, 0, 0, 0, 0, 0]], float)
    found = np.array([[0, *[-1] * 6], [0, 10, 10, 29, 20, 1, 0.7], [0, 11, 10, 30, 29, 1, 0.9],
                      [0, 60, 10, 79, 29, 2, 0.5], [0, 0, 0, 5, 5, 2, 0.6]], float)
    layer = make("DetectionEvaluate", f'num_classes: 3 evaluate_difficult_gt: false '
                 f'name_size_file: "{sizes}"', (5, 7, 1, 1), (3, 8, 1, 1), (1, 2, 1, 1))
    top = layer(tensor(found)[:, :, None, None], tensor(truth)[:, :, None, None],
                SIZES[:, :, None, None])
    rows = array(top)[:, :, 0, 0]
    expected = [[-1, 1, 1, -1, -1], [-1, 2, 0, -1, -1],
                [0, 1, 0.9, 1, 0],      # in the image (5.5, 20, 15, 58) on (5, 20, 14.5, 58)
                [0, 1, 0.7, 0, 1],      # (5, 20, 14.5, 40): 21 of 39 rows, but the box is taken
                [0, 2, 0.6, 0, 1],
                [0, 2, 0.5, 0, 0]]      # a difficult one: neither
    np.testing.assert_allclose(rows, expected)


def test_the_form_of_cascade_needs_a_size_file():
    with pytest.raises(SpecError, match="name_size_file is missing; with three bottoms"):
        make("DetectionEvaluate", "num_classes: 3", (5, 7, 1, 1), (3, 8, 1, 1), (1, 2, 1, 1))
