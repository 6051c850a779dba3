"""Arguments of scripts that cannot be meant: a sentence with the name and what it may be."""

from __future__ import annotations

import numpy as np
import pytest

from framework.errors import CaffeError
from framework.proto import NetParameter
from framework.pycaffe import TEST, Classifier, Net, get_solver, io
from framework.pycaffe.draw import get_pydot_graph

TEXT = """name: "d"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 6 dim: 5 } }
}
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip" inner_product_param { num_output: 2
    weight_filler { type: "xavier" } } }
"""
MEMORY = """layer { name: "m" type: "MemoryData" top: "data" top: "label"
    memory_data_param { batch_size: 2 channels: 3 height: 6 width: 5 } }
"""
SOLVER = 'net: "net.prototxt" base_lr: 0.1 lr_policy: "fixed" max_iter: 2 snapshot_prefix: "s"'


@pytest.fixture(autouse=True)
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.prototxt").write_text(TEXT)
    (tmp_path / "memory.prototxt").write_text(MEMORY)
    (tmp_path / "s.prototxt").write_text(SOLVER)


@pytest.mark.parametrize("shape", [(1.5, 3, 6, 5), (-1, 3, 6, 5), ("a",), ((1, 3, 6, 5),)])
def test_a_blob_is_reshaped_to_whole_numbers(shape):
    net = Net("net.prototxt", TEST)
    with pytest.raises(ValueError, match="reshape takes a whole number from 0 on for each axis"):
        net.blobs["data"].reshape(*shape)
    assert net.blobs["data"].shape == (1, 3, 6, 5)
    net.blobs["data"].reshape(*np.array([2, 3, 6, 5]))
    assert net.forward()["ip"].shape == (2, 2)


@pytest.mark.parametrize("values", [None, "a", 5])
def test_an_input_is_an_array(values):
    net = Net("net.prototxt", TEST)
    with pytest.raises(ValueError, match=r"input 'data' takes an array of the shape \(1, 3, 6, 5\)"
                                         "; it is given"):
        net.forward(data=values)
    with pytest.raises(ValueError, match="'data' takes an array, an item for each image; it is gi"):
        net.forward_all(data=values)


@pytest.mark.parametrize("call, message", [
    (lambda net: net.share_with("x"), "share_with takes a Net; it is given 'x'"),
    (lambda net: net.set_input_arrays([1], [2]), "takes numpy arrays, data and labels; it is given "
                                                 "list, list"),
    (lambda net: net.set_input_arrays(None, None), "it is given NoneType, NoneType"),
    (lambda net: net.set_input_arrays(), "it is given nothing"),
])
def test_what_a_net_takes_is_said(call, message):
    with pytest.raises(CaffeError, match=message):
        call(Net("memory.prototxt", TEST))


@pytest.mark.parametrize("call, message", [
    (lambda one: one.set_transpose("data", (2, 0, 0)), "must name each of the axes 0 to 2 once"),
    (lambda one: one.set_channel_swap("data", (0, 1, 9)), "must have numbers from 0 to 2"),
    (lambda one: one.set_channel_swap("data", (0, 1, -1)), "must have numbers from 0 to 2"),
    (lambda one: one.set_raw_scale("data", "a"), "the raw scale is 'a'; it must be a finite num"),
    (lambda one: one.set_raw_scale("data", None), "the raw scale is None"),
    (lambda one: one.set_input_scale("data", float("nan")), "the input scale is nan; it must be"),
])
def test_a_transformer_takes_nothing_that_it_cannot_do(call, message):
    transformer = io.Transformer({"data": (1, 3, 6, 5)})
    with pytest.raises(CaffeError, match=message):
        call(transformer)
    assert not transformer.transpose and not transformer.raw_scale


def test_a_mean_may_be_a_list_of_numbers():
    transformer = io.Transformer({"data": (1, 3, 6, 5)})
    transformer.set_mean("data", [1, 2, 3])
    transformer.set_transpose("data", (2, 0, 1))
    np.testing.assert_array_equal(transformer.preprocess("data", np.ones((6, 5, 3)))[:, 0, 0],
                                  [0, -1, -2])
    with pytest.raises(ValueError, match="Mean must be numbers"):
        transformer.set_mean("data", ["a"])


@pytest.mark.parametrize("size", [(0, 3), (-1, 3), "a", (3,), None])
def test_an_image_is_resized_to_a_height_and_a_width(size):
    with pytest.raises(ValueError, match=r"new_dims is .*; it must be \(height, width\), from 1"):
        io.resize_image(np.zeros((6, 5, 3)), size)
    with pytest.raises(ValueError, match="crop_dims is "):
        io.oversample([np.zeros((6, 5, 3))], size)


def test_there_must_be_an_image():
    with pytest.raises(ValueError, match="there is no image to take crops of"):
        io.oversample([], (2, 2))
    with pytest.raises(ValueError, match=r"the image's shape is \(\); it must be"):
        io.resize_image(None, (2, 2))


@pytest.mark.parametrize("images", [[], None, 5])
def test_a_classifier_takes_images(images):
    net = Net("net.prototxt", TEST)
    net.save("w.caffemodel")
    with pytest.raises(ValueError, match="predict takes a list of images"):
        Classifier("net.prototxt", "w.caffemodel").predict(images)
    with pytest.raises(ValueError, match="image_dims is 5; it must be"):
        Classifier("net.prototxt", "w.caffemodel", image_dims=5)


@pytest.mark.parametrize("count", ["a", 1.5, -1])
def test_a_solver_steps_whole_numbers(count):
    with pytest.raises(CaffeError, match="step: count is .*; it must be a whole number from 0 on"):
        get_solver("s.prototxt").step(count)


def test_a_drawing_has_a_known_direction():
    with pytest.raises(ValueError, match="rankdir is 'XX'; it must be one of LR, RL, TB, BT"):
        get_pydot_graph(NetParameter(), "XX")
