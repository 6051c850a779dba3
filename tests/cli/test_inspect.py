"""tools/inspect: tables of what is there, messages of what stops it."""

import pytest

from framework.cli.inspect import human, main
from framework.report.net_summary import Selection, take_census
from tests.support import layer_text

NET = """name: "n"
layer { name: "data" type: "Data" top: "data" top: "label" include { phase: TRAIN }
  transform_param { crop_size: 12 mean_value: 3 } data_param { source: "absent" batch_size: 5 } }
layer { name: "in" type: "Input" top: "data" include { phase: TEST }
  input_param { shape { dim: 1 dim: 1 dim: 12 dim: 9 } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 6 kernel_h: 3 kernel_w: 2 } }
layer { name: "fc" type: "InnerProduct" bottom: "conv" top: "fc" inner_product_param {
  num_output: 7 } }
"""


def test_parameters_and_work_are_counted_by_their_definition(tmp_path, capsys):
    path = tmp_path / "n.prototxt"
    path.write_text(NET)
    assert main(["--no-data", str(path), "--phase", "test"]) == 0
    head, _, data, _, fc = capsys.readouterr().out.splitlines()
    values = 6 * 10 * 8
    parameters = 6 * 3 * 2 + 6 + 7 * values + 7
    work = values * 3 * 2 + 7 * values
    assert head.startswith(f"{path}: TEST: today's form, BVLC; 3 layers, {human(parameters)} "
                           f"parameters, {human(work)} multiply-adds")
    assert data.split() == ["in", "Input", "1", "x", "1", "x", "12", "x", "9"]
    assert human(7 * values) in fc


def test_layers_beside_convolutions_have_their_multiply_adds(tmp_path, capsys):
    path = tmp_path / "n.prototxt"
    path.write_text("""input: "x" input_shape { dim: [6, 32] } input: "label" input_shape { dim: 6 }
layer { name: "margin" type: "MarginInnerProduct" bottom: "x" bottom: "label" top: "y"
  margin_inner_product_param { num_output: 500 } }""")
    assert main([str(path)]) == 0
    assert f"{human(6 * 32 * 500)} multiply-adds" in capsys.readouterr().out


def test_absent_data_give_the_shapes_they_declare_in_each_declared_phase(tmp_path, capsys):
    path = tmp_path / "n.prototxt"
    path.write_text(NET)
    assert main(["--no-data", str(path)]) == 0
    output = capsys.readouterr().out
    assert "5 x 1 x 12 x 12  5" in output
    assert output.count(str(path)) == 2


def test_every_problem_is_printed_and_the_exit_code_says_so(tmp_path, capsys):
    path = tmp_path / "n.prototxt"
    path.write_text(NET.replace("num_output: 6", "num_outpt: 6").replace("InnerProduct", "Inner"))
    assert main(["--no-data", "--summary", str(path)]) == 1
    found = capsys.readouterr()
    assert f"{path}:7: layer 'conv' (Convolution): convolution_param.num_outpt is not" in found.err
    assert f"{path}:8: layer 'fc' (Inner): type 'Inner' is not known" in found.err
    assert "cannot be built" in found.out


# Each number of the bottom meets a kernel for every output of its group (Deconvolution), each of
# the top one for every input of its group (Convolution); the bias counts as nothing.
@pytest.mark.parametrize("kind, param, bottoms, work", [
    ("Deconvolution", "num_output: 6 group: 2 kernel_h: 3 kernel_w: 2 stride: 2", [(3, 4, 5, 7)],
     (3 * 4 * 5 * 7) * (6 // 2) * 3 * 2),
    ("Deconvolution", "num_output: 5 kernel_size: 4 stride: 2 pad: 1 bias_term: false",
     [(2, 3, 6, 7)], (2 * 3 * 6 * 7) * 5 * 4 * 4),
    ("Convolution", "num_output: 6 group: 2 kernel_h: 3 kernel_w: 2", [(3, 4, 5, 7)],
     (3 * 6 * 3 * 6) * (4 // 2) * 3 * 2),
    ("InnerProduct", "num_output: 6 axis: 2", [(3, 4, 5, 7)], (3 * 4 * 6) * 5 * 7),
    ("LSTM", "num_output: 4", [(3, 2, 5), (3, 2)], 3 * 2 * (4 * 4 * 5 + 4 * 4 * 4)),
])
def test_multiply_adds_are_counted_by_their_definition(tmp_path, kind, param, bottoms, work):
    path = tmp_path / "n.prototxt"
    path.write_text(layer_text(kind, param, bottoms))
    (census,) = take_census(path, Selection())
    assert census.problems == []
    assert census.multiply_adds == work
