"""tools/merge_bn and tools/resize_classes: the files that they write, and their numbers."""

import re

import numpy as np
import pytest
import torch

from framework.cli import merge_bn, resize_classes
from framework.net.net import Net
from framework.net.trained import trained_net
from framework.weights.weights import save_weights
from tests.export.support import run_ours
from tests.export.test_export_program import TEXT, X
from tests.export.test_layers_onnx import fill
from tests.support import net_from

# ruff: noqa: E501
CHAINS = TEXT + """
layer { name: "dw" type: "Convolution" bottom: "norm" top: "dw" convolution_param { num_output: 4 group: 4 kernel_size: 3 stride: 2 pad: 1 } }
layer { name: "dw/bn" type: "BatchNorm" bottom: "dw" top: "dw" }
layer { name: "dw/scale" type: "Scale" bottom: "dw" top: "dw" scale_param { bias_term: true } }
layer { name: "up" type: "Deconvolution" bottom: "dw" top: "up" convolution_param { num_output: 6 group: 2 kernel_size: 2 stride: 2 bias_term: false } }
layer { name: "up_bn" type: "BatchNorm" bottom: "up" top: "up_bn" }
layer { name: "shared" type: "Convolution" bottom: "up_bn" top: "shared" convolution_param { num_output: 2 kernel_size: 1 } }
layer { name: "shared_bn" type: "BatchNorm" bottom: "shared" top: "shared_bn" }
layer { name: "sum" type: "Eltwise" bottom: "shared" bottom: "shared_bn" top: "sum" }
"""
LABELS = 'item { name: "none_of_the_above" label: 0 display_name: "background" }\n'
SSD = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 16 dim: 20 } } }
layer { name: "body" type: "Convolution" bottom: "data" top: "body" convolution_param { num_output: 6 kernel_size: 3 stride: 4 } }
layer { name: "loc" type: "Convolution" bottom: "body" top: "loc" convolution_param { num_output: 16 kernel_size: 1 } }
layer { name: "loc_perm" type: "Permute" bottom: "loc" top: "loc_perm" permute_param { order: 0 order: 2 order: 3 order: 1 } }
layer { name: "loc_flat" type: "Flatten" bottom: "loc_perm" top: "loc_flat" }
layer { name: "conf" type: "Convolution" bottom: "body" top: "conf" convolution_param { num_output: 20 kernel_size: 1 weight_filler { type: "gaussian" std: 0.01 } } }
layer { name: "conf_perm" type: "Permute" bottom: "conf" top: "conf_perm" permute_param { order: 0 order: 2 order: 3 order: 1 } }
layer { name: "conf_flat" type: "Flatten" bottom: "conf_perm" top: "conf_flat" }
layer { name: "conf_rows" type: "Reshape" bottom: "conf_flat" top: "conf_rows" reshape_param { shape { dim: 0 dim: -1 dim: 5 } } }
layer { name: "conf_soft" type: "Softmax" bottom: "conf_rows" top: "conf_soft" softmax_param { axis: 2 } }
layer { name: "conf_out" type: "Flatten" bottom: "conf_soft" top: "conf_out" flatten_param { axis: 1 } }
layer { name: "prior" type: "PriorBox" bottom: "body" bottom: "data" top: "prior" prior_box_param { min_size: 6 max_size: 9 aspect_ratio: 2 flip: true } }
layer { name: "out" type: "DetectionOutput" bottom: "loc_flat" bottom: "conf_out" bottom: "prior" top: "out" detection_output_param { num_classes: 5 keep_top_k: 9 nms_param { nms_threshold: 0.45 top_k: 40 } } }
"""


def write(folder, text):
    (folder / "net.prototxt").write_text(text)
    net = net_from(text, "TEST")
    fill(net)
    save_weights(net, folder / "net.caffemodel")
    return net


def run_tool(tool, folder, *flags):
    return tool.main(["--model", str(folder / "net.prototxt"), "--weights",
                      str(folder / "net.caffemodel"), "--out-model", str(folder / "new.prototxt"),
                      "--out-weights", str(folder / "new.caffemodel"), *flags])


def test_merged_files_compute_the_same(tmp_path, capsys):
    net = write(tmp_path, CHAINS)
    assert run_tool(merge_bn, tmp_path) == 0
    assert "5 layers merged" in capsys.readouterr().out
    made = trained_net(str(tmp_path / "new.prototxt"), str(tmp_path / "new.caffemodel"))
    kinds = [step.layer.spec.type for step in made.layers]
    assert kinds.count("BatchNorm") == 1 and "Scale" not in kinds    # one has two readers
    found = run_ours(made, {"data": X})
    for name, expected in run_ours(net, {"data": X}).items():
        np.testing.assert_allclose(found[name], expected, rtol=1e-4, atol=1e-5)


def test_merged_filters_are_those_of_the_definition(tmp_path):
    net = write(tmp_path, TEXT)
    assert run_tool(merge_bn, tmp_path) == 0
    made = trained_net(str(tmp_path / "new.prototxt"), str(tmp_path / "new.caffemodel"))
    mean, variance, weight = (blob.double().numpy() for blob in net.layer("norm").blobs)
    gamma, beta = (blob.detach().double().numpy() for blob in net.layer("scale").blobs)
    factor = gamma / np.sqrt(variance / weight + 1e-5)
    filters = net.layer("conv").weight.detach().double().numpy() * factor[:, None, None, None]
    np.testing.assert_allclose(made.layer("conv").weight.detach().numpy(), filters, rtol=1e-5)
    np.testing.assert_allclose(made.layer("conv").bias.detach().numpy(),
                               beta - mean / weight * factor, rtol=1e-4, atol=1e-5)


def test_files_that_would_differ_are_not_written(tmp_path, capsys):
    write(tmp_path, CHAINS)
    assert run_tool(merge_bn, tmp_path, "--tolerance", "0") == 1
    assert re.search(r"after merging, the blob '\w+' differs .* nothing is written",
                     capsys.readouterr().err)
    assert not (tmp_path / "new.prototxt").exists() and not (tmp_path / "new.caffemodel").exists()


def test_kept_classes_have_the_scores_that_they_had(tmp_path, capsys):
    net = write(tmp_path, SSD)
    assert run_tool(resize_classes, tmp_path, "--classes", "3", "--keep", "1=4") == 0
    assert "3 classes, 1 heads; kept: 1 from 4" in capsys.readouterr().out
    made = trained_net(str(tmp_path / "new.prototxt"), str(tmp_path / "new.caffemodel"))
    x = {"data": torch.from_numpy(np.random.default_rng(1).standard_normal((1, 3, 16, 20),
                                                                           np.float32))}
    with torch.no_grad():
        before, after = net.run(x)["conf_rows"], made.run(x)["conf_rows"]
    assert after.shape[2] == 3 and before.shape[2] == 5
    np.testing.assert_allclose(after[:, :, 0], before[:, :, 0], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(after[:, :, 1], before[:, :, 4], rtol=1e-5, atol=1e-6)
    assert after[:, :, 2].abs().max() < before.abs().max()      # the filler's small values
    assert made.layer("out").spec.proto.detection_output_param.num_classes == 3
    np.testing.assert_array_equal(made.layer("loc").weight.detach(), net.layer("loc").weight.detach())


def test_classes_of_one_name_keep_their_filters(tmp_path, capsys):
    write(tmp_path, SSD)
    old = "".join(f'item {{ name: "{name}" label: {label} display_name: "{name}" }}\n'
                  for label, name in enumerate(("cat", "dog", "car", "bus"), 1))
    (tmp_path / "old").write_text(LABELS + old)
    (tmp_path / "new").write_text(LABELS + 'item { name: "bus" label: 1 display_name: "bus" }\n'
                                  'item { name: "tree" label: 2 display_name: "tree" }\n')
    assert run_tool(resize_classes, tmp_path, "--labelmap", str(tmp_path / "new"),
                    "--old-labelmap", str(tmp_path / "old")) == 0
    assert "3 classes, 1 heads; kept: 0 from 0, 1 from 4" in capsys.readouterr().out


@pytest.mark.parametrize("flags, reason", [
    ((), "give --classes"), (("--classes", "1"), "give --classes, from 2 on"),
    (("--classes", "3", "--keep", "1"), "--keep is '1'; it must be NEW=OLD"),
    (("--classes", "3", "--keep", "3=1"), "3=1 is not a pair of labels: new ones are 0 to 2"),
    (("--classes", "3", "--keep", "1=9"), "old ones 0 to 4"),
    (("--classes", "3", "--keep", "1=2,1=3"), "--keep is '1=2,1=3', which names a new label twice"),
    (("--classes", "3", "--old-labelmap", "x"), "--old-labelmap needs --labelmap"),
    (("--classes", "4294967296"), "the largest number is 4294967295")])
def test_what_names_no_classes_is_one_line(tmp_path, flags, reason, capsys):
    write(tmp_path, SSD)
    assert run_tool(resize_classes, tmp_path, *flags) == 1
    said = capsys.readouterr().err
    assert reason in said and said.count("\n") == 1
    assert not (tmp_path / "new.caffemodel").exists()


def test_no_classes_are_not_those_of_the_label_map(tmp_path, capsys):
    write(tmp_path, SSD)
    (tmp_path / "new").write_text(LABELS + 'item { name: "bus" label: 1 display_name: "bus" }\n')
    assert run_tool(resize_classes, tmp_path, "--classes", "0", "--labelmap",
                    str(tmp_path / "new")) == 1
    assert "give --classes, from 2 on" in capsys.readouterr().err


def test_the_label_map_of_the_net_must_fit_the_new_classes(tmp_path, capsys):
    (tmp_path / "old").write_text(LABELS + 'item { name: "bus" label: 4 display_name: "bus" }\n')
    output = f'save_output_param {{ label_map_file: "{tmp_path / "old"}" }}'
    write(tmp_path, SSD.replace("detection_output_param {", f"detection_output_param {{ {output}"))
    assert run_tool(resize_classes, tmp_path, "--classes", "3") == 1
    said = capsys.readouterr().err
    assert "has the label 4 ('bus'), which 3 classes leave out; give the label map" in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("tool, text, flags", [(merge_bn, CHAINS, ()),
                                               (resize_classes, SSD, ("--classes", "3"))])
def test_net_and_weights_need_two_files(tmp_path, tool, text, flags, capsys):
    write(tmp_path, text)
    both = str(tmp_path / "both")
    assert run_tool(tool, tmp_path, *flags, "--out-model", both, "--out-weights", both) == 1
    assert "is to hold the net and its weights; give two files" in capsys.readouterr().err
    assert not (tmp_path / "both").exists()


def test_a_net_without_layers_is_not_merged(tmp_path, capsys):
    write(tmp_path, TEXT)
    (tmp_path / "net.prototxt").write_text("")
    assert run_tool(merge_bn, tmp_path) == 1
    assert "net.prototxt: the net has no outputs, by which the" in capsys.readouterr().err
    assert not list(tmp_path.glob("new*"))


def test_a_net_without_detections_has_no_classes(tmp_path, capsys):
    write(tmp_path, TEXT)
    assert run_tool(resize_classes, tmp_path, "--classes", "3") == 1
    assert "has neither DetectionOutput nor MultiBoxLoss" in capsys.readouterr().err


@pytest.mark.parametrize("tool, text, flags", [(merge_bn, CHAINS, ()),
                                               (resize_classes, SSD, ("--classes", "3"))])
@pytest.mark.parametrize("taken, other", [("new.caffemodel", "new.prototxt"),
                                          ("new.prototxt", "new.caffemodel")])
def test_if_one_file_cannot_be_written_neither_is(tmp_path, tool, text, flags, taken, other, capsys):
    write(tmp_path, text)
    (tmp_path / taken).mkdir()
    assert run_tool(tool, tmp_path, *flags) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / other).exists()


def test_the_zoo_detector_takes_other_classes(tmp_path):
    path = "prototxt/ssd_bccd/train_test.prototxt"
    net = Net(path, "TEST", skip_data=True)
    fill(net)
    save_weights(net, tmp_path / "net.caffemodel")
    assert resize_classes.main([
        "--model", path, "--weights", str(tmp_path / "net.caffemodel"), "--classes", "7",
        "--out-model", str(tmp_path / "new.prototxt"), "--out-weights",
        str(tmp_path / "new.caffemodel")]) == 0
    for phase in ("TRAIN", "TEST"):
        made = Net(str(tmp_path / "new.prototxt"), phase, skip_data=True)
        assert made.layers
