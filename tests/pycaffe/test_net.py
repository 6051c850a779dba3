"""caffe.Net: what scripts read and write, and what the next forward and backward make of it."""

from __future__ import annotations

import gc
import re

import numpy as np
import pytest
import torch

import framework.pycaffe as caffe

SMALL = """force_backward: %s
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 2 dim: 3 } } }
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip" inner_product_param {
  num_output: 4 weight_filler { type: "gaussian" std: 1 }
  bias_filler { type: "gaussian" std: 1 } } }
layer { name: "relu" type: "ReLU" bottom: "ip" top: "ip" }
layer { name: "out" type: "InnerProduct" bottom: "ip" top: "out" inner_product_param {
  num_output: 5 weight_filler { type: "gaussian" std: 1 } } }
"""
CONV = """
layer { name: "data" type: "Input" top: "data" input_param {
  shape { dim: 1 dim: 2 dim: 7 dim: 6 } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" convolution_param {
  num_output: 3 kernel_size: 3 weight_filler { type: "gaussian" std: 1 } } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "pool" type: "Pooling" bottom: "conv" top: "pool" pooling_param {
  kernel_size: 2 stride: 2 } }
"""


def net_of(folder, text, phase=caffe.TEST, **options):
    path = folder / "net.prototxt"
    path.write_text(text)
    return caffe.Net(str(path), phase, **options)


def values(*shape, seed=1):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def expected(net, data):
    (w1, b1), (w2, b2) = ([blob.data for blob in net.params[name]] for name in ("ip", "out"))
    return np.maximum(data @ w1.T + b1, 0) @ w2.T + b2


@pytest.mark.parametrize("phase, force", [(caffe.TEST, "false"), (caffe.TRAIN, "true")])
def test_what_a_script_writes_into_inputs_and_parameters_is_seen(tmp_path, phase, force):
    net = net_of(tmp_path, SMALL % force, phase)
    for seed in range(3):
        net.blobs["data"].data[...] = values(2, 3, seed=seed)
        net.params["out"][1].data[seed] = seed + 1
        out = net.forward()
        assert list(out) == ["out"]
        np.testing.assert_allclose(out["out"], expected(net, values(2, 3, seed=seed)), rtol=1e-5)


def test_weights_written_between_forwards_of_a_convolution_are_seen(tmp_path):
    net = net_of(tmp_path, CONV)
    data = values(1, 2, 7, 6)
    first = net.forward(data=data)["pool"].copy()
    net.params["conv"][0].data[...] *= 2         # the array is let go of before the forward
    np.testing.assert_allclose(net.forward()["pool"], 2 * first, rtol=1e-5)
    held = net.params["conv"][0].data
    held *= 2
    np.testing.assert_allclose(net.forward()["pool"], 4 * first, rtol=1e-5)
    held /= 4
    np.testing.assert_allclose(net.forward()["pool"], first, rtol=1e-5)


def test_parameters_are_the_memory_of_torch(tmp_path):
    net = net_of(tmp_path, SMALL % "false")
    weight = net._net.params["ip"][0]
    assert net.params["ip"][0].data.ctypes.data == weight.data_ptr()


def test_an_array_that_a_script_holds_shows_the_next_forward(tmp_path):
    net = net_of(tmp_path, SMALL % "false")
    data, row = net.blobs["data"].data, net.blobs["ip"].data[1]
    for seed in range(2):
        data[...] = values(2, 3, seed=seed)
        net.forward()
        w, b = (blob.data for blob in net.params["ip"])
        np.testing.assert_allclose(row, np.maximum(w @ data[1] + b, 0), rtol=1e-5)


def test_a_blob_that_nobody_holds_is_not_copied(tmp_path):
    net = net_of(tmp_path, SMALL % "false")
    net.forward()
    given = []
    run = net._net.run
    net._net.run = lambda blobs: given.append(run(blobs)) or given[-1]
    net.forward()
    for name in ("ip", "out"):
        assert net.blobs[name].data.ctypes.data == given[0][name].data_ptr()


