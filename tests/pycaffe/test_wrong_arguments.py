"""Arguments of scripts that cannot be meant: a sentence with the name and what it may be."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from framework.errors import CaffeError
from framework.proto import NetParameter
from framework.pycaffe import (
    TEST,
    Classifier,
    Detector,
    Net,
    get_solver,
    io,
    params,
    set_device,
    set_random_seed,
)
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


def test_a_blob_has_32_axes_at_most():
    """kMaxBlobAxes in blob.hpp of the original."""
    net = Net("net.prototxt", TEST)
    net.blobs["data"].reshape(*[1] * 32)
    with pytest.raises(ValueError, match="and up to 32 axes; it is given"):
        net.blobs["data"].reshape(*[1] * 33)


@pytest.mark.parametrize("values", [None, "a", 5])
def test_an_input_is_an_array(values):
    net = Net("net.prototxt", TEST)
    with pytest.raises(ValueError, match=r"input 'data' takes an array of the shape \(1, 3, 6, 5\)"
                                         "; it is given"):
        net.forward(data=values)
    with pytest.raises(ValueError, match="'data' takes an array of the shape .*it is given .*3"):
        net.forward(data=[[1, 2], [3]])
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


NAMES = "it must be a list of names of blobs. Arrays are given by the name of their blob"


@pytest.mark.parametrize("call, error, message", [
    (lambda net: net.forward(np.zeros((1, 3, 6, 5))), TypeError, NAMES),
    (lambda net: net.forward(blobs="ip"), TypeError, f"blobs is 'ip'; {NAMES}"),
    (lambda net: net.forward_all("ip", data=np.zeros((1, 3, 6, 5))), TypeError, NAMES),
    (lambda net: net.backward(diffs="ip"), TypeError, f"diffs is 'ip'; {NAMES}"),
    (lambda net: net.forward_all(), ValueError, "no array is given; the input blobs of the net are "
                                                "data"),
    (lambda net: net.forward_backward_all(), ValueError, "no array is given"),
    (lambda net: net.blobs.__setitem__("data", 1), TypeError, "the blob 'data' cannot be replaced; "
                                                              "to set its values"),
    (lambda net: net.params.__setitem__("ip", 1), TypeError, "cannot be replaced"),
    (lambda net: net.params["ip"][2], IndexError, "there is no blob 2; the layer has 2 blobs"),
    (lambda net: net.params["data"], KeyError, r"parameters 'data'; the layer 'data' \(Input\) has "
                                               "none"),
    (lambda net: net.top_names["pi"], KeyError, "the net has no layer 'pi'"),
    (lambda net: net.layer_dict["ipp"], KeyError, "no layer 'ipp'; did you mean 'ip'"),
])
def test_what_is_read_or_run_by_a_wrong_name_or_array_is_said(call, error, message):
    with pytest.raises(error, match=message):
        call(Net("net.prototxt", TEST))


def test_the_layer_that_does_not_take_another_input_is_named():
    net = Net("net.prototxt", TEST)
    net.blobs["data"].reshape(1, 3, 6, 7)
    reason = r"net.prototxt:4: layer 'ip' \(InnerProduct\): bottom has the shape \(1, 3, 6, 7\), " \
        "with 126 values an item; the weights are for 90$"
    with pytest.raises(CaffeError, match=r"^'data' is \(1, 3, 6, 7\), built as \(1, 3, 6, 5\), "
                       f"which the net's layers do not take: {reason}"):
        net.forward()
    with pytest.raises(CaffeError, match=f"^{reason}"):
        net.reshape()


def test_a_layer_whose_sums_do_not_fit_another_input_is_named(tmp_path):
    (tmp_path / "c.prototxt").write_text(TEXT.split("layer { name: \"ip\"")[0] + """
layer { name: "c" type: "Convolution" bottom: "data" top: "c"
  convolution_param { num_output: 2 kernel_size: 3 } }""")
    net = Net("c.prototxt", TEST)
    net.blobs["data"].reshape(1, 4, 6, 5)
    with pytest.raises(CaffeError, match=r"c.prototxt:5: layer 'c' \(Convolution\): bottom has "
                       r"shapes that the layer does not take: 'data' \(1, 4, 6, 5\)$"):
        net.forward()


@pytest.mark.parametrize("arguments", [("net.prototxt", 2), ("net.prototxt", TEST, "w.caffemodel"),
                                       ("net.prototxt", "w.caffemodel", "TEST")])
def test_a_net_says_what_it_takes(arguments):
    with pytest.raises(TypeError, match=r"a net takes \(network_file, phase, level, stages"):
        Net(*arguments)


def test_a_path_may_be_bytes_or_a_path_object(tmp_path):
    Net(b"net.prototxt", TEST).save("w.caffemodel")
    net = Net(tmp_path / "net.prototxt", tmp_path / "w.caffemodel", TEST)
    assert list(net.blobs) == ["data", "ip"]


@pytest.mark.parametrize("call, error, message", [
    (lambda: io.blobproto_to_array(3), TypeError, "blob is 3; it must be a BlobProto"),
    (lambda: io.array_to_blobproto("x"), TypeError, "arr is 'x'; it must be a numpy array"),
    (lambda: io.array_to_datum([1]), TypeError, r"arr is \[1\]; it must be a numpy array"),
    (lambda: io.datum_to_array(b"x"), TypeError, "datum is b'x'; it must be a Datum"),
    (lambda: io.array_to_datum(np.zeros((1, 2, 2)), "a"), TypeError, "label is 'a'; it must be a "),
    (lambda: io.array_to_datum(np.zeros((1, 2, 2)), 1 << 40), ValueError, "label is 1099511627776"),
    (lambda: io.oversample([np.zeros((6, 5, 3))], (4.5, 4)), ValueError, "crop_dims is .4.5, 4"),
    (lambda: set_device("a"), ValueError, "device is 'a'; it must be a whole number"),
    (lambda: set_random_seed(None), ValueError, "seed is None; it must be a whole number"),
    (lambda: params.Pooling.MX, AttributeError, "PoolingParameter has no constant 'MX'; did you mea"
                                                "n 'MAX'"),
])
def test_functions_say_what_they_take(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_windows_without_pixels_and_too_much_context_are_refused():
    weights = "w.caffemodel"
    Net("net.prototxt", TEST).save(weights)
    cv2.imwrite("x.png", np.zeros((9, 9, 3), np.uint8))
    with pytest.raises(ValueError, match=r"the window \(4, 4, 0, 0\) .* has no pixels of the "):
        Detector("net.prototxt", weights).detect_windows([("x.png", [[4, 4, 0, 0]])])
    with pytest.raises(ValueError, match="context_pad is 3; it must be below half of the "):
        Detector("net.prototxt", weights, context_pad=3)
