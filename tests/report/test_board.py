"""What a training writes for TensorBoard: tags, histograms by numpy, nodes under Caffe's names."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from framework import parse_net
from framework.definition.prototxt import parse
from framework.logs.log import Log
from framework.net.net import Net
from framework.report.board import Board, detections, measured, nodes_of
from framework.solver.solver import Solver
from tests.logs.event_files import events
from tests.solver_runs import NET, PARAMS


def run(folder, every, monkeypatch):
    """Train 4 iterations; the solver and the events."""
    monkeypatch.chdir(folder)
    text = f"max_iter: 4 display: 2 snapshot_after_train: false net_param {{ {NET} }}"
    board = Board(str(folder / "board"), every)
    solver = Solver(parse(PARAMS + text, "SolverParameter", "solver.prototxt"),
                    log=Log(recorders=[board]))
    board.watch(solver)
    solver.solve()
    solver.close()
    return solver, events(board.file.path)


def tags(found, field):
    return [(event.step, value.tag) for event in found for value in event.summary.value
            if value.HasField(field)]


def test_a_training_shows_scalars_histograms_graph_and_settings(tmp_path, monkeypatch):
    _, found = run(tmp_path, 2, monkeypatch)

    assert set(tags(found, "simple_value")) >= {(0, "train/smoothed_loss"), (2, "lr")}
    names = {"weights/ip/0", "weights/ip/1", "gradients/ip/0", "gradients/ip/1",
             *(f"activations/{name}" for name in ("data", "label", "drop", "ip", "loss"))}
    assert set(tags(found, "histo")) == {(step, name) for step in (0, 2) for name in names}
    assert [tag for _, tag in tags(found, "metadata")] == [
        "_hparams_/experiment", "_hparams_/session_start_info", "_hparams_/session_end_info"]


def test_zero_leaves_out_the_histograms(tmp_path, monkeypatch):
    _, found = run(tmp_path, 0, monkeypatch)

    assert not tags(found, "histo") and tags(found, "simple_value")


def test_histograms_count_as_numpys(tmp_path):
    values = np.random.default_rng(3).standard_normal((7, 11, 13)).astype(np.float32)
    counts, edges = np.histogram(values, 64)

    found = measured(torch.from_numpy(values))

    assert found.counts.tolist() == pytest.approx(counts, abs=1)    # a value on an edge
    assert (found.low, found.high) == (edges[0], edges[-1])
    assert found.total == pytest.approx(values.sum(dtype=float))
    assert found.squares == pytest.approx((values.astype(float)**2).sum())


@pytest.mark.parametrize("values, counts", [
    ([float("nan"), 1, float("inf"), 1], [2]), ([float("nan")], None), ([], None), ([5], [1])])
def test_what_is_not_finite_is_left_out(values, counts):
    found = measured(torch.tensor(values))

    assert (found and found.counts.tolist()) == counts


def test_nodes_have_the_names_of_layers_and_read_the_last_layer_that_wrote_a_blob():
    net = Net(parse_net("""
        layer { name: "in" type: "Input" top: "data" input_param { shape { dim: 2 dim: 3 } } }
        layer { name: "block/fc" type: "InnerProduct" bottom: "data" top: "fc"
                inner_product_param { num_output: 5 } }
        layer { name: "re:lu" type: "ReLU" bottom: "fc" top: "fc" }
        layer { name: "re:lu" type: "ReLU" bottom: "fc" top: "out" }"""))

    found = [(node.name, node.kind, list(node.inputs)) for node in nodes_of(net)]

    assert found == [("in", "Input", []), ("block/fc", "InnerProduct", ["in"]),
                     ("re_lu", "ReLU", ["block/fc"]), ("re_lu_1", "ReLU", ["re_lu"])]
    assert 'num_output: 5' in nodes_of(net)[1].text and nodes_of(net)[1].shapes == [(2, 5)]


def test_detections_are_in_pixels_of_the_image():
    [found] = detections(np.zeros((20, 50, 3)), np.array([[0, 3, 0.75, 0.1, 0.5, 0.2, 1]]))

    assert (found.label, found.score) == (3, 0.75)
    assert found.corners == pytest.approx((5, 10, 10, 20))
