"""FcosLoss against torchvision's FCOS in numpy, and its errors."""

import numpy as np
import pytest
import torch

from framework.errors import DataError, SpecError
from framework.ops.matching import match_points
from tests import slow_anchors
from tests.support import make, noise

CLASSES = 4
SIZE = 16.0
LABELS = torch.tensor([
    [0, 1, 0, 0.05, 0.10, 0.30, 0.35, 0], [0, 2, 0, 0.08, 0.02, 0.60, 0.45, 0],
    [0, 3, 0, 0.30, 0.25, 0.98, 0.97, 1], [-1, 0, 0, 0, 0, 0, 0, 0],
    [1, 1, 0, 0.02, 0.03, 0.97, 0.99, 0], [1, 3, 0, 0.55, 0.61, 0.71, 0.69, 0],
    [1, 2, 0, 0.50, 0.55, 0.80, 0.75, 0]], dtype=torch.float64).reshape(1, 1, -1, 8)


def squares():
    """Cells of maps of 8 x 8, 4 x 4 and 2 x 2 of an image of 16 x 16 pixels, as fractions."""
    rows = []
    for cells in (8, 4, 2):
        for y in range(cells):
            rows += [(x / cells, y / cells, (x + 1) / cells, (y + 1) / cells)
                     for x in range(cells)]
    return torch.tensor(rows, dtype=torch.float64)


def bottoms_of():
    corners = squares()
    prior = torch.stack([corners, torch.ones_like(corners)]).reshape(1, 2, -1)
    num = len(corners)
    loc = noise(2, num * 4, seed=1)
    return loc, noise(2, num * CLASSES, seed=2), noise(2, num, seed=3), prior, LABELS.clone()


def loss_layer(text, bottoms):
    return make("FcosLoss", f"num_classes: {CLASSES} {text}",
                *(tuple(one.shape) for one in bottoms))


@pytest.mark.parametrize("text, rule", [
    ("least_distance: 1 most_distance: 3", {"least": 1.0, "most": 3.0}),
    ("", {}), ("center_radius: 0.75 loc_weight: 2 center_weight: 0.5",
               {"radius": 0.75, "weights": (2.0, 0.5)})])
def test_the_loss_is_that_of_torchvision_and_its_gradient_the_derivative(text, rule):
    bottoms = loc, conf, centerness, prior, label = bottoms_of()
    layer = loss_layer(text, bottoms)
    # from codes of corners to distances from the point to the sides
    codes = loc.detach().numpy().reshape(2, -1, 4)
    distances = np.concatenate([0.5 - codes[..., :2], 0.5 + codes[..., 2:]], -1)
    rows = label.numpy().reshape(-1, 8) * [1, 1, 1, SIZE, SIZE, SIZE, SIZE, 1]
    expected = slow_anchors.fcos_loss(
        distances, conf.detach().numpy().reshape(2, -1, CLASSES), centerness.detach().numpy(),
        squares().numpy() * SIZE, rows, **rule)
    np.testing.assert_allclose(layer(*bottoms).item(), expected, rtol=1e-9)
    assert torch.autograd.gradcheck(lambda *x: layer(*x, prior, label), (loc, conf, centerness),
                                    fast_mode=True)


def test_points_take_the_smallest_box_of_their_map():
    rows = LABELS.reshape(-1, 8)
    found = match_points(squares(), rows[:, 3:7], rows[:, 0].long(), 2, 1.5, 1.0, 3.0)
    kinds = set()
    for image in range(2):
        own = (rows[:, 0] == image).nonzero().flatten()
        expected = slow_anchors.fcos_match(squares().numpy(), rows[own, 3:7].numpy(), 1.5, 1, 3)
        expected = [own[number].item() if number >= 0 else -1 for number in expected]
        assert found[image].tolist() == expected
        kinds |= set(expected)
    assert len(kinds) > 5


def test_an_image_of_other_sides_is_measured_in_cells():
    """The same boxes in an image three times as wide: fractions of it are all that is seen."""
    bottoms = bottoms_of()
    once = loss_layer("", bottoms)(*bottoms)
    loc, conf, centerness, prior, label = bottoms
    shrunk = [x.clone() for x in (prior, label)]
    shrunk[0].reshape(2, -1, 4)[0, :, 0::2] /= 3
    shrunk[1].reshape(-1, 8)[:, 3:7:2] /= 3
    again = loss_layer("", bottoms)(loc, conf, centerness, *shrunk)
    assert again.item() == pytest.approx(once.item(), rel=1e-9)


@pytest.mark.parametrize("text, message", [
    ("center_radius: 0", "center_radius is 0; it must be above 0"),
    ("least_distance: 9", "least_distance is 9; it must be at least 0 and below most_distance, 8"),
    ("alpha: -1", "alpha is -1; it must be from 0 to 1")])
def test_settings_that_mean_nothing_are_errors_of_their_field(text, message):
    with pytest.raises(SpecError, match=rf"'layer' \(FcosLoss\): fcos_loss_param.{message}"):
        loss_layer(text, bottoms_of())


def test_a_centerness_of_another_size_is_an_error():
    shapes = [tuple(one.shape) for one in bottoms_of()]
    shapes[2] = (2, 83)
    with pytest.raises(SpecError, match=r"bottom\[2\] has the shape \(2, 83\); it must be 2 x 84"):
        make("FcosLoss", f"num_classes: {CLASSES}", *shapes)


def test_a_label_beyond_the_classes_is_an_error_with_its_row():
    bottoms = bottoms_of()
    bottoms[4][0, 0, 5, 1] = 4
    with pytest.raises(DataError, match=r"has the value 4 at row 5 \(item 1\) of the batch; it "
                                        "must be from 1 to 3"):
        loss_layer("", bottoms)(*bottoms)
