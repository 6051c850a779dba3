"""Weight files that do not fit or are broken: an error with a cure, and an unchanged net."""

import codecs
import contextlib
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from framework import proto
from framework.errors import WeightsError
from framework.weights.weights import load_weights, save_weights
from tests.weight_files import SHAPES, assert_blobs, blob_message, make_net, noise, write_net

MISMATCHES = [
    ({"conv": [(3, 2, 5, 4), (3,)], "ip/a": [(6, 8), (6,)]},
     r"w.caffemodel: layer 'ip/a': blob 0 is 6 x 8 in the file, and 6 x 7 in the net"),
    ({"conv": [(3, 2, 5, 4), (3,)], "ip/a": [(6, 7)]},
     r"layer 'ip/a': the file has 1 blob \(6 x 7\), and the layer in the net has 2 blobs "
     r"\(6 x 7, 6\)"),
    ({"conv": [(3, 2, 5, 4), (3,)], "relu": [(1,)]},
     r"layer 'relu': the file has 1 blob \(1\), and the layer in the net has 0 blobs"),
    ({"conv": [(3, 2, 5, 4), (3,)], "ip/a": [(7, 6), (6,)]},
     r"layer 'ip/a': blob 0 is 7 x 6 in the file, and 6 x 7 in the net"),
]


@pytest.mark.parametrize("shapes, message", MISMATCHES)
def test_a_mismatch_is_an_error_that_changes_nothing(tmp_path: Path, shapes: Any, message: str):
    path = write_net(tmp_path / "w.caffemodel", {
        name: [blob_message(noise(shape)) for shape in blobs] for name, blobs in shapes.items()})
    net = make_net()
    with pytest.raises(WeightsError, match=f"{message}\nRename .* --skip-mismatch"):
        load_weights(net, path)
    assert all((blob == 0).all() for blobs in net.params.values() for blob in blobs)


@pytest.mark.parametrize("shapes, message", MISMATCHES)
def test_skip_mismatch_takes_the_rest(tmp_path: Path, shapes: Any, message: str):
    path = write_net(tmp_path / "w.caffemodel", {
        name: [blob_message(noise(shape)) for shape in blobs] for name, blobs in shapes.items()})
    net = make_net()
    report = load_weights(net, path, skip_mismatch=True)
    assert_blobs(net, {"conv": [noise(shape) for shape in SHAPES["conv"]]})
    assert (net.params["ip/a"][1] == 0).all()
    assert report.copied == ["conv"] and len(report.mismatched) == 1
    assert "ip/a" not in report.not_in_file or "relu" in report.mismatched[0]


def test_a_file_of_another_net_is_an_error_that_names_both(tmp_path: Path):
    path = write_net(tmp_path / "w.caffemodel", {
        f"other{index}": [blob_message(noise((2,)))] for index in range(10)})
    with pytest.raises(WeightsError, match=r"no layer has a name of the net's: it has weights for "
                       r"other0, .*, other7 and 2 more; the net wants conv, ip/a, scale"):
        load_weights(make_net(), path)


def valid_file() -> bytes:
    net = proto.NetParameter(name="n")
    net.layer.add(name="conv", type="T",
                  blobs=[blob_message(noise(shape)) for shape in SHAPES["conv"]])
    return bytes(net.SerializeToString())


