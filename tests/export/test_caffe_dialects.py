"""tools/export --to caffe: rewrites, tails, names and reports for other readers of Caffe files."""

import importlib.util
import itertools
import json

import cv2
import numpy as np
import pytest
import torch

from framework.cli.export import main
from framework.errors import SpecError
from framework.export.caffe.conditions import OWN_FIELDS
from framework.export.caffe.dialect_net import shorten, to_dialect
from framework.export.caffe.dialects import DIALECTS
from framework.export.caffe.write import report_text, write_dialect
from framework.net.net import Net
from framework.proto import NetParameter
from framework.weights.weights import save_weights
from tests.export.caffe_support import CONV, layer, made_for, text_of
from tests.export.support import run_ours
from tests.export.test_caffe_rewrites import REWRITTEN
from tests.export.test_layers_onnx import fill
from tests.support import net_from


def test_a_sum_with_factors_is_written_out_where_no_list_has_them(tmp_path):
    text = text_of(CONV, layer("y", "Eltwise", "conv data", "eltwise_param { coeff: 2 coeff: -1 }"))
    made, types = made_for(text, DIALECTS["common"], tmp_path)
    assert types == ["Convolution", "Scale", "Scale", "Eltwise"]
    assert {verdict.word for verdict in made.verdicts} == {"unknown"}


def test_a_shuffle_becomes_a_convolution_where_permute_is_not_free(tmp_path):
    text = text_of(layer("y", "ShuffleChannel", param="shuffle_channel_param { group: 3 }"))
    assert made_for(text, DIALECTS["nnie"], tmp_path)[1] == ["Convolution"]


@pytest.mark.parametrize("reader, dilation, kernel", [("horizon", 3, 7), ("common", 2, 5)])
def test_a_dilation_that_is_not_taken_goes_into_the_kernel(reader, dilation, kernel, tmp_path):
    text = text_of(layer("y", "Convolution", param="convolution_param { num_output: 4 "
                         f"kernel_size: 3 pad: 1 stride: 2 dilation: {dilation} }}"))
    made, types = made_for(text, DIALECTS[reader], tmp_path)
    param = made.message.layer[1].convolution_param
    assert types == ["Convolution"] and list(param.kernel_size) == [kernel] and not param.dilation


def test_an_oblong_kernel_becomes_square_for_a_chip_with_square_ones(tmp_path):
    text = text_of(layer("y", "Convolution", param="convolution_param { num_output: 4 kernel_h: 1 "
                         "kernel_w: 7 pad_w: 3 }"))
    made, _ = made_for(text, DIALECTS["nnie"], tmp_path)
    assert list(made.message.layer[1].convolution_param.kernel_size) == [7]


@pytest.mark.parametrize("param", [
    "pool: MAX kernel_size: 3 stride: 2 pad: 1 round_mode: FLOOR",
    "pool: MAX kernel_size: 3 stride: 2 ceil_mode: false",
    "pool: AVE kernel_size: 3 stride: 2 pad: 1 torch_pooling: true",
    "pool: AVE kernel_size: 3 stride: 2 pad: 1 avg_include_pad: false",
])
@pytest.mark.parametrize("reader", ["plain", "rknn"])
def test_pooling_of_forks_is_written_with_the_original_fields(reader, param, tmp_path):
    text = text_of(layer("y", "Pooling", param=f"pooling_param {{ {param} }}"))
    made, _ = made_for(text, DIALECTS[reader], tmp_path)
    written = (tmp_path / "out.prototxt").read_text()
    for field in ("round_mode", "ceil_mode", "torch_pooling", "avg_include_pad"):
        assert field not in written


BATCH_NORM = text_of(
    layer("conv", "Convolution", param="convolution_param { num_output: 4 kernel_size: 3 "
          "bias_term: false }"),
    layer("bn", "BatchNorm", "conv", top="conv"),
    layer("scale", "Scale", "conv", "scale_param { bias_term: true }", top="conv"),
    layer("relu", "ReLU", "conv", top="conv"))


