"""Weight files made to harm, or by other programs: one error that names the blob, nothing changed.

The net of `make_net` is all zeros, so that any value of a file shows in it.
"""

import io
import json
import os
import resource
import struct
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch

from framework.errors import WeightsError
from framework.weights.hdf5 import SMALL_STORED
from framework.weights.weights import load_weights, read_layers
from tests.weight_files import SHAPES, assert_blobs, make_net, noise

Arrays = Mapping[str, np.ndarray]


def good_arrays() -> dict[str, np.ndarray]:
    return {f"{name}/{index}": noise(shape, index) + 9
            for name, shapes in SHAPES.items() for index, shape in enumerate(shapes)}


def write_npz(path: Path, arrays: Arrays) -> None:
    np.savez(path, **arrays)  # type: ignore[arg-type]  # no array is `allow_pickle`


def write_h5(path: Path, arrays: Arrays) -> None:
    with h5py.File(path, "w") as file:
        for name, array in arrays.items():
            group, number = name.rsplit("/", 1)
            text = array.dtype.kind in "UO"
            file.require_group("data").require_group(group).create_dataset(
                number, data=array.astype(object) if text else array)


def write_safetensors(path: Path, header: Any, data: bytes = b"") -> None:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def refused(path: Path, message: str) -> None:
    net = make_net()
    with pytest.raises(WeightsError, match=message) as caught:
        load_weights(net, path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)
    assert all((blob == 0).all() for blobs in net.params.values() for blob in blobs)


STRUCTURE = np.zeros(6, [("a", "f4"), ("b", "f4")])
FOREIGN = [np.full(6, "abc"), np.full(6, 1j, np.complex64), STRUCTURE, np.full(6, b"1.5")]


@pytest.mark.parametrize("last", FOREIGN, ids=["text", "complex", "structure", "bytes"])
@pytest.mark.parametrize("suffix, write", [(".npz", write_npz), (".h5", write_h5)])
def test_values_that_are_no_real_numbers_leave_the_net_as_it_was(
        tmp_path: Path, suffix: str, write: Callable[[Path, Arrays], None], last: np.ndarray):
    write(tmp_path / f"w{suffix}", {**good_arrays(), "ip/a/1": last})
    refused(tmp_path / f"w{suffix}", r"ip/a/1.*(holds text|holds values of the type)")


def test_dates_are_no_weights(tmp_path: Path):
    write_npz(tmp_path / "w.npz", {**good_arrays(), "ip/a/1": np.zeros(6, "datetime64[s]")})
    refused(tmp_path / "w.npz", r"ip/a/1.*type datetime64\[s\]; a blob holds real numbers")


@pytest.mark.parametrize("dtype", ["f2", "f8", "i4", "u1", "i8", "?", ">f4"])
@pytest.mark.parametrize("suffix, write", [(".npz", write_npz), (".h5", write_h5)])
def test_all_real_numbers_are_weights(tmp_path: Path, suffix: str,
                                      write: Callable[[Path, Arrays], None], dtype: str):
    arrays = {name: array.astype(dtype) for name, array in good_arrays().items()}
    write(tmp_path / f"w{suffix}", arrays)
    net = make_net()
    load_weights(net, tmp_path / f"w{suffix}")
    assert_blobs(net, {name: [arrays[f"{name}/{index}"].astype(np.float32)
                              for index in range(len(shapes))]
                       for name, shapes in SHAPES.items() if shapes})


def test_an_array_with_the_first_axis_fastest_is_read_in_its_order(tmp_path: Path):
    arrays = good_arrays()
    write_npz(tmp_path / "w.npz", {**arrays, "ip/a/0": np.asfortranarray(arrays["ip/a/0"])})
    net = make_net()
    load_weights(net, tmp_path / "w.npz")
    np.testing.assert_array_equal(net.params["ip/a"][0].detach().numpy(), arrays["ip/a/0"])


