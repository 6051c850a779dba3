"""PriorBox against a loop over cells, sizes and ratios."""

import math

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import check_layer, make

FEATURES, IMAGE = (2, 3, 3, 5), (2, 3, 61, 90)


def by_loop(height, width, image_height, image_width, min_sizes, max_sizes=(), ratios=(),
            flip=True, step=None, offset=0.5, clip=False):
    """Corners (boxes * 4,) by the definition."""
    listed = [1.0]
    for ratio in ratios:
        if ratio not in listed:
            listed += [ratio, 1 / ratio] if flip else [ratio]
    step_y, step_x = step or (image_height / height, image_width / width)
    corners = []
    for y in range(height):
        for x in range(width):
            for index, low in enumerate(int(size) for size in min_sizes):
                boxes = [(low, low)]
                if max_sizes:
                    boxes.append((math.sqrt(low * int(max_sizes[index])),) * 2)
                boxes += [(low * math.sqrt(r), low / math.sqrt(r)) for r in listed if r != 1]
                for w, h in boxes:
                    middle_x, middle_y = (x + offset) * step_x, (y + offset) * step_y
                    corners += [(middle_x - w / 2) / image_width, (middle_y - h / 2) / image_height,
                                (middle_x + w / 2) / image_width, (middle_y + h / 2) / image_height]
    return np.clip(corners, 0, 1) if clip else np.array(corners)


