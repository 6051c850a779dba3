"""ImageData, Data, MemoryData and HDF5Data."""

import itertools
import os

import cv2
import h5py
import numpy as np
import pytest

from framework.errors import DataError, SpecError
from framework.proto import Datum
from tests.data.making import (
    annotated_net,
    encoded,
    finished,
    good_records,
    image,
    make_source,
    planes,
    write_database,
    write_images,
)


def image_net(folder, more="", transform=""):
    return (f'layer {{ name: "d" type: "ImageData" top: "data" top: "label" image_data_param {{ '
            f'source: "{folder}/list.txt" root_folder: "{folder}/" batch_size: 2 {more} }} '
            f'transform_param {{ {transform} }} }}')


def test_image_data_reads_names_with_blanks_and_leaves_missing_images_out(tmp_path, caplog):
    write_images(tmp_path)
    (tmp_path / "0.png").rename(tmp_path / "a b.png")
    (tmp_path / "list.txt").write_text("a b.png 7\nabsent.png 8\n2.png 9\n3.png 10\n")
    source = make_source(image_net(tmp_path, "", "mean_value: 10 scale: 0.5"))
    pixels, labels = finished(source)
    np.testing.assert_array_equal(labels, [7, 9])
    np.testing.assert_array_equal(pixels[0], (planes(0) - 10) * np.float32(0.5))
    assert "absent.png is left out: the file cannot be read: No such file" in caplog.text


@pytest.mark.parametrize("size, longer", [((33, 20), 26), ((20, 33), 26), ((21, 27), 21)])
@pytest.mark.parametrize("more, mode", [("", cv2.INTER_LINEAR),
                                        ("bicubic: true", cv2.INTER_CUBIC)])
def test_image_data_resizes_the_shorter_side_to_new_dim(tmp_path, size, longer, more, mode):
    pixels = np.random.default_rng(3).integers(0, 256, (*size, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "a.png"), pixels)
    (tmp_path / "list.txt").write_text("a.png 7\na.png 7\n")
    [images, _] = finished(make_source(image_net(tmp_path, f"new_dim: 16 {more}")))
    width, height = (16, longer) if size[0] > size[1] else (longer, 16)
    expected = cv2.resize(pixels, (width, height), interpolation=mode).transpose(2, 0, 1)
    np.testing.assert_allclose(images[0], expected, atol=1)


@pytest.mark.parametrize("size, expected", [
    ((33, 20), (50, 30)), ((10, 28), (18, 50)), ((19, 60), (19, 60)), ((12, 31), (18, 47))])
def test_image_data_enlarges_images_below_the_least_size(tmp_path, size, expected):
    pixels = np.random.default_rng(3).integers(0, 256, (*size, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "a.png"), pixels)
    (tmp_path / "list.txt").write_text("a.png 7\na.png 7\n")
    [images, _] = finished(make_source(image_net(tmp_path, "min_height: 18 min_width: 30")))
    same = cv2.resize(pixels, expected[::-1]).transpose(2, 0, 1)
    np.testing.assert_allclose(images[0], same, atol=1)
    with pytest.raises(SpecError, match="min_height and min_width go together; only one is given"):
        make_source(image_net(tmp_path, "min_height: 18"))


def test_image_data_takes_one_way_of_giving_its_size(tmp_path):
    with pytest.raises(SpecError, match="new_dim is given together with new_height"):
        make_source(image_net(tmp_path, "new_dim: 16 new_height: 16 new_width: 16"))


@pytest.mark.parametrize("text, message", [
    ("", "the list is empty"), ("0.png\n", "'0.png' is not `path label`"),
    ("0.png x\n", "'0.png x' is not"),
])
def test_a_list_of_images_is_checked(tmp_path, text, message):
    (tmp_path / "list.txt").write_text(text)
    with pytest.raises(DataError, match=message):
        make_source(image_net(tmp_path))


def test_image_data_needs_both_sizes(tmp_path):
    with pytest.raises(SpecError, match="new_height and new_width must be given together"):
        make_source(image_net(tmp_path, "new_height: 5"))


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


