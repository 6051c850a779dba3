"""Augmentation against its definition: the plain order of Caffe, step by step, in OpenCV."""

import itertools

import cv2
import numpy as np
import pytest

from framework.data.augment.canvas import Canvas
from framework.data.augment.distortion import Distortion
from framework.data.augment.draws import Draws
from framework.data.augment.fast_resize import can_resample, resample
from framework.data.augment.geometry import Rectangle
from framework.data.augment.mean import Mean
from framework.data.augment.planes import as_pixels, mirrored, planes_of, whole
from framework.data.augment.steps import Sample, run
from framework.data.augment.transform import Transformer
from framework.data.records.boxes import CORNERS
from framework.data.records.image_size import LIMIT
from framework.data.records.images import DecodedImage
from framework.data.records.records import BadRecord, Record
from framework.definition import prototxt
from tests.data.making import image

INTERPOLATIONS = {"LINEAR": 1, "AREA": 3, "NEAREST": 0, "CUBIC": 2, "LANCZOS4": 4}
DISTORT = """distort_param { brightness_prob: 0.5 brightness_delta: 32 contrast_prob: 0.5
    contrast_lower: 0.5 contrast_upper: 1.5 hue_prob: 0.5 hue_delta: 18 saturation_prob: 0.5
    saturation_lower: 0.5 saturation_upper: 1.5 random_order_prob: 0.2 }"""
SAMPLERS = ["max_sample: 1 max_trials: 1"] + [
    f"sampler {{ min_scale: 0.3 max_scale: 1 min_aspect_ratio: 0.5 max_aspect_ratio: 2 }} "
    f"sample_constraint {{ {bound} }} max_sample: 1 max_trials: 50"
    for bound in ("min_jaccard_overlap: 0.1", "min_jaccard_overlap: 0.5",
                  "max_jaccard_overlap: 1.0")]


def transformer(text, is_train=True, samplers=(), mean=(104.0, 117.0, 123.0)):
    messages = [prototxt.parse(sampler, "BatchSampler").message for sampler in samplers]
    param = prototxt.parse(text, "TransformationParameter").message
    return Transformer(param, is_train, Mean(mean), messages)


def boxes_of(*corners, label=1):
    rows = [(label, index, *four, 0) for index, four in enumerate(corners)]
    return np.array(rows, np.float32).reshape(-1, 7)


def in_plain_order(transform, pixels, draws, mode):
    """The image as Caffe makes it: each step on the whole image. Draws in our own order."""
    param = transform.param
    sample = Sample(boxes_of((0, 0, 1, 1)), Rectangle(0, 0, pixels.shape[1], pixels.shape[0]))
    view = run(transform.view_steps, sample, draws).view
    pixels = distorted(pixels, sample.changes)
    border = [max(-view.y, 0), max(view.y + view.height - pixels.shape[0], 0),
              max(-view.x, 0), max(view.x + view.width - pixels.shape[1], 0)]
    grown = cv2.copyMakeBorder(pixels, *border, cv2.BORDER_CONSTANT, value=(104, 117, 123))
    y, x = max(view.y, 0), max(view.x, 0)
    cut = grown[y:y + view.height, x:x + view.width]
    resized = cv2.resize(cut, (param.resize_param.width, param.resize_param.height),
                         interpolation=mode)
    return resized[:, ::-1] if draws.below(2) else resized


def hsv_to_bgr(hsv):
    """OpenCV's plain form by its formula in float32: six sectors of hue, each product rounded."""
    hue, saturation, value = (hsv[..., plane].astype(np.float32) for plane in range(3))
    hue, saturation = hue * np.float32(6 / 180), saturation * np.float32(1 / 255)
    value = value * np.float32(1 / 255)
    sector = np.floor(hue)
    part, sector = hue - sector, sector.astype(int) % 6
    one = np.float32(1)
    levels = np.stack([value, value * (one - saturation), value * (one - saturation * part),
                       value * (one - saturation * (one - part))])
    levels = np.rint(levels * np.float32(255)).astype(np.uint8)
    order = np.array([[1, 3, 0], [1, 0, 2], [3, 0, 1], [0, 2, 1], [0, 1, 3], [2, 1, 0]])[sector]
    return np.take_along_axis(levels, np.moveaxis(order, -1, 0), 0).transpose(1, 2, 0)