def test_writing_to_a_blob_does_not_write_to_one_that_lies_in_the_same_memory(tmp_path):
    net = net_of(tmp_path, SMALL % "false" + """
        layer { name: "flat" type: "Flatten" bottom: "out" top: "flat" }
        layer { name: "drop" type: "Dropout" bottom: "flat" top: "drop" }""")
    net.forward(data=values(2, 3))
    before = net.blobs["out"].data.copy()
    net.blobs["drop"].data[...] = 7
    np.testing.assert_array_equal(net.blobs["out"].data, before)


def test_arrays_outlive_their_net(tmp_path):
    net = net_of(tmp_path, SMALL % "false")
    net.forward(data=values(2, 3))
    arrays = [blob.data for blob in net.blobs.values()]
    sums = [array.sum() for array in arrays]
    del net
    gc.collect()
    assert sums == [array.sum() for array in arrays]


def test_names_and_numbers_of_layers_and_blobs(tmp_path):
    net = net_of(tmp_path, SMALL % "false")
    assert (net.inputs, net.outputs) == (["data"], ["out"])
    assert list(net.blobs) == net._blob_names == ["data", "ip", "out"]
    assert list(net._layer_names) == list(net.layer_dict) == ["data", "ip", "relu", "out"]
    assert [layer.type for layer in net.layers] == ["Input", "InnerProduct", "ReLU", "InnerProduct"]
    assert list(net.params) == ["ip", "out"] and len(net.params["out"]) == 2
    assert net.top_names == {"data": ["data"], "ip": ["ip"], "relu": ["ip"], "out": ["out"]}
    assert net.bottom_names["out"] == ["ip"]
    assert (net._inputs, net._outputs, net._top_ids(3), net._bottom_ids(3)) == ([0], [2], [2], [1])
    assert net.blob_loss_weights == {"data": 0, "ip": 0, "out": 0}
    blob = net.blobs["data"]
    assert (tuple(blob.shape), blob.count, blob.num, blob.channels, blob.height) == ((2, 3), 6, 2,
                                                                                  3, 1)


def test_a_stretch_of_layers_begins_with_what_stands_in_the_blobs(tmp_path):
    net = net_of(tmp_path, SMALL % "false")
    net.blobs["ip"].data[...] = values(2, 4)
    out = net.forward(start="relu", end="relu")
    np.testing.assert_array_equal(out["ip"], np.maximum(values(2, 4), 0))
    assert not net.blobs["out"].data.any()
    assert set(net.forward(blobs=["data"], start="out")) == {"out", "data"}