FLOAT_LABELS = """layer {{ name: "d" type: "Data" top: "x" top: "label"
  data_param {{ source: "{}" batch_size: {} backend: LMDB }} }}"""


def float_label_records(*labels):
    datums = [Datum(channels=1, height=2, width=3, data=bytes(range(n, n + 6)), label=9,
                    float_data=row) for n, row in enumerate(labels)]
    return [datum.SerializeToString() for datum in datums]


def test_numbers_beside_an_image_in_a_datum_are_its_labels(tmp_path):
    """As in Netzeband/caffe-deepdriving; a Datum of BVLC has either of the two."""
    path = write_database(tmp_path / "lmdb", float_label_records([0.5, -2, 3], [4, 5, 6.25]))
    pixels, labels = finished(make_source(FLOAT_LABELS.format(path, 2)))
    np.testing.assert_array_equal(labels, [[[[0.5, -2, 3]]], [[[4, 5, 6.25]]]])
    np.testing.assert_array_equal(pixels[1, 0], [[1, 2, 3], [4, 5, 6]])


def test_a_record_with_other_than_the_usual_number_of_labels_is_bad(tmp_path, caplog):
    path = write_database(tmp_path / "lmdb", float_label_records(*[[1, 2]] * 30, [1, 2, 3]))
    next(make_source(FLOAT_LABELS.format(path, 31)).batches())
    assert "it has 3 numbers in float_data; the first record has 2" in caplog.text


NUMBERED = """layer {{ name: "d" type: "Data" top: "data" top: "label" top: "number"
  data_param {{ source: "{}" batch_size: 3 backend: LMDB {} }} }}"""


def test_a_third_top_holds_the_number_of_each_record(tmp_path):
    """Field 8 of a Datum, a varint: 12 and -3 by feiranwang/caffe's int32, none in the last."""
    records = [Datum(channels=1, height=1, width=2, data=bytes([n, 7]), label=5 + n)
               .SerializeToString() for n in range(3)]
    records[0] += bytes([8 << 3, 12])
    records[1] += bytes([8 << 3, *[0xFD], *[0xFF] * 8, 1])
    source = make_source(NUMBERED.format(write_database(tmp_path / "lmdb", records), ""))
    pixels, labels, numbers = finished(source)
    assert source.top_shapes == [(3, 1, 1, 2), (3,), (3,)]
    np.testing.assert_array_equal(labels, [5, 6, 7])
    np.testing.assert_array_equal(numbers, [12, -3, 0])
    np.testing.assert_array_equal(pixels[:, 0, 0], [[0, 7], [1, 7], [2, 7]])


def test_numbers_of_records_do_not_go_with_what_was_drawn(tmp_path):
    path = write_database(tmp_path / "lmdb", float_label_records([1]))
    with pytest.raises(SpecError, match="get_mirror_crop goes with two tops; the third, numbers"):
        make_source(NUMBERED.format(path, "get_mirror_crop: true"))


def test_images_of_other_sizes_need_a_batch_of_one(tmp_path):
    records = [Datum(data=encoded(image(index, 20 + index, 30)), encoded=True,
                     label=index).SerializeToString() for index in range(3)]
    path = write_database(tmp_path / "lmdb", records)
    net = (f'layer {{ name: "d" type: "Data" top: "data" data_param {{ source: "{path}" '
           'batch_size: %d backend: LMDB } }')
    batches = make_source(net % 1).batches()
    assert [tuple(batch[0].shape[2:]) for batch in itertools.islice(batches, 3)] == \
        [(20, 30), (21, 30), (22, 30)]
    with pytest.raises(DataError, match="resize_param or a batch_size of 1 would take both"):
        next(make_source(net % 3).batches())


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


