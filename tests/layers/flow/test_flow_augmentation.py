"""FlowNet's augmentation: coefficients, images, means and flows, by their definitions."""

import math

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from framework.ops import augmentation_coefficients as coefficients
from framework.ops.augmentation_coefficients import NAMES, NEUTRAL_ONE
from tests.support import make, noise

FULL, CROP = (10, 12), (5, 6)


def rows_of(**values):
    """A row (1, 42, 1, 1) of these coefficients, stored as the original stores them."""
    row = np.zeros(42)
    for name, value in values.items():
        row[NAMES.index(name)] = math.log(value) if name in NEUTRAL_ONE else value
    return torch.from_numpy(row).reshape(1, 42, 1, 1)


def point(x, y, mirror=0, dx=0, dy=0, angle=0, zoom_x=1, zoom_y=1):
    x, y = (CROP[1] / 2 - x if mirror else x - CROP[1] / 2), y - CROP[0] / 2
    x, y = (math.cos(angle) * x - math.sin(angle) * y, math.sin(angle) * x + math.cos(angle) * y)
    x, y = x + dx * CROP[1], y + dy * CROP[0]
    return x / zoom_x + FULL[1] / 2, y / zoom_y + FULL[0] / 2


def between(plane, x, y):
    x, y = min(max(x, 0), FULL[1] - 1.05), min(max(y, 0), FULL[0] - 1.05)
    left, above = int(x), int(y)
    b, a = x - left, y - above
    return ((1 - a) * ((1 - b) * plane[above, left] + b * plane[above, left + 1])
            + a * ((1 - b) * plane[above + 1, left] + b * plane[above + 1, left + 1]))


MOVED = {"mirror": 1, "dx": 0.1, "dy": -0.05, "angle": 0.3, "zoom_x": 1.2, "zoom_y": 0.9}


def test_there_are_42_coefficients_of_which_25_are_neutral_at_one():
    assert len(NAMES) == 42
    assert len(NEUTRAL_ONE) == 2 + 5 + 12 + 2       # zoom; gamma, contrast, colours; axes; lengths


@pytest.mark.parametrize("moved", [{}, MOVED])
def test_an_image_is_read_where_its_coefficients_say(moved):
    x = noise(1, 3, *FULL).detach()
    param = "augmentation_param { crop_width: 6 crop_height: 5 mean: 1 mean: 2 mean: 3 " \
            "mean_per_pixel: false }"
    top, rows = make("DataAugmentation", param, (1, 3, *FULL), (1, 42, 1, 1), tops=2)(
        x, rows_of(**moved))
    assert rows.shape == (1, 42, 1, 1)
    for c, i, j in np.ndindex(3, *CROP):
        expected = between(x[0, c].numpy(), *point(j, i, **moved)) - (c + 1)
        np.testing.assert_allclose(top[0, c, i, j].item(), expected, rtol=1e-9, atol=1e-12)


def test_colours_are_weighed_at_the_same_sum_and_then_shaped():
    x = noise(1, 3, *FULL).detach().abs().clamp(0.1, 0.9)
    values = {"gamma": 1.4, "brightness": 0.1, "contrast": 1.3, "color1": 0.8, "color2": 1.1,
              "color3": 1.2, "shadow_angle": 0.4, "shadow_distance": -1, "shadow_strength": 0.3}
    param = "augmentation_param { crop_width: 6 crop_height: 5 max_multiplier: 1 }"
    top = make("DataAugmentation", param, (1, 3, *FULL), (1, 42, 1, 1))(x, rows_of(**values))
    plain = np.array([[[between(x[0, c].numpy(), *point(j, i)) for j in range(6)]
                       for i in range(5)] for c in range(3)])
    for i, j in np.ndindex(CROP):
        rgb = plain[:, i, j]
        weighed = rgb * [0.8, 1.1, 1.2]
        shaped = np.clip(weighed * rgb.sum() / (weighed.sum() + 0.01), 0, 1) ** 1.4 + 0.1
        expected = np.clip(0.5 + (shaped - 0.5) * 1.3, 0, 1)
        if (j - 3) * math.cos(0.4) + (i - 2) * math.sin(0.4) + 1 > 0:
            expected = np.clip(expected - 0.3, 0, 1)
        np.testing.assert_allclose(top[0, :, i, j].numpy(), expected, rtol=1e-6)


