"""The Solver's own behaviour: its nets, its log, resuming, stopping, trouble."""

from __future__ import annotations

import math
import re
import threading
from pathlib import Path

import pytest
import torch

from framework.definition.prototxt import parse
from framework.errors import DataError, SpecError, WeightsError
from framework.logs.log import Log, number
from framework.proto import NetParameter
from framework.solver.solver import Solver
from tests.solver_runs import NET, PARAMS, Lines, log_of, losses, make, values


@pytest.fixture(autouse=True)
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.prototxt").write_text('name: "small"\n' + NET)
    return tmp_path


def test_a_resumed_run_equals_an_uninterrupted_one_in_weights_and_lines():
    text = 'net: "net.prototxt" max_iter: 12 average_loss: 5 display: 1 iter_size: 2 snapshot: 7'
    whole = make(text)
    whole.solve()
    resumed = make(text, snapshot="s_iter_7.solverstate")
    resumed.solve()
    assert values(resumed) == values(whole)
    assert losses(resumed, 7) == losses(whole, 7) and len(losses(whole, 7)) == 6


def test_a_resumed_run_keeps_the_seed_it_was_begun_with():
    text = 'net: "net.prototxt" max_iter: 6 snapshot: 3'
    whole = make(text, seed=17)
    whole.solve()
    for snapshot in ("s_iter_3.solverstate", "auto"):
        resumed = make(text, snapshot=snapshot)
        assert resumed.seed == 17
    resumed.restore("s_iter_3.solverstate")
    resumed.step(3)
    assert values(resumed) == values(whole)


def test_a_restore_and_the_first_half_again_differ_from_the_second_half():
    solver = make('net: "net.prototxt" max_iter: 6 snapshot: 3')
    solver.step(3)
    half = values(solver)
    solver.step(3)
    assert values(solver) != half


def test_the_global_random_state_is_left_alone():
    torch.manual_seed(11)
    before = torch.get_rng_state()
    make('net: "net.prototxt"').step(2)
    assert torch.equal(torch.get_rng_state(), before)


def test_another_seed_gives_another_run():
    first, second = make('net: "net.prototxt"', seed=1), make('net: "net.prototxt"', seed=2)
    assert values(first) != values(second)


def test_the_log_has_the_originals_lines_in_their_order():
    solver = make('net: "net.prototxt" max_iter: 2 display: 1 snapshot: 2 test_iter: 1 '
                  'test_interval: 2')
    solver.solve()
    lines = log_of(solver)
    assert lines[0] == "Solving small" and lines[1] == "Learning Rate Policy: fixed"
    starts = ["Iteration 0, Testing net (#0)", "    Test net output #0: loss = ",
              "Iteration 0, loss = ", "    Train net output #0: loss = ", "Iteration 0, lr = 0.1",
              "Iteration 1, loss = ", "    Train net output #0: loss = ", "Iteration 1, lr = 0.1",
              "Snapshotting to binary proto file s_iter_2.caffemodel",
              "Snapshotting solver state to binary proto file s_iter_2.solverstate",
              "Iteration 2, loss = ", "Iteration 2, Testing net (#0)",
              "    Test net output #0: loss = ", "Optimization Done."]
    assert len(lines) == len(starts) + 2
    for line, start in zip(lines[2:], starts, strict=True):
        assert line.startswith(start)
    assert lines[5].endswith("loss)") and "(* 1 = " in lines[5]


def test_a_line_has_the_prefix_of_glog(capsys):
    Log().info("Solving x\nsecond")
    first, second = capsys.readouterr().err.splitlines()
    assert re.fullmatch(r"I\d{4} \d\d:\d\d:\d\d\.\d{6} +\d+ test_solver\.py:\d+\] Solving x",
                        first)
    assert second.endswith("] second")


@pytest.mark.parametrize("value, text", [
    (0.001, "0.001"), (12.3456789, "12.3457"), (1e-5, "1e-05"), (100000.0, "100000"),
    (1e6, "1e+06"), (math.nan, "nan"), (0.1 + 0.2, "0.3")])
def test_numbers_are_printed_as_cpp_prints_them(value, text):
    assert number(value) == text