def test_the_way_back_from_hsv_is_opencvs_but_for_fused_roundings():
    hsv = np.moveaxis(np.indices((180, 256, 256), np.uint8), 0, -1).reshape(180 * 256, 256, 3)
    # One column: groups of 32 pixels of a row go through OpenCV's vector form, which differs more.
    theirs = cv2.cvtColor(hsv.reshape(-1, 1, 3), cv2.COLOR_HSV2BGR).reshape(hsv.shape)
    difference = np.abs(hsv_to_bgr(hsv).astype(int) - theirs)
    assert difference.max() <= 1 and np.count_nonzero(difference) < difference.size / 50_000


def distorted(pixels, changes):
    """distort_param by the definition: convertTo on planes of float, saved in bytes each time."""
    def to_bytes(values):
        return np.clip(np.rint(values), 0, 255).astype(np.uint8)

    def in_hsv(pixels, plane, change):
        hsv = cv2.cvtColor(pixels, cv2.COLOR_BGR2HSV)
        hsv[..., plane] = to_bytes(change(hsv[..., plane].astype(np.float32)))
        return hsv_to_bgr(hsv)

    if changes.brightness is not None:
        pixels = to_bytes(pixels + np.float32(changes.brightness))
    steps = ["contrast", "saturation", "hue"] if changes.contrast_first else \
        ["saturation", "hue", "contrast"]
    for step in steps:
        value = getattr(changes, step)
        if value is None:
            continue
        value = np.float32(value)
        if step == "contrast":
            pixels = to_bytes(pixels.astype(np.float32) * value)
        elif step == "saturation":
            pixels = in_hsv(pixels, 1, lambda plane, value=value: plane * value)
        else:
            pixels = in_hsv(pixels, 0, lambda plane, value=value: plane + value)
    return pixels if changes.channels is None else pixels[..., changes.channels]


@pytest.mark.parametrize("name", INTERPOLATIONS)
def test_the_image_is_that_of_the_plain_order(name):
    transform = transformer(
        f"mirror: true {DISTORT} resize_param {{ height: 60 width: 76 interp_mode: {name} }} "
        "expand_param { prob: 0.6 max_expand_ratio: 4 }", samplers=SAMPLERS)
    cv2.ipp.setUseIPP(name != "CUBIC")
    try:
        for seed in range(60):
            pixels = image(seed, 120, 151)
            expected = in_plain_order(transform, pixels, Draws(seed, 7), INTERPOLATIONS[name])
            found, _ = transform(Record(DecodedImage(pixels.copy()), boxes_of((0, 0, 1, 1)), 0),
                                 Draws(seed, 7))
            if name == "CUBIC":    # OpenCV rounds a half to even in vectors, up after them
                difference = np.abs(found.astype(int) - expected)
                assert difference.max() <= 1 and np.count_nonzero(difference) <= 20
            else:
                np.testing.assert_array_equal(found, expected, err_msg=f"seed {seed}")
    finally:
        cv2.ipp.setUseIPP(True)


@pytest.mark.parametrize("mode", [cv2.INTER_LANCZOS4, cv2.INTER_AREA, cv2.INTER_CUBIC])
@pytest.mark.parametrize("seed", range(25))
def test_a_image_is_resampled_as_with_its_ground(mode, seed):
    random = np.random.default_rng(seed)
    height, width = (int(value) for value in random.integers(1, 120, 2))
    view = Rectangle(0, 0, int(random.integers(max(width, 41), 400)),
                     int(random.integers(max(height, 53), 400)))
    place = Rectangle(int(random.integers(0, view.width - width + 1)) * (seed % 3 > 0),
                      int(random.integers(0, view.height - height + 1)), width, height)
    if seed % 5 == 0:
        place = view
    small = random.integers(0, 256, (place.height, place.width, 3), dtype=np.uint8)
    fill = (255.0, 0.0, 123.0)
    if not can_resample(view.width, view.height, 37, 51, mode):
        pytest.skip("OpenCV's own way is used here")
    ground = Canvas().paste(small, place.x, place.y, view.width, view.height, fill)
    cv2.ipp.setUseIPP(mode != cv2.INTER_CUBIC)
    expected = cv2.resize(ground, (37, 51), interpolation=mode).astype(int)
    cv2.ipp.setUseIPP(True)
    found = whole(resample(planes_of(small), place, view.width, view.height, 37, 51, mode, fill))
    if mode == cv2.INTER_CUBIC:         # OpenCV rounds a half to even in vectors, up after them
        assert np.abs(found - expected).max() <= 1
        assert np.count_nonzero(found != expected) <= 1
    else:
        np.testing.assert_array_equal(found, expected)


