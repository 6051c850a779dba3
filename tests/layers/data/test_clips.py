"""VideoData with a list of clips, as in C3D."""

import itertools

import cv2
import numpy as np
import pytest
import torch

from framework.errors import DataError
from framework.proto import BlobProto
from tests.data.clips import (
    clip_net,
    frames_of,
    read,
    volume,
    write_frames,
    write_list,
    write_video,
)
from tests.data.making import finished, make_source

SIZE = (44, 30)         # width, height


@pytest.fixture
def folders(tmp_path):
    """Two folders of 12 frames, of other sizes."""
    write_frames(tmp_path / "a", 12)
    write_frames(tmp_path / "b", 12, seed=50, height=36, width=60)
    return tmp_path


@pytest.fixture
def clips(folders):
    return write_list(folders / "list.txt", [f"{folders}/a 1 7", f"{folders}/b/ 9 2",
                                             f"{folders}/a 5 3"])


def clip_of(folder, start, rate=1):
    return volume([read(folder / f"{start + rate * index:06d}.jpg") for index in range(4)], SIZE)


def test_a_clip_is_the_frames_from_its_first_on(folders, clips):
    source = make_source(clip_net(clips), "TEST")
    pixels, labels = finished(source)
    assert source.top_shapes == [(2, 3, 4, 30, 44), (2,)] and pixels.shape == (2, 3, 4, 30, 44)
    np.testing.assert_array_equal(pixels[0], clip_of(folders / "a", 1))
    np.testing.assert_array_equal(pixels[1], clip_of(folders / "b", 9))
    assert labels.tolist() == [7, 2] and finished(source, 1)[1].tolist() == [3, 7]
    assert next(source.batches())[0].dtype == torch.uint8


def test_sampling_rate_leaves_frames_out(folders, clips):
    pixels, _ = finished(make_source(clip_net(clips, "use_image: true sampling_rate: 2"), "TEST"),
                         2)
    np.testing.assert_array_equal(pixels[1], clip_of(folders / "a", 5, 2))


def test_the_centre_of_a_clip_is_cropped_in_test_and_less_the_mean(folders, clips):
    pixels, _ = finished(make_source(clip_net(clips, transform="crop_size: 21 mean_value: 10 "
                                     "mean_value: 20 mean_value: 30 scale: 0.5"), "TEST"))
    mean = np.float32([10, 20, 30])[:, None, None, None]
    expected = (clip_of(folders / "a", 1)[:, :, 4:25, 11:32] - mean) * 0.5
    np.testing.assert_allclose(pixels[0], expected, rtol=1e-6)


def place_of(crop, whole, size):
    """(y, x, mirrored) of a crop in a clip."""
    for y in range(whole.shape[2] - size + 1):
        for x in range(whole.shape[3] - size + 1):
            part = whole[:, :, y:y + size, x:x + size]
            for is_mirrored in (False, True):
                if np.array_equal(crop, part[..., ::-1] if is_mirrored else part):
                    return y, x, is_mirrored
    raise AssertionError("the crop is nowhere in the clip")


def test_one_crop_and_mirroring_is_drawn_for_a_whole_clip_in_train(folders):
    clips = write_list(folders / "one.txt", [f"{folders}/a 3 0"])
    source = make_source(clip_net(clips, transform="crop_size: 27 mirror: true", batch=20))
    whole = clip_of(folders / "a", 3)
    places = [place_of(crop, whole, 27) for start in range(5)
              for crop in finished(source, start)[0]]
    assert {y for y, _, _ in places} == set(range(4))
    assert {x for _, x, _ in places} == set(range(18))
    assert 30 < sum(is_mirrored for _, _, is_mirrored in places) < 70


def save_mean(path, values, **axes):
    blob = BlobProto(data=values.ravel().tolist(), **axes)
    if not axes:
        blob.shape.dim.extend(values.shape)
    path.write_bytes(blob.SerializeToString())


def test_a_mean_file_has_five_axes_and_is_cropped_with_the_clip(folders, clips):
    mean = np.random.default_rng(3).uniform(0, 255, (1, 3, 4, 30, 44)).astype(np.float32)
    save_mean(folders / "mean", mean)
    net = clip_net(clips, transform=f'crop_size: 21 scale: 2 mean_file: "{folders}/mean"')
    pixels, _ = finished(make_source(net, "TEST"))
    expected = (clip_of(folders / "b", 9) - mean[0])[:, :, 4:25, 11:32] * 2
    np.testing.assert_allclose(pixels[1], expected, rtol=1e-5)

    save_mean(folders / "mean", mean[:, :, 0])
    with pytest.raises(DataError, match=r"has the shape 1 x 3 x 30 x 44; it must be 1 x 3 x 4 x"):
        make_source(net)


