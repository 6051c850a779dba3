"""tools/import, from a file or a module to prototxt and caffemodel, and what it refuses."""

import os
import signal
from importlib import import_module

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper

from framework.net.net import Net
from framework.net.reading import read_net
from framework.solver.solver import Solver
from tests.importing import zoo
from tests.importing.support import model_of

main = import_module("framework.cli.import").main
X = "float[1,3,6,5] x"


def conv_model(inputs=X):
    weight = np.random.default_rng(0).standard_normal((4, 3, 3, 3)).astype(np.float32)
    return model_of(f"g ({inputs}) => (float scores) {{ y = Conv(x, w) scores = Sigmoid(y) }}",
                    {"w": weight})


def saved(folder, model, **options):
    onnx.save(model, folder / "model.onnx", **options)
    return str(folder / "model.onnx")


def assert_refused(capsys, folder, message, *flags):
    """One line of error, exit code 1, nothing written."""
    assert main([*flags, "--out", str(folder / "net")]) == 1
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1
    assert not list(folder.glob("net.*")) and not list(folder.glob(".partial*"))


def test_a_module_becomes_a_net_with_the_names_of_its_modules(tmp_path, capsys):
    assert main(["tests.importing.zoo:small", "--shape", "2,3,20,18",
                 "--out", str(tmp_path / "small")]) == 0
    assert "largest difference from ONNX Runtime" in capsys.readouterr().out
    net = Net(tmp_path / "small.prototxt", "TEST", weights=tmp_path / "small.caffemodel")
    names = [step.layer.spec.name for step in net.layers]
    assert names[:6] == ["stem.0", "stem.1", "stem.1.scale", "stem.2", "stem.3", "layer1.0.conv"]
    assert {"layer1.1.gate.1", "layer1.1.bn", "fc"} <= set(names)
    x = torch.randn(2, 3, 20, 18, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = zoo.small().eval()(x)
        torch.testing.assert_close(net.run({"data": x})["fc"], expected, rtol=1e-4, atol=1e-5)


def test_a_builder_with_a_state_dict_downloads_no_backbone(tmp_path, capsys):
    torch.manual_seed(3)
    module = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3))
    torch.save(module.state_dict(), tmp_path / "state.pth")
    flags = ["tests.importing.zoo:with_backbone", "--shape", "1,3,9,7", "--out",
             str(tmp_path / "net")]
    assert main(flags) == 1
    assert "ConnectionError: no network" in capsys.readouterr().err
    assert main([*flags, "--weights", str(tmp_path / "state.pth")]) == 0
    net = Net(tmp_path / "net.prototxt", "TEST", weights=tmp_path / "net.caffemodel")
    assert torch.equal(net.layers[0].layer.blobs[0], module[0].weight)


