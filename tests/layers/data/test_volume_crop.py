"""HDF5Data with 3D-Caffe's crop of volumes, against slices of the arrays that were written."""

import itertools

import h5py
import numpy as np
import pytest

from framework.errors import DataError, SpecError
from framework.report.net_summary import Selection, take_census
from tests.data.making import finished, make_source

SIZES = "crop_size_l: 2 crop_size_h: 3 crop_size_w: 4"
NET = """layer {{ name: "d" type: "HDF5Data" top: "data" top: "label"
  transform_param {{ {} }} hdf5_data_param {{ source: "list.txt" batch_size: 2 {} }} }}"""
AREAS = {"a.h5": (5, 6, 9), "b.h5": (4, 3, 7)}      # files differ in the sizes of their volumes


def volume(name, channels, seed):
    shape = (2, channels, *AREAS[name])
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in AREAS:
        with h5py.File(name, "w") as file:
            file["data"] = volume(name, 2, 1)
            file["label"] = volume(name, 1, 2)
    (tmp_path / "list.txt").write_text("a.h5\nb.h5\n")
    return tmp_path


def cuts(rows):
    """All windows of 2 x 3 x 4, and each mirrored, by their place."""
    length, height, width = (size - cut + 1 for size, cut in
                             zip(rows.shape[2:], (2, 3, 4), strict=True))
    for i, j, k in itertools.product(range(length), range(height), range(width)):
        window = rows[:, :, i:i + 2, j:j + 3, k:k + 4]
        yield (i, j, k, False), window
        yield (i, j, k, True), window[..., ::-1]


def places(name, batch, factor=1.0, means=(0, 0)):
    """Where in a file a batch of volumes and labels is from."""
    data, label = volume(name, 2, 1), volume(name, 1, 2)
    means = np.array(means, np.float32).reshape(2, 1, 1, 1)
    found = [{place for place, window in cuts(rows) if np.array_equal(window, top)}
             for rows, top in (((data - means) * np.float32(factor), batch[0]), (label, batch[1]))]
    assert found[0] == found[1]
    (place,) = found[0]
    return place


def test_the_middle_is_cut_in_test_and_labels_have_no_mean_and_scale():
    net = NET.format(SIZES + " scale: 0.5 mean_value: 3 mean_value: -1", "")
    source = make_source(net, "TEST")
    assert source.top_shapes == [(2, 2, 2, 3, 4), (2, 1, 2, 3, 4)]
    batches = source.batches()
    for name, middle in (("a.h5", (1, 1, 2)), ("b.h5", (1, 0, 1))):
        batch = [top.numpy() for top in next(batches)]
        assert places(name, batch, 0.5, (3, -1)) == (*middle, False)


def test_a_window_is_drawn_at_each_visit_of_a_file_for_volumes_and_labels_alike():
    source = make_source(NET.format(SIZES + " mirror: true", ""), "TRAIN")
    batches = source.batches()
    found = [[places(name, [top.numpy() for top in next(batches)]) for name in AREAS]
             for _ in range(24)]
    of_first = [first for first, _ in found]
    assert len(set(of_first)) > 12
    assert {mirrored for *_, mirrored in of_first} == {True, False}
    assert {place[0] for place in of_first} == {0, 1, 2, 3}
    # any batch can be the first, and gives what it gave in the run
    again = [top.numpy() for top in next(source.batches(6))]
    assert places("a.h5", again) == of_first[3]


def test_a_single_file_is_read_and_cut_once(files):
    (files / "list.txt").write_text("a.h5\n")
    batches = make_source(NET.format(SIZES, "shuffle: true"), "TRAIN").batches()
    seen = np.sort(np.stack([next(batches)[0].numpy().sum(axis=(1, 2, 3, 4))
                             for _ in range(6)]), axis=1)
    np.testing.assert_array_equal(seen, seen[:1].repeat(6, axis=0))


@pytest.mark.parametrize("param, tops, match", [
    ("crop_size_w: 4", "", "crop_size_l is 0; it must be at least 1"),
    (SIZES + ' mean_file: "m"', "", "transform_param.mean_file asks for what HDF5Data does not do"),
    (SIZES, 'top: "c" top: "d"', "top is given 4 times; with a crop_size_w it must be 2 or 3"),
    ("scale: 2", "", "transform_param has no use here"),
])
def test_settings_of_no_use_are_refused(param, tops, match):
    with pytest.raises(SpecError, match=match):
        make_source(NET.format(param, "").replace('top: "label"', f'top: "label" {tops}'))


@pytest.mark.parametrize("name, data, match", [
    ("l", np.zeros((2, 1, 2, 6)), r"to be cropped they must be \(N, C, L, H, W\)"),
    ("l", np.zeros((2, 1, 5, 6, 8)), r"with the same L, H and W"),
    ("2", None, "transform_param.crop_size_w is 10; the volumes have 9"),
    ("m", None, "mean_value is given 3 times; it must be once, or once for each of the 2 channels"),
])
def test_files_that_the_crop_does_not_fit_are_named(name, data, match, files):
    param = {"l": SIZES, "2": SIZES.replace("w: 4", "w: 10"), "m": SIZES + " mean_value: 1" * 3}
    if data is not None:
        with h5py.File("a.h5", "r+") as file:
            del file["label"]
            file["label"] = data
    with pytest.raises(DataError, match=f"a.h5: .*{match}"):
        make_source(NET.format(param[name], ""))


def test_without_data_the_crop_says_the_shapes(tmp_path):
    path = tmp_path / "net.prototxt"
    path.write_text(NET.format(SIZES, ""))
    (census,) = take_census(path, Selection(phase="TRAIN", skip_data=True))
    assert census.built and not census.assumed
    assert census.rows[0].shapes == ((2, 1, 2, 3, 4), (2, 1, 2, 3, 4))


def test_a_crop_over_the_whole_volume_changes_nothing(files):
    (files / "list.txt").write_text("a.h5\n")
    net = NET.format("crop_size_l: 5 crop_size_h: 6 crop_size_w: 9", "")
    data, label = finished(make_source(net, "TRAIN"))
    np.testing.assert_array_equal(data, volume("a.h5", 2, 1))
    np.testing.assert_array_equal(label, volume("a.h5", 1, 2))
