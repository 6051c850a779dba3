"""Fields of NVIDIA's and Intel's branches in transform_param, and the layers that obey them."""

import numpy as np
import pytest

from framework.errors import SpecError
from framework.proto import Datum
from tests.data.making import (
    annotated_net,
    encoded,
    finished,
    good_records,
    image,
    make_source,
    write_database,
    write_images,
)

ASPECT = ("random_aspect_ratio_param { min_area_ratio: 0.2 max_area_ratio: 0.9 "
          "aspect_ratio_change: 0.75 }")


def data_net(path, transform, data="", batch_size=2):
    return (f'layer {{ name: "d" type: "Data" top: "data" top: "label" data_param {{ source: '
            f'"{path}" batch_size: {batch_size} backend: LMDB {data} }} '
            f'transform_param {{ {transform} }} }}')


def image_net(folder, transform, more=""):
    (folder / "list.txt").write_text("0.png 0\n1.png 1\n2.png 2\n3.png 3\n")
    return (f'layer {{ name: "d" type: "ImageData" top: "data" top: "label" image_data_param {{ '
            f'source: "{folder}/list.txt" root_folder: "{folder}/" batch_size: 2 {more} }} '
            f'transform_param {{ {transform} }} }}')


@pytest.fixture
def database(tmp_path):
    """Six records of Datum, images of 40 x 56, and one of 52 x 44."""
    sizes = [(40, 56)] * 5 + [(52, 44)]
    return write_database(tmp_path / "lmdb", [
        Datum(data=encoded(image(index, *size)), encoded=True, channels=3, height=size[0],
              width=size[1], label=index).SerializeToString()
        for index, size in enumerate(sizes)])


@pytest.mark.parametrize(("transform", "is_rounded"), [
    ("mean_value: 10.5 scale: 0.3", True), ("scale: 0.3", False)])
def test_pad_puts_zeros_around_the_finished_crop(database, transform, is_rounded):
    source = make_source(data_net(database, f"crop_size: 30 pad: 3 {transform}"), "TEST")
    assert source.top_shapes[0] == (2, 3, 36, 36)
    pixels, _ = finished(source)
    values = image(1)[5:35, 13:43].transpose(2, 0, 1).astype(np.float32)
    values = (values - np.float32(10.5 * is_rounded)) * np.float32(0.3)
    expected = np.pad(np.rint(values) if is_rounded else values, ((0, 0), (3, 3), (3, 3)))
    np.testing.assert_array_equal(pixels[1], expected)


def test_bgr2rgb_turns_the_channels_before_the_mean(tmp_path, caplog, database):
    write_images(tmp_path)
    net = image_net(tmp_path, "bgr2rgb: true mean_value: 10 mean_value: 20 mean_value: 30")
    expected = image(0)[..., ::-1] - np.array([10, 20, 30], np.float32)
    pixels, _ = finished(make_source(net))
    np.testing.assert_array_equal(pixels[0], expected.transpose(2, 0, 1))
    make_source(data_net(database, "bgr2rgb: true"))
    assert "transform_param.bgr2rgb has no effect, as in the original" in caplog.text
    with pytest.raises(SpecError, match=r"bgr2rgb needs images in colour"):
        make_source(image_net(tmp_path, "bgr2rgb: true", "is_color: false"))


def test_random_seed_stands_for_the_runs_seed_but_not_in_the_order(database):
    def batch(random_seed, seed, data=""):
        net = data_net(database, f"crop_size: 17 random_seed: {random_seed}", data, 6)
        return finished(make_source(net, seed=seed))

    np.testing.assert_array_equal(batch(9, 1)[0], batch(9, 2)[0])
    np.testing.assert_array_equal(batch(9, 1)[0], batch(-1, 9)[0])
    assert (batch(-1, 1)[0] != batch(-1, 2)[0]).any()
    np.testing.assert_array_equal(batch(9, 4, "shuffle: true")[1],
                                  batch(-1, 4, "shuffle: true")[1])


@pytest.mark.parametrize("text", [
    "img_rand_resize_lower: 24 img_rand_resize_upper: 40 vertical_stretch_lower: 0.7 "
    "horizontal_stretch_upper: 1.4 allow_upscale: true", ASPECT,
    "random_resize_param { min_size: 24 max_size: 50 }"])
def test_images_of_all_sizes_make_batches_for_any_number_of_workers(database, text):
    net = data_net(database, f"crop_size: 22 mirror: true {text}", batch_size=6)
    alone, others = make_source(net), make_source(net, workers=2)
    try:
        for _, one, other in zip(range(3), alone.batches(), others.batches(), strict=False):
            assert one[0].shape == (6, 3, 22, 22)
            np.testing.assert_array_equal(one[0], other[0])
    finally:
        others.close()


