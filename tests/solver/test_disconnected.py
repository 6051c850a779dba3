"""`connectivity_mode`: weights that are 0 when they are loaded stay 0, as SkimCaffe trains them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from framework.weights.weights import save_weights
from tests.solver_runs import log_of, make

NET = """
layer { name: "data" type: "DummyData" top: "data" top: "label"
  dummy_data_param { shape { dim: 3 dim: 4 dim: 5 dim: 6 } shape { dim: 3 dim: 2 }
    data_filler { type: "gaussian" std: 1 } data_filler { type: "uniform" } } }
layer { name: "c" type: "Convolution" bottom: "data" top: "c" MODE
  convolution_param { num_output: 6 group: 2 kernel_size: 3
    weight_filler { type: "gaussian" std: 0.3 } } }
layer { name: "ip" type: "InnerProduct" bottom: "c" top: "ip" MODE
  inner_product_param { num_output: 2 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "EuclideanLoss" bottom: "ip" bottom: "label" top: "loss" }
"""
SOLVER = 'net: "net.prototxt" max_iter: 8 weight_decay: 0.1 '


def prepared(tmp_path, monkeypatch, mode: str):
    """The solver's text and weights with zeros: scattered ones, an output, and an input of the
    first group."""
    monkeypatch.chdir(tmp_path)
    line = f"connectivity_mode: {mode}" if mode else ""
    (tmp_path / "net.prototxt").write_text(NET.replace("MODE", line))
    solver = make(SOLVER)
    with torch.no_grad():
        weight = solver.net.params["c"][0]
        weight[4] = 0               # an output of the second group
        weight[:3, 1, 2, 0] = 0     # one weight of all outputs of the first group
        weight[5, 0, 1, 1] = 0
        weight[0, 0, 0, 0] = 5e-5   # not above prune_threshold
    save_weights(solver.net, "w.caffemodel")
    before = weight.detach().numpy().copy()
    solver.close()
    return before


@pytest.mark.parametrize("mode, count", [("DISCONNECTED_ELTWISE", 18 + 3 + 2),
                                         ("DISCONNECTED_GRPWISE", 18 + 3)])
def test_zeros_of_loaded_weights_stay_and_the_others_learn(mode, count, tmp_path, monkeypatch):
    before = prepared(tmp_path, monkeypatch, mode)
    solver = make(SOLVER, weights="w.caffemodel")
    assert f"c: {count} of 108 weights stay at 0 ({mode})" in log_of(solver)
    solver.step(4)
    after = solver.net.params["c"][0].detach().numpy()
    fixed = np.zeros(after.shape, bool)
    fixed[4] = True
    fixed[:3, 1, 2, 0] = True
    if mode == "DISCONNECTED_ELTWISE":
        fixed[5, 0, 1, 1] = fixed[0, 0, 0, 0] = True
    assert (after[fixed] == 0).all() and (after[~fixed] != before[~fixed]).all()


def test_a_resumed_training_keeps_the_zeros_of_its_snapshot(tmp_path, monkeypatch):
    prepared(tmp_path, monkeypatch, "DISCONNECTED_ELTWISE")
    first = make(SOLVER, weights="w.caffemodel")
    first.step(3)
    path = first.snapshot()
    first.close()
    second = make(SOLVER, snapshot=path)
    second.step(3)
    assert (second.net.params["c"][0][4] == 0).all()


@pytest.mark.parametrize("mode, weights", [("", "w.caffemodel"), ("CONNECTED", "w.caffemodel"),
                                           ("DISCONNECTED_ELTWISE", None)])
def test_all_weights_learn_without_the_field_and_without_loaded_weights(mode, weights, tmp_path,
                                                                       monkeypatch):
    prepared(tmp_path, monkeypatch, mode)
    solver = make(SOLVER, weights=weights)
    assert not any("stay at 0" in line for line in log_of(solver))
    solver.step(4)
    assert (solver.net.params["c"][0] != 0).all()


def test_a_blob_of_one_axis_is_a_row_of_outputs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    scale = ('layer { name: "s" type: "Scale" bottom: "data" top: "s" '
             'connectivity_mode: DISCONNECTED_GRPWISE }')
    (tmp_path / "net.prototxt").write_text(
        NET.replace("MODE", "").replace('bottom: "data" top: "c"', 'bottom: "s" top: "c"')
        .replace('layer { name: "c"', scale + '\nlayer { name: "c"'))
    solver = make(SOLVER)
    with torch.no_grad():
        solver.net.params["s"][0][2] = 0
    save_weights(solver.net, "w.caffemodel")
    solver.close()
    solver = make(SOLVER, weights="w.caffemodel")
    solver.step(2)
    assert ((solver.net.params["s"][0] == 0) == torch.tensor([False, False, True, False])).all()
