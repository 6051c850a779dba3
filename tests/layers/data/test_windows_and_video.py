"""WindowData and VideoData."""

import itertools

import cv2
import numpy as np
import pytest

from framework.errors import DataError, SpecError
from tests.data.making import finished, image, make_source, planes, write_images


def window_net(folder, more="", transform="crop_size: 12"):
    return (f'layer {{ name: "d" type: "WindowData" top: "data" top: "label" window_data_param {{ '
            f'source: "{folder}/windows.txt" root_folder: "{folder}/" batch_size: 8 {more} }} '
            f'transform_param {{ {transform} }} }}')


@pytest.fixture
def windows(tmp_path):
    write_images(tmp_path, 2)
    (tmp_path / "windows.txt").write_text(
        "# 0\n0.png\n3\n40\n56\n3\n2 0.9 10 5 33 28\n1 0.1 0 0 11 11\n3 0.45 1 1 5 5\n"
        "# 1\n1.png\n3\n40\n56\n2\n4 0.7 30 10 53 33\n1 0.2 20 20 31 31\n")
    return tmp_path


def test_the_share_of_objects_is_a_product_of_float32(windows):
    """0.7 of 10 windows are 7, as in the original; doubles have 6.99999988."""
    text = window_net(windows, "fg_fraction: 0.7 bg_threshold: 0.4")
    _, labels = finished(make_source(text.replace("batch_size: 8", "batch_size: 10")), 0)
    assert (labels[:3] == 0).all() and labels[3:].all() and len(labels) == 10


def test_window_data_has_background_first_and_a_share_of_objects(windows):
    source = make_source(window_net(windows, "fg_fraction: 0.375 bg_threshold: 0.4"))
    seen = set()
    for start in range(10):
        pixels, labels = finished(source, start)
        assert pixels.shape == (8, 3, 12, 12) and (labels[:5] == 0).all()
        assert set(labels[5:]) <= {2, 4}
        seen |= set(labels[5:])
        for place in range(5):
            assert any(np.array_equal(pixels[place], planes(number)[:, y:y + 12, x:x + 12])
                       for number, x, y in ((0, 0, 0), (1, 20, 20)))
    assert seen == {2, 4}


def test_windows_without_shuffle_come_in_the_order_of_the_file(windows):
    source = make_source(window_net(windows, "shuffle: false bg_threshold: 0.4"))
    # that of overlap 0.45 is neither, and comes with its class
    order = [(2, 0, 10, 5, 24), (0, 0, 0, 0, 12), (3, 0, 1, 1, 5), (4, 1, 30, 10, 24),
             (0, 1, 20, 20, 12)]
    for start in range(3):
        pixels, labels = finished(source, start)
        assert len(labels) == 8
        for place, (crop, label) in enumerate(zip(pixels, labels, strict=True)):
            wanted, number, x, y, size = order[(8 * start + place) % 5]
            assert label == wanted
            part = cv2.resize(image(number)[y:y + size, x:x + size], (12, 12))
            np.testing.assert_array_equal(crop, part.transpose(2, 0, 1))


def test_windows_in_order_need_not_be_of_both_kinds(windows):
    (windows / "windows.txt").write_text("# 0\n0.png\n3\n40\n56\n1\n2 0.9 10 5 33 28\n")
    _, labels = finished(make_source(window_net(windows, "shuffle: false")))
    assert (labels == 2).all()
    (windows / "windows.txt").write_text("# 0\n0.png\n3\n40\n56\n0\n")
    with pytest.raises(DataError, match="there are no windows"):
        make_source(window_net(windows, "shuffle: false"))


def test_missing_images_of_windows_in_order_are_counted_by_windows(windows):
    (windows / "0.png").unlink()
    with pytest.raises(DataError, match="3 of 5 records cannot be used.*0.png"):
        finished(make_source(window_net(windows, "shuffle: false bg_threshold: 0.4")))


def test_windows_are_resized_and_less_the_mean(windows):
    pixels, labels = finished(make_source(window_net(
        windows, "fg_fraction: 1 bg_threshold: 0.4", "crop_size: 12 mean_value: 50 scale: 0.1")))
    corners = {2: (0, 10, 5), 4: (1, 30, 10)}
    for crop, label in zip(pixels, labels, strict=True):
        number, x, y = corners[label]
        part = cv2.resize(image(number)[y:y + 24, x:x + 24], (12, 12)).transpose(2, 0, 1)
        np.testing.assert_allclose(crop, (part - np.float32(50)) * np.float32(0.1), rtol=1e-5)