@pytest.mark.parametrize("policy", ["fixed", "poly"])     # poly divides by max_iter
def test_max_iter_0_only_tests(policy):
    text = PARAMS.replace('lr_policy: "fixed"', f'lr_policy: "{policy}"')
    solver = Solver(parse(text + 'net: "net.prototxt" max_iter: 0 test_iter: 2 test_interval: 10 '
                          "snapshot_after_train: false test_compute_loss: true",
                          "SolverParameter"), log=Lines())
    before = values(solver)
    solver.solve()
    assert values(solver) == before
    assert [line.split(" = ")[0].split(":")[0] for line in log_of(solver)[2:]] == [
        "Iteration 0, Testing net (#0)", "Test loss", "    Test net output #0",
        "Optimization Done."]


def test_a_net_may_stand_in_the_solver():
    solver = make(f'net_param {{ name: "inside" {NET} }} max_iter: 1')
    solver.step(1)
    assert solver.net.name == "inside" and solver.iter == 1


def test_test_nets_share_the_blobs_and_take_their_states():
    net = NET + ('layer { name: "extra" type: "Silence" bottom: "ip" '
                 'include { phase: TEST stage: "loud" } }')
    Path("net.prototxt").write_text(net)
    solver = make('net: "net.prototxt" test_iter: 1 test_iter: 1 test_interval: 1 '
                  'test_state { stage: "loud" } test_state { }')
    loud, quiet = solver.test_nets
    assert [len(loud.layers), len(quiet.layers)] == [4, 3]
    for net in (loud, quiet):
        assert net.params["ip"][0] is solver.net.params["ip"][0]


def test_stop_ends_after_the_iteration_with_a_snapshot():
    requests = iter([None, "stop"])
    solver = make('net: "net.prototxt" max_iter: 9', actions=lambda: next(requests))
    solver.solve()
    assert solver.iter == 2 and Path("s_iter_2.solverstate").exists()
    assert log_of(solver)[-1] == "Optimization stopped early."


def test_terminate_snapshots_even_where_the_end_does_not():
    solver = make('net: "net.prototxt" max_iter: 9 snapshot_after_train: false',
                  actions=lambda: "terminate")
    solver.solve()
    assert solver.iter == 1 and Path("s_iter_1.solverstate").exists()


def test_a_test_that_is_stopped_has_no_scores():
    solver = make('net: "net.prototxt" max_iter: 9 test_iter: 5 test_interval: 1',
                  actions=lambda: "stop")
    solver.solve()
    assert solver.iter == 0 and "Test interrupted." in log_of(solver)


@pytest.mark.parametrize("fault, expected", [
    (lambda path: path.write_bytes(path.read_bytes()[:40]), 2),
    (lambda path: Path("s_iter_4.caffemodel").unlink(), 2),
    (lambda path: None, 4),
])
def test_auto_takes_the_newest_snapshot_that_is_whole(fault, expected):
    make('net: "net.prototxt" max_iter: 4 snapshot: 2').solve()
    fault(Path("s_iter_4.solverstate"))
    assert make('net: "net.prototxt" max_iter: 4', snapshot="auto").iter == expected


def test_auto_begins_at_the_start_without_a_snapshot():
    assert make('net: "net.prototxt"', snapshot="auto").iter == 0


def test_keep_leaves_the_newest_snapshots():
    make('net: "net.prototxt" max_iter: 4 snapshot: 1', keep=2).solve()
    assert sorted(path.name for path in Path().glob("*.solverstate")) == [
        "s_iter_3.solverstate", "s_iter_4.solverstate"]
    assert len(list(Path().glob("s_iter_*"))) == 6


@pytest.mark.parametrize("prefix, expected", [
    ("", "solver_iter_1.solverstate"), ("folder", "folder/solver_iter_1.solverstate"),
    ("new/run", "new/run_iter_1.solverstate"), ("new/", "new/solver_iter_1.solverstate")])
def test_snapshots_go_where_the_prefix_says(prefix, expected):
    Path("folder").mkdir()
    document = parse(PARAMS.replace('"s"', f'"{prefix}"') + 'net: "net.prototxt" max_iter: 1',
                     "SolverParameter", "solver.prototxt")
    Solver(document, log=Lines()).solve()
    assert Path(expected).exists()