def test_a_canvas_forgets_the_image_before():
    canvas = Canvas()
    places = [(0, 0, 90, 80), (20, 30, 80, 75), (1, 5, 200, 90), (0, 1, 57, 60)]
    for seed, (x, y, width, height) in enumerate(places):
        small = image(seed, 40, 56)
        expected = np.empty((height, width, 3), np.uint8)
        expected[:] = (10, 20, 30)
        expected[y:y + 40, x:x + 56] = small
        np.testing.assert_array_equal(canvas.paste(small, x, y, width, height, (10.0, 20.0, 30.0)),
                                      expected)


ODD_BOXES = {
    "touching borders": [(0, 0, 0.3, 0.4), (0.7, 0.6, 1, 1), (0, 0.5, 1, 0.50001)],
    "one pixel": [(0.5, 0.5, 0.5 + 1 / 151, 0.5 + 1 / 120)],
    "without area": [(0.5, 0.5, 0.5, 0.5), (0.2, 0.1, 0.2, 0.9)],
    "the whole image": [(0, 0, 1, 1)],
    "partly outside": [(-0.3, 0.2, 0.4, 1.7), (0.9, -2, 3, 0.1)],
    "outside": [(1.2, 0.3, 1.5, 0.6), (-2, -2, -1, -1)],
    "rounded past one": [(np.nextafter(np.float32(0), np.float32(-1)), 0, 1 + 1.2e-7, 1 + 1.2e-7)],
    "none": [],
}
ODD_SETTINGS = ["", "emit_constraint { emit_type: CENTER }",
                "emit_constraint { emit_type: MIN_OVERLAP emit_overlap: 0.3 }", "crop_size: 20"]


@pytest.mark.parametrize("kind", ODD_BOXES)
def test_ten_thousand_augmentations_of_odd_boxes_stay_inside(kind):
    """10,000 over all kinds and settings; the original dies of `a <= b (0 vs. -1.19209e-07)`."""
    boxes = boxes_of(*ODD_BOXES[kind])
    pixels = image(1, 24, 31)
    whole = "sampler { min_scale: 0.999 max_scale: 1 min_aspect_ratio: 0.99 max_aspect_ratio: 1 }"
    for setting, mode in itertools.product(ODD_SETTINGS, ("WARP", "FIT_LARGE_SIZE_AND_PAD")):
        transform = transformer(
            f"mirror: true {setting} expand_param {{ prob: 0.5 max_expand_ratio: 4 }} "
            f"resize_param {{ height: 25 width: 22 resize_mode: {mode} }}",
            samplers=[*SAMPLERS, whole])
        for seed in range(160):
            found, seen = transform(Record(DecodedImage(pixels), boxes, 0), Draws(seed, 3))
            assert found.shape == ((20, 20, 3) if "crop" in setting else (25, 22, 3))
            corners = seen[:, CORNERS]
            assert ((corners >= 0) & (corners <= 1)).all()
            assert (corners[:, :2] <= corners[:, 2:]).all()


def test_images_of_one_pixel_are_augmented_too():
    transform = transformer("expand_param { prob: 0.5 max_expand_ratio: 4 } "
                            "resize_param { height: 7 width: 5 }", samplers=SAMPLERS)
    for height, width in [(1, 1), (1, 50), (50, 1), (2, 3)]:
        for seed in range(50):
            pixels = image(1, height, width)
            found, _ = transform(Record(DecodedImage(pixels), boxes_of((0, 0, 1, 1)), 0),
                                 Draws(seed, 0))
            assert found.shape == (7, 5, 3)


def test_an_image_that_would_be_expanded_beyond_the_limit_of_pixels_is_bad(monkeypatch):
    transform = transformer("expand_param { prob: 1 max_expand_ratio: 100 }")
    record = Record(DecodedImage(image(1, 40, 50)), boxes_of((0, 0, 1, 1)), 0)
    sizes = [transform(record, Draws(seed, 0))[0].shape for seed in range(5)]
    monkeypatch.setenv(LIMIT, str(max(height * width for height, width, _ in sizes) - 1))
    with pytest.raises(BadRecord, match="the image would be expanded to .* --max-pixels allows"):
        for seed in range(5):
            transform(record, Draws(seed, 0))


@pytest.mark.parametrize("ratio, expands", [(1.0, False), (1.009, False), (1.012, True)])
def test_an_expansion_by_less_than_a_hundredth_is_none(ratio, expands):
    """Source: ExpandImage in im_transforms.cpp returns where |max_expand_ratio - 1| < 1e-2."""
    transform = transformer(f"expand_param {{ prob: 1 max_expand_ratio: {ratio} }}")
    record = Record(DecodedImage(image(1, 400, 500)), boxes_of((0, 0, 1, 1)), 0)
    sizes = {transform(record, Draws(seed, 0))[0].shape for seed in range(5)}
    assert (sizes != {(400, 500, 3)}) == expands