def old_mean(values):
    """C3D v1.0's BlobProto: num, channels, length, height, width are 1 to 5, packed data is 6."""
    def varint(value):
        return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + varint(value >> 7)
    axes = b"".join(bytes([(number << 3)]) + varint(size)
                    for number, size in enumerate(values.shape, 1))
    data = values.astype("<f4").tobytes()
    return axes + bytes([6 << 3 | 2]) + varint(len(data)) + data


def test_the_old_form_and_its_mean_file_are_read(folders, clips):
    mean = np.random.default_rng(3).uniform(0, 255, (1, 3, 4, 30, 44)).astype(np.float32)
    (folders / "mean").write_bytes(old_mean(mean))
    net = (f'layers {{ name: "d" type: VIDEO_DATA top: "data" top: "label" image_data_param {{ '
           f'source: "{clips}" use_image: true mean_file: "{folders}/mean" batch_size: 2 '
           'crop_size: 21 mirror: false show_data: 0 new_height: 30 new_width: 44 new_length: 4 '
           'shuffle: false } }')
    pixels, labels = finished(make_source(net, "TEST"))
    expected = (clip_of(folders / "a", 1) - mean[0])[:, :, 4:25, 11:32]
    np.testing.assert_allclose(pixels[0], expected, rtol=1e-5, atol=1e-4)
    assert labels.tolist() == [7, 2]

    net = net.replace(f'mean_file: "{folders}/mean"', "mean_value: 40")
    np.testing.assert_array_equal(finished(make_source(net, "TEST"))[0][0],
                                  (clip_of(folders / "a", 1) - 40)[:, :, 4:25, 11:32])


def start_in(clip, frames, rate=1):
    """The number of the frame with which a clip of four begins."""
    return next(start for start in range(len(frames) - 3 * rate)
                if np.array_equal(clip, volume(frames[start:start + 3 * rate + 1:rate], SIZE)))


def test_a_clip_with_temporal_jitter_begins_anywhere_it_fits_in_train_and_at_one_in_test(folders):
    clips = write_list(folders / "one.txt", [f"{folders}/a 12 0"])
    net = clip_net(clips, "use_image: true use_temporal_jitter: true sampling_rate: 2", batch=25)
    frames = [read(folders / "a" / f"{index:06d}.jpg") for index in range(1, 13)]
    starts = [start_in(clip, frames, 2) for clip in finished(make_source(net))[0]]
    assert set(starts) == set(range(5))
    assert all(start_in(clip, frames, 2) == 0 for clip in finished(make_source(net, "TEST"))[0])


def test_a_clip_of_a_video_file_begins_with_its_frame_from_zero_on(tmp_path):
    video = write_video(tmp_path / "video.avi", 15)
    frames = frames_of(video)
    assert len(frames) == 15
    clips = write_list(tmp_path / "list.txt", ["video.avi 0 1", "video.avi 7 2"])
    net = clip_net(clips, f'use_image: false sampling_rate: 2 root_folder: "{tmp_path}/"')
    pixels, labels = finished(make_source(net, "TEST"))
    np.testing.assert_array_equal(pixels[0], volume(frames[0:8:2], SIZE))
    np.testing.assert_array_equal(pixels[1], volume(frames[7:15:2], SIZE))
    assert labels.tolist() == [1, 2]


def test_a_clip_of_a_video_with_jitter_has_no_frame_in_its_list(tmp_path):
    frames = frames_of(write_video(tmp_path / "video.avi", 9))
    clips = write_list(tmp_path / "list.txt", [f"{tmp_path}/video.avi 4"])
    pixels, labels = finished(make_source(clip_net(
        clips, "use_temporal_jitter: true", batch=30)))
    assert {start_in(clip, frames) for clip in pixels} == set(range(6)) and (labels == 4).all()


def test_the_rate_is_drawn_from_one_to_its_most(folders):
    clips = write_list(folders / "one.txt", [f"{folders}/a 1 0"])
    pixels, _ = finished(make_source(clip_net(
        clips, "use_image: true use_sampling_rate_jitter: true max_sampling_rate: 3", batch=20)))
    possible = [clip_of(folders / "a", 1, rate) for rate in (1, 2, 3)]
    rates = [next(index for index, clip in enumerate(possible) if np.array_equal(clip, found))
             for found in pixels]
    assert set(rates) == {0, 1, 2}


