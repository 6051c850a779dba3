"""Weight files: read and written here, against protobuf's own messages and the original's files."""

import struct
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from torch import Tensor

from framework import proto
from framework.errors import WeightsError
from framework.weights.weights import load_weights, read_layers, save_weights
from tests.golden import load_case
from tests.weight_files import SHAPES, assert_blobs, blob_message, fill, make_net, noise, write_net

SHARED = Path(__file__).resolve().parents[3] / "shared"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="../shared is not here")


@pytest.mark.parametrize("form", ["shape", "legacy", "double", "half"])
def test_every_form_of_a_blob_is_read(tmp_path: Path, form: str):
    net, expected = make_net(), {}
    for name, shapes in SHAPES.items():
        arrays = [noise(shape, 3) for shape in shapes]
        expected[name] = [array.astype(np.float16) for array in arrays] if form == "half" \
            else arrays
    path = write_net(tmp_path / "w.caffemodel", {
        name: [blob_message(array, form) for array in arrays]
        for name, arrays in expected.items()})

    report = load_weights(net, path)

    assert_blobs(net, {name: arrays for name, arrays in expected.items() if arrays})
    assert report.copied == ["conv", "ip/a", "scale"]
    assert not (report.not_in_file or report.not_in_net or report.mismatched)


def test_v1_and_v0_files_are_read(tmp_path: Path):
    weight, bias = noise((3, 2, 5, 4)), noise((3,), 1)
    matrix, rest = noise((6, 7), 2), noise((6,), 3)
    old = proto.NetParameter()
    old.layers.add(name="conv", type=proto.V1LayerParameter.CONVOLUTION,
                   blobs=[blob_message(weight, "legacy"), blob_message(bias, "legacy")])
    old.layers.add(bottom=["conv"]).layer.MergeFrom(proto.V0LayerParameter(
        name="ip/a", type="innerproduct",
        blobs=[blob_message(matrix, "legacy"), blob_message(rest, "legacy")]))
    path = tmp_path / "old.caffemodel"
    path.write_bytes(old.SerializeToString())
    net = make_net()

    report = load_weights(net, str(path))

    assert_blobs(net, {"conv": [weight, bias], "ip/a": [matrix, rest]})
    assert report.not_in_file == ["scale"]


def test_data_that_is_not_packed_or_comes_in_pieces_is_read(tmp_path: Path):
    values = noise((7,))
    single = b"".join(b"\x2d" + struct.pack("<f", value) for value in values[:3])
    packed = b"\x2a\x10" + values[3:].tobytes()
    blob = b"\x3a\x02\x08\x07" + single + packed            # shape { dim: 7 }, not packed either
    layer = b"\x0a\x01b" + b"\x3a" + bytes([len(blob)]) + blob
    path = tmp_path / "w.caffemodel"
    path.write_bytes(b"\xa2\x06" + bytes([len(layer)]) + layer)
    net = make_net({"b": [(7,)]})
    load_weights(net, path)
    assert_blobs(net, {"b": [values]})


def test_c3d_files_have_five_axes(tmp_path: Path):
    # C3D's BlobProto: num, channels, length, height, width, data, diff are 1 to 7
    array = noise((2, 1, 3, 5, 4))
    dims = b"".join(bytes([(number << 3), size]) for number, size in enumerate(array.shape, 1))
    data = array.tobytes()
    blob = dims + b"\x32" + b"\xe0\x03" + data              # 480 bytes
    assert len(data) == 480
    layer = b"\x22\x04conv" + b"\x32" + b"\xed\x03" + blob  # V1: name is 4, blobs is 6
    assert len(blob) == 0xed - 0x80 + 3 * 128
    path = tmp_path / "c3d.caffemodel"
    size = len(layer)
    path.write_bytes(b"\x12" + bytes([size & 127 | 128, size >> 7]) + layer)
    net = make_net({"conv": [(2, 1, 3, 5, 4)]})
    load_weights(net, path)
    assert_blobs(net, {"conv": [array]})