def test_memory_data_of_any_number_of_axes_needs_no_labels():
    source = make_source('layer { name: "d" type: "MemoryData" top: "data" memory_data_param { '
                         'dim: 2 dim: 1 dim: 4 dim: 5 dim: 6 } }')
    assert source.top_shapes == [(2, 1, 4, 5, 6)]
    arrays = np.arange(480, dtype=np.float32).reshape(4, 1, 4, 5, 6)
    source.set_input_arrays(arrays)
    (data,) = next(source.batches(1))
    np.testing.assert_array_equal(data, arrays[:2])
    with pytest.raises(DataError, match=r"got data \(2, 4\); it takes \(n, 1, 4, 5, 6\), n a mult"):
        source.set_input_arrays(arrays[0, 0, :2, 0, :4])
    with pytest.raises(DataError, match=r"got data \(4, 3, 4, 5\); it takes \(n, 3, 4, 5\) and "):
        make_source(MEMORY).set_input_arrays(np.zeros((4, 3, 4, 5), np.float32))
    with pytest.raises(SpecError, match="memory_data_param.dim is missing or 0; it must be at"):
        make_source('layer { name: "d" type: "MemoryData" top: "data" memory_data_param { '
                    'dim: 2 dim: 0 } }')


@pytest.mark.parametrize("shape, count", [((3, 3, 4, 5), 3), ((2, 3, 5, 4), 2), ((2, 3, 4, 5), 3)])
def test_memory_data_checks_the_arrays(shape, count):
    with pytest.raises(DataError, match=r"it takes \(n, 3, 4, 5\) and \(n,\), n a multiple"):
        make_source(MEMORY).set_input_arrays(np.zeros(shape, np.float32), np.zeros(count))


def test_memory_data_takes_labels_of_several_numbers():
    source = make_source(MEMORY.replace("width: 5", "width: 5 label_channels: 2 label_width: 3"))
    assert source.top_shapes == [(2, 3, 4, 5), (2, 2, 1, 3)]
    labels = np.arange(24, dtype=np.float32).reshape(4, 6)
    source.set_input_arrays(np.zeros((4, 3, 4, 5), np.float32), labels)
    np.testing.assert_array_equal(next(source.batches(1))[1], labels[:2].reshape(2, 2, 1, 3))
    with pytest.raises(DataError, match=r"it takes \(n, 3, 4, 5\) and \(n, 6\)"):
        source.set_input_arrays(np.zeros((4, 3, 4, 5), np.float32), labels[:, :1])


RANDOM = """layer { name: "d" type: "RandVec" top: "data" rand_vec_param {
            batch_size: 300 dim: 20 lower: -2 upper: 1 %s } }"""


def test_random_vectors_are_uniform_in_steps_and_stay_for_their_batches():
    source = make_source(RANDOM % "repeat: 2")
    first, second, third = (batch[0] for batch in itertools.islice(source.batches(), 3))
    assert first.shape == (300, 20) and first.equal(second) and not first.equal(third)
    assert next(source.batches(2))[0].equal(third)
    assert first.min() >= -2 and first.max() < 1
    steps = (first.double() + 2) * 10_000
    assert (steps - steps.round()).abs().max() < 0.01
    counts, _ = np.histogram(first, 10, (-2, 1))        # 600 expected in each, 5 deviations
    assert np.abs(counts - 600).max() < 120


def test_random_vectors_may_be_planes():
    assert make_source(RANDOM % "height: 4 width: 3").top_shapes == [(300, 20, 4, 3)]
    assert make_source(RANDOM % "height: 4").top_shapes == [(300, 20)]


def test_random_vectors_have_the_defaults_of_each_project():
    text = 'layer { name: "d" type: "RandVec" top: "data" %s {} }'
    assert make_source(text % "rand_vec_param").top_shapes == [(1, 100)]
    assert make_source(text % "randvec_param").top_shapes == [(1, 128, 1, 1)]


@pytest.mark.parametrize("field, match", [
    ("upper: -2", "upper is -2; it must be above lower, -2"),
    ("dim: 0", "dim is missing or 0"), ("repeat: 0", "repeat is missing or 0")])
def test_random_vectors_refuse_what_cannot_be(field, match):
    with pytest.raises(SpecError, match=match):
        make_source(RANDOM.replace(" upper: 1", "").replace(" dim: 20", "") %
                    (field if "dim" in field else f"dim: 20 {field}"))


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
    with pytest.raises(DataError, match="b.h5: is not an HDF5 file, or is damaged"):
        make_source(hdf5_net())


