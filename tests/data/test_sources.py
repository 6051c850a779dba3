"""The data layers beside AnnotatedData: files, windows, label maps, video, memory, HDF5."""

import itertools

import cv2
import h5py
import numpy as np
import pytest
import torch

from framework.data.random import Draws
from framework.errors import DataError, SpecError
from framework.proto import Datum
from tests.data.making import encoded, make_source, picture, write_database


def write_pictures(folder, count=4, height=40, width=56):
    for index in range(count):
        cv2.imwrite(str(folder / f"{index}.png"), picture(index, height, width))
        marks = np.full((height, width), index, np.uint8)
        marks[:5, :7] = 200 + index
        cv2.imwrite(str(folder / f"{index}_marks.png"), marks)


def finished(source, start=0):
    """The next batch as the net would get it."""
    batches = source.batches(start)
    batch = source.to_device(next(batches), torch.device("cpu"))
    batches.close()
    return [top.numpy() for top in batch]


def planes(seed, height=40, width=56):
    return picture(seed, height, width).transpose(2, 0, 1).astype(np.float32)


# ImageData


def image_net(folder, more="", transform=""):
    return (f'layer {{ name: "d" type: "ImageData" top: "data" top: "label" image_data_param {{ '
            f'source: "{folder}/list.txt" root_folder: "{folder}/" batch_size: 2 {more} }} '
            f'transform_param {{ {transform} }} }}')


def test_image_data_reads_names_with_blanks_and_leaves_missing_pictures_out(tmp_path, caplog):
    write_pictures(tmp_path)
    (tmp_path / "0.png").rename(tmp_path / "a b.png")
    (tmp_path / "list.txt").write_text("a b.png 7\nabsent.png 8\n2.png 9\n3.png 10\n")
    source = make_source(image_net(tmp_path, "", "mean_value: 10 scale: 0.5"))
    pixels, labels = finished(source)
    np.testing.assert_array_equal(labels, [7, 9])
    np.testing.assert_array_equal(pixels[0], (planes(0) - 10) * np.float32(0.5))
    assert "absent.png is left out: the file cannot be read: No such file" in caplog.text


@pytest.mark.parametrize("text, message", [
    ("", "the list is empty"), ("0.png\n", "'0.png' is not `path label`"),
    ("0.png x\n", "'0.png x' is not"),
])
def test_a_list_of_pictures_is_checked(tmp_path, text, message):
    (tmp_path / "list.txt").write_text(text)
    with pytest.raises(DataError, match=message):
        make_source(image_net(tmp_path))


def test_image_data_needs_both_sizes(tmp_path):
    with pytest.raises(SpecError, match="new_height and new_width must be given together"):
        make_source(image_net(tmp_path, "new_height: 5"))


# Data


def test_data_of_floats_is_less_the_mean_and_scaled(tmp_path):
    values = np.random.default_rng(0).normal(size=(2, 3, 5)).astype(np.float32)
    datum = Datum(channels=2, height=3, width=5, float_data=values.ravel().tolist(), label=4)
    path = write_database(tmp_path / "lmdb", [datum.SerializeToString()])
    pixels, labels = finished(make_source(
        f'layer {{ name: "d" type: "Data" top: "data" top: "label" data_param {{ source: "{path}" '
        'batch_size: 3 backend: LMDB } transform_param { mean_value: 0.25 mean_value: -1 '
        'scale: 2 } }'))
    expected = (values - np.float32([0.25, -1])[:, None, None]) * 2
    np.testing.assert_allclose(pixels, np.stack([expected] * 3), rtol=1e-6)
    np.testing.assert_array_equal(labels, [4, 4, 4])


def test_pictures_of_other_sizes_need_a_batch_of_one(tmp_path):
    records = [Datum(data=encoded(picture(index, 20 + index, 30)), encoded=True,
                     label=index).SerializeToString() for index in range(3)]
    path = write_database(tmp_path / "lmdb", records)
    net = (f'layer {{ name: "d" type: "Data" top: "data" data_param {{ source: "{path}" '
           'batch_size: %d backend: LMDB } }')
    batches = make_source(net % 1).batches()
    assert [tuple(batch[0].shape[2:]) for batch in itertools.islice(batches, 3)] == \
        [(20, 30), (21, 30), (22, 30)]
    with pytest.raises(DataError, match="resize_param or a batch_size of 1 would take both"):
        next(make_source(net % 3).batches())


# Segmentation


