"""Weights of .safetensors, with the library of that name as the other side."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import numpy as library
from safetensors.torch import save_file as save_tensors

from framework.weights.weights import load_weights, save_weights
from tests.weight_files import SHAPES, assert_blobs, fill, make_net, noise


def names_and_shapes():
    return [(name, index, shape) for name, shapes in SHAPES.items()
            for index, shape in enumerate(shapes)]


def test_the_library_reads_what_is_saved(tmp_path: Path):
    net = make_net()
    values = fill(net)
    save_weights(net, tmp_path / "w.safetensors")
    found = library.load_file(tmp_path / "w.safetensors")
    assert found.keys() == {f"{name}/{index}" for name, index, _ in names_and_shapes()}
    for name, index, shape in names_and_shapes():
        assert found[f"{name}/{index}"].shape == shape
        np.testing.assert_array_equal(found[f"{name}/{index}"], values[name][index])


@pytest.mark.parametrize("dtype", ["f4", "f8", "f2", "i1", "i2", "i4", "i8", "u1"])
def test_what_the_library_saves_is_loaded(tmp_path: Path, dtype: str):
    arrays = {f"{name}/{index}": np.asarray(np.abs(9 * noise(shape, 7 + index)).round(), dtype)
              for name, index, shape in names_and_shapes()}
    library.save_file(arrays, tmp_path / "w.safetensors", {"format": "np"})
    net = make_net()
    fill(net)
    load_weights(net, tmp_path / "w.safetensors")
    assert_blobs(net, {name: [arrays[f"{name}/{index}"].astype(np.float32)
                              for index in range(len(shapes))]
                       for name, shapes in SHAPES.items() if shapes})


def test_brain_floats_of_the_library_are_loaded(tmp_path: Path):
    tensors = {f"{name}/{index}": torch.from_numpy(noise(shape, index)).bfloat16()
               for name, index, shape in names_and_shapes()}
    save_tensors(tensors, tmp_path / "w.safetensors")
    net = make_net()
    load_weights(net, tmp_path / "w.safetensors")
    assert_blobs(net, {name: [tensors[f"{name}/{index}"].float().numpy()
                              for index in range(len(shapes))]
                       for name, shapes in SHAPES.items() if shapes})
