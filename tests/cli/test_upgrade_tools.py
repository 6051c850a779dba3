"""tools/upgrade_net and tools/upgrade_solver."""

import subprocess
import sys
from pathlib import Path

import pytest

from framework import proto
from framework.cli import upgrade_net, upgrade_solver
from framework.definition import prototxt

ROOT = Path(__file__).resolve().parents[2]
OLD = """name: "n" input: "x" input_dim: 2 input_dim: 3 input_dim: 5 input_dim: 7
layers { name: "f" type: INNER_PRODUCT bottom: "x" top: "y" blobs_lr: 1
  inner_product_param { num_output: 4 } }
"""
NEW = """name: "n"
layer { name: "input" type: "Input" top: "x"
  input_param { shape { dim: 2 dim: 3 dim: 5 dim: 7 } } }
layer { name: "f" type: "InnerProduct" bottom: "x" top: "y" param { lr_mult: 1 }
  inner_product_param { num_output: 4 } }
"""


def net(text: str) -> bytes:
    message = prototxt.parse(text, "NetParameter").message
    return bytes(message.SerializeToString(deterministic=True))


@pytest.mark.parametrize("source, options", [("old.prototxt", []), ("old.caffemodel", []),
                                             ("old.txt", ["--input", "binary"])])
@pytest.mark.parametrize("target, more", [("new.prototxt", []), ("new.caffemodel", []),
                                          ("new.x", ["--output", "binary"])])
def test_a_net_goes_from_every_form_to_every_form(tmp_path: Path, source: str, target: str,
                                                  options: list[str], more: list[str]):
    binary_in, binary_out = source != "old.prototxt", target != "new.prototxt"
    (tmp_path / source).write_bytes(net(OLD) if binary_in else OLD.encode())

    code = upgrade_net.main([str(tmp_path / source), str(tmp_path / target), *options, *more])

    assert code == 0
    data = (tmp_path / target).read_bytes()
    message = proto.NetParameter.FromString(data) if binary_out else \
        prototxt.parse(data.decode(), "NetParameter").message
    assert message.SerializeToString(deterministic=True) == net(NEW)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([source, target])


def test_weights_stay_in_a_binary_and_are_left_out_of_a_text(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    message = proto.NetParameter()
    blob = proto.BlobProto(num=1, channels=1, height=1, width=2, data=[0.5, 0.1])
    message.layers.add(name="f", type=proto.V1LayerParameter.INNER_PRODUCT, blobs=[blob])
    source = tmp_path / "old.caffemodel"
    source.write_bytes(message.SerializeToString())

    assert upgrade_net.main([str(source)]) == 0
    captured = capsys.readouterr()
    assert "blobs {" not in captured.out and 'type: "InnerProduct"' in captured.out
    assert captured.err == f"{source}: 1 blob left out of the text\n"
    assert upgrade_net.main([str(source), str(source)]) == 0     # onto itself
    assert proto.NetParameter.FromString(source.read_bytes()).layer[0].blobs[0] == blob


def test_the_programs_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    source, target = tmp_path / "old.prototxt", tmp_path / "new.prototxt"
    source.write_text("base_lr: 0.1 solver_type: ADAGRAD")
    subprocess.run([sys.executable, ROOT / "tools/upgrade_solver", source, target], check=True)
    assert target.read_text() == 'base_lr: 0.1\ntype: "AdaGrad"\n'
    result = subprocess.run([sys.executable, ROOT / "tools/upgrade_net", source, target],
                            capture_output=True, text=True)
    assert result.returncode == 1 and "is a solver file, not a net" in result.stderr
    assert target.read_text() == 'base_lr: 0.1\ntype: "AdaGrad"\n'


def test_a_file_of_today_is_written_and_said_to_be(tmp_path: Path,
                                                   capsys: pytest.CaptureFixture[str]):
    source = tmp_path / "new.prototxt"
    source.write_text('type: "SGD"')
    assert upgrade_solver.main([str(source)]) == 0
    captured = capsys.readouterr()
    assert captured.out == 'type: "SGD"\n'
    assert captured.err == f"{source}: is in today's form already\n"


@pytest.mark.parametrize("name, data, message", [
    ("a.prototxt", b"layers { nam: 1 type: RELU }", "a.prototxt:1: layer '' (RELU): nam is not a"),
    ("a.prototxt", b"layers { layer { type: 'x' } }", "a.prototxt:1: layer '' (x): type is 'x'"),
    ("a.caffemodel", b"\x0a\xff\xff", "a.caffemodel: is not a binary NetParameter, or is damaged"),
    ("a.caffemodel", None, "a.caffemodel: No such file or directory"),
])
def test_a_bad_file_is_one_line_and_writes_nothing(
        tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, data: bytes | None,
        message: str):
    if data is not None:
        (tmp_path / name).write_bytes(data)
    assert upgrade_net.main([str(tmp_path / name), str(tmp_path / "out")]) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith("error: ") and message in captured.err
    assert captured.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_unknown_fields_are_named_when_they_are_left_out(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    source = tmp_path / "a.prototxt"
    source.write_text("layer { name: 'r' type: 'ReLU' colour: 1 }")
    assert upgrade_net.main([str(source), "--ignore-unknown-fields"]) == 0
    captured = capsys.readouterr()
    assert "left out: " in captured.err and "colour is not a field" in captured.err
    assert captured.out == 'layer {\n  name: "r"\n  type: "ReLU"\n}\n'
