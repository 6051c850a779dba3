"""Files that are not what was asked for, and the words about a net's place in a solver file."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from framework import Net, parse_net, read_net, read_solver
from framework.errors import CaffeError, SpecError, WeightsError
from framework.solver.solver import Solver
from framework.system.wording import nearest
from framework.weights.weights import save_weights

NET = """layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }
layer { name: "i" type: "InnerProduct" bottom: "x" top: "i" inner_product_param { num_output: 4 } }
"""
SOLVER = 'net: "n.prototxt"\nbase_lr: 0.1\nlr_policy: "fixed"\nmax_iter: 3\n'


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "n.prototxt").write_text(NET)
    (tmp_path / "v0.prototxt").write_text('name: "old" layers { name: "i" type: INNER_PRODUCT }')
    (tmp_path / "s.prototxt").write_text(SOLVER)
    (tmp_path / "map.prototxt").write_text('item { name: "none" label: 0 }\n' * 2)
    save_weights(Net(parse_net(NET)), tmp_path / "w.caffemodel")
    save_weights(Net(parse_net(NET)), tmp_path / "w.h5")
    return tmp_path


@pytest.mark.parametrize("read, path, message", [
    (read_solver, "n.prototxt", r"n.prototxt: is a net, not a solver file; --solver wants a solver "
                                r"file, whose field `net` names the net$"),
    (read_solver, "v0.prototxt", r"^v0.prototxt: is a net, not a solver file"),
    (read_solver, "map.prototxt", r"^map.prototxt: is a label map, not a solver file$"),
    (read_net, "s.prototxt", r"^s.prototxt: is a solver file, not a net; give the net that its "
                             r"field names$"),
    (read_net, "map.prototxt", r"^map.prototxt: is a label map, not a net$"),
    (read_net, "w.caffemodel", r"^w.caffemodel:\d+: is not a text, which a prototxt is"),
    (read_solver, "w.h5", r"^w.h5:1: is not a text, which a prototxt is: it is an HDF5 file; "
     "files of weights go to --weights"),
])
def test_a_file_of_another_kind_is_one_line_that_says_what_it_is(read, path, message):
    with pytest.raises(SpecError, match=message):
        read(path)


@pytest.mark.parametrize("path", ["n.prototxt", "s.prototxt", "map.prototxt"])
def test_a_text_where_weights_belong_is_said_to_be_a_text(path):
    with pytest.raises(WeightsError, match=f"^{path}: is a text file, as a prototxt"):
        Net("n.prototxt", "TEST", path)


@pytest.mark.parametrize("head, kind", [
    (b"\xff\xd8\xff\xe0\0\x10JFIF", r"an image \(JPEG\)"), (b"\x89PNG\r\n", r"an image \(PNG\)"),
    (b"\x1f\x8b\x08\0\0", r"compressed \(gzip\), and must be unpacked"),
    (b"PK\3\4\x14\0", r"an archive \(ZIP\), and must be unpacked"),
    (b"%PDF-1.4\n\xff", "a PDF"), (b"Rar!\x1a\7\0", r"an archive \(RAR\), and must be unpacked"),
    (b"\x1c\0\0\0TFL3", "a model of TensorFlow Lite")])
def test_images_and_archives_are_named_where_a_prototxt_or_weights_belong(folder, head, kind):
    (folder / "x.bin").write_bytes(head + b"\0\xff\x81" * 9)
    with pytest.raises(SpecError, match=f"^x.bin:1: is not a text, .*: it is {kind}$"):
        read_net("x.bin")
    with pytest.raises(WeightsError, match=f"^x.bin: is {kind}; it is not a file of weights$"):
        Net("n.prototxt", "TEST", "x.bin")


def test_files_of_torch_and_numpy_are_named_where_weights_belong(folder):
    torch.save({"i.weight": torch.zeros(4, 3)}, "x.pth")
    torch.save({"i.weight": torch.zeros(4, 3)}, "y.pth", _use_new_zipfile_serialization=False)
    for name in ("x.pth", "y.pth"):
        with pytest.raises(WeightsError, match=rf"^{name}: is a file of PyTorch \(torch.save\);"):
            Net("n.prototxt", "TEST", name)
    with open("z.caffemodel", "wb") as file:
        np.savez(file, a=np.zeros(3))
    with pytest.raises(WeightsError, match=r"^z.caffemodel: is a file of NumPy \(.npz\); it is "):
        Net("n.prototxt", "TEST", "z.caffemodel")


def test_weights_are_read_as_what_they_are_whatever_the_name_of_the_file(folder):
    """The original asks H5Fis_hdf5, not the name (Net::CopyTrainedLayersFrom)."""
    made = Net("n.prototxt")
    made.params["i"][0].data = torch.arange(12.0).reshape(4, 3)
    for form, name in (("hdf5", "was_hdf5.caffemodel"), ("caffemodel", "was_binary.h5")):
        save_weights(made, name, form=form)
        net = Net("n.prototxt", "TEST", name)
        np.testing.assert_array_equal(net.params["i"][0].detach(), np.arange(12).reshape(4, 3))


@pytest.mark.parametrize("text, kind", [
    ('{"layer": [{"name": "x"}]}', "JSON"), ('<?xml version="1.0"?>\n<net></net>', "XML"),
    ("# yolo\n[net]\nbatch=1\n", "a configuration of Darknet, of which tools/import makes a net")])
def test_texts_of_other_programs_are_named_where_a_prototxt_belongs(folder, text, kind):
    (folder / "x.prototxt").write_text(text)
    with pytest.raises(SpecError, match=f"^x.prototxt: is {kind}; it is not a prototxt$"):
        read_net("x.prototxt")


def test_letters_that_are_not_seen_are_shown_in_an_unknown_type(folder):
    (folder / "x.prototxt").write_text(NET.replace("InnerProduct", "InnerProduct\u200b"))
    with pytest.raises(SpecError, match=r"type 'InnerProduct\\u200b' is not known; did you mean"):
        Net("x.prototxt")


def test_weights_are_no_text_whatever_the_name_of_their_net(folder):
    long_name = "n" * 42
    net = Net(parse_net(f'name: "{long_name}"\n' + NET))
    save_weights(net, folder / "long.caffemodel")
    other = Net("n.prototxt", "TEST", "long.caffemodel")
    np.testing.assert_array_equal(other.params["i"][0].detach(), net.params["i"][0].detach())


def test_a_typing_error_in_a_solver_file_is_still_named_with_its_line(folder):
    (folder / "s.prototxt").write_text(SOLVER + "basse_lr: 1\n")
    with pytest.raises(SpecError, match=r"s.prototxt:5: basse_lr is not .* mean 'base_lr'"):
        read_solver("s.prototxt")


@pytest.mark.parametrize("text, messages", [
    ('net_param { layer { name: "r" type: "APPL" top: "y" appl_param { sums: 2 } } }',
     ["x.prototxt:1: net_param.layer 'r' (APPL): appl_param is not a field of LayerParameter",
      "x.prototxt:1: net_param.layer 'r' (APPL): type 'APPL' is not known"]),
    ('test_net_param { }\ntest_net_param { layers { name: "v" type: WHAT\n what_param { a: 1 } } }',
     ["x.prototxt:2: test_net_param.layer 'v' (WHAT): type is WHAT, which is not a LayerType",
      "x.prototxt:3: test_net_param.layer 'v' (WHAT): what_param is not a field"]),
    ('net_param { layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 } } }\n'
     'layer { name: "i" type: "InnerProduct" bottom: "x" top: "i" '
     'inner_product_param { axis: 0 } } }\nbase_lr: 1 lr_policy: "fixed"',
     ["x.prototxt:2: net_param.layer 'i' (InnerProduct): inner_product_param.num_output is 0"]),
    ('train_net_param { nome: "a" }', ["x.prototxt:1: train_net_param.nome is not a field"]),
])
def test_a_problem_in_a_net_inside_a_solver_file_has_its_whole_place(folder, text, messages):
    (folder / "x.prototxt").write_text(text)
    with pytest.raises(CaffeError) as caught:
        Solver("x.prototxt")
    for message, line in zip(messages, str(caught.value).splitlines(), strict=True):
        assert line.startswith(message)


def test_an_unknown_type_of_an_old_layer_is_shown_as_it_is_written():
    with pytest.raises(SpecError, match=r"layer 'm' \(MULTI_STAGE_NOTHING\): type is M"):
        parse_net('layers { name: "m" type: MULTI_STAGE_NOTHING top: "m" }')


@pytest.mark.parametrize("name, known, meant", [
    ("kernal_size", "kernel_size", True), ("num_outputs", "num_output", True),
    ("typ", "type", True), ("nome", "name", True), ("detektion", "detection", True),
    ("CROP", "Crop", True), ("SoftmaxWithLos", "SoftmaxWithLoss", True),
    ("yolov3_param", "log_param", False), ("GeneralTripletLoss", "TripletLoss", False),
    ("SegmentationEvaluate", "DetectionEvaluate", False), ("LaneData", "ImageData", False),
    ("Rescale", "Scale", False), ("EltwiseAffine", "Eltwise", False), ("layer", "larc", False),
    ("num_output", "frcnn_output_param", False),
])
def test_only_near_names_are_suggested(name, known, meant):
    assert (nearest(name, [known]) == f"; did you mean '{known}'?") == meant


@pytest.mark.parametrize("text", [
    'type: "AnnotatedData" data_param { source: "LONG" } annotated_data_param { label_map_file: '
    '"LONG" }',
    'type: "Data" data_param { source: "LONG" } transform_param { mean_file: "LONG" }',
    'type: "ImageData" image_data_param { source: "LONG" root_folder: "LONG/" }',
    'type: "HDF5Data" hdf5_data_param { source: "LONG" batch_size: 2 }'])
def test_a_name_of_300_letters_is_one_error_of_the_data(text):
    layer = text.replace("LONG", "x" * 300)
    with pytest.raises(CaffeError, match="x: "):
        Net(parse_net(f'layer {{ name: "d" top: "a" top: "b" {layer} }}'), "TRAIN")


@pytest.mark.parametrize("layer, words", [
    ('layers { name: "n" bottom: "x" top: "y" }', r"layer 'n' \(\): type is missing"),
    ('layer { name: "n" bottom: "x" top: "y" }', r"layer 'n' \(\): type is missing"),
    ('layer { name: "n" type: "Swirl" bottom: "x" top: "y" }',
     "type 'Swirl' is not known; --stub Swirl=as_bottom goes on with the shape of its bottom"),
    ('layer { name: "n" type: "Swirl" top: "y" }',
     "type 'Swirl' is not known; --stub Swirl=SHAPE goes on without its values"),
    ('layer { name: "n" type: "Crop" bottom: "x" bottom: "x" top: "y" crop_param_ { axis: 2 } }',
     r"crop_param_ is not a field of LayerParameter; did you mean 'crop_param'\?"),
    ('layer { name: "n" type: "Poolin" bottom: "x" top: "y" }',
     r"type 'Poolin' is not known; did you mean 'Pooling'\?$")])
def test_a_type_that_is_missing_or_unknown_is_told_with_what_helps(layer, words):
    with pytest.raises(CaffeError, match=words):
        Net(parse_net(f'input: "x" input_dim: 1 input_dim: 2 input_dim: 3 input_dim: 4 {layer}'))


@pytest.mark.parametrize("layer, words", [
    ('layer { name: "n" bottom: "x" top: "y" type: RELU }',
     r'n.prototxt:1: layer \'n\' \(RELU\): type is RELU; it must be a string in quotes, as in '
     r'type: "Convolution"; names without quotes belong to `layers` blocks[^\n]*$'),
    ('layers { name: "n" bottom: "x" top: "y" type: "ReLU" }',
     r'n.prototxt:1: layer \'n\' \("ReLU"\): type is "ReLU", a string, as `layer` has it; '
     r'[^\n]*write `layer` for `layers`$')])
def test_a_type_in_the_form_of_the_other_kind_of_block_is_one_line_that_says_so(layer, words):
    with pytest.raises(CaffeError, match=words):
        parse_net(layer, "n.prototxt")


def test_a_solver_of_three_old_fields_is_not_a_net_with_unknown_fields(tmp_path):
    (tmp_path / "s.prototxt").write_text('net_param { }\nsolver_type: ADAM\ntrain_net: "a"\n')
    with pytest.raises(CaffeError, match="s.prototxt: is a solver file, not a net"):
        read_net(tmp_path / "s.prototxt")


@pytest.mark.parametrize("layer, words", [
    ('layer { name: "n" type: "ReLU" bottom: "x" top: "y" blobs_lr: 1 }',
     r"blobs_lr is not a field of LayerParameter; in a `layer` block write param \{ lr_mult: N \}"),
    ('layers { name: "n" type: RELU bottom: "x" top: "y" param { lr_mult: 1 } }',
     "param is a message in braces; it must be one value; in a `layers` block, .*write blobs_lr")])
def test_rates_in_the_form_of_the_other_kind_of_block_are_told_how_to_be_written(layer, words):
    with pytest.raises(CaffeError, match=words):
        parse_net(layer)