def test_fields_without_effect_are_named(tmp_path, caplog, database):
    make_source(data_net(database, "allow_upscale: true num_labels: 3 bgr2rgb: false"))
    assert "allow_upscale has no effect without a random size or stretch" in caplog.text
    assert "num_labels has no effect, as in" in caplog.text and "bgr2rgb" not in caplog.text
    make_source(data_net(database, "crop_size: 5 vertical_stretch_upper: 2 rand_resize_ratio_lower:"
                         " 1 rand_resize_ratio_upper: 1 img_rand_resize_upper: 9"))
    assert "img_rand_resize_upper has no effect unless both bounds are above 0" in caplog.text
    assert "rand_resize_ratio_upper has no effect unless the lower bound is" in caplog.text
    assert "vertical_stretch" not in caplog.text
    path = write_database(tmp_path / "boxes", good_records(1))
    source = make_source(annotated_net(path, 1, "img_rand_resize_lower: 9 img_rand_resize_upper: 5 "
                                       "resize_param { width: 9 height: 7 }"))
    assert "(AnnotatedData): transform_param.img_rand_resize_lower has no effect" in caplog.text
    assert source.top_shapes[0] == (1, 3, 7, 9)


@pytest.mark.parametrize(("text", "error"), [
    ("crop_size: 5 img_rand_resize_lower: 9 img_rand_resize_upper: 12000",
     r"img_rand_resize_upper is 12000: a shorter side"),
    ("crop_size: 5 img_rand_resize_lower: 9 img_rand_resize_upper: 8",
     r"img_rand_resize_upper is 8; it must be at least img_rand_resize_lower 9"),
    ("vertical_stretch_lower: 0.5", r"vertical_stretch_lower needs crop_size"),
    (ASPECT, r"random_aspect_ratio_param needs crop_size"),
    ("crop_size: 5 vertical_stretch_lower: 0.5 resize_param { width: 9 height: 9 }",
     r"vertical_stretch_lower cannot be given together with resize_param"),
    (f"crop_size: 5 {ASPECT} resize_param {{ width: 9 height: 9 }}",
     r"random_aspect_ratio_param cannot be given together with resize_param"),
    (f"crop_size: 5 {ASPECT} img_rand_resize_lower: 9",
     r"random_aspect_ratio_param cannot be given together with img_rand_resize_lower"),
    ("crop_size: 5 random_resize_param { min_size: 9 max_size: 7 }",
     r"max_size is 7; it must be at least min_size 9"),
    ("crop_size: 5 random_aspect_ratio_param { min_area_ratio: 0.9 max_area_ratio: 0.8 }",
     r"min_area_ratio and max_area_ratio are 0\.9 and 0\.8; they must be above 0 and rise"),
    ("crop_size: 5 random_aspect_ratio_param { aspect_ratio_change: 1.5 }",
     r"aspect_ratio_change is 1\.5; it must be above 0 and at most 1"),
])
def test_random_sizes_that_cannot_be_followed_are_errors(database, text, error):
    with pytest.raises(SpecError, match=error):
        make_source(data_net(database, text))


def test_flow_has_no_effect_on_lists_of_images(tmp_path, caplog):
    write_images(tmp_path)
    found = [next(make_source(image_net(tmp_path, text)).batches())[0]
             for text in ("mirror: true flow: true", "mirror: true")]
    np.testing.assert_array_equal(*found)
    assert "transform_param.flow has no effect, as in the original" in caplog.text


@pytest.mark.parametrize("mean", [0, 10])
def test_flow_of_records_changes_its_sign_where_it_is_mirrored(database, mean):
    text = f"crop_size: 20 {f'mean_value: {mean}' if mean else ''}"
    straight, plain, turned = (make_source(data_net(database, f"{text} {more}"), "TEST")
                               for more in ("", "mirror: true", "mirror: true flow: true"))
    kinds = set()
    for start in range(6):
        batches = [finished(source, start)[0] for source in (straight, plain, turned)]
        for original, before, after in zip(*batches, strict=True):
            is_mirrored = not np.array_equal(before, original)
            kinds.add(is_mirrored)
            np.testing.assert_array_equal(after[:2], before[:2])
            third = 255 - (before[2] + mean) - mean if is_mirrored else before[2]
            np.testing.assert_array_equal(after[2], third)
    assert kinds == {True, False}
