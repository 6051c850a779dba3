"""caffe.SGDSolver and its like, a step at a time."""

from __future__ import annotations

import numpy as np
import pytest

import framework.pycaffe as caffe

NET = """
layer { name: "x" type: "Input" top: "x" top: "y" input_param { shape { dim: 3 dim: 2 }
  shape { dim: 3 dim: 1 } } }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "ip" inner_product_param {
  num_output: 1 weight_filler { type: "constant" value: 0.5 } } }
layer { name: "loss" type: "EuclideanLoss" bottom: "ip" bottom: "y" top: "loss" }
"""
X = np.array([[1, 2], [3, -1], [0, 2]], np.float32)
Y = np.array([[1], [-2], [3]], np.float32)


@pytest.fixture
def solver_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.prototxt").write_text(NET)

    def write(extra=""):
        (tmp_path / "solver.prototxt").write_text(
            'net: "net.prototxt" base_lr: 0.1 lr_policy: "fixed" max_iter: 4 snapshot_prefix: "s" '
            f'test_iter: 1 test_interval: 100 test_initialization: false {extra}')
        return "solver.prototxt"
    return write


def give(net):
    net.blobs["x"].data[...], net.blobs["y"].data[...] = X, Y


def gradient(weight, bias=0.0):
    error = X @ weight + bias - Y[:, 0]
    return error @ X / 3, error.mean(), (error ** 2).sum() / 6


def test_a_step_moves_parameters_against_the_gradient(solver_file):
    solver = caffe.SGDSolver(solver_file("momentum: 0.9"))
    give(solver.net)
    weight = solver.net.params["ip"][0].data        # held: it shows the updates
    expected, bias, velocity, bias_velocity = np.array([0.5, 0.5]), 0.0, np.zeros(2), 0.0
    for number in range(3):
        slope, bias_slope, loss = gradient(expected, bias)
        solver.step(1)
        velocity = 0.9 * velocity + 0.1 * slope
        bias_velocity = 0.9 * bias_velocity + 0.1 * bias_slope
        expected, bias = expected - velocity, bias - bias_velocity
        np.testing.assert_allclose(weight[0], expected, rtol=1e-5)
        assert solver.net.blobs["loss"].data == pytest.approx(loss, rel=1e-5)
        np.testing.assert_allclose(solver.net.params["ip"][0].diff[0], velocity, rtol=1e-5)
        assert solver.iter == number + 1


def test_test_nets_have_the_same_parameters(solver_file):
    solver = caffe.SGDSolver(solver_file())
    give(solver.test_nets[0])
    solver.net.params["ip"][0].data[...] = 0
    loss = solver.test_nets[0].forward()["loss"]
    assert loss == pytest.approx((Y ** 2).sum() / 6)
    solver.net.params["ip"][0].data[...] = [[0.5, 0.5]]
    assert solver.test_nets[0].forward()["loss"] == pytest.approx(gradient([0.5, 0.5])[2])


def test_an_update_by_hand(solver_file):
    solver = caffe.SGDSolver(solver_file("weight_decay: 0.1"))
    give(solver.net)
    weight = solver.net.params["ip"][0]
    solver.net.forward()
    solver.net.backward()
    np.testing.assert_allclose(weight.diff[0], gradient([0.5, 0.5])[0], rtol=1e-5)
    weight.diff[...] = [[3, 4]]
    solver.apply_update()
    np.testing.assert_allclose(weight.data[0], [0.5 - 0.305, 0.5 - 0.405], rtol=1e-5)
    assert solver.iter == 0


@pytest.mark.parametrize("cls, extra", [
    ("SGD", ""), ("Nesterov", "momentum: 0.5"), ("AdaGrad", ""), ("RMSProp", "rms_decay: 0.9"),
    ("AdaDelta", "momentum: 0.9"), ("Adam", "momentum: 0.9")])
def test_diffs_behind_a_step_are_what_was_subtracted(solver_file, cls, extra):
    path = solver_file(f'{extra} type: "{cls}"')
    for solver in (caffe.get_solver(path), getattr(caffe, f"{cls}Solver")(path)):
        give(solver.net)
        solver.step(1)
        before = solver.net.params["ip"][0].data.copy()
        solver.step(1)
        blob = solver.net.params["ip"][0]
        assert blob.diff.any()
        np.testing.assert_allclose(before - blob.data, blob.diff, rtol=1e-4, atol=1e-7)
        assert type(solver).__name__ == f"{cls}Solver" and solver.lr == pytest.approx(0.1)


