"""VideoData with a list of segments, as in temporal segment networks."""

import itertools

import cv2
import numpy as np
import pytest

from framework.data.augment.clip_transform import crop_offsets, crop_sizes
from framework.errors import SpecError
from framework.proto import BlobProto, TransformationParameter
from tests.data.clips import read, write_flow, write_frames, write_list
from tests.data.making import finished, make_source


def segment_net(source, more="modality: RGB", transform="", batch=2):
    return (f'layer {{ name: "d" type: "VideoData" top: "data" top: "label" video_data_param '
            f'{{ source: "{source}" batch_size: {batch} {more} }} transform_param '
            f'{{ {transform} }} }}')


RGB = 'modality: RGB num_segments: 3 new_length: 2 name_pattern: "img_%05d.jpg"'
FLOW = 'modality: FLOW num_segments: 2 new_length: 3 name_pattern: "flow_%c_%05d.jpg"'


@pytest.fixture
def colors(tmp_path):
    write_frames(tmp_path / "a", 16, "img_%05d.jpg")
    write_frames(tmp_path / "b", 5, "img_%05d.jpg", seed=40)
    return write_list(tmp_path / "list.txt", [f"{tmp_path}/a 16 4", f"{tmp_path}/b 5 9"])


@pytest.fixture
def flows(tmp_path):
    write_flow(tmp_path / "f", 14)
    return write_list(tmp_path / "flow.txt", [f"{tmp_path}/f 14 4"])


def stack(folder, starts, length, size=None):
    """(starts * length * 3, height, width): the frames after those left out, BGR."""
    frames = [read(folder / f"img_{start + index:05d}.jpg")
              for start in starts for index in range(1, length + 1)]
    frames = [frame if size is None else cv2.resize(frame, size) for frame in frames]
    return np.concatenate([frame.transpose(2, 0, 1) for frame in frames]).astype(np.float32)


def flow_stack(folder, starts, length):
    """(starts * length * 2, height, width): x, y, x, y, ..."""
    return np.stack([read(folder / f"flow_{letter}_{start + index:05d}.jpg", color=False)
                     for start in starts for index in range(1, length + 1)
                     for letter in "xy"]).astype(np.float32)


def test_the_middles_of_the_parts_are_taken_in_test(colors):
    """16 frames in 3 parts of 5: (5 - 2 + 1) / 2 = 2 are left out of each. 5 in 3 of 1: too few."""
    source = make_source(segment_net(colors, RGB), "TEST")
    pixels, labels = finished(source)
    assert source.top_shapes == [(2, 18, 40, 56), (2,)] and labels.tolist() == [4, 9]
    np.testing.assert_array_equal(pixels[0], stack(colors.parent / "a", [2, 7, 12], 2))
    np.testing.assert_array_equal(pixels[1], stack(colors.parent / "b", [0, 0, 0], 2))


def test_frames_are_resized_and_less_the_mean_of_their_channel(colors):
    for mean in ("mean_value: [10, 20, 30]", "mean_value: [10, 20, 30, 10, 20, 30]"):
        pixels, _ = finished(make_source(segment_net(
            colors, RGB + " new_width: 44 new_height: 30", f"crop_size: 21 scale: 2 {mean}"),
            "TEST"))
        expected = stack(colors.parent / "a", [2, 7, 12], 2, (44, 30))
        expected = (expected - np.tile(np.float32([10, 20, 30]), 6)[:, None, None]) * 2
        np.testing.assert_allclose(pixels[0], expected[:, 4:25, 11:32], rtol=1e-6)


def test_frames_in_grey_have_one_channel(colors):
    pixels, _ = finished(make_source(segment_net(colors, RGB + " grayscale: true"), "TEST"))
    expected = [read(colors.parent / "a" / f"img_{index:05d}.jpg", color=False)
                for index in (3, 4, 8, 9, 13, 14)]
    np.testing.assert_array_equal(pixels[0], np.float32(expected))


def test_every_start_within_a_part_is_drawn_in_train(colors):
    source = make_source(segment_net(colors, RGB, batch=60))
    drawn = {tuple(int(places[0][0]) for places in
                   ([np.flatnonzero([np.array_equal(item[at:at + 3], read(
                       colors.parent / "a" / f"img_{index:05d}.jpg").transpose(2, 0, 1))
                       for index in range(1, 17)])] for at in (0, 6, 12)))
             for item, label in zip(*finished(source), strict=True) if label == 4}
    for part in range(3):
        assert {starts[part] for starts in drawn} == set(range(5 * part, 5 * part + 4))
    assert len(drawn) > 12


