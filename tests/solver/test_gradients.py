"""How a machine computes gradients: precision, memory layout, compiled; plain float32 is the rule
that the others are measured against."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from framework.definition.prototxt import parse
from framework.errors import CaffeError
from framework.layers import LAYERS
from framework.layers.base import Layer, Shape
from framework.logs.log import Log
from framework.solver.gradients import Execution
from framework.solver.solver import Solver
from framework.solver.solverstate import read_state

NET = """name: "small"
layer { name: "data" type: "DummyData" top: "data" top: "label"
  dummy_data_param { shape { dim: 4 dim: 2 dim: 9 dim: 7 } shape { dim: 4 dim: 5 }
    data_filler { type: "gaussian" std: 1 } data_filler { type: "uniform" } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 3 kernel_size: 3 weight_filler { type: "xavier" } } }
layer { name: "drop" type: "Dropout" bottom: "conv" top: "conv" }
layer { name: "ip" type: "InnerProduct" bottom: "conv" top: "ip"
  inner_product_param { num_output: 5 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "EuclideanLoss" bottom: "ip" bottom: "label" top: "loss" }
"""
TEXT = """net: "net.prototxt" base_lr: 0.01 lr_policy: "fixed" momentum: 0.9 random_seed: 3
display: 1 snapshot_prefix: "s" """


class Lines(Log):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def _write(self, level: str, message: str) -> None:
        self.lines += message.splitlines()


class Cut(Layer):
    """A layer that torch.compile cannot take whole."""

    def __init__(self, spec: Any, *shapes: Shape):
        super().__init__(spec)

    def forward(self, x: Tensor) -> Tensor:
        return x * float(x.sum()) if not x.is_meta else x * 1


@pytest.fixture(autouse=True)
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("net.prototxt").write_text(NET)


def make(precision: str = "float32", text: str = "", snapshot: str | None = None,
         **options: bool) -> Solver:
    document = parse(TEXT + text, "SolverParameter", "solver.prototxt")
    return Solver(document, log=Lines(), execution=Execution(precision, **options),
                  snapshot=snapshot)


def weights(solver: Solver) -> np.ndarray:
    return np.concatenate([blob.detach().flatten() for blobs in solver.net.params.values()
                           for blob in blobs])


def gradients(solver: Solver) -> np.ndarray:
    solver.gradients.compute(0, 2)
    return np.concatenate([blob.parameter.grad.flatten() for blob in solver.net.learned])


@pytest.mark.parametrize("precision, dtype", [("bfloat16", torch.bfloat16),
                                              ("float16", torch.float16)])
def test_half_precision_computes_in_it_and_keeps_float32_outside(precision, dtype):
    half = make(precision)
    if precision == "float16":
        # at the usual 65536 these gradients are too large
        half.gradients.scaler = torch.amp.GradScaler("cpu", 256.0)
    found, expected = gradients(half), gradients(make())
    assert half.net.blobs["conv"].dtype == half.net.blobs["ip"].dtype == dtype
    assert half.net.blobs["loss"].dtype == torch.float32
    assert not np.array_equal(found, expected)
    np.testing.assert_allclose(found, expected, atol=0.02 * np.abs(expected).max())
    assert all(blob.dtype == torch.float32 for blobs in half.net.params.values() for blob in blobs)


def test_a_gradient_beyond_float16_skips_the_update_and_halves_the_loss_scale():
    solver = make("float16")
    before = weights(solver)
    solver.gradients.scaler = torch.amp.GradScaler("cpu", 2.0 ** 40)
    solver.step(1)
    np.testing.assert_array_equal(weights(solver), before)
    assert solver.log.lines[-1] == ("Iteration 0: a gradient is too large for float16; no update, "
                                    "loss scale 5.49756e+11")      # 2^39
    assert solver.iter == 1 and not solver.optimizer.history[0].any()


def test_a_resumed_float16_run_has_its_loss_scale():
    whole = make("float16", "max_iter: 8 snapshot: 5")
    whole.solve()
    resumed = make("float16", "max_iter: 8", snapshot="s_iter_5.solverstate")
    assert 0 < resumed.gradients.scaler.get_scale() < 65536
    resumed.step(3)
    np.testing.assert_array_equal(weights(resumed), weights(whole))


def test_a_run_that_goes_on_otherwise_says_so():
    make(text="max_iter: 1").solve()
    other = make("bfloat16", snapshot="s_iter_1.solverstate")
    assert "The run had precision float32, now it has bfloat16: it goes on, but not to the same " \
        "numbers" in other.log.lines


def test_channels_last_gives_the_same_numbers_and_files():
    Path("net.prototxt").write_text(NET.replace('type: "Dropout"', 'type: "ReLU"'))
    plain, last = make(text="snapshot: 3"), make(text="snapshot: 3", channels_last=True)
    states = []
    for solver in (plain, last):
        solver.step(3)
        states.append(read_state("s_iter_3.solverstate"))
    assert last.net.blobs["conv"].is_contiguous(memory_format=torch.channels_last)
    assert last.net.params["conv"][0].is_contiguous(memory_format=torch.channels_last)
    np.testing.assert_allclose(weights(last), weights(plain), rtol=1e-5, atol=1e-7)
    for mine, expected in zip(states[1].history, states[0].history, strict=True):
        np.testing.assert_allclose(mine, expected, rtol=1e-5, atol=1e-6)
    again = make(snapshot="s_iter_3.solverstate", channels_last=True)
    np.testing.assert_array_equal(weights(again), weights(last))


def test_a_net_that_cannot_be_compiled_is_an_error_of_one_line(monkeypatch):
    monkeypatch.setitem(LAYERS, "Cut", Cut)
    Path("net.prototxt").write_text(NET.replace('type: "Dropout"', 'type: "Cut"'))
    with pytest.raises(CaffeError, match=r"^net.prototxt: --compile: torch.compile cannot take "
                       r"this net: [^\n]+$"):
        make(compile=True).step(1)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning:torch")     # inductor's own
def test_a_compiled_net_trains_as_one_that_is_not():
    Path("net.prototxt").write_text(NET.replace('type: "Dropout"', 'type: "ReLU"'))
    plain, compiled = make(), make(compile=True)
    for solver in (plain, compiled):
        solver.step(4)
    np.testing.assert_allclose(weights(compiled), weights(plain), rtol=1e-4, atol=1e-6)
    assert set(compiled.net.blobs) == {"data", "label", "loss"}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning:torch")     # inductor's own
def test_a_compiled_net_whose_loss_is_nan_is_still_explained():
    Path("net.prototxt").write_text(NET.replace('type: "Dropout"', 'type: "Log"'))
    with pytest.raises(CaffeError, match=r"first in blob 'conv' of layer 'drop' \(Log\)"):
        make(compile=True).step(1)