def test_batch_normalization_is_folded_as_its_formula_says(tmp_path):
    net = net_from(BATCH_NORM, "TEST")
    fill(net)
    made = to_dialect(net, DIALECTS["rknn"])
    assert [one.type for one in made.message.layer] == ["Input", "Convolution", "ReLU"]
    assert list(made.message.layer[2].top) == list(made.message.layer[2].bottom) == ["conv"]
    weight, = (blob.detach().numpy() for blob in net.params["conv"])
    mean, variance, count = (blob.numpy() for blob in net.params["bn"])
    gamma, beta = (blob.detach().numpy() for blob in net.params["scale"])
    factor = gamma / np.sqrt(variance / count + 1e-5)
    np.testing.assert_allclose(made.blobs["conv"][0], weight * factor[:, None, None, None],
                               rtol=1e-5)
    np.testing.assert_allclose(made.blobs["conv"][1], beta - mean / count * factor, rtol=1e-4)


def test_batch_normalization_stays_where_the_reader_wants_it(tmp_path):
    made, types = made_for(BATCH_NORM, DIALECTS["ascend"], tmp_path)
    assert types == ["Convolution", "BatchNorm", "Scale", "ReLU"]
    assert made.message.layer[2].batch_norm_param.use_global_stats
    assert made_for(BATCH_NORM, DIALECTS["rknn"], tmp_path, keep=True)[1] == types


def test_a_net_for_training_is_written_without_data_labels_and_losses(tmp_path):
    text = """
    layer { name: "input" type: "MemoryData" top: "data" top: "label"
        memory_data_param { batch_size: 2 channels: 3 height: 8 width: 6 } }
    layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc"
        param { lr_mult: 2 } inner_product_param { num_output: 4 weight_filler { type: "xavier" } }}
    layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "label" top: "loss" }
    layer { name: "accuracy" type: "Accuracy" bottom: "fc" bottom: "label" top: "accuracy"
        include { phase: TEST } }"""
    net = net_from(text, "TEST", skip_data=True)
    made = to_dialect(net, DIALECTS["plain"])
    write_dialect(net, made, tmp_path / "out")
    assert [(one.name, one.type) for one in made.message.layer] == \
        [("data", "Input"), ("fc", "InnerProduct")]
    assert "lr_mult" not in (tmp_path / "out.prototxt").read_text()
    assert "filler" not in (tmp_path / "out.prototxt").read_text()


def test_the_caffemodel_holds_names_types_and_blobs_alone(tmp_path):
    made_for(BATCH_NORM, DIALECTS["plain"], tmp_path)
    message = NetParameter.FromString((tmp_path / "out.caffemodel").read_bytes())
    fields = {field.name for one in message.layer for field, _ in one.ListFields()}
    assert fields == {"name", "type", "blobs"}


def numbers_of_fields(message):
    for field, value in message.ListFields():
        yield field.number
        if field.message_type is not None:
            for inner in value if field.is_repeated else [value]:
                yield from numbers_of_fields(inner)


@pytest.mark.parametrize("reader", DIALECTS)
def test_no_reader_gets_a_field_of_this_project_alone(reader, tmp_path):
    texts = [text for text, _ in REWRITTEN.values()]
    for number, text in enumerate(texts):
        net = net_from(text_of(text), "TEST")
        fill(net)
        made = to_dialect(net, DIALECTS[reader])
        if not made.refused:
            write_dialect(net, made, tmp_path / str(number))
            own = {"interp_param", "upsample_param", "shuffle_channel_param"}   # named, unnumbered
            for one in made.message.layer:
                assert all(value < OWN_FIELDS for field, inner in one.ListFields()
                           if field.name.endswith("_param") and field.name not in own
                           for value in numbers_of_fields(inner))


@pytest.mark.parametrize("reader", DIALECTS)
@pytest.mark.parametrize("factor", [2, -2])
def test_no_reader_gets_a_reshape_that_is_a_pixel_shuffle(reader, factor):
    text = text_of(layer("y", "Reshape", "data", f"reshape_param {{ pixelshuffler: {factor} }}"),
                   shape=(1, 8, 4, 6))
    made = to_dialect(net_from(text, "TEST"), DIALECTS[reader])
    assert [one.layer for one in made.refused] == ["y"]