@pytest.mark.parametrize("text, how", [
    ("min_size: 20", {"min_sizes": [20]}),
    ("min_size: 20.9 max_size: 37.7", {"min_sizes": [20], "max_sizes": [37]}),
    ("min_size: 12 min_size: 25 max_size: 30 max_size: 44 aspect_ratio: 2 aspect_ratio: 3",
     {"min_sizes": [12, 25], "max_sizes": [30, 44], "ratios": [2, 3]}),
    ("min_size: 20 aspect_ratio: 2 aspect_ratio: 0.5 aspect_ratio: 1 aspect_ratio: 2",
     {"min_sizes": [20], "ratios": [2]}),
    ("min_size: 20 aspect_ratio: 2 aspect_ratio: 0.5 flip: false",
     {"min_sizes": [20], "ratios": [2, 0.5], "flip": False}),
    ("min_size: 20 step: 16", {"min_sizes": [20], "step": (16, 16)}),
    ("min_size: 20 step_h: 16 step_w: 11.5", {"min_sizes": [20], "step": (16, 11.5)}),
    ("min_size: 20 offset: 0.25", {"min_sizes": [20], "offset": 0.25}),
    ("min_size: 70 clip: true", {"min_sizes": [70], "clip": True}),
])
def test_boxes_follow_the_definition(text, how):
    layer = make("PriorBox", text, FEATURES, IMAGE)

    top = layer(torch.zeros(FEATURES), torch.zeros(IMAGE))

    expected = by_loop(3, 5, 61, 90, **how)
    assert top.shape == (1, 2, len(expected)) and top.dtype == torch.float32
    np.testing.assert_allclose(top[0, 0], expected, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(top[0, 1], 0.1, rtol=1e-6)


@pytest.mark.parametrize("ratios, listed", [("", [1.0]), ("aspect_ratio: 2", [1.0, 2.0, 0.5])])
def test_boxes_of_fixed_sizes_are_spread_over_their_size_and_cut_at_the_edges(ratios, listed):
    text = f"fixed_size: 33 density: 3 fixed_size: 12.5 density: 1 step: 16 {ratios}"
    layer = make("PriorBox", text, FEATURES, IMAGE)
    corners = []
    for y, x in np.ndindex(3, 5):
        for side, count in ((33, 3), (12.5, 1)):
            step = int(side / count)
            for ratio in listed:
                width = int(side) if ratio == 1 else side * math.sqrt(ratio)
                height = int(side) if ratio == 1 else side / math.sqrt(ratio)
                for row, column in np.ndindex(count, count):
                    middle_x = (x + 0.5) * 16 - int(side) // 2 + step / 2 + column * step
                    middle_y = (y + 0.5) * 16 - int(side) // 2 + step / 2 + row * step
                    corners += [max((middle_x - width / 2) / 90, 0),
                                max((middle_y - height / 2) / 61, 0),
                                min((middle_x + width / 2) / 90, 1),
                                min((middle_y + height / 2) / 61, 1)]
    found = layer(torch.zeros(FEATURES), torch.zeros(IMAGE))[0, 0]
    np.testing.assert_allclose(found.numpy(), corners, rtol=1e-6, atol=1e-7)
    assert layer.top_shapes(FEATURES, IMAGE) == [(1, 2, len(corners))]
    check_layer(layer, torch.zeros(FEATURES, dtype=torch.float64),
                torch.zeros(IMAGE, dtype=torch.float64))


def test_boxes_of_traffic_lights_are_at_several_places_of_a_cell_and_never_square():
    """julimueller/tl_ssd: for each place, x first, each size and ratio; sizes are cut."""
    layer = make("PriorBox", "min_size: 7.9 min_size: 10 aspect_ratio: 0.3 aspect_ratio: 2 flip: "
                 "false offset_w: 0.25 offset_w: 0.75 offset_h: 0.5 offset_h: 1", FEATURES, IMAGE)
    expected = []
    for y in range(3):
        for x in range(5):
            for right in (0.25, 0.75):
                for down in (0.5, 1):
                    for size in (7, 10):
                        for ratio in (0.3, 2):
                            w, h = size * math.sqrt(ratio), size / math.sqrt(ratio)
                            middle_x, middle_y = (x + right) * 18, (y + down) * 61 / 3
                            expected += [(middle_x - w / 2) / 90, (middle_y - h / 2) / 61,
                                         (middle_x + w / 2) / 90, (middle_y + h / 2) / 61]
    top = layer(torch.zeros(FEATURES), torch.zeros(IMAGE))
    assert top.shape == (1, 2, len(expected))
    np.testing.assert_allclose(top[0, 0], expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("text, message", [
    ("min_size: 9 aspect_ratio: 2 offset_w: 0.5", "offset_w and offset_h are .0.5. and ..; each"),
    ("min_size: 9 aspect_ratio: 2 offset_w: 0.5 offset_h: 1.5", "from 0 to 1"),
    ("min_size: 9 offset_w: 0.5 offset_h: 0.5", "aspect_ratio is .*; with offset_w there must be"),
    ("min_size: 9 aspect_ratio: 1 offset_w: 0.5 offset_h: 0.5", "there must be one, and none of 1"),
    ("min_size: 0.5 aspect_ratio: 2 offset_w: 0.5 offset_h: 0.5", "all from 1 on and finite"),
    ("min_size: 9 max_size: 12 aspect_ratio: 2 offset_w: 0.5 offset_h: 0.5",
     "max_size has no effect in PriorBox with offset_w"),
])
def test_places_need_both_axes_and_ratios(text, message):
    with pytest.raises(SpecError, match=message):
        make("PriorBox", text, FEATURES, IMAGE)


def test_clustered_boxes_have_the_given_widths_and_heights():
    layer = make("PriorBoxClustered", "prior_box_param { width: 9.5 height: 12 width: 20.25 "
                 "height: 6 step: 16 offset: 0.25 clip: true }", FEATURES, IMAGE)
    top = layer(torch.zeros(FEATURES), torch.zeros(IMAGE)).numpy()
    expected = []
    for y in range(3):
        for x in range(5):
            for w, h in ((9.5, 12), (20.25, 6)):
                middle_x, middle_y = (x + 0.25) * 16, (y + 0.25) * 16
                expected += [(middle_x - w / 2) / 90, (middle_y - h / 2) / 61,
                             (middle_x + w / 2) / 90, (middle_y + h / 2) / 61]
    np.testing.assert_allclose(top[0, 0], np.clip(expected, 0, 1), rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(top[0, 1], 0.1, rtol=1e-6)


@pytest.mark.parametrize("kind, text, message", [
    ("PriorBoxClustered", "width: 3", r"width and height are \[3.0\] and \[\]"),
    ("PriorBoxClustered", "width: 3 height: 0", "all above 0 and finite"),
    ("PriorBoxClustered", "width: 3 height: 4 min_size: 5", "min_size has no effect in PriorBoxCl"),
    ("PriorBox", "min_size: 5 width: 3", "width has no effect in PriorBox; the boxes of PriorBoxC"),
])
def test_sizes_of_the_other_kind_of_boxes_are_refused(kind, text, message):
    with pytest.raises(SpecError, match=message):
        make(kind, f"prior_box_param {{ {text} }}", FEATURES, IMAGE)


@pytest.mark.parametrize("text, size", [("img_size: 50", (50, 50)), ("img_h: 70 img_w: 120",
                                                                   (70, 120))])
def test_a_given_image_size_replaces_the_second_bottoms(text, size):
    layer = make("PriorBox", f"min_size: 20 {text}", FEATURES, IMAGE)

    top = layer(torch.zeros(FEATURES), torch.zeros(IMAGE))

    np.testing.assert_allclose(top[0, 0], by_loop(3, 5, *size, [20]), rtol=1e-6, atol=1e-7)


def test_four_variances_repeat_for_every_box():
    layer = make("PriorBox", "min_size: 9 aspect_ratio: 2 variance: 0.1 variance: 0.2 "
                 "variance: 0.3 variance: 0.4", FEATURES, IMAGE)

    variances = layer(torch.zeros(FEATURES), torch.zeros(IMAGE))[0, 1].view(-1, 4)

    assert variances.shape == (45, 4)
    np.testing.assert_allclose(variances, [[0.1, 0.2, 0.3, 0.4]] * 45, rtol=1e-6)


def test_boxes_are_computed_once_for_a_pair_of_sizes_and_anew_for_another():
    layer = make("PriorBox", "min_size: 20", FEATURES, IMAGE)
    first = layer(torch.zeros(FEATURES), torch.zeros(IMAGE))

    other = layer(torch.zeros(1, 1, 2, 7), torch.zeros(1, 1, 30, 40))

    np.testing.assert_allclose(other[0, 0], by_loop(2, 7, 30, 40, [20]), rtol=1e-6, atol=1e-7)
    assert layer(torch.ones(FEATURES), torch.ones(IMAGE)) is first


def test_half_precision_features_have_single_precision_boxes():
    layer = make("PriorBox", "min_size: 20", FEATURES, IMAGE)

    top = layer(torch.zeros(FEATURES, dtype=torch.bfloat16), torch.zeros(IMAGE))

    assert top.dtype == torch.float32


def test_boxes_made_in_inference_mode_serve_training():
    layer = make("PriorBox", "min_size: 20", FEATURES, IMAGE)
    with torch.inference_mode():
        layer(torch.zeros(FEATURES), torch.zeros(IMAGE))

    top = layer(torch.zeros(FEATURES), torch.zeros(IMAGE))

    scale = torch.ones(1, requires_grad=True)
    (top * scale).sum().backward()
    assert scale.grad is not None


def test_the_net_may_compile_export_and_run_in_half_precision():
    layer = make("PriorBox", "min_size: 20 max_size: 31 aspect_ratio: 2 clip: true", FEATURES,
                 IMAGE)
    check_layer(layer, torch.zeros(FEATURES, dtype=torch.float64),
                torch.zeros(IMAGE, dtype=torch.float64))


@pytest.mark.parametrize("text, message", [
    ("step: 3", "min_size is not given; at least one must be given"),
    ("min_size: 0", r"min_size is \[0.0\]"),
    ("min_size: 3 min_size: 4 max_size: 5", "max_size is given 1 times; it must be as often as"),
    ("min_size: 3 max_size: 3", "max_size is 3; it must be greater than its min_size, 3"),
    ("min_size: 3 variance: 0.1 variance: 0.2", "variance is .*; it must be one number or four"),
    ("min_size: 3 variance: 0", "variance is .*all above 0"),
    ("min_size: 3 aspect_ratio: 0", "aspect_ratio is 0; it must be above 0"),
    ("min_size: 3 img_size: 9 img_h: 4", "img_size is given besides img_h"),
    ("min_size: 3 img_h: 4", "img_w is 0; it must be given and above 0"),
    ("min_size: 3 step: 9 step_w: 4", "step is given besides step_w"),
    ("min_size: 3 step_w: 4", "step_h is 0; it must be given and above 0"),
    ("min_size: 3 step: 0", "step is 0; it must be given and above 0"),
    ("fixed_size: 9", r"fixed_size and density are \[9.0\] and \[\]; there must be as many"),
    ("fixed_size: 9 density: 0", "densities above 0"),
    ("fixed_size: 9 density: 1 min_size: 3", "min_size has no effect in PriorBox with fixed_size"),
    ("min_size: 3 density: 2", "density has no effect in PriorBox without fixed_size"),
])
def test_wrong_fields_are_errors_that_name_them(text, message):
    with pytest.raises(SpecError, match=message):
        make("PriorBox", text, FEATURES, IMAGE)


def test_boxes_in_tensorflows_order_have_the_larger_square_last():
    """min_size 60: its square is 0.05 of the image smaller on each side; that of 40 and 90, whose
    side is 60 too, is not. With yx_order each corner has its row first."""
    sizes = "min_size: 60 min_size: 40 max_size: 80 max_size: 90 aspect_ratio: 2"
    layer = make("PriorBox", f"{sizes} tf: true", FEATURES, IMAGE)
    found = layer(torch.zeros(FEATURES), torch.zeros(IMAGE))[0, 0].reshape(3, 5, 8, 4).numpy()
    usual = by_loop(3, 5, 61, 90, [60, 40], [80, 90], [2]).reshape(3, 5, 8, 4)
    usual[:, :, 0] += [0.05, 0.05, -0.05, -0.05]
    order = [0, 2, 3, 1, 4, 6, 7, 5]        # of each four: square, larger square, two oblong
    np.testing.assert_allclose(found, usual[:, :, order], rtol=1e-6, atol=1e-7)

    layer = make("PriorBox", f"{sizes} tf: true yx_order: true", FEATURES, IMAGE)
    swapped = layer(torch.zeros(FEATURES), torch.zeros(IMAGE))[0, 0].reshape(3, 5, 8, 4).numpy()
    np.testing.assert_array_equal(swapped, found[..., [1, 0, 3, 2]])
    with pytest.raises(SpecError, match="prior_box_param.tf is true, which goes with min_size"):
        make("PriorBox", "fixed_size: 20 density: 1 tf: true", FEATURES, IMAGE)
