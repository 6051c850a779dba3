"""tools/inspect: tables of what is there, messages of what stops it."""

import pytest

from framework import Net
from framework.cli.inspect import main
from framework.errors import CaffeError
from framework.report.net_summary import Selection, take_census
from framework.system.wording import human
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


def test_the_nets_inside_a_solver_file_are_looked_at(tmp_path, capsys):
    path = tmp_path / "solver.prototxt"
    deploy = NET[NET.index('layer { name: "in"'):].replace("include { phase: TEST }", "")
    path.write_text(f"base_lr: 1 lr_policy: 'fixed' max_iter: 2 net_param {{ {NET} }}\n"
                    f"test_net_param {{ {deploy} }} test_iter: 1 test_interval: 1")
    assert main(["--no-data", "--summary", str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    phases = [line.removeprefix(f"{path}: ").split(":")[0] for line in lines]
    assert sorted(phases) == ["TEST", "TEST", "TRAIN"]
    path.write_text(path.read_text().replace("num_output: 7", "num_outputs: 7"))
    assert main(["--no-data", "--summary", str(path)]) == 1
    assert "solver.prototxt:9: net_param.layer 'fc' (InnerProduct): inner_product_param." \
        in capsys.readouterr().err
    path.write_text("base_lr: 1 lr_policy: 'fixed' net: 'n.prototxt'")
    assert main(["--no-data", str(path)]) == 1
    assert "is a solver file, not a net; give the net that its field" in capsys.readouterr().err


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


@pytest.mark.parametrize("text, message", [
    (layer_text("InnerProduct", 'inner_product_param { num_output: 4 weight_filler { '
                'type: "gabbor" } }', [(2, 3)]),
     "weight_filler is of type 'gabbor', which is not known"),
    (layer_text("Deconvolution", 'convolution_param { num_output: 4 kernel_h: 3 '
                'kernel_w: 5 weight_filler { type: "bilinear" } }', [(2, 4, 7, 9)]),
     "weight_filler is bilinear; the blob must have 4 axes and a square kernel"),
    (layer_text("InnerProduct", "num_output: 4", [(2, 3)], fields="param { } param { } param { }"),
     r"param[2] is one too many: the layer has 2 blobs, and 3 are described"),
    ('layer { name: "d" type: "AnnotatedData" top: "x" top: "y" data_param { source: "absent" '
     'batch_size: 2 } transform_param { resize_param { height: 6 width: 8 } '
     'scale_max: 0.5 } }', "transform_param.scale_max is a field of another"),
])
def test_what_a_net_refuses_is_not_called_built(tmp_path, capsys, text, message):
    path = tmp_path / "n.prototxt"
    path.write_text(text)
    assert main(["--no-data", "--summary", str(path)]) == 1
    assert message in capsys.readouterr().err
    with pytest.raises(CaffeError):
        Net(path)


def test_a_phase_without_data_is_no_failure_where_the_other_one_builds(tmp_path, capsys):
    path = tmp_path / "n.prototxt"
    path.write_text("""
        layer { name: "d" type: "DummyData" top: "x" top: "label" include { phase: TRAIN }
                dummy_data_param { shape { dim: 2 dim: 3 } shape { dim: 2 } } }
        layer { name: "i" type: "InnerProduct" bottom: "x" top: "i"
                inner_product_param { num_output: 4 } }
        layer { name: "a" type: "Accuracy" bottom: "i" bottom: "label" top: "a"
                include { phase: TEST } }""")
    assert main(["--summary", str(path)]) == 0
    assert f"{path}: TEST: no layer makes data in this phase" in capsys.readouterr().out
    assert main(["--summary", "--phase", "TEST", str(path)]) == 1       # it was asked for


def test_the_losses_of_training_in_a_deploy_net_are_no_failure(tmp_path, capsys):
    path = tmp_path / "deploy.prototxt"
    path.write_text("""
        layer { name: "d" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }
        layer { name: "i" type: "InnerProduct" bottom: "x" top: "i"
                inner_product_param { num_output: 4 } }
        layer { name: "l" type: "SoftmaxWithLoss" bottom: "i" bottom: "label" top: "l"
                include { phase: TRAIN } }""")
    assert main(["--summary", str(path)]) == 0
    assert f"{path}: TRAIN: no layer makes data in this phase" in capsys.readouterr().out
    text = path.read_text()
    path.write_text(text.replace('bottom: "label" ', ""))       # that the loss does not even name
    assert main(["--summary", str(path)]) == 0
    assert f"{path}: TRAIN: no layer makes data in this phase" in capsys.readouterr().out
    path.write_text(text.replace("include { phase: TRAIN }", ""))      # which no phase takes
    assert main(["--summary", str(path)]) == 1
    path.write_text(text.replace("phase: TRAIN", "phase: TEST"))
    assert main(["--summary", str(path)]) == 1      # TEST is what a deploy net is for
    assert "layer 'l' (SoftmaxWithLoss): bottom[1] is 'label', which no layer" in \
        capsys.readouterr().err


UNSIZED = """layer { name: "d" type: "%s" top: "x" top: "label" include { phase: TRAIN }
  data_param { source: "db" batch_size: 5 } dense_image_data_param { source: "l" batch_size: 5 } }
"""


@pytest.mark.parametrize("kind", ["Data", "DenseImageData"])
@pytest.mark.parametrize("stated", [
    'type: "MemoryData" top: "x" top: "l" memory_data_param { batch_size: 1 channels: 4 height: 50 '
    'width: 7 }',
    'type: "Input" top: "x" input_param { shape { dim: 1 dim: 4 dim: 50 dim: 7 } }',
])
def test_the_size_that_the_other_phase_states_is_taken_and_told(tmp_path, capsys, stated, kind):
    path = tmp_path / "n.prototxt"
    path.write_text(UNSIZED % kind + 'layer { name: "m" include { phase: TEST } ' + stated + " }\n"
                    'layer { name: "r" type: "Reshape" bottom: "x" top: "r" reshape_param { '
                    'shape { dim: 0 dim: 35 dim: 40 } } }')
    assert main(["--no-data", "--phase", "TRAIN", str(path)]) == 0
    shown = capsys.readouterr().out
    assert f"images of 4 x 50 x 7 as in {path}:3: layer 'm'" in shown
    assert "5 x 4 x 50 x 7" in shown and "5 x 35 x 40" in shown


def test_the_size_of_a_deploy_twin_is_taken(tmp_path, capsys):
    path = tmp_path / "x_train_val.prototxt"
    path.write_text(UNSIZED % "Data")
    (tmp_path / "x_deploy.prototxt").write_text('input: "x" input_dim: 10 input_dim: 3 '
                                                'input_dim: 97 input_dim: 61')
    assert main(["--no-data", "--phase", "TRAIN", str(path)]) == 0
    shown = capsys.readouterr().out
    assert "5 x 3 x 97 x 61" in shown and f"as in {tmp_path / 'x_deploy.prototxt'}" in shown


UPSAMPLED = """layer { name: "p" type: "Pooling" bottom: "x" top: "p" top: "mask"
  pooling_param { kernel_size: 8 stride: 8 } }
layer { name: "q" type: "Pooling" bottom: "p" top: "q" top: "m"
  pooling_param { kernel_size: 2 stride: 2 } }
layer { name: "u" type: "Upsample" bottom: "q" bottom: "m" top: "u" upsample_param { %s } }
layer { name: "c" type: "Concat" bottom: "u" bottom: "p" top: "c" }
"""


@pytest.mark.parametrize("upsample, size", [("upsample_h: 45 upsample_w: 60", "360 x 480"),
                                            ("scale: 2", "224 x 224")])
def test_an_assumed_size_is_told(tmp_path, capsys, upsample, size):
    path = tmp_path / "n.prototxt"
    path.write_text(UNSIZED % "DenseImageData" + UPSAMPLED % upsample)
    assert main(["--no-data", "--summary", "--phase", "TRAIN", str(path)]) == 0
    assert f"images of {size} assumed" in capsys.readouterr().out


def test_a_failure_with_an_assumed_size_says_so(tmp_path, capsys):
    path = tmp_path / "n.prototxt"
    path.write_text(UNSIZED % "Data" + 'layer { name: "r" type: "Softmax" bottom: "x" top: "r" '
                    'softmax_param { axis: 9 } }')
    assert main(["--no-data", "--summary", "--phase", "TRAIN", str(path)]) == 1
    assert "(with images of 224 x 224 assumed)" in capsys.readouterr().err


def test_a_failure_is_that_of_the_size_with_which_the_net_comes_furthest(tmp_path, capsys):
    """Of 360 x 480 that is the Softmax; images of 224 x 224 do not fit the Concat."""
    path = tmp_path / "n.prototxt"
    path.write_text(UNSIZED % "DenseImageData" + UPSAMPLED % "upsample_h: 45 upsample_w: 60" +
                    'layer { name: "s" type: "Softmax" bottom: "c" top: "s" '
                    'softmax_param { axis: 9 } }')
    assert main(["--no-data", "--summary", "--phase", "TRAIN", str(path)]) == 1
    shown = capsys.readouterr().err
    assert "softmax_param.axis is 9" in shown and "(with images of 360 x 480 assumed)" in shown


def test_a_failure_beside_the_sizes_is_told_before_sizes_that_do_not_fit(tmp_path, capsys):
    """Images of 360 x 480 come further, to a loss that their labels do not fit."""
    path = tmp_path / "n.prototxt"
    path.write_text("""layer { name: "d" type: "DenseImageData" top: "x" top: "y" }
layer { name: "p" type: "Pooling" bottom: "x" top: "p" pooling_param { kernel_size: 16
  stride: 16 } }
layer { name: "u" type: "Deconvolution" bottom: "p" top: "u" convolution_param { num_output: 5
  kernel_size: 16 stride: 16 weight_filler { type: "tent" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "u" bottom: "y" top: "loss" }""")
    assert main(["--no-data", "--summary", "--phase", "TRAIN", str(path)]) == 1
    shown = capsys.readouterr().err
    assert "weight_filler is of type 'tent'" in shown and "with images of 224 x 224" in shown


@pytest.mark.parametrize("text", ["", "\n# nothing yet\n", 'name: "n"\n'])
def test_a_file_without_a_layer_is_no_net(text, tmp_path, capsys):
    path = tmp_path / "n.prototxt"
    path.write_text(text)
    assert main([str(path)]) == 1
    assert f"{path}: has no layer, which a net must have" in capsys.readouterr().err