def pair_net(kind, folder, param, more="", transform="", tops="data label"):
    tops = " ".join(f'top: "{top}"' for top in tops.split())
    return (f'layer {{ name: "d" type: "{kind}" {tops} {param} {{ source: "{folder}/list.txt" '
            f'root_folder: "{folder}/" batch_size: 2 {more} }} '
            f'transform_param {{ {transform} }} }}')


@pytest.fixture
def pairs(tmp_path):
    write_pictures(tmp_path)
    lines = [f"{index}.png {index}_marks.png" for index in range(4)]
    (tmp_path / "list.txt").write_text("\n".join(lines))
    return tmp_path


def test_dense_image_data_has_the_grey_levels_as_labels(pairs):
    pixels, labels = finished(make_source(pair_net("DenseImageData", pairs,
                                                   "dense_image_data_param")))
    assert labels.shape == (2, 1, 40, 56) and labels.dtype == np.float32
    np.testing.assert_array_equal(pixels[1], planes(1))
    assert labels[1, 0, 30, 30] == 1 and labels[1, 0, 2, 3] == 201


@pytest.mark.parametrize("kind, param", [("DenseImageData", "dense_image_data_param"),
                                         ("ImageSegData", "image_data_param")])
@pytest.mark.parametrize("workers", [0, 1])
def test_a_picture_and_its_label_map_are_cropped_and_mirrored_alike(pairs, kind, param, workers):
    """The label map here is the picture's own first channel."""
    for index in range(4):
        cv2.imwrite(str(pairs / f"{index}_marks.png"), picture(index)[..., 0])
    more = "label_type: PIXEL" if kind == "ImageSegData" else ""
    source = make_source(pair_net(kind, pairs, param, more,
                                  "mirror: true crop_h: 24 crop_w: 31"), workers=workers)
    batches = source.batches()
    crops = set()
    for _ in range(6):
        pixels, labels = next(batches)
        np.testing.assert_array_equal(pixels[:, :1], labels)
        crops.add(labels.numpy().tobytes())
    batches.close()
    assert len(crops) == 6


def test_image_seg_data_pads_what_a_crop_lacks_and_tells_the_sizes(pairs):
    pixels, labels, sizes = finished(make_source(pair_net(
        "ImageSegData", pairs, "image_data_param", "label_type: PIXEL ignore_label: 99",
        "crop_h: 50 crop_w: 60 mean_value: 7", "data label size"), "TEST"))
    np.testing.assert_array_equal(pixels[0, :, :40, :56], planes(0) - 7)
    assert (pixels[0, :, 40:] == 0).all() and (labels[:, :, 40:] == 99).all()
    assert (labels[:, :, :, 56:] == 99).all() and labels[1, 0, 30, 30] == 1
    np.testing.assert_array_equal(sizes.reshape(2, 2), [[40, 56]] * 2)


def test_image_seg_data_scales_by_one_of_the_factors(pairs):
    source = make_source(pair_net("ImageSegData", pairs, "image_data_param",
                                  "label_type: PIXEL", "scale_factors: 0.5 scale_factors: 2 "
                                  "crop_size: 10"))
    sizes = set()
    for position in range(40):
        crop_all = source.maker.source._transformer
        crop_all.crop = (0, 0)
        pixels, marks = crop_all.pair(picture(0), picture(0)[..., :1], Draws(0, position), 255)
        assert pixels.shape[:2] == marks.shape[:2]
        sizes.add(pixels.shape[:2])
    assert sizes == {(20, 28), (80, 112)}


@pytest.mark.parametrize("kind, expected", [("IMAGE", [3, 5]), ("NONE", [77, 77])])
def test_image_seg_data_takes_one_label_for_the_whole_picture(pairs, kind, expected):
    lines = ["0.png 3", "1.png 5"] if kind == "IMAGE" else ["0.png", "1.png"]
    (pairs / "list.txt").write_text("\n".join(lines))
    _, labels = finished(make_source(pair_net("ImageSegData", pairs, "image_data_param",
                                              f"label_type: {kind} ignore_label: 77")))
    assert (labels == np.array(expected).reshape(2, 1, 1, 1)).all()


def test_image_labelmap_data_is_one_where_the_drawing_is_light(pairs):
    drawing = np.zeros((40, 56), np.uint8)
    drawing[10], drawing[20] = 127, 128
    cv2.imwrite(str(pairs / "0_marks.png"), drawing)
    _, edges = finished(make_source(pair_net("ImageLabelmapData", pairs, "image_data_param")))
    assert (edges[0, 0, 20] == 1).all() and edges[0].sum() == 56