def slow_eigen(rgb, source, vectors, v, highest):
    """One pixel of the original's kernel for changes along the axes of colours."""
    mean = source.mean((0, 2, 3))
    reach = np.abs(np.einsum("kc,nchw->nkhw", vectors, source)).max((0, 2, 3))
    center = vectors @ mean / reach
    longest = np.sqrt((reach**2).sum())
    eig = vectors @ (rgb - mean) / reach

    def power(x, exponent):
        return math.copysign(abs(x) ** exponent, x)

    eig = np.array([(power(eig[k], v[f"pow_nomean{k}"]) + v[f"add_nomean{k}"])
                    * v[f"mult_nomean{k}"] for k in range(3)]) + center
    eig[0] = (power(eig[0], v["pow_withmean0"]) + v["add_withmean0"]) * v["mult_withmean0"]
    s = math.hypot(eig[1], eig[2])
    s1 = max(s ** v["pow_withmean1"] + v["add_withmean1"], 0) * v["mult_withmean1"]
    c, d = math.cos(v["col_angle"]), math.sin(v["col_angle"])
    eig[1], eig[2] = c * eig[1] - d * eig[2], d * eig[1] + c * eig[2]
    eig = eig * reach
    length = np.sqrt((eig**2).sum()) / longest
    if s > 0.01:
        eig[1:] = eig[1:] / s * s1
    now = np.sqrt((eig**2).sum())
    length = max(length ** v["lmult_pow"] + v["lmult_add"], 0) * v["lmult_mult"] * longest
    eig = np.minimum(eig / now * length, reach)
    return np.clip(vectors.T @ eig, 0, highest)


def test_colours_are_changed_along_their_axes():
    source = noise(2, 3, 4, 5).detach().abs().numpy()
    vectors = np.array([[0.51, 0.56, 0.65], [0.79, 0.01, -0.62], [0.35, -0.83, 0.44]])
    values = {name: 1.0 if name in NEUTRAL_ONE else 0.0 for name in NAMES}
    values.update(pow_nomean0=1.2, add_nomean1=0.05, mult_nomean2=0.9, pow_withmean0=0.9,
                  add_withmean1=0.02, mult_withmean1=1.1, col_angle=0.3, lmult_pow=1.1,
                  lmult_add=0.03, lmult_mult=0.95)
    given = {name: torch.full((2,), value, dtype=torch.float64) for name, value in values.items()}
    top = coefficients.in_eigenspace(torch.from_numpy(source), torch.from_numpy(source), given,
                                     torch.from_numpy(vectors), 2.0).numpy()
    for n, i, j in np.ndindex(2, 4, 5):
        expected = slow_eigen(source[n, :, i, j], source, vectors, values, 2.0)
        np.testing.assert_allclose(top[n, :, i, j], expected, rtol=1e-9, atol=1e-12)


def test_the_mean_of_the_first_forwards_is_subtracted_and_kept():
    layer = make("DataAugmentation", "augmentation_param { recompute_mean: 2 mean_per_pixel: true "
                 "}", (2, 3, 4, 5))
    for blob in layer.blobs:
        blob.zero_()
    batches = [noise(2, 3, 4, 5, seed=seed).detach() for seed in (1, 2, 3)]
    tops = [layer(batch) for batch in batches]
    means = [batch.mean(0) for batch in batches]
    np.testing.assert_allclose(tops[0], batches[0] - means[0], rtol=1e-9, atol=1e-12)
    both = (means[0] + means[1]) / 2
    np.testing.assert_allclose(tops[2], batches[2] - both, rtol=1e-9, atol=1e-12)
    assert layer.blobs[0].item() == 3
    np.testing.assert_allclose(layer.blobs[2].flatten(), both.mean((1, 2)), rtol=1e-9)


def test_draws_have_their_distributions_and_stay_in_the_image():
    param = """augmentation_param { crop_width: 6 crop_height: 5
        translate_x { spread: 0.9 } mirror { rand_type: "bernoulli" prob: 0.25 }
        gamma { rand_type: "uniform_bernoulli" exp: true mean: 0.2 spread: 0.1 prob: 0.5 }
        brightness { rand_type: "gaussian" mean: 1 spread: 2 } }"""
    layer = make("GenerateAugmentationParameters", param, (4000, 3, *FULL))
    rows = layer(torch.zeros(4000, 3, *FULL, dtype=torch.float64)).flatten(1)
    columns = dict(zip(NAMES, rows.unbind(1), strict=True))
    assert abs(columns["mirror"].mean() - 0.25) < 0.04
    drawn = columns["gamma"][columns["gamma"] != 0]
    assert 0.1 <= drawn.min() <= drawn.max() <= 0.3
    assert abs(len(drawn) - 2000) < 160
    brightness = columns["brightness"]
    assert abs(brightness.mean() - 1) < 0.16
    assert abs(brightness.std() - 2) < 0.16
    # corners are from -3 to 2 about the center 6, mirrored from -2 to 3, and moved by 6 dx: they
    # must be from 0 to below 11
    plain, turned = (columns["dx"][columns["mirror"] == mirrored] for mirrored in (0, 1))
    for dx, low, high in ((plain, -0.5, 0.5), (turned, -2 / 3, 1 / 3)):
        assert low <= dx.min() < low + 0.05
        assert high - 0.05 < dx.max() < high
    still = make("GenerateAugmentationParameters", param, (4, 3, *FULL), phase="TEST")
    assert not still(torch.zeros(4, 3, *FULL)).any()