def test_context_outside_the_image_is_zero_after_the_mean(windows):
    """Window 0 0 11 11 of background, twice as large with context: half of it is outside."""
    (windows / "windows.txt").write_text("# 0\n0.png\n3\n40\n56\n2\n2 0.9 10 5 33 28\n"
                                         "1 0.1 0 0 11 11\n")
    pixels, _ = finished(make_source(window_net(windows, "context_pad: 3 fg_fraction: 0",
                                                "crop_size: 12 mean_value: 300")))
    assert (pixels[0, :, :3] == 0).all() and (pixels[0, :, :, :3] == 0).all()
    assert (pixels[0, :, 3:, 3:] < 0).all()


def test_a_missing_image_of_windows_is_counted_and_others_are_drawn(windows, caplog):
    (windows / "1.png").unlink()
    source = make_source(window_net(windows, "fg_fraction: 0.5"))
    batches = source.batches()
    _, labels = next(batches)
    assert set(labels[4:].tolist()) == {2}
    assert "1.png is left out: the file cannot be read" in caplog.text


def test_a_path_of_windows_may_have_spaces(windows):
    (windows / "0.png").rename(windows / "a b.png")
    text = (windows / "windows.txt").read_text()
    (windows / "windows.txt").write_text(text.replace("0.png", "a b.png"))
    data, _ = next(make_source(window_net(windows)).batches())
    (windows / "a b.png").rename(windows / "0.png")
    (windows / "windows.txt").write_text(text)
    expected, _ = next(make_source(window_net(windows)).batches())
    np.testing.assert_array_equal(data, expected)


def test_window_files_are_checked(windows):
    (windows / "windows.txt").write_text("# 0\n0.png\n3\n40\n56\n3\n2 0.9 10 5 33\n")
    with pytest.raises(DataError, match=r"windows.txt:7: image 1 is not described as .*; found the "
                                        "end of the file"):
        make_source(window_net(windows))
    (windows / "windows.txt").write_text("# 0\nno such image.png\n3\n40\n56\n0\n")
    with pytest.raises(DataError, match="windows.txt:2: image 1 is not .*; found 'such'"):
        make_source(window_net(windows))
    with pytest.raises(SpecError, match="crop_mode is 'round'; it must be 'warp' or 'square'"):
        make_source(window_net(windows, 'crop_mode: "round"'))

@pytest.fixture
def video(tmp_path):
    path = tmp_path / "video.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (56, 40))
    if not writer.isOpened():
        pytest.skip("this OpenCV writes no video")
    for level in range(12):
        writer.write(np.full((40, 56, 3), 20 * level, np.uint8))
    writer.release()
    return path


def video_net(path, more=""):
    return (f'layer {{ name: "d" type: "VideoData" top: "data" top: "label" data_param {{ '
            f'batch_size: 2 }} video_data_param {{ video_type: VIDEO video_file: "{path}" {more} '
            '} transform_param { resize_param { height: 10 width: 14 } } }')


def test_video_frames_come_in_their_order_and_end_with_the_file(video):
    batches = make_source(video_net(video), "TEST").batches()
    levels = [int(round(float(frame.float().mean()) / 20)) for pixels, _ in
              itertools.islice(batches, 6) for frame in pixels]
    assert levels == list(range(12))
    with pytest.raises(DataError, match=r"has ended after 12 frames"):
        next(batches)


def test_skipped_frames_are_left_out_before_each_one(video):
    source = make_source(video_net(video, "skip_frames: 2"), "TEST")
    pixels, labels = next(source.batches(1))
    assert [round(float(frame.float().mean()) / 20) for frame in pixels] == [8, 11]
    assert labels.tolist() == [0, 0] and pixels.shape == (2, 3, 10, 14)


def test_a_video_that_is_absent_is_an_error(tmp_path):
    with pytest.raises(DataError, match="cannot be opened"):
        make_source(video_net(tmp_path / "absent.avi"))


def test_fields_of_clips_are_refused_and_no_camera_is_opened(video):
    with pytest.raises(SpecError, match="video_data_param.new_length belongs to clips of a"):
        make_source(video_net(video, "new_length: 16"))


def test_frames_are_stretched_and_padded(video):
    text = video_net(video).replace(
        "resize_param { height: 10 width: 14 }",
        "crop_size: 9 pad: 2 img_rand_resize_lower: 10 img_rand_resize_upper: 20")
    source = make_source(text)
    assert source.top_shapes[0] == (2, 3, 13, 13)
    pixels, _ = finished(source, 2)
    assert [round(float(frame[:, 2:-2, 2:-2].mean()) / 20) for frame in pixels] == [4, 5]
    assert (pixels[:, :, :2] == 0).all() and (pixels[..., -2:] == 0).all()


def test_windows_are_neither_stretched_nor_padded(windows, caplog):
    source = make_source(window_net(windows, "bg_threshold: 0.4",
                                    "crop_size: 12 pad: 2 vertical_stretch_upper: 2"))
    assert finished(source)[0].shape == source.top_shapes[0] == (8, 3, 12, 12)
    for name in ("pad", "vertical_stretch_upper"):
        assert f"(WindowData): transform_param.{name} has no effect" in caplog.text