@pytest.mark.parametrize("suffix, write", [(".npz", write_npz), (".h5", write_h5)])
def test_a_value_that_float32_cannot_hold_is_an_error(tmp_path: Path, suffix: str,
                                                      write: Callable[[Path, Arrays], None]):
    large = np.array([1, 2, 1e300, 4, 5, 6])
    write(tmp_path / f"w{suffix}", {**good_arrays(), "ip/a/1": large})
    refused(tmp_path / f"w{suffix}", r"blob 1 of layer 'ip/a' holds 1e\+300, .*large for float32")
    net = make_net(dtype=torch.float64)
    load_weights(net, tmp_path / f"w{suffix}")
    np.testing.assert_array_equal(net.params["ip/a"][1].detach().numpy(), large)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite_are_taken_and_named(tmp_path: Path, value: float):
    write_npz(tmp_path / "w.npz", {**good_arrays(), "conv/1": np.array([1, value, 3], "f4")})
    report = load_weights(make_net(), tmp_path / "w.npz")
    assert report.not_finite == ["blob 1 of layer 'conv'"]
    assert "1 with NaN or infinite values: blob 1 of layer 'conv'" in str(report)


@pytest.mark.parametrize("number", ["999999999999", "99999999", "10000", "9" * 5000, "٣", "007"])
@pytest.mark.parametrize("form", ["npz", "h5", "safetensors"])
def test_a_number_that_no_blob_has_is_an_error(tmp_path: Path, form: str, number: str):
    arrays = {**good_arrays(), f"conv/{number}": np.zeros(1, "f4")}
    path = tmp_path / f"w.{form}"
    if form == "npz":
        write_npz(path, arrays)
    elif form == "h5":
        write_h5(path, arrays)
    else:
        write_safetensors(path, {f"conv/{number}": {"dtype": "F32", "shape": [1],
                                                    "data_offsets": [0, 4]}}, bytes(4))
    refused(path, "conv/.* its number must be from 0 to 9999")


def npy(descr: str, shape: tuple[int, ...], data: bytes = b"") -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        file, {"descr": descr, "fortran_order": False, "shape": shape})
    return file.getvalue() + data


def zipped(path: Path, members: Mapping[str, bytes], kind: int = zipfile.ZIP_DEFLATED) -> bytes:
    with zipfile.ZipFile(path, "w", kind) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path.read_bytes()


@pytest.mark.parametrize("content, message", [
    (npy("<f4", (10**6, 10**6)), "'conv/0.npy': it is shorter than its shape"),
    (npy("<f4", (-3, -40)), r"'conv/0.npy': its shape is \[-3, -40\]"),
    (npy("<f4", (1,) * 33), "'conv/0.npy': it has 33 axes"),
    (b"\x93NUMPY\x01\x00\x10\x00{'descr': '(((((", ""),
    (b"\x93NUMPY\x03\x00\x10\x00\x00\x00", "version"),
    (b"hello", ""),
    (b"", ""),
    (npy("|O", (3, 2, 5, 4)), "type object"),
])
def test_a_member_that_is_no_array_is_an_error(tmp_path: Path, content: bytes, message: str):
    zipped(tmp_path / "w.npz", {"conv/0.npy": content})
    refused(tmp_path / "w.npz", f"is not an .npz file, or is damaged: .*{message}")


def test_an_npz_that_is_a_single_array_is_an_error(tmp_path: Path):
    (tmp_path / "w.npz").write_bytes(npy("<f4", (1,), bytes(4)))
    refused(tmp_path / "w.npz", "is not an .npz file, or is damaged: File is not a zip file")


@pytest.mark.parametrize("kind", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_packings_that_numpy_does_not_write_are_refused(tmp_path: Path, kind: int):
    zipped(tmp_path / "w.npz", {"conv/0.npy": npy("<f4", (3,), bytes(12))}, kind)
    refused(tmp_path / "w.npz", "'conv/0.npy' is packed in another way than numpy's")


def test_a_member_with_damaged_bytes_leaves_the_net_as_it_was(tmp_path: Path):
    np.savez_compressed(tmp_path / "w.npz", **good_arrays())  # type: ignore[arg-type]  # as above
    data = bytearray((tmp_path / "w.npz").read_bytes())
    with zipfile.ZipFile(tmp_path / "w.npz") as archive:
        last = archive.infolist()[-1]
        start = last.header_offset + 30 + len(last.filename) + last.compress_size // 2
    data[start:start + 60] = bytes(60)
    (tmp_path / "w.npz").write_bytes(data)
    refused(tmp_path / "w.npz", "is damaged|cannot be read")


ONE = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}