def test_boxes_follow_the_pixels():
    """A white rectangle on black: its box is where the white is, whatever was done."""
    pixels = np.zeros((240, 320, 3), np.uint8)
    pixels[60:180, 80:240] = 255
    boxes = boxes_of((80 / 320, 60 / 240, 240 / 320, 180 / 240))
    transform = transformer("mirror: true expand_param { prob: 0.5 max_expand_ratio: 3 } "
                            "resize_param { height: 120 width: 160 interp_mode: LINEAR }",
                            samplers=SAMPLERS, mean=(0.0,))
    seen_any = 0
    for seed in range(200):
        found, seen = transform(Record(DecodedImage(pixels), boxes, 0), Draws(seed, 0))
        white = found[..., 0] > 127
        if not len(seen):
            continue
        seen_any += 1
        rows, columns = np.flatnonzero(white.any(1)), np.flatnonzero(white.any(0))
        if not rows.size:
            continue
        expected = [columns[0] / 160, rows[0] / 120, (columns[-1] + 1) / 160, (rows[-1] + 1) / 120]
        np.testing.assert_allclose(seen[0, CORNERS], expected, atol=0.03)
    assert seen_any > 190


@pytest.mark.parametrize("is_train, count", [(True, 45), (False, 1)])
def test_crops_are_random_in_train_and_central_in_test(is_train, count):
    pixels = np.arange(13 * 9, dtype=np.uint8).reshape(13, 9, 1).repeat(3, 2)
    transform = transformer("crop_size: 5", is_train, mean=())
    corners = {int(transform(Record(DecodedImage(pixels), None, 0), Draws(seed, 0))[0][0, 0, 0])
               for seed in range(1500)}
    assert len(corners) == count
    if not is_train:
        assert corners == {4 * 9 + 2}


def test_a_mean_file_is_cropped_and_mirrored_with_the_image():
    mean_image = np.random.default_rng(1).normal(100, 20, (3, 24, 31)).astype(np.float32)
    param = prototxt.parse("crop_size: 10 mirror: true", "TransformationParameter").message
    transform = Transformer(param, True, Mean((), mean_image, 0.5))
    pixels = image(2, 24, 31)
    difference = (pixels - mean_image.transpose(1, 2, 0)) * np.float32(0.5)
    views = [difference[y:y + 10, x:x + 10][:, ::step] for y in range(15) for x in range(22)
             for step in (1, -1)]
    for seed in range(20):
        found, _ = transform(Record(DecodedImage(pixels), None, 0), Draws(seed, 0))
        assert any(np.array_equal(found, view) for view in views)


@pytest.mark.parametrize(("changes", "expected"), [
    (Distortion(True, brightness=10.4), [10, 110, 255]),
    (Distortion(True, brightness=-20.0), [0, 80, 230]),
    (Distortion(True, contrast=1.5), [0, 150, 255]),
    (Distortion(False, brightness=10.0, contrast=0.5), [5, 55, 128]),
    (Distortion(True, channels=(2, 0, 1)), [250, 0, 100])])
def test_steps_of_a_distortion_round_and_saturate(changes, expected):
    found = as_pixels(changes.apply(np.array([[[0, 100, 250]]], np.uint8)))
    np.testing.assert_array_equal(found, [[expected]])


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_a_distortion_works_on_parts_of_images_of_any_channels(channels):
    random = np.random.default_rng(channels)
    part = random.integers(0, 256, (23, 31, channels), dtype=np.uint8)[3:20, 5:12]
    changes = Distortion(False, brightness=9.0, contrast=1.25,
                         saturation=0.8 if channels != 3 else None, hue=None)
    brighter = np.clip(part.astype(np.float32) + 9, 0, 255)
    expected = np.clip(np.rint(brighter * np.float32(1.25)), 0, 255)
    np.testing.assert_array_equal(as_pixels(changes.apply(part)), expected)


@pytest.mark.parametrize("make", [np.ascontiguousarray,
                                  lambda pixels: as_pixels(planes_of(pixels))])
def test_images_and_planes_are_mirrored_alike(make):
    pixels = image(5, 13, 29)
    found = mirrored(make(pixels)[2:11, 3:20])
    np.testing.assert_array_equal(found, pixels[2:11, 3:20][:, ::-1])