def test_a_label_map_of_another_size_is_a_bad_record(pairs, caplog):
    cv2.imwrite(str(pairs / "0_marks.png"), np.zeros((9, 9), np.uint8))
    _, labels = finished(make_source(pair_net("DenseImageData", pairs, "dense_image_data_param")))
    assert labels[0, 0, 30, 30] == 1
    assert "the picture is 56 x 40, its label map 9 x 9" in caplog.text


def test_pairs_refuse_what_label_maps_cannot_follow(pairs):
    with pytest.raises(SpecError, match="distort_param is not taken by DenseImageData"):
        make_source(pair_net("DenseImageData", pairs, "dense_image_data_param", "",
                             "distort_param { hue_prob: 1 }"))
    (pairs / "list.txt").write_text("0.png\n")
    with pytest.raises(DataError, match="'0.png' is not `picture label_map`"):
        make_source(pair_net("DenseImageData", pairs, "dense_image_data_param"))


# WindowData


def window_net(folder, more="", transform="crop_size: 12"):
    return (f'layer {{ name: "d" type: "WindowData" top: "data" top: "label" window_data_param {{ '
            f'source: "{folder}/windows.txt" root_folder: "{folder}/" batch_size: 8 {more} }} '
            f'transform_param {{ {transform} }} }}')


@pytest.fixture
def windows(tmp_path):
    write_pictures(tmp_path, 2)
    (tmp_path / "windows.txt").write_text(
        "# 0\n0.png\n3\n40\n56\n3\n2 0.9 10 5 33 28\n1 0.1 0 0 11 11\n3 0.45 1 1 5 5\n"
        "# 1\n1.png\n3\n40\n56\n2\n4 0.7 30 10 53 33\n1 0.2 20 20 31 31\n")
    return tmp_path


def test_window_data_has_background_first_and_a_share_of_objects(windows):
    source = make_source(window_net(windows, "fg_fraction: 0.375 bg_threshold: 0.4"))
    seen = set()
    for start in range(10):
        pixels, labels = finished(source, start)
        assert pixels.shape == (8, 3, 12, 12) and (labels[:5] == 0).all()
        assert set(labels[5:]) <= {2, 4}
        seen |= set(labels[5:])
        for place in range(5):
            assert any(np.array_equal(pixels[place], planes(image)[:, y:y + 12, x:x + 12])
                       for image, x, y in ((0, 0, 0), (1, 20, 20)))
    assert seen == {2, 4}


def test_windows_are_resized_and_less_the_mean(windows):
    pixels, labels = finished(make_source(window_net(
        windows, "fg_fraction: 1 bg_threshold: 0.4", "crop_size: 12 mean_value: 50 scale: 0.1")))
    corners = {2: (0, 10, 5), 4: (1, 30, 10)}
    for crop, label in zip(pixels, labels, strict=True):
        image, x, y = corners[label]
        part = cv2.resize(picture(image)[y:y + 24, x:x + 24], (12, 12)).transpose(2, 0, 1)
        np.testing.assert_allclose(crop, (part - np.float32(50)) * np.float32(0.1), rtol=1e-5)


def test_context_outside_the_picture_is_zero_after_the_mean(windows):
    """Window 0 0 11 11 of background, twice as large with context: half of it is outside."""
    (windows / "windows.txt").write_text("# 0\n0.png\n3\n40\n56\n2\n2 0.9 10 5 33 28\n"
                                         "1 0.1 0 0 11 11\n")
    pixels, _ = finished(make_source(window_net(windows, "context_pad: 3 fg_fraction: 0",
                                                "crop_size: 12 mean_value: 300")))
    assert (pixels[0, :, :3] == 0).all() and (pixels[0, :, :, :3] == 0).all()
    assert (pixels[0, :, 3:, 3:] < 0).all()


def test_a_missing_picture_of_windows_is_counted_and_others_are_drawn(windows, caplog):
    (windows / "1.png").unlink()
    source = make_source(window_net(windows, "fg_fraction: 0.5"))
    batches = source.batches()
    _, labels = next(batches)
    assert set(labels[4:].tolist()) == {2}
    assert "1.png is left out: the file cannot be read" in caplog.text


def test_window_files_are_checked(windows):
    (windows / "windows.txt").write_text("# 0\n0.png\n3\n40\n56\n3\n2 0.9 10 5 33\n")
    with pytest.raises(DataError, match="picture 1 is not described as"):
        make_source(window_net(windows))
    with pytest.raises(SpecError, match="crop_mode is 'round'; it must be 'warp' or 'square'"):
        make_source(window_net(windows, 'crop_mode: "round"'))