def test_flow_stands_x_then_y_frame_by_frame(flows):
    source = make_source(segment_net(flows, FLOW, "is_flow: true", 1), "TEST")
    assert source.top_shapes[0] == (1, 12, 40, 56)
    np.testing.assert_array_equal(finished(source)[0][0],
                                  flow_stack(flows.parent / "f", [2, 9], 3))


def test_mirrored_flow_goes_the_other_way_along_x(flows):
    plain = flow_stack(flows.parent / "f", [2, 9], 3)
    mirrored = plain[:, :, ::-1].copy()
    turned = mirrored.copy()
    turned[0::2] = 255 - turned[0::2]
    for is_flow, expected in (("true", turned), ("false", mirrored)):
        pixels, _ = finished(make_source(segment_net(
            flows, FLOW, f"mirror: true is_flow: {is_flow} mean_value: 128", 30), "TEST"))
        kinds = [np.array_equal(item, expected - 128) for item in pixels]
        assert all(kind or np.array_equal(item, plain - 128)
                   for kind, item in zip(kinds, pixels, strict=True))
        assert 5 < sum(kinds) < 25


@pytest.mark.parametrize("crop, more, places", [
    (21, "fix_crop: true", {(0, 0), (0, 32), (16, 0), (16, 32), (8, 16)}),
    (21, "fix_crop: true more_fix_crop: true",
     {(0, 0), (0, 32), (16, 0), (16, 32), (8, 16), (0, 16), (16, 16), (8, 0), (8, 32), (4, 8),
      (4, 24), (12, 8), (12, 24)}),
    (38, "", set(itertools.product(range(3), range(19))))])
def test_crops_are_drawn_from_all_their_places(flows, crop, more, places):
    """40 x 56 less 21: 19 and 35 are left, in fourths 4 and 8."""
    net = segment_net(flows, 'name_pattern: "flow_%c_%05d.jpg"', f"crop_size: {crop} {more}", 300)
    source = make_source(net)
    frames = [flow_stack(flows.parent / "f", [start], 1)[0] for start in range(14)]
    seen = set()
    for item in finished(source)[0]:
        seen.add(next((y, x) for frame in frames for y in range(41 - crop)
                      for x in range(57 - crop) if frame[y, x] == item[0, 0, 0]
                      and np.array_equal(frame[y:y + crop, x:x + crop], item[0])))
    assert seen == places


def test_crops_of_several_scales_are_resized_to_one(flows):
    """Shorter side 40: 40, 30 and 20 for 1, .75, .5; neighbours in the list may be paired."""
    net = segment_net(flows, 'new_length: 1 name_pattern: "flow_%c_%05d.jpg"',
                      "crop_size: 24 fix_crop: true multi_scale: true "
                      "scale_ratios: [1, .75, .5]", 150)
    possible = {}
    for start in range(14):
        frame = flow_stack(flows.parent / "f", [start], 1).astype(np.uint8)
        for height, width in itertools.product((40, 30, 20), repeat=2):
            if abs(height - width) > 10:
                continue
            y, x = (40 - height) // 4, (56 - width) // 4
            for row, column in ((0, 0), (0, 4), (4, 0), (4, 4), (2, 2)):
                part = frame[:, row * y:row * y + height, column * x:column * x + width]
                crop = np.stack([cv2.resize(plane, (24, 24)) for plane in part])
                possible[crop.tobytes()] = height, width
    drawn = [possible[item.astype(np.uint8).tobytes()] for item in finished(make_source(net))[0]]
    assert set(drawn) == {(40, 40), (40, 30), (30, 40), (30, 30), (30, 20), (20, 30), (20, 20)}