def test_a_crop_states_its_offset(tmp_path):
    """Without one MNN's converter leaves the layer out, and its top has the size of its bottom."""
    text = text_of(CONV.replace("pad: 1", ""), layer("y", "Crop", "data conv"))
    made, _ = made_for(text, DIALECTS["mnn"], tmp_path)
    assert list(made.message.layer[-1].crop_param.offset) == [0]


def test_long_names_are_cut_and_stay_unique():
    long = "a" * 40
    message = NetParameter()
    for number in range(12):
        message.layer.add(name=f"{number:02}{long}", bottom=["x"], top=[f"{number:02}{long}"])
    message.layer.add(name="short", bottom=[f"11{long}"], top=["short"])
    renamed = shorten(message, 32)
    names = [one.name for one in message.layer]
    assert len(set(names)) == 13 and max(map(len, names)) == 32
    assert message.layer[12].bottom[0] == renamed[f"11{long}"] == message.layer[11].top[0]


SSD = text_of(
    layer("conv", "Convolution", param="convolution_param { num_output: 4 kernel_size: 3 stride: 2 "
          "pad: 1 }"),
    *itertools.chain.from_iterable(
        (layer(name, "Convolution", "conv",
               f"convolution_param {{ num_output: {number} kernel_size: 1 }}"),
         layer(f"{name}_perm", "Permute", name,
               "permute_param { order: 0 order: 2 order: 3 order: 1 }"),
         layer(f"{name}_flat", "Flatten", f"{name}_perm"))
        for name, number in (("loc", 8), ("conf", 6))),
    layer("prior", "PriorBox", "conv data", "prior_box_param { min_size: 3 max_size: 5 "
          "variance: 0.1 variance: 0.1 variance: 0.2 variance: 0.2 }"),
    layer("rows", "Reshape", "conf_flat", "reshape_param { shape { dim: 0 dim: -1 dim: 3 } }"),
    layer("soft", "Softmax", "rows", "softmax_param { axis: 2 }"),
    layer("scores", "Flatten", "soft"),
    layer("out", "DetectionOutput", "loc_flat scores prior", "detection_output_param { "
          "num_classes: 3 keep_top_k: 30 confidence_threshold: 0.35 code_type: CENTER_SIZE "
          "nms_param { nms_threshold: 0.45 top_k: 40 } }"))


@pytest.mark.parametrize("reader, softmax, clip", [
    ("rknn", False, ""), ("nnie", True, ""), ("rknn", False, "clip: true ")])