@pytest.mark.parametrize("forward_first", [True, False])
def test_backward_is_the_derivative_and_adds_up_in_parameters(tmp_path, forward_first):
    net = net_of(tmp_path, SMALL % "true", caffe.TRAIN)
    net.blobs["data"].data[...] = values(2, 3)
    net.forward()
    diff = values(2, 5, seed=2)
    hidden = net.blobs["ip"].data.copy()
    w1, w2 = (net.params[name][0].data for name in ("ip", "out"))
    if not forward_first:       # the blobs alone decide
        net._passes.tape.clear()
    for times in (1, 2):
        found = net.backward(out=diff, diffs=["ip"])
        back = diff @ w2 * (hidden > 0)
        np.testing.assert_allclose(found["data"], back @ w1, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(net.params["out"][0].diff, times * diff.T @ hidden, rtol=1e-4)
        np.testing.assert_allclose(net.params["ip"][1].diff, times * back.sum(0), rtol=1e-4)
    held = net.params["ip"][1].diff
    net.clear_param_diffs()
    assert not held.any()


def test_backward_after_a_fast_forward_runs_it_again_for_the_gradients(tmp_path):
    net = net_of(tmp_path, CONV)
    out = net.forward(data=values(1, 2, 7, 6))["pool"]
    net.blobs["pool"].diff[...] = 1
    found = net.backward()["data"]
    x = torch.from_numpy(values(1, 2, 7, 6)).requires_grad_()
    conv = torch.nn.functional.conv2d(x, *(torch.from_numpy(blob.data)
                                           for blob in net.params["conv"]))
    pooled = torch.nn.functional.max_pool2d(conv.relu(), 2, ceil_mode=True)
    np.testing.assert_allclose(out, pooled.detach(), rtol=1e-5)
    np.testing.assert_allclose(found, torch.autograd.grad(pooled.sum(), x)[0], rtol=1e-4,
                               atol=1e-6)


def test_gradients_of_a_blob_with_two_readers_add_up(tmp_path):
    net = net_of(tmp_path, """force_backward: true
        layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }
        layer { name: "a" type: "Power" bottom: "x" top: "a" power_param { scale: 3 } }
        layer { name: "b" type: "Power" bottom: "x" top: "b" power_param { scale: 5 } }
        layer { name: "c" type: "ReLU" bottom: "b" top: "b" relu_param { negative_slope: 2 } }
        layer { name: "s" type: "Eltwise" bottom: "a" bottom: "b" top: "s" }""")
    for _ in range(2):      # the second pass begins anew
        net.forward(x=-np.abs(values(2, 3)))
        assert (net.backward(s=np.ones((2, 3)))["x"] == 13).all()
    net.blobs["b"].diff[...] = 1
    assert (net.backward(start="c", end="b")["x"] == 10).all()


def test_the_diff_of_a_loss_begins_with_its_weight(tmp_path):
    net = net_of(tmp_path, SMALL % "true" + """
        layer { name: "r" type: "Reduction" bottom: "out" top: "r" loss_weight: 3 }""", caffe.TRAIN)
    loss = net.forward(data=values(2, 3))["r"]
    assert loss.shape == net.blobs["r"].diff.shape == () and net.blobs["r"].diff == 3
    net.backward()
    assert (net.blobs["out"].diff == 3).all()
    net.blobs["r"].diff[...] = 2
    net.backward()
    assert (net.blobs["out"].diff == 2).all()


def test_reshape_of_an_input_reaches_all_blobs(tmp_path):
    net = net_of(tmp_path, CONV)
    net.blobs["data"].reshape(4, 2, 9, 12)
    assert net.blobs["data"].data.shape == (4, 2, 9, 12)
    net.reshape()
    assert net.blobs["pool"].data.shape == net.blobs["pool"].diff.shape == (4, 3, 4, 5)
    assert net.forward()["pool"].shape == (4, 3, 4, 5)
    net.blobs["data"].reshape(1, 2, 7, 6)
    assert net.forward()["pool"].shape == (1, 3, 3, 2)       # tells itself


def test_deep_dreams_walk_up_the_gradient(tmp_path):
    """Forward to a layer, its data as its diff, backward from it, a step of the input."""
    net = net_of(tmp_path, CONV)
    source, target = net.blobs["data"], net.blobs["conv"]
    source.reshape(1, 2, 8, 9)
    source.data[0] = values(2, 8, 9)
    sizes = []
    for _ in range(3):
        net.forward(end="relu")
        target.diff[:] = target.data
        sizes.append(float((target.data ** 2).sum()))
        net.backward(start="relu")
        gradient = source.diff[0]
        source.data[:] += 0.05 / np.abs(gradient).mean() * gradient
    assert sizes[0] < sizes[1] < sizes[2]


def test_forward_all_fills_the_last_batch_up_and_cuts_it(tmp_path):
    net = net_of(tmp_path, SMALL % "true")
    data, diff = values(5, 3), values(5, 5, seed=2)
    out = net.forward_all(blobs=["ip"], data=data)
    np.testing.assert_allclose(out["out"], expected(net, data), rtol=1e-4, atol=1e-5)
    assert out["ip"].shape == (5, 4)
    both, back = net.forward_backward_all(data=data, out=diff)
    np.testing.assert_array_equal(both["out"], out["out"])
    w1, w2 = (net.params[name][0].data for name in ("ip", "out"))
    np.testing.assert_allclose(back["data"], diff @ w2 * (out["ip"] > 0) @ w1, rtol=1e-3,
                               atol=1e-5)


@pytest.mark.parametrize("run, error, message", [
    (lambda net: net.forward(image=values(2, 3)), ValueError, "arrays are given for image; the "
     "input blobs of the net are data"),
    (lambda net: net.forward(data=values(3, 3)), ValueError, "'data' has 3 items; the batch size "
     "of the net is 2"),
    (lambda net: net.backward(data=values(2, 3)), ValueError, "the output blobs of the net are "
     "out"),
    (lambda net: net.forward(end="absent"), ValueError, "absent"),
    (lambda net: net.set_input_arrays(values(2, 3), values(2)), RuntimeError, "is MemoryData; here "
     "it is 'data' (Input)"),
    (lambda net: net.params["ip"][0].reshape(2, 2), ValueError, "learned blob of shape (4, 3)"),
    (lambda net: net.copy_from("absent.caffemodel"), RuntimeError, "absent.caffemodel"),
    (lambda net: caffe.Net("absent.prototxt", caffe.TEST), RuntimeError, "absent.prototxt"),
    (lambda net: caffe.Net("net.prototxt"), TypeError, "phase is caffe.TRAIN or caffe.TEST"),
])
def test_mistakes_of_a_script_are_python_errors(tmp_path, run, error, message):
    with pytest.raises(error, match=re.escape(message)):
        run(net_of(tmp_path, SMALL % "false"))


@pytest.mark.parametrize("save, load", [("save", "copy_from"), ("save_hdf5", "load_hdf5")])
def test_weights_are_saved_in_the_form_asked_for_whatever_the_name(tmp_path, save, load):
    net = net_of(tmp_path, SMALL % "false")
    path = str(tmp_path / "weights")
    getattr(net, save)(path)
    with open(path, "rb") as file:
        assert (file.read(4) == b"\x89HDF") == (save == "save_hdf5")
    other = net_of(tmp_path, SMALL % "false")
    assert (other.params["ip"][0].data != net.params["ip"][0].data).any()
    getattr(other, load)(path)
    both = [[blob.data for blob in blobs] for one in (net, other) for blobs in one.params.values()]
    for mine, theirs in zip(both[:2], both[2:], strict=True):
        for a, b in zip(mine, theirs, strict=True):
            np.testing.assert_array_equal(a, b)
    old = caffe.Net(str(tmp_path / "net.prototxt"), path, caffe.TEST)
    np.testing.assert_array_equal(old.params["out"][0].data, net.params["out"][0].data)


def test_two_nets_have_other_weights_and_the_seed_decides_them(tmp_path):
    def weights(seed=None):
        if seed is not None:
            caffe.set_random_seed(seed)
        return net_of(tmp_path, SMALL % "false").params["ip"][0].data.copy()

    first, second = weights(3), weights()
    assert (first != second).any()
    np.testing.assert_array_equal(first, weights(3))


def test_nets_that_share_have_one_memory(tmp_path):
    net, other = net_of(tmp_path, CONV), net_of(tmp_path, CONV)
    other.forward(data=values(1, 2, 7, 6))
    other.share_with(net)
    net.params["conv"][0].data[...] = 0
    assert not other.forward()["pool"].any()


def test_a_net_shares_the_views_of_the_net_that_it_was_told_last(tmp_path):
    line = """layer {{ name: "{0}" type: "InnerProduct" bottom: "out" top: "{0}" {1}
        inner_product_param {{ num_output: 2 bias_term: false weight_filler {{ type: "xavier" }} }}
        }}"""
    param = 'param {{ name: "w" lr_mult: {} }}'.format
    net = net_of(tmp_path, SMALL % "false" + line.format("a", "") + line.format("b", ""))
    joined = SMALL % "false" + line.format("a", param(1)) + line.format("b", param(0))
    for number, other in enumerate(net_of(tmp_path, joined) for _ in range(2)):
        other.params["a"][0].data[...] = number
        net.share_with(other)
    net.forward()
    assert (net.params["b"][0].data == 1).all()


def test_levels_and_stages_choose_layers(tmp_path):
    text = SMALL % "false" + """
        layer { name: "a" type: "ReLU" bottom: "out" top: "a" include { stage: "x" } }
        layer { name: "b" type: "ReLU" bottom: "out" top: "b" include { min_level: 1 } }"""
    assert net_of(tmp_path, text).outputs == ["out"]
    assert net_of(tmp_path, text, stages=["x"]).outputs == ["a"]
    assert net_of(tmp_path, text, level=1).outputs == ["b"]


def test_memory_data_takes_arrays(tmp_path):
    net = net_of(tmp_path, """layer { name: "m" type: "MemoryData" top: "data" top: "label"
        memory_data_param { batch_size: 2 channels: 3 height: 4 width: 5 } }
        layer { name: "p" type: "Power" bottom: "data" top: "p" power_param { scale: 2 } }""")
    data = values(4, 3, 4, 5)
    net.set_input_arrays(data, np.arange(4, dtype=np.float32))
    for index in range(3):
        start = index % 2 * 2
        np.testing.assert_array_equal(net.forward()["p"], 2 * data[start:start + 2])
        np.testing.assert_array_equal(net.blobs["label"].data.ravel(), [start, start + 1])


def test_the_index_of_a_memory_data_may_stand_before_its_arrays(tmp_path):
    """BVLC's branch opencl, whose nets of volumes have one for each blob."""
    net = net_of(tmp_path, """layer { name: "m" type: "MemoryData" top: "x"
        memory_data_param { dim: 2 dim: 3 dim: 4 dim: 5 dim: 6 } }
        layer { name: "n" type: "MemoryData" top: "y" memory_data_param { dim: 2 dim: 7 } }
        layer { name: "p" type: "Power" bottom: "y" top: "p" power_param { scale: 2 } }""")
    data, other = values(2, 3, 4, 5, 6), values(4, 7)
    net.set_input_arrays(0, data, None)
    net.set_input_arrays(1, other, None)
    for start in (0, 2):
        np.testing.assert_array_equal(net.forward()["p"], 2 * other[start:start + 2])
        np.testing.assert_array_equal(net.blobs["x"].data, data)
    with pytest.raises(RuntimeError, match="whose layer 2 is MemoryData; here it is 'p' .Power."):
        net.set_input_arrays(2, data)


def test_callbacks_are_told_the_number_of_each_layer(tmp_path):
    net = net_of(tmp_path, SMALL % "true")
    told = []
    net.before_forward(lambda index: told.append(("before", index)))
    net.after_forward(lambda index: told.append((index, net.blobs["out"].data.any())))
    net.after_backward(lambda index: told.append(("back", index)))
    net.blobs["ip"].data[...] = 1
    net.forward(start="relu")
    net.backward(end="out")
    assert told == [("before", 2), (2, False), ("before", 3), (3, True), ("back", 3)]


def test_backward_from_an_in_place_layer_knows_what_stood_there_before_it(tmp_path):
    net = net_of(tmp_path, """force_backward: true
        layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }
        layer { name: "e" type: "Exp" bottom: "x" top: "e" }
        layer { name: "p" type: "PReLU" bottom: "e" top: "e" prelu_param {
          filler { type: "constant" value: -2 } } }""")
    held = net.blobs["e"].data      # the layer's top is written into its bottom
    held[...] = -np.abs(values(2, 3))
    before = held.copy()
    np.testing.assert_allclose(net.forward(start="p")["e"], -2 * before)
    assert (net.backward(start="p", end="p", e=np.ones((2, 3)))["e"] == -2).all()


def test_a_layers_blobs_are_of_the_class_that_scripts_ask_for(tmp_path):
    path = tmp_path / "net.prototxt"
    path.write_text('input: "x" input_shape { dim: 1 dim: 3 } layer { name: "i" bottom: "x" '
                    'type: "InnerProduct" top: "i" inner_product_param { num_output: 2 } }')
    net = caffe.Net(str(path), caffe.TEST)
    assert type(net.params["i"]) is caffe._caffe.BlobVec
