"""Random choices follow their definitions: position, scale, overlap, colour shift, resizing."""

import math

import numpy as np
import pytest

from framework.data.augment.distortion import draw_distortion
from framework.data.augment.draws import Draws, Stream
from framework.data.augment.geometry import Rectangle, areas, intersections
from framework.data.augment.resizing import draw_interpolation
from framework.data.augment.sampler import BatchSamplers
from framework.data.augment.steps import Sample, run
from framework.data.loading.order import Order
from framework.data.records.images import DecodedImage
from framework.data.records.records import Record
from framework.definition import prototxt
from tests.data.augment.test_transform import boxes_of, transformer
from tests.data.making import annotated_net, good_records, image, make_source, write_database

RUNS = 2000


def is_uniform(values, low, high, limit=1.95):
    """Kolmogorov and Smirnov's test at 0.1 %: the largest gap to the straight line."""
    values = (np.sort(np.asarray(values)) - low) / (high - low)
    assert values[0] >= 0 and values[-1] <= 1
    steps = np.arange(len(values) + 1) / len(values)
    gap = max(np.abs(values - steps[1:]).max(), np.abs(values - steps[:-1]).max())
    return gap * math.sqrt(len(values)) < limit


def is_share(count, runs, probability):
    """Within four standard deviations of a binomial number."""
    return abs(count - runs * probability) < 4 * math.sqrt(runs * probability * (1 - probability)) \
        + 1e-9


def samplers(*texts):
    return BatchSamplers([prototxt.parse(text, "BatchSampler").message for text in texts])


def windows(sampler, corners, runs=RUNS):
    corners = np.array(corners, np.float32).reshape(-1, 4)
    return [sampler.draw(corners, Draws(1, position)) for position in range(runs)]


def test_scale_is_uniform_and_windows_lie_anywhere_inside():
    drawn = np.stack(windows(samplers("sampler { min_scale: 0.3 max_scale: 0.7 } max_sample: 1"),
                             []))
    width, height = (drawn[:, 2:] - drawn[:, :2]).T
    np.testing.assert_allclose(width, height, rtol=1e-5)
    assert is_uniform(width, 0.3 - 1e-6, 0.7 + 1e-6)
    assert is_uniform(drawn[:, 0] / (1 - width), 0, 1)
    assert is_uniform(drawn[:, 1] / (1 - height), 0, 1)


def test_aspect_ratio_is_uniform_where_the_scale_allows_all_of_it():
    drawn = np.stack(windows(samplers("sampler { min_scale: 0.4 max_scale: 0.4 "
                                      "min_aspect_ratio: 0.5 max_aspect_ratio: 2 } max_sample: 1"),
                             []))
    width, height = (drawn[:, 2:] - drawn[:, :2]).T
    assert is_uniform(width / height, 0.5 - 1e-5, 2 + 1e-5)
    np.testing.assert_allclose(width * height, 0.16, rtol=1e-4)


def test_aspect_ratio_is_cut_so_that_the_window_fits():
    drawn = np.stack(windows(samplers("sampler { min_scale: 0.9 max_scale: 0.9 "
                                      "min_aspect_ratio: 0.5 max_aspect_ratio: 2 } max_sample: 1"),
                             [], 500))
    width, height = (drawn[:, 2:] - drawn[:, :2]).T
    ratio = width / height
    assert ratio.min() == pytest.approx(0.81, rel=1e-4)
    assert ratio.max() == pytest.approx(1 / 0.81, rel=1e-4)
    assert (ratio < 0.8101).mean() == pytest.approx((0.81 - 0.5) / 1.5, abs=0.06)


BOXES = [(0.1, 0.2, 0.5, 0.6), (0.55, 0.1, 0.95, 0.8), (0.4, 0.7, 0.6, 0.9)]
MEASURES = {
    "jaccard_overlap": lambda shared, box, window: shared / (box + window - shared),
    "sample_coverage": lambda shared, box, window: shared / window,
    "object_coverage": lambda shared, box, window: shared / box,
}


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("low, high", [(0.3, None), (None, 0.4), (0.2, 0.5)])
def test_a_constraint_is_met_by_some_box_and_no_chance_is_lost(measure, low, high):
    bounds = f"min_{measure}: {low} " if low is not None else ""
    bounds += f"max_{measure}: {high}" if high is not None else ""
    sizes = "sampler { min_scale: 0.3 max_scale: 1 min_aspect_ratio: 0.5 max_aspect_ratio: 2 }"
    free = np.stack(windows(samplers(f"{sizes} max_sample: 1"), BOXES))
    corners = np.array(BOXES, np.float32)

    def meets(window):
        share = MEASURES[measure](intersections(corners, window), areas(corners), areas(window))
        return ((share >= (low or 0)) & (share <= (high if high is not None else 1))).any()

    bounded = windows(samplers(f"{sizes} sample_constraint {{ {bounds} }} max_sample: 1 "
                               "max_trials: 1"), BOXES)
    kept = [window for window in bounded if window is not None]
    assert kept and all(meets(window) for window in kept)
    share = np.mean([meets(window) for window in free])
    assert abs(len(kept) / RUNS - share) < 4 * math.sqrt(2 * share * (1 - share) / RUNS) + 0.005
    many = windows(samplers(f"{sizes} sample_constraint {{ {bounds} }} max_sample: 1 "
                            "max_trials: 8"), BOXES)
    found = sum(window is not None for window in many)
    expected = 1 - (1 - share) ** 8
    assert abs(found / RUNS - expected) < 0.06