def test_a_tail_that_is_cut_off_comes_with_a_decoder_that_gives_the_same_boxes(
        reader, softmax, clip, tmp_path):
    net = net_from(SSD.replace("keep_top_k", f"{clip}keep_top_k"), "TEST")
    fill(net)
    made = to_dialect(net, DIALECTS[reader])
    assert not made.refused
    write_dialect(net, made, tmp_path / "out")
    cut = {verdict.layer for verdict in made.verdicts if verdict.word == "cut"}
    assert cut == {"prior", "out"} | ({"rows", "soft", "scores"} if softmax else set())
    x = np.random.default_rng(2).standard_normal((2, 6, 8, 7), np.float32)
    expected = run_ours(net, {"data": x})["out"][0, 0]
    assert len(expected) > 10
    short = Net(tmp_path / "out.prototxt", "TEST", weights=tmp_path / "out.caffemodel")
    blobs = run_ours(short, {"data": x})
    settings = json.loads((tmp_path / "out.detection.json").read_text())
    module = importlib.util.spec_from_file_location("decoder", tmp_path / "out.decoder.py")
    decoder = importlib.util.module_from_spec(module)
    module.loader.exec_module(decoder)
    found = decoder.detect(blobs[settings["loc"]], blobs[settings["conf"]],
                           decoder.load(str(tmp_path / "out")))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_the_tail_has_the_name_and_the_tops_of_ascend_and_gives_the_same_boxes(tmp_path):
    net = net_from(SSD, "TEST")
    fill(net)
    made = to_dialect(net, DIALECTS["ascend"])
    write_dialect(net, made, tmp_path / "out")
    assert [one.word for one in made.verdicts if one.layer == "out"] == ["rewritten"]
    tail = (tmp_path / "out.prototxt").read_text().split("layer {")[-1].split()
    assert 'type: "SSDDetectionOutput" bottom: "loc_flat" bottom: "scores" bottom: "prior" ' \
        'top: "out_boxnum" top: "out" ssddetectionoutput_param { num_classes: 3' in " ".join(tail)
    assert "code_type: 2 keep_top_k: 30" in " ".join(tail)
    x = {"data": np.random.default_rng(2).standard_normal((2, 6, 8, 7), np.float32)}
    read = Net(tmp_path / "out.prototxt", "TEST", weights=tmp_path / "out.caffemodel")
    blobs = run_ours(read, x)
    rows = [row for number, table in zip(blobs["out_boxnum"][:, 0], blobs["out"], strict=True)
            for row in table[:int(number), :7]]
    assert len(rows) > 10
    np.testing.assert_allclose(rows, run_ours(net, x)["out"][0, 0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("old, new, message", [
    ("top_k: 40 }", "}", r"ssddetectionoutput_param.top_k is -1; it must be from 1 to 1024"),
    ("top_k: 40", "top_k: 40 eta: 0.9", "ssddetectionoutput_param.eta is 0.9; it must be")])
def test_what_ascend_does_not_take_of_detections_is_named(old, new, message):
    net = net_from(SSD.replace(old, new), "TEST")
    with pytest.raises(SpecError, match=rf"'out' \(SSDDetectionOutput\): {message}"):
        to_dialect(net, DIALECTS["ascend"])


@pytest.mark.parametrize("reader, words", [
    ("plain", ["refused"]), ("sophgo", ["refused"]), ("ascend", ["refused"]),
    ("opencv4", ["as it is"])])
def test_boxes_that_end_at_the_borders_are_a_field_that_only_opencv_reads(reader, words):
    net = net_from(SSD.replace("keep_top_k", "clip: true keep_top_k"), "TEST")
    verdicts = to_dialect(net, DIALECTS[reader]).verdicts
    assert [one.word for one in verdicts if one.layer == "out"] == words


def test_two_stages_of_detections_are_refused_for_ascend():
    text = SSD.replace('bottom: "prior"', 'bottom: "prior" bottom: "objects"').replace(
        'layer { name: "out"', layer("objects", "Flatten", "conv") + '\nlayer { name: "out"')
    net = net_from(text.replace("keep_top_k: 30", "keep_top_k: 30 objectness_score: 0.1"), "TEST")
    refused = to_dialect(net, DIALECTS["ascend"]).refused
    assert [one.layer for one in refused] == ["out"]


def test_a_tail_whose_priors_are_given_cannot_be_cut_off():
    loc, conf, prior = (text_of(shape=shape).replace("data", name).replace('name: "net"', "")
                        for name, shape in (("loc", (2, 12)), ("conf", (2, 9)),
                                            ("prior", (1, 2, 12))))
    text = loc + conf + prior + layer("out", "DetectionOutput", "loc conf prior",
                                      "detection_output_param { num_classes: 3 keep_top_k: 9 "
                                      "nms_param { nms_threshold: 0.5 top_k: 9 } }")
    with pytest.raises(SpecError, match=r"'out' \(DetectionOutput\): bottom '\w+' is an input of "
                                        "the net; the tail is cut off where layers make"):
        to_dialect(net_from(text, "TEST"), DIALECTS["rknn"])


def test_the_report_has_a_line_for_each_layer_that_is_left_out_in_the_order_of_the_net(tmp_path):
    text = text_of(CONV, layer("drop", "Dropout", "conv"), layer("y", "ReLU", "drop"),
                   layer("target", "Split", "data"),
                   'layer { name: "quiet" type: "Silence" bottom: "target" }',
                   layer("loss", "EuclideanLoss", "y data"))
    made, types = made_for(text, DIALECTS["rknn"], tmp_path)
    assert types == ["Convolution", "ReLU"]
    lines = [line.split(maxsplit=2) for line in report_text(made.verdicts).splitlines()]
    assert [(name, rest.split("  ")[0].strip()) for name, _, rest in lines] == [
        ("conv", "as it is"), ("drop", "left out"), ("y", "as it is"), ("target", "left out"),
        ("quiet", "left out"), ("loss", "left out")]


@pytest.fixture
def files(tmp_path):
    """A prototxt with a layer that few chips have, and its caffemodel."""
    text = text_of(CONV, layer("y", "ELU", "conv"))
    (tmp_path / "net.prototxt").write_text(text)
    net = net_from(text, "TEST")
    fill(net)
    save_weights(net, tmp_path / "net.caffemodel")
    return tmp_path


def run_tool(folder, *flags):
    return main(["--model", str(folder / "net.prototxt"), "--weights",
                 str(folder / "net.caffemodel"), "--to", "caffe", "--out", str(folder / "out"),
                 *flags])


def test_a_layer_without_an_exact_rewrite_is_refused_and_nothing_is_written(files, capsys):
    assert run_tool(files, "--for", "rknn") == 1
    error = capsys.readouterr().err
    assert error.startswith("error: --for rknn does not take 1 layer, and no exact rewrite is "
                            "known: layer 'y' (ELU): ELU is not among its layers (RKNN-Toolkit2")
    assert error.count("\n") == 1 and not list(files.glob("out*"))


def error_of(capsys) -> str:
    """What was said, without the warning of --to, which `run_tool` gives too."""
    lines = capsys.readouterr().err.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("warning: --to is given 2 times"))


@pytest.mark.parametrize("flags, name, target", [
    (("--opset", "17"), "opset", "caffe"), (("--no-check",), "no-check", "caffe"),
    (("--mean", "1,2,3"), "mean", "caffe"), (("--labelmap", "map"), "labelmap", "caffe"),
    (("--half",), "half", "caffe"), (("--to", "onnx", "--for", "mnn"), "for", "onnx"),
    (("--to", "ncnn", "--scale", "0.5"), "scale", "ncnn"),
    (("--to", "torch", "--detection-output", "op"), "detection-output", "torch")])
def test_a_flag_of_another_target_is_refused(flags, name, target, files, capsys):
    before = sorted(files.iterdir())
    assert run_tool(files, *flags) == 1
    assert error_of(capsys) == f"error: --{name} does not go with --to {target}\n"
    assert sorted(files.iterdir()) == before


@pytest.mark.parametrize("flag", ["data", "images", "iterations"])
def test_a_flag_of_int8_alone_is_refused(flag, files, capsys):
    assert run_tool(files, "--to", "onnx", f"--{flag}", "3") == 1
    assert error_of(capsys) == f"error: --{flag} is for --int8\n"


@pytest.mark.parametrize("value", ["-1", "nan", "inf", "x"])
def test_a_tolerance_is_a_number_from_0(value, files, capsys):
    with pytest.raises(SystemExit):
        run_tool(files, "--tolerance", value)
    assert f"argument --tolerance: '{value}' must be a number from 0" in capsys.readouterr().err


def test_the_report_says_what_became_of_each_layer(files, capsys):
    assert run_tool(files, "--for", "horizon") == 0
    printed = capsys.readouterr().out
    assert "1 as it is, 1 on the CPU" in printed and "largest difference" in printed
    lines = (files / "out.report.txt").read_text().splitlines()
    assert lines[0].split(maxsplit=2)[2].startswith("as it is")
    assert lines[1].split()[:5] == ["y", "ELU", "on", "the", "CPU"]


@pytest.mark.skipif(not hasattr(cv2.dnn, "readNetFromCaffe") or cv2.__version__ >= "5",
                    reason=f"OpenCV {cv2.__version__} reads no Caffe files")
@pytest.mark.parametrize("text", [BATCH_NORM, *(text_of(text) for text, _ in REWRITTEN.values())])
def test_opencv_4_reads_what_is_written_for_it(text, tmp_path):
    net = net_from(text, "TEST")
    fill(net)
    made = to_dialect(net, DIALECTS["opencv4"])
    write_dialect(net, made, tmp_path / "out")
    read = cv2.dnn.readNetFromCaffe(str(tmp_path / "out.prototxt"),
                                    str(tmp_path / "out.caffemodel"))
    x = np.random.default_rng(2).standard_normal((2, 6, 8, 7), np.float32)
    read.setInput(x)
    with torch.no_grad():
        expected = net.run({"data": torch.from_numpy(x)})[net.outputs[0]].numpy()
    np.testing.assert_allclose(read.forward(), expected, rtol=1e-4, atol=1e-4)