@pytest.mark.parametrize("mode, dx, gamma", [("add", 0.3, 1.5), ("replace", 0.1, 0.5)])
def test_draws_are_added_to_given_coefficients_or_replace_them(mode, dx, gamma):
    given = rows_of(dx=0.2, angle=0.05, gamma=math.exp(1.0), contrast=1.2)
    param = f"""augmentation_param {{ mode: "{mode}" translate_x {{ mean: 0.1 }}
        gamma {{ exp: true mean: 0.5 }} }}"""
    rows = make("GenerateAugmentationParameters", param, (1, 42, 1, 1), (1, 3, *FULL),
                (1, 3, *CROP))(given, torch.zeros(1, 3, *FULL), torch.zeros(1, 3, *CROP))
    found = dict(zip(NAMES, rows.flatten().tolist(), strict=True))
    assert found["dx"] == pytest.approx(dx, rel=1e-6)
    assert found["gamma"] == pytest.approx(gamma, rel=1e-6)
    assert found["contrast"] == pytest.approx(math.log(1.2), rel=1e-6)
    assert found["angle"] == pytest.approx(0.05 if mode == "add" else 0)


def test_a_flow_leads_from_one_crop_to_the_other():
    flow = noise(1, 2, *FULL).detach()
    other = {"dx": -0.1, "angle": -0.2, "zoom_x": 1.1, "zoom_y": 1.3, "mirror": 1}
    param = "augmentation_param { crop_width: 6 crop_height: 5 }"
    top = make("FlowAugmentation", param, (1, 2, *FULL), (1, 42, 1, 1), (1, 42, 1, 1))(
        flow, rows_of(**MOVED), rows_of(**other))
    for i, j in np.ndindex(CROP):
        x, y = point(j, i, **MOVED)
        column = min(max(int(x + 0.5), 0), FULL[1] - 1)
        row = min(max(int(y + 0.5), 0), FULL[0] - 1)
        target = x + flow[0, 0, row, column].item(), y + flow[0, 1, row, column].item()
        back = point(j + top[0, 0, i, j].item(), i + top[0, 1, i, j].item(), **other)
        np.testing.assert_allclose(back, target, rtol=1e-9)


@pytest.mark.parametrize("kind, param, shapes, words", [
    ("DataAugmentation", "crop_width: 13 crop_height: 5", ((1, 3, *FULL),), "crop_width is 13"),
    ("DataAugmentation", 'gamma { rand_type: "normal" }', ((1, 3, *FULL),), "it must be one of"),
    ("DataAugmentation", "gamma { spread: 1 }", ((1, 2, *FULL),), "other than 3 channels"),
    ("DataAugmentation", "col_add { spread: 1 }", ((1, 3, *FULL),), "there must be 9 numbers"),
    ("DataAugmentation", "", ((1, 3, *FULL), (1, 7, 1, 1)), "must hold 42 coefficients"),
    ("GenerateAugmentationParameters", "", ((1, 3, *FULL),), "crop_height is 0"),
    ("GenerateAugmentationParameters", 'crop_width: 2 crop_height: 2 bottomwidth: 4 bottomheight: '
     '4 mode: "set"', ((1, 42, 1, 1),), "is 'set'; it must be add, replace or"),
    ("FlowAugmentation", "crop_width: 6", ((1, 2, *FULL),) + ((1, 42, 1, 1),) * 2, "height is 0"),
])
def test_settings_that_do_not_fit_are_refused(kind, param, shapes, words):
    with pytest.raises(SpecError, match=words):
        make(kind, f"augmentation_param {{ {param} }}", *shapes)


def test_a_schedule_has_a_half_life():
    with pytest.raises(SpecError, match="coeff_schedule_param.half_life is 0; it must be above 0"):
        make("DataAugmentation", "augmentation_param { } coeff_schedule_param { half_life: 0 }",
             (1, 3, *FULL))