@pytest.mark.parametrize("data, message", [
    (b"", "the file is empty"),
    (b'name: "net"\nlayer { }\n', "is a text file, .* not a file of weights"),
    (b"# " + "\u7f51".encode() * 2000, "is a text file,"),      # what is looked at ends in a letter
    (codecs.BOM_UTF8 + b"layer { }", "is a text file,"),
    (b"<!DOCTYPE html>", "is a web page"),
    (b"version https://git-lfs.github.com/spec/v1\n", "is a Git LFS pointer, .*git lfs pull"),
    (b"\x08\x05\x12\x01x", "field 1 is a number, as in a solver state"),
    (b"\x0a\x03net", "holds no layers"),
    (b"\x89HDF\r\n\x1a\n", "is not an HDF5 file, or is damaged"),
    (valid_file()[:-1], r"a field of \d+ bytes starts at byte \d+, but only \d+ are left"),
    (valid_file()[:200], r"a field of \d+ bytes starts at byte \d+, but only \d+ are left"),
    (valid_file().replace(b"\x3a\x06\x0a\x04\x03\x02\x05\x04", b"\x3a\x06\x0a\x04\x03\x02\x05\x05"),
     "blob 0 of layer 'conv': it has 120 values in the shape 3 x 2 x 5 x 5"),
])
def test_a_broken_file_is_an_error_and_changes_nothing(tmp_path: Path, data: bytes, message: str):
    path = tmp_path / "w.caffemodel"
    path.write_bytes(data)
    net = make_net()
    with pytest.raises(WeightsError, match=f"w.caffemodel: {message}" if "field" not in message
                       and "values" not in message else message):
        load_weights(net, path)
    assert all((blob == 0).all() for blobs in net.params.values() for blob in blobs)


def test_no_damage_to_a_file_is_ever_a_crash(tmp_path: Path):
    data, path = valid_file(), tmp_path / "w.caffemodel"
    rng = np.random.default_rng(7)
    for _ in range(500):
        damaged = bytearray(data[:rng.integers(1, len(data) + 1)])
        for position in rng.integers(0, min(len(damaged), 60), 2):
            damaged[position] = rng.integers(0, 256)
        path.write_bytes(damaged)
        with contextlib.suppress(WeightsError):
            load_weights(make_net(), path)


@pytest.mark.parametrize("name, data, message", [
    ("w.npz", b"PK\x03\x04xx", "is not an .npz file"),
    ("w.npz", b"xyz\xff\0", "is not an .npz file"),
    ("w.safetensors", b"abc\xff\0", "is not a .safetensors file"),
    ("w.safetensors", struct.pack("<Q", 40) + b"{}", "is not a .safetensors file"),
    ("w.h5", b"abc\xff\0", "is not an HDF5 file"),
])
def test_broken_files_of_other_forms_are_errors(tmp_path: Path, name: str, data: bytes,
                                                message: str):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(WeightsError, match=f"{name}: {message}"):
        load_weights(make_net(), tmp_path / name)


@pytest.mark.parametrize("names", [",,", "", "w.npz,", "w.npz, ,w.npz"])
def test_an_empty_name_among_the_files_is_an_error_and_loads_nothing(tmp_path: Path, names: str):
    net = make_net()
    save_weights(net, tmp_path / "w.npz")
    with pytest.raises(WeightsError, match="a name of a file between the commas is empty"):
        load_weights(net, names.replace("w.npz", str(tmp_path / "w.npz")))


def test_a_missing_file_is_an_error():
    with pytest.raises(WeightsError, match="nowhere.caffemodel: cannot be read: No such file"):
        load_weights(make_net(), "nowhere.caffemodel")


def test_a_failed_save_leaves_the_old_file(tmp_path: Path):
    net, path = make_net(), tmp_path / "w.caffemodel"
    path.write_bytes(b"old")
    net.spec.layers[2].proto = None         # fails in the middle
    with pytest.raises(TypeError):
        save_weights(net, path)
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["w.caffemodel"]


def test_a_save_replaces_the_file_and_never_writes_into_it(tmp_path: Path):
    net, path = make_net(), tmp_path / "w.caffemodel"
    path.write_bytes(b"old")
    with open(path, "rb") as held:
        save_weights(net, path)
        assert held.read() == b"old"
    load_weights(make_net(), path)


def test_a_solver_state_given_for_weights_is_told_where_it_goes(tmp_path: Path):
    path = tmp_path / "s_iter_3.solverstate"
    path.write_bytes(proto.SolverState(iter=3).SerializeToString())
    with pytest.raises(WeightsError, match="a solver state goes to --snapshot, and the caffemodel"):
        load_weights(make_net(), path)