@pytest.mark.parametrize("header, message", [
    (b"[" * 100_000, "."),
    (b'{"conv/0": {}, "conv/0": {}}', "an object has the key \"conv/0\" twice"),
    (b"\xff\xfe{}", "."),
    ({"conv/0": {**ONE, "shape": [-1, -1]}}, r"its shape is \[-1, -1\]"),
    ({"conv/0": {**ONE, "shape": [1.0]}}, r"its shape is \[1.0\]"),
    ({"conv/0": {**ONE, "shape": [10**12]}}, "the shape 1000000000000 of 'conv/0' does not fit"),
    ({"conv/0": {**ONE, "data_offsets": [0.0, 4.0]}}, "not whole numbers"),
    ({"conv/0": {**ONE, "dtype": "C64"}}, "'conv/0' holds values of the type C64; it must be"),
    ([1], "."), ({"conv/0": 7}, "."), ({"conv/0": {**ONE, "dtype": []}}, "."),
])
def test_a_safetensors_header_of_no_use_is_an_error(tmp_path: Path, header: Any, message: str):
    write_safetensors(tmp_path / "w.safetensors", header, bytes(4))
    refused(tmp_path / "w.safetensors", f"is not a .safetensors file, or is damaged: .*{message}")


def test_an_empty_safetensors_file_is_an_error(tmp_path: Path):
    (tmp_path / "w.safetensors").write_bytes(b"")
    refused(tmp_path / "w.safetensors", "is not a .safetensors file, or is damaged")


def test_a_long_chunk_that_does_not_shrink_is_read(tmp_path: Path):
    values = noise((3, 131_072))
    path = tmp_path / "w.h5"
    with h5py.File(path, "w") as file:
        for name in ("fine", "short"):
            file.create_dataset(f"data/{name}/0", data=values, chunks=values.shape,
                                compression={"fine": "gzip", "short": "lzf"}[name])
        assert file["data/fine/0"].id.get_chunk_info(0).size > SMALL_STORED
    net = make_net({"fine": [values.shape], "short": [values.shape]})
    load_weights(net, path)
    assert_blobs(net, {"fine": [values], "short": [values]})


def link_outside(file: Any, target: Path) -> None:
    with h5py.File(target, "w") as other:
        other["secret"] = np.ones((3, 2, 5, 4), "f4")
    file["data/conv/0"] = h5py.ExternalLink(str(target), "secret")


def store_outside(file: Any, target: Path) -> None:
    target.write_bytes(bytes(480))
    file["data/conv"].create_dataset("0", (3, 2, 5, 4), "f4", external=[(str(target), 0, 480)])


def soft_link(file: Any, target: Path) -> None:
    file["data/conv/0"] = h5py.SoftLink("/data/ip/a/0")


def virtual_set(file: Any, target: Path) -> None:
    with h5py.File(target, "w") as other:
        other["secret"] = np.ones((3, 2, 5, 4), "f4")
    layout = h5py.VirtualLayout((3, 2, 5, 4), "f4")
    layout[:] = h5py.VirtualSource(target, "secret", (3, 2, 5, 4))
    file["data/conv"].create_virtual_dataset("0", layout)


OUTSIDE = [(link_outside, "is a link to somewhere else"), (soft_link, "is a link"),
           (store_outside, "has its values in another file"),
           (virtual_set, "is put together from other datasets")]


@pytest.mark.parametrize("put, message", OUTSIDE)
def test_values_of_other_files_are_never_read(tmp_path: Path, put: Any, message: str):
    path = tmp_path / "w.h5"
    write_h5(path, good_arrays())
    with h5py.File(path, "r+") as file:
        del file["data/conv/0"]
        put(file, tmp_path / "elsewhere")
    refused(path, message)