@pytest.mark.parametrize("suffix", [".caffemodel", ".caffemodel.h5", ".npz", ".safetensors"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_what_is_saved_is_loaded(tmp_path: Path, suffix: str, dtype: torch.dtype):
    net, other = make_net(dtype=dtype), make_net(dtype=dtype)
    expected = fill(net)
    path = tmp_path / f"new folder/w{suffix}"
    save_weights(net, path)
    report = load_weights(other, path)
    assert_blobs(other, expected)
    assert report.copied == sorted(["conv", "ip/a", "scale"])
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("dtype, field", [(torch.float32, "data"), (torch.float64, "double_data")])
def test_saved_files_are_what_protobuf_writes(tmp_path: Path, dtype: torch.dtype, field: str):
    net = make_net(dtype=dtype)
    values = fill(net)
    path = tmp_path / "w.caffemodel"
    save_weights(net, path)

    expected = proto.NetParameter(name="net")
    for name in SHAPES:
        layer = expected.layer.add(name=name, type="T", bottom=["x"], phase=proto.TRAIN)
        for array in values.get(name, []):
            blob = layer.blobs.add()
            getattr(blob, field).extend(array.reshape(-1).tolist())
            blob.shape.dim.extend(array.shape)
            blob.shape.SetInParent()
    assert proto.NetParameter.FromString(path.read_bytes()) == expected


def test_gradients_are_saved_when_asked_for(tmp_path: Path):
    net = make_net({"b": [(2, 3)]})
    net.params["b"][0].grad = torch.from_numpy(noise((2, 3), 5))
    save_weights(net, tmp_path / "w.caffemodel", gradients=True)
    save_weights(net, tmp_path / "w.h5", gradients=True)
    message = proto.NetParameter.FromString((tmp_path / "w.caffemodel").read_bytes())
    np.testing.assert_array_equal(message.layer[0].blobs[0].diff, noise((6,), 5))
    with h5py.File(tmp_path / "w.h5") as file:
        np.testing.assert_array_equal(file["diff/b/0"], noise((2, 3), 5))


def test_strided_blobs_are_written_and_read_in_caffes_order(tmp_path: Path):
    net = make_net({"conv": [(3, 2, 5, 4)]})
    def last() -> Tensor:
        return torch.zeros(3, 2, 5, 4).to(memory_format=torch.channels_last)

    net.params["conv"] = [last()]
    expected = fill(net)
    save_weights(net, tmp_path / "w.caffemodel")
    net.params["conv"] = [last()]
    load_weights(net, tmp_path / "w.caffemodel")
    assert net.params["conv"][0].is_contiguous(memory_format=torch.channels_last)
    assert_blobs(net, expected)


def test_later_files_override_and_layers_are_told_apart(tmp_path: Path):
    first = write_net(tmp_path / "a.caffemodel", {
        "conv": [blob_message(noise(shape, 1)) for shape in SHAPES["conv"]],
        "gone": [blob_message(noise((2,)))]})
    second = write_net(tmp_path / "b.caffemodel", {
        "conv": [blob_message(noise(shape, 2)) for shape in SHAPES["conv"]],
        "relu": []})
    net = make_net()
    report = load_weights(net, f"{first}, {second}")
    assert_blobs(net, {"conv": [noise(shape, 2) for shape in SHAPES["conv"]]})
    assert (report.copied, report.not_in_file) == (["conv"], ["ip/a", "scale"])
    assert report.not_in_net == ["gone"]
    assert str(report) == ("1 layer copied; 2 not in the file: ip/a, scale; "
                           "1 not in the net: gone")


def test_shared_blobs_stand_once_in_hdf5_files(tmp_path: Path):
    net = make_net({"a": [(2, 3), (2,)], "b": [(2, 3), (2,)]})
    net.params["b"][0] = net.params["a"][0]
    expected = fill(net)
    save_weights(net, tmp_path / "w.h5")
    with h5py.File(tmp_path / "w.h5") as file:
        assert list(file["data/a"]) == ["0", "1"] and list(file["data/b"]) == ["1"]
    with torch.no_grad():
        net.params["a"][0].zero_()
    load_weights(net, tmp_path / "w.h5")
    assert_blobs(net, expected)
    apart = make_net({"a": [(2, 3), (2,)], "b": [(2, 3), (2,)]})
    with pytest.raises(WeightsError, match="layer 'b': blob 0 is missing in the file"):
        load_weights(apart, tmp_path / "w.h5")


def test_bfloat16_of_safetensors_is_read(tmp_path: Path):
    tensor = torch.from_numpy(noise((2, 3))).bfloat16()
    data = tensor.view(torch.int16).numpy().tobytes()
    header = b'{"b/0":{"dtype":"BF16","shape":[2,3],"data_offsets":[0,12]}}'
    path = tmp_path / "w.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header + data)
    net = make_net({"b": [(2, 3)]})
    load_weights(net, path)
    assert_blobs(net, {"b": [tensor.float().numpy()]})


@pytest.mark.parametrize("case, name", [
    ("snapshot_adam_binaryproto", "snap_iter_10.caffemodel"),
    ("snapshot_sgd_hdf5", "snap_iter_10.caffemodel.h5")])
def test_the_originals_snapshots_are_read(tmp_path: Path, case: str, name: str):
    golden = load_case(f"solver/{case}")
    path = tmp_path / name
    path.write_bytes(golden[f"file/{name}"].tobytes())
    net = make_net({"conv": [(3, 2, 3, 3), (3,)], "relu": [], "fc": [(4, 36), (4,)]})
    load_weights(net, path)
    assert_blobs(net, {layer: [golden[f"resumed/10/{layer}/{index}"] for index in (0, 1)]
                       for layer in ("conv", "fc")})


@needs_shared
@pytest.mark.parametrize("path", sorted((SHARED / "models").glob("*/*.caffemodel")),
                         ids=lambda path: path.name)
def test_real_files_read_as_protobuf_reads_them(path: Path):
    message = proto.NetParameter.FromString(path.read_bytes())
    expected = list(message.layer) or list(message.layers)
    layers = read_layers(path)
    assert [layer.name for layer in layers] == [layer.name for layer in expected]
    for layer, other in zip(layers, expected, strict=True):
        for blob, wanted in zip(layer.blobs, other.blobs, strict=True):
            assert blob is not None
            np.testing.assert_array_equal(blob.values, np.array(wanted.data, np.float32))
            assert blob.shape == tuple(wanted.shape.dim)
