"""What pycaffe sets for a whole process."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import framework.pycaffe as caffe
from framework.pycaffe import settings
from framework.pycaffe.engine.memory import Memory

NET = ('layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }'
       'layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y" inner_product_param { '
       'num_output: 4 weight_filler { type: "gaussian" std: 1 } } }')


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    monkeypatch.setattr(settings.MACHINE, "__dict__", settings.Machine().__dict__)


def test_a_script_for_a_gpu_runs_on_a_machine_without_and_is_told(monkeypatch, capfd):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    caffe.set_device(1)
    caffe.set_mode_gpu()
    assert settings.MACHINE.device() == settings.MACHINE.device() == torch.device("cpu")
    assert capfd.readouterr().err.count("this machine has no GPU") == 1


def test_the_device_is_that_of_the_last_call(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    caffe.set_device(1)
    assert settings.MACHINE.device() == torch.device("cpu")
    caffe.set_mode_gpu()
    assert settings.MACHINE.device() == torch.device("cuda", 1)
    caffe.set_mode_cpu()
    assert settings.MACHINE.device() == torch.device("cpu")


def test_the_log_is_as_loud_as_a_script_wants(capfd):
    caffe.log("first")
    caffe.init_log(1)
    caffe.log("second")
    text = capfd.readouterr().err
    assert text.startswith("I") and "] first\n" in text and "second" not in text


def test_ranks_are_remembered_and_nccl_is_refused():
    caffe.set_solver_count(4)
    caffe.set_solver_rank(2)
    caffe.set_multiprocess(True)
    assert (caffe.solver_count(), caffe.solver_rank(), caffe.has_nccl()) == (4, 2, False)
    with pytest.raises(RuntimeError, match="tools/train --gpu 0,1"):
        caffe.NCCL.new_uid()


def test_a_timer_counts_milliseconds():
    timer = caffe.Timer()
    timer.start()
    timer.stop()
    assert 0 <= timer.ms < 1000


def test_layer_types_are_those_a_prototxt_can_name():
    names = caffe.layer_type_list()
    assert {"Data", "Convolution", "Python", "MultiBoxLoss", "MultiBoxHead"} <= set(names)


def test_on_another_device_the_host_has_a_copy_that_goes_back(monkeypatch):
    """The steps of a GPU, with the host's own memory as the device."""
    monkeypatch.setattr(Memory, "on_cpu", False)
    memory = Memory((2,), torch.device("cpu"))
    memory.take(torch.tensor([1.0, 2.0]))
    array = memory.look()
    np.testing.assert_array_equal(array, [1, 2])
    array[0] = 7
    np.testing.assert_array_equal(memory.value(), [7, 2])
    memory.take(torch.tensor([3.0, 4.0]))
    assert memory.look() is array
    np.testing.assert_array_equal(array, [3, 4])


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("phase", [caffe.TRAIN, caffe.TEST])
def test_on_a_gpu_arrays_are_written_and_read_as_on_the_cpu(tmp_path, phase):
    (tmp_path / "net.prototxt").write_text(f"force_backward: true {NET}")
    caffe.set_mode_gpu()
    net = caffe.Net(str(tmp_path / "net.prototxt"), phase)
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    for factor in (1, 2):
        net.params["ip"][0].data[...] *= factor
        weight = net.params["ip"][0].data.copy()
        np.testing.assert_allclose(net.forward(x=x)["y"], x @ weight.T, rtol=1e-4)
        np.testing.assert_allclose(net.backward(y=np.ones((2, 4)))["x"],
                                   np.ones((2, 4)) @ weight, rtol=1e-4)
    np.testing.assert_allclose(net.params["ip"][0].diff, 2 * np.ones((4, 2)) @ x, rtol=1e-4)