def test_a_prefix_that_cannot_be_written_is_an_error_before_the_first_iteration():
    Path("file").touch()
    document = parse(PARAMS.replace('"s"', '"file/run"') + 'net: "net.prototxt" max_iter: 1',
                     "SolverParameter", "solver.prototxt")
    solver = Solver(document, log=Lines())
    with pytest.raises(SpecError, match="snapshot_prefix is 'file/run'; nothing can be written"):
        solver.solve()
    assert solver.iter == 0


def test_a_state_of_another_solver_type_is_refused():
    make('net: "net.prototxt" max_iter: 1').solve()
    with pytest.raises(WeightsError, match="holds 2 history blobs; Adam on this net has 4"):
        make('net: "net.prototxt" type: "Adam"', snapshot="s_iter_1.solverstate")


def test_a_moved_snapshot_finds_its_weights_beside_it():
    make('net: "net.prototxt" max_iter: 1').solve()
    Path("moved").mkdir()
    for path in list(Path().glob("s_iter_1.*")):
        path.rename(Path("moved") / path.name)
    assert make('net: "net.prototxt"', snapshot="moved/s_iter_1.solverstate").iter == 1


def test_debug_info_prints_the_means_of_blobs_gradients_and_updates():
    net = NET.replace('weight_filler { type: "xavier" }',
                      'weight_filler { type: "constant" value: 0.5 }')
    Path("net.prototxt").write_text(net)
    solver = make('net: "net.prototxt" max_iter: 1 display: 1 debug_info: true')
    plain = make('net: "net.prototxt" max_iter: 1 display: 1')
    solver.step(1)
    plain.step(1)
    assert values(solver) == values(plain)
    lines = [line for line in log_of(solver) if line.startswith("    [")]
    patterns = [
        r"\[Forward\] Layer data, top blob data data: \S+", r"\[Forward\] Layer data, top blob la",
        r"\[Forward\] Layer drop, top blob drop", r"\[Forward\] Layer ip, top blob ip data",
        r"\[Forward\] Layer ip, param blob 0 data: 0\.5$",
        r"\[Forward\] Layer ip, param blob 1 data: 0$", r"\[Forward\] Layer loss, top blob loss",
        r"\[Backward\] Layer loss, bottom blob ip diff: \S+",
        r"\[Backward\] Layer ip, param blob 0 diff: \S+",
        r"\[Backward\] Layer ip, param blob 1 diff",
        r"\[Backward\] All net params \(data, diff\): L1 norm = \(3, \S+\); "
        r"L2 norm = \(1\.22474, \S+\)",
        r"\[Update\] Layer ip, param 0 data: 0\.5; diff: \S+", r"\[Update\] Layer ip, param 1"]
    for line, pattern in zip(lines, patterns, strict=True):
        assert re.match(r"    " + pattern, line), line


def test_debug_info_prints_the_gradient_of_a_blob_shared_in_another_shape():
    net = """layer { name: "x" type: "DummyData" top: "x" dummy_data_param { shape { dim: [4, 3] }
  data_filler { type: "constant" value: 1 } } }
layer { name: "a" type: "InnerProduct" bottom: "x" top: "a" param { name: "w" }
  inner_product_param { num_output: 2 bias_term: false
    weight_filler { type: "constant" value: 0.5 } } }
layer { name: "b" type: "InnerProduct" bottom: "a" top: "b"
  param { name: "w" share_mode: PERMISSIVE }
  inner_product_param { num_output: 3 bias_term: false } }
layer { name: "loss" type: "Reduction" bottom: "b" top: "loss" loss_weight: 1 }"""
    Path("net.prototxt").write_text(net)
    solver = make('net: "net.prototxt" max_iter: 1 display: 1 debug_info: true')
    solver.step(1)
    # each value of w gets 4 * 1.5 by the second product, and 4 * 1.5 by the first
    found = [line for line in log_of(solver) if "param blob 0 diff" in line]
    assert [line.split("diff: ")[1] for line in found] == ["12", "12"]