def test_all_parts_of_a_constraint_hold_for_one_box():
    sampler = samplers("sampler { min_scale: 0.1 max_scale: 1 } max_sample: 1 sample_constraint { "
                       "min_jaccard_overlap: 0.2 min_object_coverage: 0.9 }")
    corners = np.array(BOXES, np.float32)
    kept = [window for window in windows(sampler, BOXES, 1000) if window is not None]
    assert len(kept) > 900
    for window in kept:
        shared = intersections(corners, window)
        jaccard = shared / (areas(corners) + areas(window) - shared)
        assert ((jaccard >= 0.2) & (shared / areas(corners) >= 0.9)).any()


def test_one_of_the_samples_found_is_taken_each_as_likely():
    """Three samplers find 1, 2 and 4 windows of sizes that tell them apart."""
    sampler = samplers(*(
        f"sampler {{ min_scale: {scale} max_scale: {scale} }} max_sample: {count}"
        for scale, count in ((0.2, 1), (0.4, 2), (0.6, 4))))
    drawn = np.stack(windows(sampler, []))
    width = np.round(drawn[:, 2] - drawn[:, 0], 2)
    for scale, share in ((0.2, 1 / 7), (0.4, 2 / 7), (0.6, 4 / 7)):
        assert is_share((width == scale).sum(), RUNS, share)


def test_a_sampler_that_finds_nothing_leaves_the_whole_image():
    sampler = samplers("sampler { min_scale: 0.1 max_scale: 0.1 } max_sample: 1 "
                       "sample_constraint { min_jaccard_overlap: 0.9 }")
    assert set(windows(sampler, BOXES, 50)) == {None}
    assert set(windows(samplers("use_original_image: false max_sample: 1"), BOXES, 5)) == {None}


def test_expansion_is_uniform_in_ratio_and_position():
    transform = transformer("expand_param { prob: 0.4 max_expand_ratio: 4 } "
                            "resize_param { height: 9 width: 9 }")
    views = []
    for position in range(RUNS):
        sample = Sample(None, Rectangle(0, 0, 1000, 800))
        view = run(transform.view_steps, sample, Draws(2, position)).view
        if view != Rectangle(0, 0, 1000, 800):
            views.append((view.x, view.y, view.width, view.height))
    assert is_share(len(views), RUNS, 0.4)
    x, y, width, height = np.array(views).T
    assert is_uniform(width / 1000, 0.999, 4)
    np.testing.assert_allclose(height / 800, width / 1000, atol=0.003)
    assert is_uniform(-x / np.maximum(width - 1000, 1), 0, 1.001)
    assert is_uniform(-y / np.maximum(height - 800, 1), 0, 1.001)


def test_colour_shifts_are_uniform_and_as_likely_as_told():
    param = prototxt.parse("brightness_prob: 0.5 brightness_delta: 32 contrast_prob: 0.3 "
                           "contrast_lower: 0.5 contrast_upper: 1.5 hue_prob: 0.7 hue_delta: 18 "
                           "saturation_prob: 0.2 saturation_lower: 0.6 saturation_upper: 1.4 "
                           "random_order_prob: 0.6", "DistortionParameter").message
    drawn = [draw_distortion(param, Draws(3, position)) for position in range(RUNS)]
    for name, probability, low, high in (("brightness", 0.5, -32, 32), ("hue", 0.7, -18, 18),
                                         ("saturation", 0.2, 0.6, 1.4)):
        values = [getattr(one, name) for one in drawn if getattr(one, name) is not None]
        assert is_share(len(values), RUNS, probability), name
        assert is_uniform(values, low - 1e-6, high + 1e-6), name
    contrast = [one.contrast for one in drawn if one.contrast is not None]
    assert is_share(len(contrast), RUNS, 0.3 * 0.998)
    assert is_uniform(contrast, 0.5, 1.5)
    assert is_share(sum(one.contrast_first for one in drawn), RUNS, 0.5)
    orders = [one.channels for one in drawn if one.channels is not None]
    assert is_share(len(orders), RUNS, 0.6)
    for order in {(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)}:
        assert is_share(orders.count(order), len(orders), 1 / 6)


RANGES = ("brightness_delta: 32 contrast_lower: 0.5 contrast_upper: 1.5 hue_delta: 18 "
          "saturation_lower: 0.6 saturation_upper: 1.4 ")
