"""What a command line or a net leaves open is said in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from framework import Net
from framework.cli import draw, export, train
from framework.cli import inspect as inspect_program
from framework.layers import LAYERS
from framework.weights.weights import save_weights
from tests.solver_runs import NET

FOO = """layer { name: "i" type: "Input" top: "i" input_param { shape { dim: 2 dim: 3 } } }
layer { name: "f" type: "Foo" bottom: "i" top: "f" }
"""
DATA = """layer { name: "d" type: "Data" top: "x" top: "y"
  data_param { source: "none" batch_size: 2 backend: LMDB } FIELDS }
layer { name: "c" type: "Convolution" bottom: "x" top: "c"
  convolution_param { num_output: 1 kernel_size: 3 weight_filler { type: "constant" } } }
"""


@pytest.fixture(autouse=True)
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("net.prototxt").write_text(NET)


def test_a_stub_for_a_type_that_no_layer_has_is_said(capsys):
    before = set(LAYERS)
    try:
        assert inspect_program.main(["net.prototxt", "--stub", "Foo=as_bottom"]) == 0
        assert capsys.readouterr().err == "warning: --stub Foo: no layer has this type\n"
        Path("foo.prototxt").write_text(FOO)
        assert inspect_program.main(["foo.prototxt", "--stub", "Foo=as_bottom"]) == 0
        assert "no layer has this type" not in capsys.readouterr().err
    finally:
        for kind in set(LAYERS) - before:
            del LAYERS[kind]


def test_an_empty_dialect_is_an_error(capsys):
    assert inspect_program.main(["net.prototxt", "--dialect", ""]) == 1
    assert capsys.readouterr().err == ("error: --dialect is empty; it must be the name of a "
                                       "project, as in --help\n")


def test_two_dialects_are_said(capsys):
    assert inspect_program.main(["net.prototxt", "--dialect", "none", "--dialect", "other"]) == 1
    assert "--dialect is given 2 times; the last, 'other', counts" in capsys.readouterr().err


def test_an_ending_that_is_no_drawings_is_said_with_those_that_are(capsys):
    assert draw.main(["net.prototxt", "o.xyz"]) == 1
    assert capsys.readouterr().err.startswith(
        "error: there is no drawing as 'xyz'; it must be one of dot, gv, png, pdf, svg, ")
    assert not Path("o.xyz").exists()


def test_weights_that_a_solver_names_and_are_not_there_have_their_line(capsys):
    Path("s.prototxt").write_text('net: "net.prototxt" max_iter: 1 base_lr: 0.1\n'
                                  'lr_policy: "fixed" snapshot_prefix: "s"\nweights: "a, b"\n')
    save_weights(Net("net.prototxt"), "a")
    assert train.main(["s.prototxt"]) == 1
    assert "error: s.prototxt:3: weights[0] is 'b', which is not a file; paths are relative to" \
        in capsys.readouterr().err


@pytest.mark.parametrize("fields, said", [
    ("", ["tv.prototxt:1: layer 'd' (Data): does not say how large its images are; 3 x 224 x 224 "
          "are assumed"]),
    ("transform_param { crop_size: 20 }", [])])
def test_export_says_the_size_of_images_that_it_assumed(fields, said, caplog):
    Path("tv.prototxt").write_text(DATA.replace("FIELDS", fields))
    save_weights(Net("tv.prototxt", skip_data=True), "w.caffemodel")
    assert export.main(["--model", "tv.prototxt", "--weights", "w.caffemodel",
                        "--out", "w.safetensors", "--to", "torch"]) == 0
    assert [record.getMessage() for record in caplog.records
            if "assumed" in record.getMessage()] == said