def test_the_class_decides_the_rule_whatever_the_file_says(solver_file):
    path = solver_file('type: "Adam" momentum: 0.9')
    solver = caffe.SGDSolver(path)
    give(solver.net)
    slope = gradient([0.5, 0.5])[0]
    solver.step(1)
    np.testing.assert_allclose(solver.net.params["ip"][0].diff[0], 0.1 * slope, rtol=1e-5)


def test_solve_snapshot_and_restore(solver_file, tmp_path):
    solver = caffe.SGDSolver(solver_file("momentum: 0.9"))
    give(solver.net)
    solver.step(2)
    solver.snapshot()
    assert (tmp_path / "s_iter_2.caffemodel").exists()
    solver.solve()
    assert (solver.iter, solver.param.max_iter) == (4, 4)
    other = caffe.SGDSolver("solver.prototxt")
    give(other.net)
    other.solve("s_iter_2.solverstate")
    assert other.iter == 4
    np.testing.assert_array_equal(other.net.params["ip"][0].data, solver.net.params["ip"][0].data)


def test_callbacks_stand_around_the_gradients(solver_file):
    solver = caffe.SGDSolver(solver_file())
    give(solver.net)
    blob, told = solver.net.params["ip"][0], []
    solver.add_callback(lambda: told.append(("start", solver.iter)),
                        lambda: told.append(blob.diff[0].copy()))
    solver.step(2)
    assert (told[0], told[2]) == (("start", 0), ("start", 1))
    np.testing.assert_allclose(told[1], gradient([0.5, 0.5])[0], rtol=1e-5)


def test_a_script_may_change_the_rate(solver_file):
    solver = caffe.SGDSolver(solver_file())
    give(solver.net)
    solver.param.base_lr = 0.25
    solver.step(1)
    np.testing.assert_allclose(solver.net.params["ip"][0].diff[0], 0.25 * gradient([0.5, 0.5])[0],
                               rtol=1e-5)


def test_backward_behind_a_step_is_that_of_the_new_parameters_on_the_last_batch(solver_file):
    solver = caffe.SGDSolver(solver_file())
    give(solver.net)
    solver.step(1)
    assert solver.net.blobs["ip"].data.any()
    solver.net.clear_param_diffs()
    weight, bias = (blob.data.copy() for blob in solver.net.params["ip"])
    solver.net.forward()
    solver.net.backward()
    np.testing.assert_allclose(solver.net.params["ip"][0].diff[0], gradient(weight[0], bias[0])[0],
                               rtol=1e-4)


def test_files_that_cannot_be_used_are_runtime_errors(solver_file):
    with pytest.raises(RuntimeError, match=r"absent\.prototxt"):
        caffe.SGDSolver("absent.prototxt")
    with pytest.raises(RuntimeError, match="type is 'Adamm'; did you mean 'Adam'|type is 'Adamm'"):
        caffe.get_solver(solver_file('type: "Adamm"'))


def test_a_test_net_sees_weights_written_through_the_training_net(solver_file, tmp_path):
    """Convolutions of a net for testing alone keep a copy of their weights."""
    file = solver_file()
    text = NET
    for old, new in (("dim: 3 dim: 2", "dim: 3 dim: 2 dim: 1 dim: 1"),
                     ("InnerProduct", "Convolution"),
                     ("dim: 3 dim: 1 }", "dim: 3 dim: 1 dim: 1 dim: 1 }"),
                     ("inner_product_param {", "convolution_param { kernel_size: 1")):
        text = text.replace(old, new)
    (tmp_path / "net.prototxt").write_text(text)
    solver = caffe.SGDSolver(file)
    tested = solver.test_nets[0]
    tested.blobs["x"].data[..., 0, 0], tested.blobs["y"].data[..., 0, 0] = X, Y
    tested.forward()
    solver.net.params["ip"][0].data[...] = 0
    assert tested.forward()["loss"] == pytest.approx((Y ** 2).sum() / 6)


def test_weights_that_a_script_loads_keep_their_zeros(solver_file, tmp_path):
    text = (tmp_path / "net.prototxt").read_text()
    (tmp_path / "net.prototxt").write_text(text.replace(
        'type: "InnerProduct"', 'type: "InnerProduct" connectivity_mode: DISCONNECTED_ELTWISE'))
    first = caffe.SGDSolver(solver_file())
    first.net.params["ip"][0].data[0, 1] = 0
    first.net.save("pruned.caffemodel")
    solver = caffe.SGDSolver(solver_file())
    solver.net.copy_from("pruned.caffemodel")
    give(solver.net)
    solver.step(2)
    solver.net.forward()
    solver.net.backward()
    solver.apply_update()
    weight = solver.net.params["ip"][0].data
    assert weight[0, 1] == 0 and weight[0, 0] != 0.5