def test_a_resize_prob_is_named_and_every_image_resized(tmp_path, caplog):
    path = write_database(tmp_path / "lmdb", good_records(6))
    transform = "resize_param { prob: 0.25 height: 8 width: 12 }"
    assert finished(make_source(annotated_net(path, 6, transform)))[0].shape == (6, 3, 8, 12)
    assert [record.getMessage() for record in caplog.records] == [
        "layer 'data' (AnnotatedData): transform_param.resize_param.prob is 0.25, but every "
        "image is resized, as in the original"]
    caplog.clear()
    make_source(annotated_net(path, 6, "resize_param { prob: 1 height: 8 width: 12 }"))
    assert not caplog.records


@pytest.mark.parametrize("name", ["list.txt", "a.h5"])
def test_a_pipe_among_the_hdf5_files_is_an_error_and_not_waited_for(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    if name != "list.txt":
        (tmp_path / "list.txt").write_text("a.h5\n")
    os.mkfifo(name)
    with pytest.raises(DataError, match=f"{name}.* regular"):
        make_source(hdf5_net())


@pytest.mark.parametrize("channels, values", [("1 channel", 3), ("3 channels", 2)])
def test_mean_values_that_do_not_fit_the_images_are_an_error_with_the_cures(
        tmp_path, channels, values):
    record = Datum(data=encoded(image(0, channels=int(channels[0]))), encoded=True, label=1)
    path = write_database(tmp_path / "lmdb", [record.SerializeToString()] * 2)
    text = (f'layer {{ name: "d" type: "Data" top: "data" top: "label" data_param {{ '
            f'source: "{path}" batch_size: 2 backend: LMDB }} '
            f'transform_param {{ {"mean_value: 7 " * values} }} }}')
    with pytest.raises(SpecError, match=r"<text>:1: layer 'd' \(Data\): "
                       "transform_param.mean_value does not fit the data: "
                       rf"the image has {channels}, but "
                       rf"mean_value is given {values} times; .*force_color: true"):
        make_source(text)


@pytest.mark.parametrize("phase", ["TRAIN", "TEST"])
def test_what_was_drawn_of_each_image_is_the_second_top_with_get_mirror_crop(tmp_path, phase):
    """Each image is the crop that its four numbers say, mirrored if the first is 1."""
    whole = np.arange(6 * 7, dtype=np.uint8).reshape(6, 7)
    datum = Datum(channels=1, height=6, width=7, data=whole.tobytes(), label=9)
    path = write_database(tmp_path / "lmdb", [datum.SerializeToString()])
    source = make_source(
        f'layer {{ name: "d" type: "Data" top: "data" top: "drawn" data_param {{ source: "{path}" '
        'batch_size: 40 backend: LMDB get_mirror_crop: true } transform_param { mirror: true '
        'crop_size: 3 } }', phase)
    pixels, drawn = finished(source)
    assert source.top_shapes == [(40, 1, 3, 3), (40, 4, 1, 1)] and drawn.shape == (40, 4, 1, 1)
    for image_pixels, (is_mirrored, size, row, column) in zip(
            pixels[:, 0], drawn.reshape(40, 4).astype(int), strict=True):
        cut = whole[row:row + 3, column:column + 3]
        np.testing.assert_array_equal(image_pixels, cut[:, ::-1] if is_mirrored else cut)
        assert size == 3
    kinds = {tuple(numbers) for numbers in drawn.reshape(40, 4).astype(int)}
    assert {numbers[0] for numbers in kinds} == {0, 1}
    assert len(kinds) == 2 if phase == "TEST" else len(kinds) > 8


@pytest.mark.parametrize("more, transform", [
    ("new_height: 12 new_width: 14", "crop_h: 5 crop_w: 7"),
    ("new_height: 12 new_width: 14", "crop_height: 5 crop_width: 7")])
def test_crops_of_two_sides_are_the_shape_with_and_without_the_data(tmp_path, more, transform):
    write_images(tmp_path)
    (tmp_path / "list.txt").write_text("0.png 1\n1.png 2\n")
    source = make_source(image_net(tmp_path, more, transform))
    assert finished(source)[0].shape == (2, 3, 5, 7)
    assert source.assumed_shapes(source.spec)[0] == (2, 3, 5, 7)
