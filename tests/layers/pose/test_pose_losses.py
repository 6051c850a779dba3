"""Losses and measures of pose nets, value by value from their definitions."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise

FIELD = "pose_heat_map_loss_param"
SHAPE = (2, 3, 5, 4)


def maps():
    x = noise(SHAPE)
    return x, (noise(SHAPE, seed=8, requires_grad=False) > 0.8).double()


def loss_of(fields, *bottoms):
    return make("PoseHeatMapLoss", f"{FIELD} {{ {fields} }}",
                *(tuple(bottom.shape) for bottom in bottoms))(*bottoms)


@pytest.mark.parametrize("kind, joint, other", [(0, 1, 1), (1, 1, 0), (2, 4, 1)])
def test_cells_are_weighed_by_kind(kind, joint, other):
    x, target = maps()
    factors = noise(2, 3, 1, 1, seed=5, requires_grad=False)
    top = loss_of(f"loss_emphase_type: {kind} fg_eof: 4 ratio: 0.1", x, target, factors)
    weights = np.where(target.numpy() > 1e-4, joint, other)
    part = (x.detach().numpy() - target.numpy()) * weights
    np.testing.assert_allclose(top.item(), (part ** 2).sum(), rtol=1e-12)
    top.backward()
    np.testing.assert_allclose(x.grad, part * factors.numpy() / 2, rtol=1e-12)


@pytest.mark.parametrize("kind, joint", [(3, 1), (4, 4)])
def test_a_share_of_the_background_is_drawn(kind, joint):
    torch.manual_seed(1)
    x = torch.full((20, 5, 10, 8), 0.5, dtype=torch.float64, requires_grad=True)
    with torch.no_grad():
        x[:, :, :, :3] = 0.9        # scores that count once in four
    target = torch.zeros_like(x, requires_grad=False)
    target[:, :, 0] = 0.3
    loss_of(f"loss_emphase_type: {kind} fg_eof: 4 bg_eof: 2 bg_num: 16 prob_num: 4 "
            "heat_score_thres: 0.8", x, target).backward()
    weights = (x.grad * 20 / (x - target)).detach()
    assert torch.allclose(weights[:, :, 0], torch.tensor(float(joint)).double())
    low, high = weights[:, :, 1:, 3:], weights[:, :, 1:, :3]
    for cells, shares in ((low, {0: 0.8, 2: 0.2}), (high, {0: 0.6, 1: 0.2, 2: 0.2})):
        rounded = cells.round()
        assert torch.allclose(cells, rounded)
        assert set(rounded.unique().tolist()) == set(shares)
        for value, share in shares.items():
            assert abs((rounded == value).double().mean() - share) < 0.05


def test_the_worst_of_the_background_stay():
    torch.manual_seed(2)
    x, target = noise(4, 3, 10, 8), torch.zeros(4, 3, 10, 8, dtype=torch.float64)
    loss_of("loss_emphase_type: 5 bg_eof: 1 ratio: 0.1 prob_num: 1000000 heat_score_thres: -9",
            x, target).backward()
    kept = (x.grad != 0).flatten(2)
    # the 8 highest that are not drawn, and about 8 drawn ones, of 80 cells
    assert ((kept.sum(2) >= 8) & (kept.sum(2) < 28)).all()
    for n, k in np.ndindex(4, 3):
        highest = x[n, k].flatten().argsort(descending=True)[:8]
        assert kept[n, k, highest].all()


@pytest.mark.parametrize("torso", [(0, 0), (-1, 0)])
def test_points_near_their_labels_are_counted_by_parts_of_the_torso(torso, caplog):
    target = torch.tensor([[0.0, 0, 5, 5, 0, 10], [*torso, 3, 4, 30, 40], [1, 1, -1, 2, 1, 21]])
    steps = [[0.0, 1.5, 0, 0, 0, 3.5], [0, 4, 0, 6, 0, 0], [0, 5, 0, 0, 9, 0]]
    moved = target + torch.tensor(steps)
    layer = make("PosePDJAccuracy", "acc_factor: 0.1 acc_factor_num: 3 images_num: 3 "
                 "shoulder_id: 0 hip_id: 2", (3, 6), (3, 6))
    top = layer(moved.double(), target.double())
    squares = 1.5 ** 2 + 3.5 ** 2 + 16 + 36 + 25 + 81
    np.testing.assert_allclose(top.item(), squares / 3, rtol=1e-6)
    hits = [0, 0, 0]
    for a in range(3):
        for person, label in zip(moved.numpy(), target.numpy(), strict=True):
            length = np.hypot(label[4] - label[0], label[5] - label[1])
            if (label[[0, 1, 4, 5]] < 0).any():
                continue
            for joint in (0, 2, 4):
                at = label[joint:joint + 2]
                far = np.hypot(*(person[joint:joint + 2] - at))
                hits[a] += bool(far <= length * 0.1 * (a + 1) and (at >= 0).all())
    words = ", ".join(f"{count / 9:.4f} within {0.1 * (a + 1):g}" for a, count in enumerate(hits))
    assert words in caplog.text


def test_points_are_counted_by_pairs_of_pixels(caplog):
    target = torch.tensor([[0.0, 0, 5, 5], [1, 9, -2, 4]])
    x = torch.tensor([[0.0, 4, 5, 5], [4, 13, -2, 4]])      # 4, 0, 5, and one without a label
    layer = make("PoseEuDistAccuracy", "acc_factor_num: 3 images_num: 4", (2, 4), (2, 4))
    assert layer(x.double(), target.double()).item() == (16 + 25) / 2
    assert "within" not in caplog.text
    layer(x.double(), target.double())
    assert "of 4 images: 0.2500 within 1, 0.5000 within 2, 0.7500 within 3" in caplog.text


@pytest.mark.parametrize("labels, sign", [((3, 3), 1), ((3, 5), -1)])
@pytest.mark.parametrize("least, counts", [(-100, 1), (100, 0)])
def test_two_images_are_close_or_apart_by_their_labels(labels, sign, least, counts):
    x = noise(2, 5)
    top = make("SimilaryEuclideanLoss", f"learn_lr: 0.7 loss_bias: 1.5 loss_thresh: {least}",
               (2, 5), (2,))(x, torch.tensor(labels).double())
    step = (x[0] - x[1]).detach().numpy()
    np.testing.assert_allclose(top.item(), sign * (np.float32(0.7) * (step ** 2).sum() - 1.5) / 2,
                               rtol=1e-7)
    top.backward()
    np.testing.assert_allclose(x.grad[0], counts * sign * np.float32(0.7) / 2 * step, rtol=1e-7)
    assert not x.grad[1].any()


@pytest.mark.parametrize("kind, param, shapes, words", [
    ("PoseHeatMapLoss", f"{FIELD} {{ ratio: 0.1 bg_num: 3 }}", (SHAPE, SHAPE), "one of the two"),
    ("PoseHeatMapLoss", f"{FIELD} {{ ratio: 1.5 }}", (SHAPE, SHAPE), "is 1.5; it must be above 0"),
    ("PoseHeatMapLoss", f"{FIELD} {{ ratio: 1 loss_emphase_type: 6 }}", (SHAPE, SHAPE), "is 6; it"),
    ("PoseHeatMapLoss", f"{FIELD} {{ ratio: 1 }}", (SHAPE, SHAPE, (2, 3)), "they must be"),
    ("PosePDJAccuracy", "acc_factor: 0.5 acc_factor_num: 2 images_num: 1", ((2, 4), (2, 4)),
     "from 1 to 1 with an acc_factor of 0.5"),
    ("PosePDJAccuracy", "images_num: 1 acc_factor_num: 3 hip_id: 2", ((2, 4), (2, 4)),
     "hip_id is 2; it may be at most 1"),
    ("PoseEuDistAccuracy", "acc_factor_num: 3", ((2, 4), (2, 4)), "images_num is 0"),
    ("SimilaryEuclideanLoss", "", ((3, 4), (3,)), "they must be of two items"),
])
def test_settings_that_do_not_fit_are_refused(kind, param, shapes, words):
    shapes = shapes[:2] + tuple((2, 3, 2, 1) for _ in shapes[2:])
    with pytest.raises(SpecError, match=words):
        make(kind, param, *shapes)


CAMERA = "fx: 240 fy: -230 ux: 160 uy: 120 cube_length: 150 cube_length: 140 cube_length: 130"
HANDS = (3, 12)


def hands(centers):
    x, target = (noise(HANDS, seed=seed, requires_grad=False) for seed in (1, 2))
    middle = noise(centers, seed=3, requires_grad=False) * 20
    middle[:, 2::3] += 500
    return x, target, middle


def joint_in_pixels(part, center):
    return np.array([part[0] * 150 * 240 / center[2] + center[0],
                     part[1] * 140 * 230 / center[2] + center[1], part[2] * 130 + center[2]])


def joint_in_space(pixels):
    u, v, d = pixels
    return np.array([(u - 160) * d / 240, (v - 120) * d / -230, d])


@pytest.mark.parametrize("centers", [(3, 3), HANDS])
def test_joints_of_hands_are_compared_in_space(centers):
    bottoms = hands(centers)
    counts = (noise(HANDS, seed=4, requires_grad=False) > 0).double()
    layer = make("PoseDistance", f"{CAMERA} output_pose: true permute_id: 2 permute_id: 0 "
                 "permute_id: 1 permute_id: 3", HANDS, HANDS, centers, HANDS, tops=2)
    mean, pose = layer(*bottoms, counts)
    x, target, middle = (bottom.numpy() for bottom in bottoms)
    distances, expected = [], np.empty(HANDS)
    for n, joint in np.ndindex(3, 4):
        part = slice(3 * joint, 3 * joint + 3)
        center = middle[n, :3] if centers == (3, 3) else middle[n, part]
        found, wanted = (joint_in_pixels(of[n, part], center) for of in (x, target))
        if counts[n, 3 * joint] == 1:
            distances.append(np.linalg.norm(joint_in_space(found) - joint_in_space(wanted)))
        place = [2, 0, 1, 3].index(joint)        # ids[permute_id[i]] = i in the original
        expected[n, 3 * place:3 * place + 3] = found
    assert 0 < len(distances) < 12
    assert mean.item() == pytest.approx(np.mean(distances), rel=1e-12)
    np.testing.assert_allclose(pose, expected, rtol=1e-12)


@pytest.mark.parametrize("fields, shapes, message", [
    ("", (HANDS, HANDS, (3, 3)), "cube_length is given 0 times; it must be 1 or 3 times"),
    ("cube_length: 1", (HANDS, HANDS, (3, 6)), "centers .N, 3. or .N, 3 K."),
    ("cube_length: 1 permute_id: 0", (HANDS, HANDS, (3, 3)), "each of the 4 joints once"),
    ("cube_length: 1 output_pose: true", (HANDS, HANDS, (3, 3)), "it must be 2 times"),
])
def test_hands_of_other_shapes_are_refused(fields, shapes, message):
    with pytest.raises(SpecError, match=message):
        make("PoseDistance", fields, *shapes)
