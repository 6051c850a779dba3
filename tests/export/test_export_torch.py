"""tools/export --to torch: programs that need PyTorch alone, and blobs as safetensors."""

import json
import re
import subprocess
import sys

import numpy as np
import pytest
import torch

from framework.errors import CaffeError
from framework.export import check, torch_program
from framework.net.net import Net
from tests.export.support import run_ours
from tests.export.test_export_program import X, files, small_net  # noqa: F401
from tests.export.test_export_program import main as program
from tests.export.test_int8_onnx import BODY, DATA, LABELLED

# ruff: noqa: F811
LOAD = """
import sys, numpy, torch
found = torch.export.load(sys.argv[1]).module()(torch.from_numpy(numpy.load(sys.argv[2])))
assert not any(name.startswith("framework") for name in sys.modules)
numpy.save(sys.argv[3], found["prob"].detach().numpy())
"""


def run_tool(folder, out, *flags):
    return program(["--model", str(folder / "net.prototxt"), "--weights",
                    str(folder / "net.caffemodel"), "--to", "torch", "--out", str(folder / out),
                    *flags])


@pytest.mark.parametrize("flags, batch", [((), 1), (("--batch", "dynamic"), 3)])
def test_a_program_runs_without_the_framework(files, flags, batch, capsys):
    assert run_tool(files, "net.pt2", *flags) == 0
    assert "read back: largest difference" in capsys.readouterr().out
    x = np.concatenate([X * (index + 1) for index in range(batch)])
    np.save(files / "x.npy", x)
    done = subprocess.run([sys.executable, "-c", LOAD, "net.pt2", "x.npy", "y.npy"], cwd=files,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    np.testing.assert_allclose(np.load(files / "y.npy"), run_ours(small_net(), {"data": x})["prob"],
                               rtol=1e-5)


def test_the_program_says_how_images_are_prepared(files):
    assert run_tool(files, "net.pt2") == 0
    extra = {"caffe.json": ""}
    torch.export.load(files / "net.pt2", extra_files=extra)
    assert json.loads(extra["caffe.json"])["mean"] == [104, 117, 123]


def test_blobs_are_named_by_layer_and_blob(files):
    safetensors = pytest.importorskip("safetensors.torch")
    assert run_tool(files, "net.safetensors") == 0
    found = safetensors.load_file(files / "net.safetensors")
    net = small_net()
    assert {"conv.weight", "scale.bias"} < set(found)
    assert torch.equal(found["conv.weight"], net.layer("conv").weight)
    assert len(found) == sum(len(step.layer.blobs) for step in net.layers)


def test_a_detector_runs_without_the_framework_at_any_batch_size(tmp_path):
    from framework.weights.weights import save_weights

    torch.manual_seed(0)
    detector = Net("zoo:ssd_shapes/deploy.prototxt", "TEST")
    save_weights(detector, tmp_path / "net.caffemodel")
    assert program(["--model", "zoo:ssd_shapes/deploy.prototxt", "--weights",
                    str(tmp_path / "net.caffemodel"), "--to", "torch", "--batch", "dynamic",
                    "--out", str(tmp_path / "net.pt2")]) == 0
    shape = (3, *detector.shapes["data"][1:])
    x = np.random.default_rng(0).standard_normal(shape, np.float32)
    np.save(tmp_path / "x.npy", x)
    code = LOAD.replace("prob", "detection_out")
    done = subprocess.run([sys.executable, "-c", code, "net.pt2", "x.npy", "y.npy"], cwd=tmp_path,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    expected = run_ours(detector, {"data": x})["detection_out"]
    assert expected.shape[2] > 3
    np.testing.assert_allclose(np.load(tmp_path / "y.npy"), expected, rtol=1e-3)   # corners: exp


class Opaque(torch.nn.Module):
    def forward(self, x):
        return torch.ops.framework.best_boxes(x, x[..., :1], x[..., :1], 0.0, 0.5)


def test_a_program_with_an_operator_of_ours_is_refused():
    program = torch.export.export(Opaque(), (torch.rand(1, 5, 4),), strict=False)
    with pytest.raises(CaffeError, match=r"net.prototxt: torch.export cannot take the net: it "
                       r"needs operators of this project, .*: framework.best_boxes.default"):
        torch_program.check_operators(program, "net.prototxt")


def test_a_test_net_becomes_its_deployed_part(tmp_path, capsys):
    from framework.weights.weights import save_weights
    from tests.support import net_from
    (tmp_path / "net.prototxt").write_text(DATA + BODY + LABELLED)
    save_weights(net_from(DATA + BODY + LABELLED, "TEST"), tmp_path / "net.caffemodel")
    assert run_tool(tmp_path, "net.pt2") == 0
    found = torch.export.load(tmp_path / "net.pt2").module()(torch.zeros(4, 3, 9, 7))
    assert set(found) == {"prob"}


@pytest.mark.parametrize("out, flags, reason", [
    ("net.onnx", (), "--to torch writes a .pt2 or .safetensors file"),
    ("net.pt2", ("--half",), "--half does not go with --to torch")])
def test_what_torch_does_not_take_is_one_line(files, out, flags, reason, capsys):
    assert run_tool(files, out, *flags) == 1
    said = capsys.readouterr().err
    assert re.search(reason, said) and said.count("\n") == 1
    assert not (files / out).exists()


def test_a_program_that_differs_by_more_than_the_tolerance_is_not_written(files, capsys,
                                                                         monkeypatch):
    asked = []

    def compare(mine, theirs, tolerance):
        asked.append(tolerance)
        return 1.0, "differs by 1"

    monkeypatch.setattr(check, "compare_values", compare)
    assert run_tool(files, "net.pt2", "--tolerance", "0") == 1
    assert "the program's output 'prob' differs by 1" in capsys.readouterr().err
    assert asked == [0]
    assert not (files / "net.pt2").exists()


def test_a_program_that_cannot_be_written_is_one_line(files, capsys):
    (files / "net.pt2").mkdir()
    assert run_tool(files, "net.pt2") == 1
    assert capsys.readouterr().err.count("\n") == 1