def test_the_sizes_of_crops_snap_to_the_nets():
    """Side 256: 256, 224, 192, 168 by the usual ratios; 226 is so near 224 that it becomes it."""
    param = TransformationParameter(multi_scale=True)
    assert sorted({height for height, _ in crop_sizes(256, 224, param)}) == [168, 192, 224, 256]
    assert len(crop_sizes(256, 224, param)) == 4 + 6
    assert crop_sizes(226, 224, TransformationParameter(scale_ratios=[1])) == [(224, 224)]
    assert crop_sizes(227, 224, TransformationParameter(scale_ratios=[1])) == [(227, 227)]
    # 0.7 is stored as 0.69999999, and 100 of it is 70 in 32 bits
    assert crop_sizes(100, 9, TransformationParameter(scale_ratios=[0.7])) == [(70, 70)]
    assert crop_offsets(7, 12, False) == [(0, 0), (0, 12), (4, 0), (4, 12), (2, 6)]


def test_a_mean_file_has_a_plane_for_each_of_a_clip(flows):
    mean = np.random.default_rng(3).uniform(0, 255, (12, 40, 56)).astype(np.float32)
    blob = BlobProto(num=1, channels=12, height=40, width=56, data=mean.ravel().tolist())
    (flows.parent / "mean").write_bytes(blob.SerializeToString())
    source = make_source(segment_net(flows, FLOW, f'crop_size: 21 mean_file: "{flows.parent}/mean"',
                                     1), "TEST")
    expected = (flow_stack(flows.parent / "f", [2, 9], 3) - mean)[:, 9:30, 17:38]
    np.testing.assert_allclose(finished(source)[0][0], expected, rtol=1e-5, atol=1e-4)


def test_a_mean_file_is_cropped_and_resized_as_the_frames_are(flows):
    """Frames that are the mean are zero after it, but OpenCV resizes bytes in fixed point."""
    mean = flow_stack(flows.parent / "f", [0], 1)
    blob = BlobProto(num=1, channels=2, height=40, width=56, data=mean.ravel().tolist())
    (flows.parent / "mean").write_bytes(blob.SerializeToString())
    write_list(flows, [f"{flows.parent}/f 1 0"])
    pixels, _ = finished(make_source(segment_net(
        flows, 'name_pattern: "flow_%c_%05d.jpg"', 'crop_size: 24 mirror: true multi_scale: true '
        f'mean_file: "{flows.parent}/mean"', 40)))
    assert 0 < np.abs(pixels).max() < 1


def test_a_folder_with_fewer_frames_than_its_line_says_is_named(tmp_path, flows, caplog):
    lines = [f"{tmp_path}/f 14 {label}" for label in range(30)]
    write_list(flows, [*lines, f"{tmp_path}/f 16 99"])
    for index in (13, 14):
        (tmp_path / "f" / f"flow_y_{index:05d}.jpg").unlink()
    _, labels = finished(make_source(segment_net(flows, FLOW, batch=31), "TEST"))
    assert labels.tolist() == [*range(30), 0]
    assert "f 16 is left out: flow_y_00013.jpg: the file cannot be read" in caplog.text


def test_names_have_the_originals_patterns_if_none_is_given(tmp_path):
    write_frames(tmp_path / "a", 2, "image_%04d.jpg")
    write_flow(tmp_path / "a", 2, "flow_%c_%04d.jpg")
    clips = write_list(tmp_path / "list.txt", ["a 2 0"])
    root = f'root_folder: "{tmp_path}/"'
    assert make_source(segment_net(clips, "modality: RGB " + root)).top_shapes[0] == (2, 3, 40, 56)
    assert make_source(segment_net(clips, "num_segments: 1 " + root)).top_shapes[0] \
        == (2, 2, 40, 56)


@pytest.mark.parametrize("more, message", [
    ('modality: FLOW name_pattern: "img_%05d.jpg"', "it must be of a letter and a number"),
    ('modality: RGB name_pattern: "flow_%c_%05d.jpg"', "it must be of a number, as img_%05d"),
    ('modality: RGB name_pattern: "img.jpg"', "it must be of a number"),
    ("modality: RGB num_segments: 0", "num_segments is 0"),
    ("modality: RGB new_length: 0", "new_length is 0"),
    ("modality: RGB new_width: 30", "new_height and new_width must be given together"),
    ("modality: RGB use_temporal_jitter: true", "use_temporal_jitter is not known in this form"),
    ("modality: RGB encoded: true", "encoded is a field|encoded is not known"),
])
def test_settings_that_cannot_be_followed_are_refused(colors, more, message):
    with pytest.raises(SpecError, match=rf"layer 'd' \(VideoData\): .*({message})"):
        make_source(segment_net(colors, more))