def test_several_labels_are_a_row_of_ones_and_zeros(folders):
    clips = write_list(folders / "list.txt", [f"{folders}/a 1 0,3", f"{folders}/a 2 4"])
    more = "use_image: true use_multiple_label: true num_of_labels: 5"
    source = make_source(clip_net(clips, more))
    assert source.top_shapes[1] == (2, 5)
    assert finished(source)[1].tolist() == [[1, 0, 0, 1, 0], [0, 0, 0, 0, 1]]
    write_list(clips, [f"{folders}/a 1 0,5"])
    with pytest.raises(DataError, match=r"list.txt:1: label 5 is not one of the 5"):
        make_source(clip_net(clips, more))


def batches_of(net, count, **options):
    source = make_source(net, **options)
    try:
        return [[top.numpy().copy() for top in batch]
                for batch in itertools.islice(source.batches(), count)]
    finally:
        source.close()


def test_workers_make_the_same_batches_around_bad_clips(folders, caplog):
    """The frames 8 to 12 of one folder are missing: some of its clips can be had, some not."""
    lines = [f"{folders}/a 12 {label}" for label in range(20)]
    lines[3] = f"{folders}/b 12 99"
    for index in range(8, 13):
        (folders / "b" / f"{index:06d}.jpg").unlink()
    clips = write_list(folders / "list.txt", lines)
    net = clip_net(clips, "use_image: true use_temporal_jitter: true shuffle: true",
                   "crop_size: 21 mirror: true")
    alone, shared = batches_of(net, 60), batches_of(net, 60, workers=2)
    for expected, batch in zip(alone, shared, strict=True):
        for top, other in zip(expected, batch, strict=True):
            np.testing.assert_array_equal(top, other)
    seen = np.concatenate([labels for _, labels in alone])
    assert 0 < (seen == 99).sum() < 6
    assert "b 12 is left out: 0000" in caplog.text


def test_bad_clips_are_named_and_left_out(folders, caplog):
    cv2.imwrite(str(folders / "a" / "000012.jpg"), read(folders / "a" / "000012.jpg")[:10])
    (folders / "video.avi").write_bytes(b"no video")
    lines = [f"{folders}/a 1 {label}" for label in range(60)]
    for bad, reason in {
            f"{folders}/a 10 0": "a 10 is left out: 000013.jpg: the file cannot be read: No such",
            f"{folders}/none 1 0": "none 1 is left out: 000001.jpg: the file cannot be read",
            }.items():
        caplog.clear()
        clips = write_list(folders / "list.txt", [*lines, bad])
        source = make_source(clip_net(clips, batch=61), "TEST")
        assert finished(source)[1].tolist() == [*range(60), 0]
        assert reason in caplog.text
    clips = write_list(folders / "list.txt", [*lines, f"{folders}/a 9 0"])
    net = clip_net(clips, batch=61).replace("new_width: 44 new_height: 30", "")
    finished(make_source(net, "TEST"))
    assert "its frame 3 is 56 x 10, the first one 56 x 40; new_height" in caplog.text


def test_video_files_of_no_use_are_named(tmp_path):
    video = write_video(tmp_path / "short.avi", 6)
    (tmp_path / "broken.avi").write_bytes(b"no video")
    for line, reason in {
            "short.avi 3 0": "its 6 frames end before a clip of 4 from frame 3 on",
            "short.avi -1 0": "its 6 frames end before a clip of 4 from frame -1 on",
            "broken.avi 0 0": "cannot be opened as a video",
            "none.avi 0 0": "there is no such file"}.items():
        clips = write_list(tmp_path / "list.txt", [line])
        with pytest.raises(DataError, match=f"none of the 1 records can be used.*{reason}"):
            make_source(clip_net(clips, f'use_image: false root_folder: "{video.parent}/"'))
    clips = write_list(tmp_path / "list.txt", [f"{video} 0 0"])
    with pytest.raises(DataError, match="it has 6 frames; a clip of 4, each 2 after"):
        make_source(clip_net(clips, "sampling_rate: 2"))


def test_paths_may_hold_blanks(folders):
    (folders / "a").rename(folders / "a b")
    clips = write_list(folders / "list.txt", [f"{folders}/a b 1 6"])
    assert finished(make_source(clip_net(clips)))[1].tolist() == [6, 6]