def test_lrn_of_a_module_is_one_layer_and_a_sequential_has_its_numbers_as_names(tmp_path):
    flags = ["--shape", "2,3,9,7", "--out", str(tmp_path / "a")]
    assert main(["tests.importing.zoo:row", *flags]) == 0
    net = Net(tmp_path / "a.prototxt", "TEST", weights=tmp_path / "a.caffemodel")
    assert [(step.layer.spec.name, step.layer.spec.type) for step in net.layers] == [
        ("0", "Convolution"), ("1", "LRN"), ("2", "ReLU")]
    x = torch.randn(2, 3, 9, 7, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        torch.testing.assert_close(net.run({"data": x})["1"], zoo.row().eval()(x))


def test_outputs_in_a_dictionary_are_blobs_of_their_names(tmp_path):
    assert main(["tests.importing.zoo:maps", "--shape", "1,3,8,6",
                 "--out", str(tmp_path / "maps")]) == 0
    net = Net(tmp_path / "maps.prototxt", "TEST", weights=tmp_path / "maps.caffemodel")
    x = torch.randn(1, 3, 8, 6, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        blobs, expected = net.run({"data": x}), zoo.maps().eval()(x)
    for name in ("out", "aux"):
        torch.testing.assert_close(blobs[name], expected[name], rtol=1e-4, atol=1e-5)


def test_a_state_dict_gives_the_weights(tmp_path, capsys):
    torch.manual_seed(9)
    module = zoo.Small().eval()
    torch.save(module.state_dict(), tmp_path / "state.pth")
    assert main(["tests.importing.zoo:small", "--shape", "1,3,20,18", "--weights",
                 str(tmp_path / "state.pth"), "--out", str(tmp_path / "small")]) == 0
    net = Net(tmp_path / "small.prototxt", "TEST", weights=tmp_path / "small.caffemodel")
    torch.testing.assert_close(net.params["fc"][0].detach(), module.fc.weight.detach())
    torch.save({"other": torch.zeros(1)}, tmp_path / "state.pth")
    assert_refused(capsys, tmp_path, "does not fit the module", "tests.importing.zoo:small",
                   "--shape", "1,3,20,18", "--weights", str(tmp_path / "state.pth"))


def test_an_imported_net_trains_on(tmp_path):
    assert main(["tests.importing.zoo:small", "--shape", "4,3,20,18",
                 "--out", str(tmp_path / "small")]) == 0
    text = (tmp_path / "small.prototxt").read_text().split("layer {", 2)[2]
    data = """layer { name: "data" type: "DummyData" top: "data" top: "label"
        dummy_data_param { shape { dim: 4 dim: 3 dim: 20 dim: 18 } shape { dim: 4 }
        data_filler { type: "gaussian" std: 1 } data_filler { type: "constant" value: 2 } } }"""
    loss = """layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "label"
        top: "loss" }"""
    (tmp_path / "train.prototxt").write_text(f"{data}\nlayer {{{text}\n{loss}")
    (tmp_path / "solver.prototxt").write_text(
        f'net: "{tmp_path}/train.prototxt" base_lr: 0.05 lr_policy: "fixed" momentum: 0.9 '
        f'max_iter: 20 snapshot_prefix: "{tmp_path}/snap" snapshot_after_train: false')
    solver = Solver(str(tmp_path / "solver.prototxt"), weights=str(tmp_path / "small.caffemodel"))
    losses = []
    for _ in range(20):
        solver.step(1)
        losses.append(float(solver.net.blobs["loss"].detach()))
    assert losses[-1] < 0.5 * losses[0]


def test_an_output_of_a_file_keeps_its_name(tmp_path, capsys):
    assert main([saved(tmp_path, conv_model()), "--out", str(tmp_path / "net")]) == 0
    assert "output scores: blob scores" in capsys.readouterr().out
    assert Net(tmp_path / "net.prototxt", "TEST").outputs == ["scores"]


def test_a_file_that_is_cut_off_is_refused(tmp_path, capsys):
    path = saved(tmp_path, conv_model())
    content = (tmp_path / "model.onnx").read_bytes()
    for size in (0, 1, 10, len(content) // 2, len(content) - 1):
        (tmp_path / "model.onnx").write_bytes(content[:size])
        assert_refused(capsys, tmp_path, "model.onnx: ", path)


def test_an_output_that_no_input_changes_is_refused(tmp_path, capsys):
    model = model_of("g (float[2,3] x) => (float y, float z) { y = Relu(x) z = Relu(w) }",
                     {"w": np.ones(3, np.float32)})
    assert_refused(capsys, tmp_path, "model.onnx: output 'z' is a constant, which no input changes",
                   saved(tmp_path, model))


def test_damaged_bytes_are_one_line(tmp_path, capsys):
    path = saved(tmp_path, conv_model())
    content = (tmp_path / "model.onnx").read_bytes()
    for position in range(0, 100, 3):
        for byte in (0xfd, content[position] ^ 1):
            damaged = bytearray(content)
            damaged[position] = byte
            (tmp_path / "model.onnx").write_bytes(bytes(damaged))
            code = main([path, "--out", str(tmp_path / "net")])
            assert capsys.readouterr().err.count("\n") == code


def test_values_that_are_not_finite_are_refused(tmp_path, capsys):
    model = model_of("g (float[2,3] x) => (float y) { y = Log(x) }")
    assert_refused(capsys, tmp_path, "output 'y' has values that are not finite",
                   saved(tmp_path, model))


def test_a_file_that_is_not_there_or_no_onnx_is_refused(tmp_path, capsys):
    assert_refused(capsys, tmp_path, "none.onnx: No such file", str(tmp_path / "none.onnx"))
    (tmp_path / "text.onnx").write_text("layer { name: 'a' }")
    assert_refused(capsys, tmp_path, "text.onnx: ", str(tmp_path / "text.onnx"))
    assert_refused(capsys, tmp_path, "is not a regular file", str(tmp_path))


@pytest.mark.parametrize("taken", ["net.prototxt", "net.caffemodel"])
def test_if_one_file_cannot_be_written_neither_is(taken, tmp_path, capsys):
    path = saved(tmp_path, model_of("g (float[1,3] x) => (float y) { y = Relu(x) }"))
    (tmp_path / taken).mkdir()
    assert main([path, "--out", str(tmp_path / "net")]) == 1
    assert "cannot be written: Is a directory" in capsys.readouterr().err
    assert {one.name for one in tmp_path.iterdir()} == {"model.onnx", taken}


@pytest.mark.parametrize("out", [".", "..", "/"])
def test_a_folder_is_no_beginning_of_names(out, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = saved(tmp_path, model_of("g (float[1,3] x) => (float y) { y = Relu(x) }"))
    assert main([path, "--out", out]) == 1
    assert "is a folder; give the beginning of the files' names" in capsys.readouterr().err
    assert [one.name for one in tmp_path.iterdir()] == ["model.onnx"]


@pytest.mark.parametrize("what", ["opset", "ir_version"])
def test_a_file_of_a_newer_version_says_which_are_known(what, tmp_path, capsys):
    model = model_of("g (float[1,3] x) => (float y) { y = Relu(x) }")
    if what == "opset":
        model.opset_import[0].version = 999
    else:
        model.ir_version = 999
    (tmp_path / "new.onnx").write_bytes(model.SerializeToString())
    assert_refused(capsys, tmp_path, f"new.onnx: has the {what} 999; the installed onnx",
                   str(tmp_path / "new.onnx"))


def test_external_data_outside_of_the_folder_are_not_read(tmp_path, capsys):
    path = saved(tmp_path, conv_model(), save_as_external_data=True, location="weights.bin",
                 size_threshold=0)
    assert main([path, "--out", str(tmp_path / "ok")]) == 0     # in the folder they are
    capsys.readouterr()
    (tmp_path / "inner").mkdir()
    model = onnx.load(path, load_external_data=False)
    for location in ("../weights.bin", str(tmp_path / "weights.bin"), "link.bin"):
        model.graph.initializer[0].external_data[0].value = location
        (tmp_path / "inner" / "model.onnx").write_bytes(model.SerializeToString())
        if location == "link.bin":
            (tmp_path / "inner" / "link.bin").symlink_to(tmp_path / "weights.bin")
        assert_refused(capsys, tmp_path, "outside of the folder",
                       str(tmp_path / "inner" / "model.onnx"))


def test_external_data_that_are_missing_or_cut_off_are_refused(tmp_path, capsys):
    path = saved(tmp_path, conv_model(), save_as_external_data=True, location="weights.bin",
                 size_threshold=0)
    (tmp_path / "weights.bin").write_bytes(b"1234")
    assert_refused(capsys, tmp_path, "it is cut off", path)
    (tmp_path / "weights.bin").unlink()
    assert_refused(capsys, tmp_path, "which is not there", path)


@pytest.mark.parametrize("key, value", [("offset", "abc"), ("length", "-5")])
def test_external_data_whose_bytes_are_no_numbers_are_refused(key, value, tmp_path, capsys):
    path = saved(tmp_path, conv_model(), save_as_external_data=True, location="weights.bin",
                 size_threshold=0)
    model = onnx.load(path, load_external_data=False)
    entries = model.graph.initializer[0].external_data
    entry = next(one for one in entries if one.key == key)
    entry.value = value
    (tmp_path / "wrong.onnx").write_bytes(model.SerializeToString())
    assert_refused(capsys, tmp_path, f"has the {key} '{value}' in 'weights.bin'; it must be a "
                   "number of bytes", str(tmp_path / "wrong.onnx"))


def test_a_termination_leaves_no_half_written_files(tmp_path, capsys, monkeypatch):
    path = saved(tmp_path, conv_model())
    before = sorted(tmp_path.iterdir())
    monkeypatch.setattr("framework.importing.convert.compare",
                        lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    assert main([path, "--out", str(tmp_path / "net")]) == 130
    assert capsys.readouterr().err == "interrupted\n"
    assert sorted(tmp_path.iterdir()) == before


def test_dynamic_shapes_need_sizes(tmp_path, capsys):
    path = saved(tmp_path, conv_model("float[batch,3,h,w] x"))
    assert_refused(capsys, tmp_path, "input 'x' has the shape batchx3xhxw; give its sizes: "
                   "--shape x:1,3,224,224", path)
    assert_refused(capsys, tmp_path, "--shape says 1x4x6x5", path, "--shape", "1,4,6,5")
    assert_refused(capsys, tmp_path, "--shape is for 'z'; the inputs are 'x'", path, "--shape",
                   "z:1,3,6,5")
    assert_refused(capsys, tmp_path, "--shape with :int is for a module; an ONNX file says", path,
                   "--shape", "1,3,6,5:int")
    assert main([path, "--shape", "1,3,6,5", "--out", str(tmp_path / "net")]) == 0


def test_integers_as_input_that_no_table_reads_are_refused(tmp_path, capsys):
    model = model_of("g (int64[2,3] x) => (float y) { a = Cast<to=1>(x) y = Relu(a) }")
    assert_refused(capsys, tmp_path, "input 'x' holds int64", saved(tmp_path, model))


def test_whole_numbers_that_a_table_reads_are_taken(tmp_path):
    table = np.random.default_rng(0).standard_normal((5, 4, 2)).astype(np.float32)
    model = model_of("g (int64[2,3] x) => (float y) { y = Gather(w, x) }", {"w": table})
    assert main([saved(tmp_path, model), "--out", str(tmp_path / "net")]) == 0
    net = Net(tmp_path / "net.prototxt", "TEST", weights=tmp_path / "net.caffemodel")
    x = torch.tensor([[4.0, 0, 1], [3, 3, 2]])
    np.testing.assert_array_equal(net.run({"x": x})["y"].detach().numpy(), table[x.int().numpy()])


def test_whole_numbers_may_be_cast_before_a_table_reads_them(tmp_path):
    table = np.random.default_rng(0).standard_normal((5, 4)).astype(np.float32)
    model = model_of("g (int32[2,3] x) => (float y) { i = Cast<to=7>(x) y = Gather(w, i) }",
                     {"w": table})
    assert main([saved(tmp_path, model), "--out", str(tmp_path / "net")]) == 0
    net = Net(tmp_path / "net.prototxt", "TEST", weights=tmp_path / "net.caffemodel")
    x = torch.tensor([[4.0, 0, 1], [3, 3, 2]])
    np.testing.assert_array_equal(net.run({"x": x})["y"].detach().numpy(), table[x.int().numpy()])


def test_a_table_is_read_along_its_first_axis_alone(tmp_path, capsys):
    model = model_of("g (int64[2,3] x) => (float y) { y = Gather<axis=1>(w, x) }",
                     {"w": np.ones((5, 4), np.float32)})
    assert_refused(capsys, tmp_path, "takes computed indices of axis 1 of (5, 4); Embed takes them "
                   "of the first one", saved(tmp_path, model))
    model.graph.node[0].attribute[0].i = 2
    assert_refused(capsys, tmp_path, "input 'x' holds int64", saved(tmp_path, model))


def test_a_module_of_words_is_imported(tmp_path, capsys):
    flags = ["tests.importing.zoo:Words", "--out", str(tmp_path / "net")]
    assert_refused(capsys, tmp_path, "its forward fails for inputs of 2x7: RuntimeError: Expected",
                   flags[0], "--shape", "2,7")
    assert main([*flags, "--shape", "2,7:int"]) == 0
    net = Net(tmp_path / "net.prototxt", "TEST", weights=tmp_path / "net.caffemodel")
    words = torch.randint(0, 9, (4, 7), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        (found,) = net({"data": words.float()}).values()
        torch.testing.assert_close(found, zoo.Words().eval()(words), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name, message", [
    ("Broken", "its forward fails for inputs of 2x3: ValueError: no such words"),
    ("Leaving", "its forward fails for inputs of 2x3: SystemExit: 3"),
    ("Silent", "its forward gives no tensor")])
def test_a_module_whose_forward_does_not_go_is_one_line(name, message, tmp_path, capsys):
    assert_refused(capsys, tmp_path, f"zoo:{name}: {message}", f"tests.importing.zoo:{name}",
                   "--shape", "2,3")


def test_warnings_of_a_module_are_not_printed(tmp_path, capfd):
    assert main(["tests.importing.zoo:warning", "--shape", "2,3",
                 "--out", str(tmp_path / "net")]) == 0
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("source, message", [
    ("tests.importing.zoo:number", "gives a int, not a torch.nn.Module"),
    ("tests.importing.zoo:nothing", "AttributeError: module 'tests.importing.zoo' has no"),
    ("tests.importing.absent:small", "ModuleNotFoundError"),
    ("tests.importing.zoo:small", "give the sizes of its input"),
])
def test_a_source_without_a_module_is_refused(source, message, tmp_path, capsys):
    shape = [] if "sizes" in message else ["--shape", "1,3,20,18"]
    assert_refused(capsys, tmp_path, message, source, *shape)


def test_a_module_that_torch_cannot_export_is_one_line(tmp_path, capfd):
    assert main(["tests.importing.zoo:spectrum", "--shape", "2,5,4",
                 "--out", str(tmp_path / "net")]) == 1
    out, error = capfd.readouterr()
    assert "zoo:spectrum: torch.onnx cannot export it: " in error
    assert error.count("\n") == 1 and out == ""


@pytest.mark.parametrize("name, shape", [("attention", (2, 5, 8)), ("vision", (2, 3, 12, 8))])
def test_attention_comes_in_as_products_of_blobs(name, shape, tmp_path):
    text = ",".join(map(str, shape))
    assert main([f"tests.importing.zoo:{name}", "--shape", text,
                 "--out", str(tmp_path / "net")]) == 0
    net = Net(tmp_path / "net.prototxt", "TEST", weights=tmp_path / "net.caffemodel")
    assert sum(step.layer.spec.type == "MatMul" for step in net.layers) == 2
    x = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        torch.manual_seed(0)
        expected = getattr(zoo, name)().eval()(x)
        (found,) = net({"data": x}).values()
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def test_attention_is_written_in_plain_layers(tmp_path):
    assert main(["tests.importing.zoo:attention", "--shape", "2,5,8", "--plain", "--out",
                 str(tmp_path / "net")]) == 0
    types = {layer.type for layer in read_net(tmp_path / "net.prototxt").message.layer}
    assert "Eltwise" in types and not types & {"MatMul", "Attention"}


def test_a_folder_that_cannot_be_written_is_refused(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main([saved(tmp_path, conv_model()), "--out", str(tmp_path / "file" / "net")]) == 1
    error = capsys.readouterr().err
    assert "cannot be written" in error and error.count("\n") == 1


def test_a_net_that_would_differ_is_not_written(tmp_path, capsys):
    assert_refused(capsys, tmp_path, "would differ from ONNX Runtime's by",
                   saved(tmp_path, conv_model()), "--tolerance", "1e-12")


def test_names_by_the_exporter_of_torch_export_are_modules_too():
    from framework.export.node_names import layer_names

    node = onnx.helper.make_node("Relu", ["x"], ["y"], "node_relu")
    entry = node.metadata_props.add()
    entry.key = "pkg.torch.onnx.name_scopes"
    entry.value = "['', 'layer1', 'layer1.0', 'layer1.0.relu', 'relu']"
    twice = onnx.NodeProto()
    twice.CopyFrom(node)
    twice.output[0] = "z"
    assert layer_names([node], set()) == ["layer1.0.relu"]
    assert layer_names([node, twice], set()) == ["layer1.0.relu.relu", "layer1.0.relu.relu_2"]


def test_weights_in_float16_are_taken_as_float32(tmp_path):
    weight = np.ones((4, 3, 3, 3), np.float16)
    model = model_of(f"g ({X}) => (float y) {{ v = Cast<to=1>(w) y = Conv(x, v) }}", {})
    model.graph.initializer.append(numpy_helper.from_array(weight, "w"))
    assert main([saved(tmp_path, model), "--out", str(tmp_path / "net")]) == 0
