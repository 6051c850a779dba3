"""Layers that users write in Python, and HDF5Output."""

import sys
import textwrap

import h5py
import numpy as np
import pytest
import torch

import tests.golden as golden
from framework.errors import SpecError
from tests.support import net_from, noise


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty working directory; modules imported from it are forgotten afterwards."""
    before = set(sys.modules)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def write_module(folder, name, text):
    (folder / f"{name}.py").write_text(textwrap.dedent(text))


def python_net(module, cls, tops="top: \"y\"", phase="TRAIN", param_str=""):
    return net_from('layer { name: "x" type: "Input" top: "x" '
                    'input_param { shape { dim: 3 dim: 4 } } } '
                    f'layer {{ name: "l" type: "Python" bottom: "x" {tops} python_param {{ '
                    f'module: "{module}" layer: "{cls}" param_str: "{param_str}" }} }}', phase)


def test_python_layer_computes_what_the_original_computed(folder):
    case = golden.load_case("io/python_layer")
    net = golden.build(case, folder)
    assert torch.equal(net_from(str(case["prototxt"])).params["l"][0], torch.full((4,), 0.5))
    x = torch.from_numpy(case["in/x"]).requires_grad_()
    out = net({"x": x})["y"]
    out.backward(torch.from_numpy(case["outdiff/y"]))
    golden.assert_close(out, case["out/y"], 1e-6, "y")
    golden.assert_close(x.grad, case["indiff/x"], 1e-6, "gradient of x")
    golden.assert_close(net.params["l"][0].grad, case["paramdiff/l/0"], 1e-5, "gradient of blob")
    assert "caffe" not in sys.modules


def test_tops_may_change_their_shape_in_forward(folder):
    write_module(folder, "keep_positive", """
        import caffe
        class Keep(caffe.Layer):
            def reshape(self, bottom, top):
                top[0].reshape(1, bottom[0].channels)
            def forward(self, bottom, top):
                rows = bottom[0].data[bottom[0].data[:, 0] > 0]
                top[0].reshape(*rows.shape)
                top[0].data[...] = rows
    """)
    net = python_net("keep_positive", "Keep")
    assert net.shapes["y"] == (1, 4)
    x = torch.tensor([[1., 2, 3, 4], [-1, 0, 0, 0], [5, 6, 7, 8]])
    np.testing.assert_array_equal(net({"x": x})["y"], x[[0, 2]])


def test_a_python_layer_knows_its_phase_and_its_text(folder):
    write_module(folder, "tells", """
        import caffe
        class Tells(caffe.Layer):
            def setup(self, bottom, top):
                assert (self.phase, str(self.phase)) == (caffe.TEST, "TEST")
                assert self.phase == 1 and self.param_str == self.param_str_ == "'k': 3"
            def reshape(self, bottom, top):
                top[0].reshape(2)
            def forward(self, bottom, top):
                top[0].data[:] = bottom[0].count, bottom[0].num
    """)
    net = python_net("tells", "Tells", phase="TEST", param_str="'k': 3")
    np.testing.assert_array_equal(net({"x": torch.ones(5, 4)})["y"], [20, 5])


def test_an_in_place_python_layer_writes_into_one_blob(folder):
    write_module(folder, "doubles", """
        import caffe
        class Doubles(caffe.Layer):
            def forward(self, bottom, top):
                top[0].data[...] *= 2
            def backward(self, top, propagate_down, bottom):
                bottom[0].diff[...] = 2 * top[0].diff
    """)
    net = python_net("doubles", "Doubles", 'top: "x"')
    x = noise(3, 4, dtype=torch.float32)
    y = net({"x": x})["x"]
    y.sum().backward()
    torch.testing.assert_close(y, 2 * x)
    assert (x.grad == 2).all()


@pytest.mark.parametrize("text, module, cls, message", [
    ("", "absent_module", "A", r"l' \(Python\): python_param.module 'absent_module' cannot be "
     "imported: ModuleNotFoundError.*PYTHONPATH"),
    ("", "", "A", "python_param.module is missing; module names a Python file without .py"),
    ("", "present", "", "python_param.layer is missing"),
    ("class B: pass", "present", "A", "python_param.layer 'A' is not in the module 'present'"),
    ("import caffe\nclass A(caffe.Layer):\n def setup(self, b, t): raise KeyError('k')", "raises",
     "A", "python_param.layer 'raises.A' failed in setup: KeyError: 'k' .*; it is "
     "given no python_param.param_str"),
    ("", "absent_module.py", "A", "the name of a module is without .py: 'absent_module'"),
    ("import caffe, json\nclass A(caffe.Layer):\n def setup(self, b, t):\n  json.loads('{')",
     "reads", "A", r"failed in setup: JSONDecodeError: .*reads.py:4\)"),     # not json's line
    ("import caffe\nclass A(caffe.Layer):\n def setup(self, b, t): t[0].reshape(1.5, 2.0)",
     "halves", "A", r"TypeError: reshape takes whole numbers; it is given \(1.5, 2.0\)"),
])
def test_a_layer_that_cannot_be_made_says_why(folder, text, module, cls, message):
    write_module(folder, module if text else "present", text)
    with pytest.raises(SpecError, match=message):
        python_net(module, cls)


def test_hdf5_output_writes_what_the_original_wrote(folder):
    case = golden.load_case("io/hdf5_output")
    golden.forward(golden.build(case, folder), case)
    with h5py.File("out.h5") as file:
        assert sorted(file) == ["data", "label"]
        for name in file:
            np.testing.assert_array_equal(file[name], case[f"out/{name}"])


def test_hdf5_output_appends_at_each_forward_and_starts_anew(folder):
    text = ('layer { name: "d" type: "Input" top: "d" input_param { shape { dim: 3 dim: 2 } } }'
            'layer { name: "l" type: "Input" top: "l" input_param { shape { dim: 3 } } }'
            'layer { name: "o" type: "HDF5Output" bottom: "d" bottom: "l" hdf5_output_param { '
            'file_name: "out.h5" } }')
    data, label = noise(5, 2, dtype=torch.float32), noise(5, dtype=torch.float32, seed=2)
    for _ in range(2):
        net = net_from(text)
        net({"d": data[:3], "l": label[:3]})
        net({"d": data[3:], "l": label[3:]})
        with h5py.File("out.h5") as file:
            np.testing.assert_array_equal(file["data"], data.detach())
            np.testing.assert_array_equal(file["label"], label.detach())


def test_hdf5_output_needs_a_file_name():
    with pytest.raises(SpecError, match=r"hdf5_output_param.file_name is not given"):
        net_from('layer { name: "d" type: "Input" top: "d" input_param { shape { dim: 3 } } }'
                 'layer { name: "o" type: "HDF5Output" bottom: "d" bottom: "d" }')