# VideoData


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


# MemoryData and HDF5Data


MEMORY = ('layer { name: "d" type: "MemoryData" top: "data" top: "label" memory_data_param { '
          'batch_size: 2 channels: 3 height: 4 width: 5 } }')


def test_memory_data_starts_again_with_new_arrays():
    source = make_source(MEMORY)
    batches = source.batches()
    with pytest.raises(DataError, match="call set_input_arrays first"):
        next(source.batches())
    arrays = np.arange(4 * 60, dtype=np.float32).reshape(4, 3, 4, 5)
    source.set_input_arrays(arrays, np.arange(4))
    next(batches)
    source.set_input_arrays(arrays + 1, np.arange(4) + 10)
    data, labels = next(batches)
    np.testing.assert_array_equal(data, arrays[:2] + 1)
    assert labels.flatten().tolist() == [10, 11]


def test_memory_data_takes_its_shape_whole():
    source = make_source(MEMORY.replace("batch_size: 2 channels: 3 height: 4 width: 5",
                                        "dim: 2 dim: 3 dim: 4 dim: 5"))
    assert source.top_shapes == [(2, 3, 4, 5), (2, 1, 1, 1)]


@pytest.mark.parametrize("shape, count", [((3, 3, 4, 5), 3), ((2, 3, 5, 4), 2), ((2, 3, 4, 5), 3)])
def test_memory_data_checks_the_arrays(shape, count):
    with pytest.raises(DataError, match=r"it takes \(n, 3, 4, 5\) and \(n,\), n a multiple"):
        make_source(MEMORY).set_input_arrays(np.zeros(shape, np.float32), np.zeros(count))


@pytest.fixture
def hdf5(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, rows in (("a.h5", 5), ("b.h5", 3), ("c.h5", 4)):
        with h5py.File(tmp_path / name, "w") as file:
            values = np.arange(rows * 2, dtype=np.float64).reshape(rows, 2)
            file["data"] = values + 100 * ord(name[0])
            file["label"] = np.arange(rows)
    (tmp_path / "list.txt").write_text("a.h5\nb.h5\nc.h5\n")
    return tmp_path


def hdf5_net(more="", tops="data label"):
    tops = " ".join(f'top: "{top}"' for top in tops.split())
    return (f'layer {{ name: "d" type: "HDF5Data" {tops} hdf5_data_param {{ source: "list.txt" '
            f'batch_size: 4 {more} }} }}')


def rows_of(source, count, start=0):
    return [tuple(row) for data, _ in itertools.islice(source.batches(start), count)
            for row in data.tolist()]


def test_hdf5_rows_go_on_from_file_to_file_and_any_batch_can_be_first(hdf5):
    source = make_source(hdf5_net())
    rows = rows_of(source, 6)
    assert rows[:12] == rows[12:] and len(set(rows)) == 12
    assert rows[4:6] == [(9708.0, 9709.0), (9800.0, 9801.0)]
    assert rows_of(source, 2, start=2) == rows[8:16]


def test_shuffled_hdf5_rows_all_come_in_each_pass_and_again_for_the_same_seed(hdf5):
    source = make_source(hdf5_net("shuffle: true"), seed=3)
    rows = rows_of(source, 6)
    assert sorted(rows[:12]) == sorted(rows[12:]) and len(set(rows[:12])) == 12
    assert rows[:12] != rows[12:]
    assert rows_of(make_source(hdf5_net("shuffle: true"), seed=3), 3, start=3) == rows[12:]


def test_ranks_share_hdf5_rows(hdf5):
    whole = rows_of(make_source(hdf5_net().replace("batch_size: 4", "batch_size: 8")), 3)
    ranks = [rows_of(make_source(hdf5_net(), rank=rank, world_size=2), 3) for rank in range(2)]
    found = [row for number in range(0, 12, 4) for rank in ranks for row in rank[number:number + 4]]
    assert found == whole


def test_hdf5_files_are_checked(hdf5):
    with pytest.raises(DataError, match=r"a.h5: there is no dataset 'third'.*\['data', 'label'\]"):
        make_source(hdf5_net("", "data third"))
    with pytest.raises(SpecError, match="transform_param has no use here"):
        make_source(hdf5_net()[:-1] + " transform_param { scale: 2 } }")
    (hdf5 / "b.h5").write_bytes(b"no such thing")
    with pytest.raises(DataError, match="b.h5: the file cannot be read as HDF5"):
        make_source(hdf5_net())
