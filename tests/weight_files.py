"""What the tests of weight files share: a stand-in for a net, and files made by protobuf."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import nn

from framework import proto

SHAPES = {"conv": [(3, 2, 5, 4), (3,)], "relu": [], "ip/a": [(6, 7), (6,)], "scale": [()]}


def noise(shape: Sequence[int], seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def make_net(shapes: Mapping[str, Sequence[Sequence[int]]] | None = None,
             dtype: torch.dtype = torch.float32) -> Any:
    """What load_weights and save_weights need of a net. Any: it stands for framework.Net."""
    shapes = SHAPES if shapes is None else shapes
    layers = [SimpleNamespace(name=name, phase="TRAIN",
                              proto=proto.LayerParameter(name=name, type="T", bottom=["x"]))
              for name in shapes]
    params = {name: [nn.Parameter(torch.zeros(tuple(shape), dtype=dtype)) for shape in blobs]
              for name, blobs in shapes.items() if blobs}
    return SimpleNamespace(params=params, spec=SimpleNamespace(name="net", layers=layers))


def fill(net: Any, seed: int = 0) -> dict[str, list[np.ndarray]]:
    """Put noise into every blob, and return it."""
    values = {name: [noise(tuple(blob.shape), seed + index) for index, blob in enumerate(blobs)]
              for name, blobs in net.params.items()}
    with torch.no_grad():
        for name, blobs in net.params.items():
            for blob, array in zip(blobs, values[name], strict=True):
                blob.copy_(torch.from_numpy(array))
    return values


def assert_blobs(net: Any, expected: Mapping[str, Sequence[np.ndarray]]) -> None:
    for name, arrays in expected.items():
        for blob, array in zip(net.params[name], arrays, strict=True):
            np.testing.assert_array_equal(blob.detach().numpy(), array)


def blob_message(array: np.ndarray, form: str = "shape") -> Any:
    message = proto.BlobProto()
    if form == "legacy":
        padded = (1,) * (4 - array.ndim) + array.shape
        message.num, message.channels, message.height, message.width = padded
    else:
        message.shape.dim.extend(array.shape)
    if form == "double":
        message.double_data.extend(array.reshape(-1).tolist())
    elif form == "half":
        message.raw_data_type = proto.Type.Value("FLOAT16")
        message.raw_data = array.astype("<f2").tobytes()
    else:
        message.data.extend(array.reshape(-1).tolist())
    return message


def write_net(path: Path, blobs: Mapping[str, Sequence[Any]]) -> Path:
    net = proto.NetParameter(name="written by protobuf")
    for name, messages in blobs.items():
        net.layer.add(name=name, type="T", blobs=messages)
    path.write_bytes(net.SerializeToString())
    return path
