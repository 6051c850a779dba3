"""tools/test: means of outputs, average precision by class, mistakes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch

from framework.cli.test import main
from framework.cli.train import main as train
from framework.net.net import Net
from framework.weights.weights import save_weights
from tests.golden import load_case, part

NET = """name: "scores"
layer { name: "data" type: "DummyData" top: "data" dummy_data_param { shape { dim: 2 dim: 3 }
  data_filler { type: "constant" value: 2 } } }
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip"
  inner_product_param { num_output: 2 bias_term: false } }
layer { name: "sum" type: "Reduction" bottom: "ip" top: "sum" loss_weight: 0.5 }
layer { name: "late" type: "Silence" bottom: "data" include { stage: "late" } }
layer { name: "more" type: "Power" bottom: "data" top: "more" include { stage: "late" } }
"""


@pytest.fixture(autouse=True)
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("net.prototxt").write_text(NET)


def messages(errors: str) -> list[str]:
    return [re.sub(r"^\w\d{4} \S+ +\d+ \S+\] ", "", line) for line in errors.splitlines()]


def weights() -> str:
    """Rows 1 2 3 and 4 5 6: each of 2 items of value 2 gives 2 * 6 and 2 * 15, 84 in all."""
    net = Net("net.prototxt")
    net.params["ip"][0].data.copy_(torch.arange(1.0, 7.0).reshape(2, 3))
    save_weights(net, "w.caffemodel")
    return "w.caffemodel"


def test_the_net_may_be_given_without_a_flag(capsys):
    assert main(["net.prototxt", "--weights", weights(), "--iterations", "3"]) == 0
    assert messages(capsys.readouterr().err)[-2:] == ["Loss: 42", "sum = 84 (* 0.5 = 42 loss)"]


@pytest.mark.parametrize("files", [[], ["net.prototxt", "--model", "net.prototxt"],
                                   ["net.prototxt", "--solver", "net.prototxt"]])
def test_one_file_is_scored(files, capsys):
    assert main([*files, "--weights", "w.caffemodel"]) == 1
    assert "one file must be given: the net, as an argument or by --model, or --solver" \
        in capsys.readouterr().err


def test_every_output_is_averaged_over_the_batches(capsys):
    assert main(["--model", "net.prototxt", "--weights", weights(), "--iterations", "3"]) == 0
    lines = messages(capsys.readouterr().err)
    assert lines[1:] == ["Running for 3 iterations.", "Batch 0, sum = 84", "Batch 1, sum = 84",
                         "Batch 2, sum = 84", "Loss: 42", "sum = 84 (* 0.5 = 42 loss)"]


def test_stages_choose_layers_and_gflags_spellings_are_taken(capsys):
    assert main(["-model=net.prototxt", "-weights", weights(), "-iterations", "1", "-stage",
                 "late"]) == 0
    lines = messages(capsys.readouterr().err)
    assert [line.split()[0] for line in lines if re.match("(more|sum) =", line)] == \
        ["more"] * 6 + ["sum"]


def solver_with_snapshots():
    """States of iterations 2, 4 and 6: only the last iteration's net has trained the longest."""
    Path("solver.prototxt").write_text(
        'net: "net.prototxt" base_lr: 0.5 lr_policy: "fixed" momentum: 0 max_iter: 6 snapshot: 2 '
        'snapshot_prefix: "s" random_seed: 3 test_iter: 1 test_interval: 100')
    assert train(["--solver", "solver.prototxt"]) == 0


@pytest.mark.parametrize("damaged", ["s_iter_6.solverstate", "s_iter_6.caffemodel",
                                     "s_iter_6.run.json"])
def test_a_damaged_newest_state_is_named_and_the_one_before_is_tested(damaged, capsys):
    solver_with_snapshots()
    content = Path(damaged).read_bytes()
    Path(damaged).write_bytes(content[:len(content) // 2])
    capsys.readouterr()
    assert main(["--solver", "solver.prototxt", "--snapshot", "auto"]) == 0
    lines = messages(capsys.readouterr().err)
    assert lines[0].startswith("s_iter_6.solverstate is not usable: s_iter_6.")
    assert lines[1].startswith("s_iter_4.caffemodel: 1 layer copied")
    for name in ("s_iter_2.solverstate", "s_iter_4.solverstate"):
        Path(name).write_bytes(b"")
    assert main(["--solver", "solver.prototxt", "--snapshot", "auto"]) == 1
    errors = capsys.readouterr().err
    assert "error: --snapshot auto: no snapshot can be tested" in errors
    assert errors.count("s_iter_2.solverstate is not usable") == 2      # as it goes, and at the end


@pytest.mark.parametrize("flags, message", [
    ([], "one file must be given: the net, as an argument or by --model, or --solver"),
    (["--model", "net.prototxt"], "--weights is missing"),
    (["--model", "net.prototxt", "--weights", "none.caffemodel"], "none.caffemodel: cannot be"),
    (["--model", "none.prototxt", "--weights", "w"], "none.prototxt: No such file"),
    (["--model", "net.prototxt", "--weights", "w", "--iterations", "0"], "--iterations is 0"),
])
def test_a_mistake_is_one_line(flags, message, capsys):
    assert main(flags) == 1
    errors = capsys.readouterr().err
    assert errors.startswith(f"error: {message}") and errors.count("\n") == 1


@pytest.mark.parametrize("version", ["11point", "MaxIntegral"])
def test_a_detection_net_is_scored_by_class_as_the_original_does(version, capsys):
    case = load_case(f"solver/test_detection_{version.lower()}")
    for path, content in part(case, "file").items():
        Path(path).write_bytes(content.tobytes())
    Path("net.prototxt").write_text(str(case["prototxt"]))
    Path("solver.prototxt").write_text(str(case["solver"]))
    save_weights(Net("net.prototxt", "TRAIN"), "w.caffemodel")
    for path in ("net.prototxt", "list.txt", "data.h5"):      # nothing of the training is needed
        Path(path).unlink()

    assert main(["--solver", "solver.prototxt", "--weights", "w.caffemodel"]) == 0
    lines = messages(capsys.readouterr().err)
    for name, value in part(case, "test/0").items():
        [found] = [line for line in lines if re.search(rf"\b{name}(:| =) ", line)]
        assert float(re.split("[:=] ", found)[-1]) == pytest.approx(float(value), rel=1e-5)