@pytest.mark.parametrize("name", ["data", "data/conv"])
def test_groups_of_other_files_are_never_read(tmp_path: Path, name: str):
    write_h5(tmp_path / "other.h5", good_arrays())
    write_h5(tmp_path / "w.h5", good_arrays())
    with h5py.File(tmp_path / "w.h5", "r+") as file:
        del file[name]
        file[name] = h5py.ExternalLink(str(tmp_path / "other.h5"), name)
    refused(tmp_path / "w.h5", "is a link to somewhere else, which is not followed")


def test_a_group_within_itself_is_read_once(tmp_path: Path):
    write_h5(tmp_path / "w.h5", good_arrays())
    with h5py.File(tmp_path / "w.h5", "r+") as file:
        file["data/conv/again"] = file["data"]
    assert [layer.name for layer in read_layers(tmp_path / "w.h5")] == ["conv", "ip", "ip/a",
                                                                        "scale"]


def test_names_that_are_not_utf8_are_read(tmp_path: Path):
    write_h5(tmp_path / "w.h5", good_arrays())
    with h5py.File(tmp_path / "w.h5", "r+") as file:
        h5py.h5g.create(file["data"].id, b"caf\xe9")
    report = load_weights(make_net(), tmp_path / "w.h5")
    assert report.copied == ["conv", "ip/a", "scale"]


def peak_of(call: Callable[[], Any]) -> int:
    """Bytes by which the most memory of the process ever grows in a call."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    call()
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024


def npz_bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, \
            archive.open("conv/0.npy", "w", force_zip64=True) as file:
        file.write(npy("<f4", (3, 2, 5, 4 * 10**6)))
        for _ in range(120):
            file.write(bytes(4 * 10**6))


def h5_bomb(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file.create_dataset("data/conv/0", (10**4, 10**5), "f4", chunks=(1000, 1000))


def huge_h5(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file.create_dataset("data/conv/0", (10**6, 10**6), "f4", chunks=(1000, 1000))


def chunk_bomb(path: Path) -> None:
    with h5py.File(path, "w") as file:
        dataset = file.create_dataset("data/conv/0", (1, 2, 5, 4), "f4", chunks=(10**7, 2, 5, 1),
                                      maxshape=(None, 2, 5, 4))
        dataset.resize((3, 2, 5, 4))
        file.create_dataset("data/conv/1", (3,), "f4")


def deflate_bomb(path: Path) -> None:
    import zlib
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(10**6)) for _ in range(500)) + packer.flush()
    with h5py.File(path, "w") as file:
        dataset = file.create_dataset("data/conv/0", (3, 2, 5, 4), "f4", chunks=(3, 2, 5, 4),
                                      compression="gzip")
        dataset.id.write_direct_chunk((0, 0, 0, 0), packed)
        file.create_dataset("data/conv/1", (3,), "f4")


@pytest.mark.parametrize("make, suffix, message", [
    (npz_bomb, "npz", "blob 0 is|has 1 blob"), (h5_bomb, "h5", "has 1 blob"),
    (huge_h5, "h5", "has 1 blob"), (chunk_bomb, "h5", "is stored in chunks of 400000000 bytes"),
    (deflate_bomb, "h5", "has a chunk that holds more than its 480 bytes")])
def test_a_small_file_that_claims_much_costs_no_memory(tmp_path: Path, make: Any, suffix: str,
                                                       message: str):
    path = tmp_path / f"w.{suffix}"
    make(path)
    assert os.path.getsize(path) < 3_000_000

    def attempt() -> None:
        with pytest.raises(WeightsError, match=message):
            load_weights(make_net(), path)

    assert peak_of(attempt) < 100_000_000


def test_a_device_or_pipe_is_no_weight_file(tmp_path: Path):
    os.mkfifo(tmp_path / "w.caffemodel")
    refused(tmp_path / "w.caffemodel", "is not a regular file")