DRAWN = {"brightness": "brightness", "contrast": "contrast", "hue": "hue",
         "saturation": "saturation", "random_order": "channels"}


@pytest.mark.parametrize("flags, made", [
    ("prob: 0.4 brightness: true hue: true", {"brightness", "hue"}),
    ("prob: 0.4 all_effects: true", set(DRAWN)), ("prob: 0.4", set()),
    ("brightness: true all_effects: true", set()),
])
def test_changes_of_deepdetects_form_have_one_probability(flags, made):
    param = prototxt.parse(RANGES + flags, "DistortionParameter").message
    drawn = [draw_distortion(param, Draws(3, position)) for position in range(RUNS)]
    for name, field in DRAWN.items():
        share = sum(getattr(one, field) is not None for one in drawn)
        assert is_share(share, RUNS, 0.4 if name in made else 0), name


def test_the_mean_colour_moves_as_the_brightness_says():
    transform = transformer("distort_param { brightness_prob: 1 brightness_delta: 32 }")
    grey = np.full((8, 64, 3), 128, np.uint8)
    found = [int(transform(Record(DecodedImage(grey), None, 0), Draws(4, position))[0].mean())
             for position in range(1000)]
    assert is_uniform(np.array(found) + np.random.default_rng(0).uniform(-0.5, 0.5, 1000),
                      95.49, 160.51)


def test_each_interpolation_is_as_likely():
    param = prototxt.parse("height: 5 width: 5 interp_mode: LINEAR interp_mode: AREA "
                           "interp_mode: NEAREST interp_mode: CUBIC interp_mode: LANCZOS4",
                           "ResizeParameter").message
    drawn = [draw_interpolation(param, Draws(5, position)) for position in range(RUNS)]
    assert sorted(set(drawn)) == [0, 1, 2, 3, 4]
    assert all(is_share(drawn.count(mode), RUNS, 0.2) for mode in range(5))


def test_half_of_the_images_are_mirrored_with_their_boxes():
    transform = transformer("mirror: true")
    pixels = image(1, 20, 30)
    mirrored = 0
    for position in range(1000):
        found, boxes = transform(Record(DecodedImage(pixels), boxes_of((0.1, 0.2, 0.3, 0.9)), 0),
                                 Draws(6, position))
        if np.array_equal(found, pixels):
            np.testing.assert_array_equal(boxes[0, 2:6], np.float32([0.1, 0.2, 0.3, 0.9]))
        else:
            np.testing.assert_array_equal(found, pixels[:, ::-1])
            np.testing.assert_allclose(boxes[0, 2:6], [0.7, 0.2, 0.9, 0.9], rtol=1e-6)
            mirrored += 1
    assert is_share(mirrored, 1000, 0.5)


def test_streams_seeds_and_positions_give_other_numbers():
    keys = [(seed, position, stream) for seed in (0, 1, -1, 2 ** 63) for position in (0, 1, 2 ** 40)
            for stream in (Stream.RECORD, Stream.ORDER)]
    drawn = {Draws(*key).uniform(0, 1) for key in keys}
    assert len(drawn) == len(keys)
    assert Draws(7, 8).uniform(0, 1) == Draws(7, 8).uniform(0, 1)


def test_draws_that_go_to_a_position_are_those_made_there():
    moved = Draws(-3, 5)
    for position in (9, 2 ** 63, 0, 9, 2 ** 64 + 4):
        moved.go_to(position)
        made = Draws(-3, position)
        for draws in (moved, made):
            draws.chance(0.5)
        odd = [draws.generator.random((3, 5), np.float32) for draws in (moved, made)]
        np.testing.assert_array_equal(*odd)        # half of a number of 64 bits is left over
        assert moved.uniform(2, 7) == made.uniform(2, 7)
    order = Draws(4, 1, Stream.ORDER).generator.permutation(20)
    np.testing.assert_array_equal(
        Draws(4, 8, Stream.ORDER).go_to(1).generator.permutation(20), order)


def test_a_shuffled_order_is_another_in_every_pass_and_for_every_seed():
    passes = {tuple(Order(30, seed, shuffle=True).record(30 * epoch + place)
                    for place in range(30)) for seed in range(3) for epoch in range(4)}
    assert len(passes) == 12
    assert all(sorted(order) == list(range(30)) for order in passes)


def test_augmentation_changes_from_pass_to_pass(tmp_path):
    path = write_database(tmp_path / "lmdb", good_records(2))
    source = make_source(annotated_net(path, 2, "", "batch_sampler { max_sample: 1 sampler { "
                                       "min_scale: 0.5 max_scale: 0.9 } }") .replace(
        "transform_param {", "transform_param { resize_param { height: 8 width: 8 }"))
    batches = source.batches()
    first, second = next(batches), next(batches)
    batches.close()
    assert not np.array_equal(first[0], second[0])
