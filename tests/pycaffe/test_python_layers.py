"""Layers written in Python inside caffe.Net: the objects themselves, their blobs, their errors."""

from __future__ import annotations

import sys
import textwrap

import numpy as np
import pytest

import framework.pycaffe as caffe

LAYER = """
    import caffe

    class Times(caffe.Layer):
        def setup(self, bottom, top):
            self.blobs.add_blob(1)
            self.blobs[0].data[0] = 3

        def set_factor(self, factor):
            self.blobs[0].data[0] = factor

        def reshape(self, bottom, top):
            top[0].reshape(*bottom[0].data.shape)

        def forward(self, bottom, top):
            top[0].data[...] = self.blobs[0].data[0] * bottom[0].data

        def backward(self, top, propagate_down, bottom):
            bottom[0].diff[...] = self.blobs[0].data[0] * top[0].diff
            self.blobs[0].diff[0] += (top[0].diff * bottom[0].data).sum()

    class Counts(caffe.Layer):
        def setup(self, bottom, top):
            self.batch = 0

        def reshape(self, bottom, top):
            top[0].reshape(2, 3)

        def forward(self, bottom, top):
            self.batch += 1
            top[0].data[...] = self.batch

        def backward(self, top, propagate_down, bottom):
            pass

    class Fails(caffe.Layer):
        def setup(self, bottom, top):
            raise KeyError("no such thing")
"""


NET = """force_backward: true
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }
layer { name: "t" type: "Python" bottom: "x" top: "t" python_param {
  module: "times_layer" layer: "CLASS" } }"""


@pytest.fixture
def net_of(tmp_path, monkeypatch):
    (tmp_path / "times_layer.py").write_text(textwrap.dedent(LAYER))
    monkeypatch.syspath_prepend(tmp_path)

    def make(cls):
        path = tmp_path / "net.prototxt"
        path.write_text(NET.replace("CLASS", cls))
        return caffe.Net(str(path), caffe.TRAIN)
    yield make
    sys.modules.pop("times_layer", None)


def test_the_layer_is_the_users_own_object(net_of):
    net = net_of("Times")
    layer = net.layers[1]
    assert type(layer).__name__ == "Times" and layer.type == "Python"
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    np.testing.assert_array_equal(net.forward(x=x)["t"], 3 * x)
    layer.set_factor(5)
    np.testing.assert_array_equal(net.forward()["t"], 5 * x)
    net.params["t"][0].data[0] = 7
    np.testing.assert_array_equal(net.forward()["t"], 7 * x)


def test_its_gradients_add_up(net_of):
    net = net_of("Times")
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    for times in (1, 2):
        net.forward(x=x)
        found = net.backward(t=np.ones((2, 3)))
        assert (found["x"] == 3).all()
        assert net.params["t"][0].diff[0] == net.layers[1].blobs[0].diff[0] == times * x.sum()


def test_backward_needs_no_forward_before_it(net_of):
    net = net_of("Times")
    net.blobs["t"].diff[...] = 2
    net.backward()
    assert (net.blobs["x"].diff == 6).all()


def test_what_its_setup_raises_is_a_runtime_error_that_names_the_layer(net_of):
    with pytest.raises(RuntimeError, match="layer 't' .*Fails' failed in setup: KeyError"):
        net_of("Fails")


def test_a_backward_takes_no_new_batch_of_a_layer_that_gives_data(tmp_path, net_of):
    net_of("Times")     # the module can be found
    path = tmp_path / "data.prototxt"
    path.write_text("""layer { name: "d" type: "Python" top: "d" python_param {
        module: "times_layer" layer: "Counts" } }
        layer { name: "s" type: "Scale" bottom: "d" top: "s" }""")
    net = caffe.Net(str(path), caffe.TEST)
    for batch in (1, 2):
        assert (net.forward()["s"] == batch).all()
        net.clear_param_diffs()
        net.backward(s=np.ones((2, 3)))
        assert (net.params["s"][0].diff == 2 * batch).all() and net.layers[0].batch == batch