def test_snapshot_diff_puts_gradients_into_the_weights_file():
    make('net: "net.prototxt" max_iter: 1 snapshot_diff: true').solve()
    net = NetParameter()
    net.ParseFromString(Path("s_iter_1.caffemodel").read_bytes())
    [ip] = [layer for layer in net.layer if layer.blobs]
    assert len(ip.blobs[0].diff) == 6 and any(ip.blobs[0].diff)


def test_detection_without_an_evaluating_output_is_refused_before_the_first_iteration():
    with pytest.raises(SpecError, match="no output of test net #0 comes from a DetectionEvaluate"):
        make('net: "net.prototxt" test_iter: 1 test_interval: 1 eval_type: "detection"')


DETECTIONS = """layer { name: "boxes" type: "DummyData" top: "found" top: "truth" dummy_data_param {
  shape { dim: [1, 1, 2, 7] } shape { dim: [1, 1, 2, 8] }
  data_filler { value: 1 } data_filler { value: 1 } } }
layer { name: "eval" type: "DetectionEvaluate" bottom: "found" bottom: "truth" top: "eval"
  detection_evaluate_param { num_classes: 2 } }
"""


@pytest.mark.parametrize("net, message", [
    (NET, "eval_type is detection_segmentation, but no output of test net #0 comes"),
    (DETECTIONS, "test net #0 has no output beside its detections"),
])
def test_detection_with_segmentation_needs_both_outputs(net, message):
    Path("test.prototxt").write_text(net)
    with pytest.raises(SpecError, match=message):
        make('train_net: "net.prototxt" test_net: "test.prototxt" test_iter: 1 '
             'test_interval: 1 eval_type: "detection_segmentation"')


def test_detection_with_segmentation_reports_the_mean_of_each_class():
    Path("test.prototxt").write_text(DETECTIONS + """layer { name: "iou" type: "DummyData"
  top: "iou" dummy_data_param { shape { dim: [1, 1, 1, 3] } data_filler { value: 0.25 } } }""")
    solver = make('train_net: "net.prototxt" test_net: "test.prototxt" test_iter: 2 '
                  'test_interval: 1 eval_type: "detection_segmentation"')
    solver.test_all()
    found = [line for line in log_of(solver) if "iou = 0.25" in line]
    assert len(found) == 3


def test_an_error_of_the_data_ends_the_run_behind_a_snapshot(monkeypatch):
    solver = make(f"max_iter: 8 net_param {{ {NET} }}")
    compute = solver.gradients.compute

    def fail(iteration, *others):
        if iteration == 5:
            raise DataError("the second worker was killed")
        return compute(iteration, *others)

    monkeypatch.setattr(solver.gradients, "compute", fail)
    with pytest.raises(DataError, match="the second worker was killed"):
        solver.solve()
    assert make(f"net_param {{ {NET} }}", snapshot="auto").iter == 5


def test_terminate_while_a_batch_is_late_makes_its_snapshot_and_ends(monkeypatch):
    asked = []
    solver = make(f"max_iter: 8 net_param {{ {NET} }}", actions=lambda: asked and asked.pop())
    [(source, _)] = solver.net.sources
    whole = make(f"max_iter: 8 net_param {{ {NET} }}")
    batches = source.batches

    def late(start):
        for index, batch in enumerate(batches(start)):
            if start + index == 5 and start == 0:
                asked.append("terminate")
                source.options.waiting()
            yield batch

    monkeypatch.setattr(source, "batches", late)
    solver.solve()
    assert "Optimization stopped early." in log_of(solver) and solver.iter == 5
    whole.solve()
    solver.solve()
    assert values(solver) == values(whole)


def test_solvers_in_two_threads_train_as_each_alone():
    text = f"max_iter: 150 net_param {{ {NET} }} snapshot_after_train: false"
    alone = [make(text, seed=seed) for seed in (1, 2, 3)]
    for solver in alone:
        solver.solve()
    together = [make(text, seed=seed) for seed in (1, 2, 3)]
    threads = [threading.Thread(target=solver.solve) for solver in together]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [values(solver) for solver in together] == [values(solver) for solver in alone]
