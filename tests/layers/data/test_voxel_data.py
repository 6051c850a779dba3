"""VideoSegmentationData and VideoWithVoxelTruthData: clips with a truth for each voxel."""

import numpy as np
import pytest

from framework.errors import DataError, SpecError
from tests.data.making import finished, make_source

SHAPE = (1, 5, 3, 6, 7)         # 3 channels of images and 2 of the truth, 3 frames


def blob(number, kind):
    generator = np.random.default_rng(number)
    if kind == np.uint8:
        return generator.integers(0, 256, SHAPE).astype(kind)
    return generator.normal(size=SHAPE).astype(kind)


def write_blobs(folder, kind=np.float32):
    for number in range(3):
        sizes = np.array(SHAPE, "<i4").tobytes()
        (folder / f"{number}.bin").write_bytes(sizes + blob(number, kind).tobytes())
    (folder / "list.txt").write_text("".join(f"{folder}/{number}.bin\n" for number in range(3)))


def net(folder, param="", transform="", kind="VideoWithVoxelTruthData", phase="TRAIN"):
    return (f'layer {{ name: "d" type: "{kind}" top: "data" top: "truth" image_data_param {{ '
            f'source: "{folder}/list.txt" batch_size: 2 {param} }} transform_param {{ {transform} '
            '} }'), phase


def tops_of(folder, *args, **options):
    source = make_source(*net(folder, *args, **options))
    data, truth = finished(source)
    assert [tuple(top.shape) for top in (data, truth)] == source.top_shapes
    return np.asarray(data), np.asarray(truth)


def test_the_last_channels_are_the_truth(tmp_path):
    write_blobs(tmp_path)
    data, truth = tops_of(tmp_path, "num_truth_channels: 2 mean_value: 0.5", "scale: 2")
    for number in range(2):
        values = blob(number, np.float32)[0]
        np.testing.assert_allclose(data[number], (values[:3] - 0.5) * 2, rtol=1e-6)
        np.testing.assert_array_equal(truth[number], values[3:])


def test_segmentations_are_bytes_with_a_class_for_each_voxel(tmp_path):
    write_blobs(tmp_path, np.uint8)
    data, truth = tops_of(tmp_path, kind="VideoSegmentationData", transform="crop_size: 4",
                          phase="TEST")
    for number in range(2):
        values = blob(number, np.uint8)[0, :, :, 1:5, 1:5]
        np.testing.assert_array_equal(data[number], values[:4])
        np.testing.assert_array_equal(truth[number], values[4:])


@pytest.mark.parametrize("param, rule", [
    ("truth_scale: 0.125", lambda values: values * np.float32(0.125)),
    ("clip_min: -0.5 clip_max: 1", lambda values: np.clip((values + 0.5) / 1.5, 0, 1))])
def test_truths_of_crops_are_scaled_or_cut(tmp_path, param, rule):
    write_blobs(tmp_path)
    _, truth = tops_of(tmp_path, f"num_truth_channels: 2 {param}", "crop_size: 4", phase="TEST")
    for number in range(2):
        np.testing.assert_allclose(truth[number],
                                   rule(blob(number, np.float32)[0, 3:, :, 1:5, 1:5]), rtol=1e-5,
                                   atol=1e-7)


def test_a_mirror_takes_both_and_turns_the_flow_along_x(tmp_path):
    write_blobs(tmp_path)
    source = make_source(*net(tmp_path, "num_truth_channels: 2 is_flow: true shuffle: true",
                              "crop_size: 4 mirror: true"))
    wholes = [blob(number, np.float32)[0] for number in range(3)]
    found = set()
    batches = source.batches()
    for _ in range(12):
        for clip, truth in zip(*map(np.asarray, source.to_device(next(batches), "cpu")),
                               strict=True):
            for whole, y, x, mirrored in ((whole, y, x, mirrored) for whole in wholes
                                          for y in range(3) for x in range(4)
                                          for mirrored in (False, True)):
                part = whole[:, :, y:y + 4, x:x + 4]
                if mirrored:
                    part = part[..., ::-1].copy()
                    part[3] = -part[3]
                if np.array_equal(clip, part[:3]) and np.array_equal(truth, part[3:]):
                    found.add((y, x, mirrored))
                    break
            else:
                pytest.fail("a clip and its truth are not one crop of a file")
    source.close()
    assert {mirrored for *_, mirrored in found} == {False, True}
    assert max(y for y, *_ in found) == 1 and max(x for _, x, _ in found) == 2   # never the last


@pytest.mark.parametrize("param, transform, match", [
    ("", "mirror: true", "mirror needs a crop_size"),
    ("clip_min: 1 clip_max: 1", "", "clip_max is 1; it must be above clip_min, 1"),
    ("new_height: 5", "", "new_height"), ("num_truth_channels: 0", "", "must be at least 1")])
def test_settings_that_cannot_be_followed_are_refused(tmp_path, param, transform, match):
    write_blobs(tmp_path)
    with pytest.raises(SpecError, match=match):
        make_source(*net(tmp_path, param, transform))


@pytest.mark.parametrize("content, match", [
    (b"abc", "it has 3 bytes; a blob begins with five sizes"),
    (np.array(SHAPE, "<i4").tobytes() + bytes(7), "these would be 2540 bytes"),
    (np.array((2, *SHAPE[1:]), "<i4").tobytes() + bytes(5040), "with one item of float32")])
def test_a_file_that_is_not_a_blob_is_named(tmp_path, content, match):
    write_blobs(tmp_path)
    for number in range(3):
        (tmp_path / f"{number}.bin").write_bytes(content)
    with pytest.raises(DataError, match=match):
        make_source(*net(tmp_path))
