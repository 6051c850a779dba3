"""Recurrent operators of ONNX and modules of torch as layers."""

import numpy as np
import pytest
import torch
from torch import nn

from framework.errors import CaffeError
from framework.export.module_onnx import to_onnx
from framework.importing.convert import import_model
from framework.net.net import Net
from framework.solver.solver import Solver
from tests.importing import zoo
from tests.importing.support import assert_same, imported, model_of

T, N, D, H = 7, 3, 5, 6
RANDOM = np.random.default_rng(5)
GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}
ENDS = {"LSTM": "(y, h, c)", "GRU": "(y, h)", "RNN": "(y, h)"}


def noise(*shape):
    return RANDOM.standard_normal(shape).astype(np.float32)


def weights(kind, directions=1):
    rows = GATES[kind] * H
    return {"w": noise(directions, rows, D), "r": noise(directions, rows, H),
            "b": noise(directions, 2 * rows)}


def operator(kind, attributes="", inputs="x, w, r, b", more="", results="y, h", constants=None,
             directions=1):
    """A model of the operator alone; `results` are the model's outputs too."""
    outputs = ", ".join(f"float {name}" for name in results.split(", ") if name != '""')
    made = results if kind == "LSTM" or results.count(",") < 2 else results.rpartition(",")[0]
    text = (f"g (float[{T},{N},{D}] x{more}) => ({outputs}) {{ {made} = "
            f"{kind}<hidden_size={H}{attributes}>({inputs}) }}")
    return model_of(text, weights(kind, directions) | (constants or {}))


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("direction", ["forward", "reverse", "bidirectional"])
@pytest.mark.parametrize("kind", GATES)
def test_an_operator_gives_all_steps_and_the_last_state(kind, direction, plain, tmp_path):
    if plain and kind == "GRU":
        pytest.skip("BVLC's Caffe has no GRU")
    model = operator(kind, f',direction="{direction}"',
                     directions=1 + (direction == "bidirectional"))
    net = assert_same(model, tmp_path, plain=plain)
    assert sum(step.layer.spec.type == kind for step in net.layers) == \
        1 + (direction == "bidirectional")


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("kind", ["LSTM", "RNN"])
def test_states_are_given_in_both_directions(kind, plain, tmp_path):
    own = ", s, c0" if kind == "LSTM" else ", s"
    more = "".join(f", float[2,{N},{H}]{name}" for name in own.split(",") if name.strip())
    model = operator(kind, ',direction="bidirectional"', f'x, w, r, b, ""{own}', more,
                     "y, h, c" if kind == "LSTM" else "y, h", directions=2)
    assert_same(model, tmp_path, plain=plain)


@pytest.mark.parametrize("results", ["y", '"", h', '"", "", c', 'y, "", c', "y, h, c"])
def test_results_that_nobody_reads_are_no_outputs(results, tmp_path):
    net = assert_same(operator("LSTM", results=results), tmp_path)
    assert len(net.outputs) == len(results.replace('"", ', "").split(", "))


def test_gru_of_onnx_resets_before_or_after_its_matrix(tmp_path):
    for number, late in enumerate((0, 1)):
        net = assert_same(operator("GRU", f",linear_before_reset={late}"), tmp_path / str(number))
        assert len(net.params["y"]) == 5 + late


def test_rnn_takes_relu(tmp_path):
    assert_same(operator("RNN", ',activations=["Relu"]'), tmp_path)


@pytest.mark.parametrize("kind, attributes, inputs, constants, message", [
    ("LSTM", ",clip=0.5", "x, w, r, b", {}, "clip is 0.5; the layer has no such field"),
    ("LSTM", ",input_forget=1", "x, w, r, b", {}, "input_forget is 1"),
    ("LSTM", "", "x, w, r, b, n", {"n": np.array([7, 5, 7], np.int32)},
     r"its 3 sequences have the lengths \[7, 5, 7\]; the layer runs all of 7 steps"),
    ("LSTM", "", 'x, w, r, b, "", "", "", p', {"p": noise(1, 3 * H)}, "has peepholes"),
    ("LSTM", ',activations=["Sigmoid","Tanh","Relu"]', "x, w, r, b", {},
     "has the functions Sigmoid Tanh Relu; the layer has sigmoid tanh tanh"),
    ("RNN", ',activations=["Sigmoid"]', "x, w, r, b", {},
     "has the functions Sigmoid; the layer has tanh or relu"),
])
def test_what_the_layers_do_not_compute_is_refused(kind, attributes, inputs, constants, message,
                                                   tmp_path):
    with pytest.raises(CaffeError, match=rf"node 'y' \({kind}\): {message}"):
        imported(operator(kind, attributes, inputs, constants=constants), tmp_path)


def test_lengths_of_all_steps_and_peepholes_of_zeros_change_nothing(tmp_path):
    constants = {"n": np.array([T] * N, np.int32), "p": np.zeros((1, 3 * H), np.float32)}
    assert_same(operator("LSTM", "", 'x, w, r, b, n, "", "", p', constants=constants), tmp_path)


def test_gru_is_beyond_plain_caffe(tmp_path):
    with pytest.raises(CaffeError, match="BVLC's Caffe has no GRU \\(leave out --plain\\)"):
        imported(operator("GRU"), tmp_path, plain=True)


def from_torch(module, folder, *shapes, **options):
    """The net of a module, and its output for other inputs beside the module's."""
    module = module.eval()
    model = to_onnx(module, "module", shapes)
    sizes = dict(zip([info.name for info in model.graph.input], shapes, strict=True))
    made = import_model(model, "module", sizes, folder / "net", "net", **options)
    net = Net(folder / "net.prototxt", "TEST", weights=folder / "net.caffemodel")
    generator = torch.Generator().manual_seed(4)
    inputs = {name: torch.randn(shape, generator=generator) for name, shape in sizes.items()}
    with torch.no_grad():
        blobs = net.run(inputs)
        expected = module(*inputs.values())
    found = [blobs[name] for name in made.outputs.values()]
    return net, found, expected


def flat(given):
    return [given] if isinstance(given, torch.Tensor) else [one for part in given
                                                            for one in flat(part)]


@pytest.mark.parametrize("sizes", [
    {}, {"bidirectional": True}, {"bias": False},
    {"num_layers": 2, "bidirectional": True, "batch_first": True, "dropout": 0.5}])
@pytest.mark.parametrize("starts", ["zeros", "learned", "given"])
@pytest.mark.parametrize("kind", GATES)
def test_modules_of_torch_compute_the_same(kind, starts, sizes, tmp_path):
    module = zoo.Recurrent(kind, "all", starts, **sizes)
    shapes = [(N, T, D) if sizes.get("batch_first") else (T, N, D)]
    if starts == "given":
        shapes += [tuple(module.state.shape)] * (1 + (kind == "LSTM"))
    _, found, expected = from_torch(module, tmp_path, *shapes)
    for one, other in zip(found, flat(expected), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kind, gives", [("LSTM", "steps"), ("LSTM", "hidden"), ("LSTM", "cell"),
                                         ("GRU", "hidden"), ("RNN", "hidden")])
def test_a_head_reads_steps_or_states(kind, gives, tmp_path):
    net, (found,), expected = from_torch(zoo.Recurrent(kind, gives, bidirectional=True), tmp_path,
                                         (T, N, D))
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
    assert len(net.outputs) == 1


@pytest.mark.parametrize("gives", ["steps", "hidden"])
def test_a_net_that_was_imported_with_one_sequence_takes_several(gives, tmp_path):
    module = zoo.Recurrent("LSTM", gives, batch_first=True, bidirectional=True)
    net, _, _ = from_torch(module, tmp_path, (1, T, D))
    x = torch.randn(4, T, D, generator=torch.Generator().manual_seed(8))
    with torch.no_grad():
        (found,) = net({"data": x}).values()
        torch.testing.assert_close(found, module(x), rtol=1e-5, atol=1e-5)


def test_a_module_that_is_read_twice_is_trained_as_one(tmp_path):
    net, (found,), expected = from_torch(zoo.Twins(), tmp_path, (T, N, D))
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
    learned = [step.layer for step in net.layers if step.layer.blobs]
    assert len(learned) == 6 and len({id(blob) for layer in learned for blob in layer.blobs}) == 5


def losses_of_training(module, folder, *shapes):
    """Of 20 steps from the imported weights, on one batch of noise whose class is 2."""
    net, (found,), _ = from_torch(module, folder, *shapes)
    steps, streams, size = shapes[0]
    data = f"""layer {{ name: "data" type: "DummyData" top: "data" top: "label" dummy_data_param {{
        shape {{ dim: {steps} dim: {streams} dim: {size} }} shape {{ dim: {streams} }}
        data_filler {{ type: "constant" value: 0.3 }}
        data_filler {{ type: "constant" value: 2 }} }} }}"""
    loss = f"""layer {{ name: "loss" type: "SoftmaxWithLoss" bottom: "{net.outputs[0]}"
        bottom: "label" top: "loss" }}"""
    text = (folder / "net.prototxt").read_text().split("layer {", 2)[2]
    (folder / "train.prototxt").write_text(f"{data}\nlayer {{{text}\n{loss}")
    (folder / "solver.prototxt").write_text(
        f'net: "{folder}/train.prototxt" base_lr: 0.1 lr_policy: "fixed" momentum: 0.9 '
        f'max_iter: 20 snapshot_prefix: "{folder}/snap" snapshot_after_train: false')
    solver = Solver(str(folder / "solver.prototxt"), weights=str(folder / "net.caffemodel"))
    losses = []
    for _ in range(20):
        solver.step(1)
        losses.append(float(solver.net.blobs["loss"].detach()))
    return losses, solver.net, net


@pytest.mark.parametrize("module", [
    zoo.Recurrent("LSTM", "hidden", bidirectional=True), zoo.Recurrent("LSTM", "cell"),
    zoo.Recurrent("GRU", "hidden", num_layers=2), zoo.Recurrent("RNN", "hidden")])
def test_an_imported_recurrent_net_trains_on(module, tmp_path):
    losses, _, _ = losses_of_training(module, tmp_path, (T, N, D))
    assert losses[-1] < 0.3 * losses[0]


def test_an_encoder_learns_through_the_states_that_start_a_decoder(tmp_path):
    losses, trained, before = losses_of_training(zoo.Translator(), tmp_path, (T, N, D))
    assert losses[-1] < 0.3 * losses[0]
    for one, other in zip(trained.params["encoder"], before.params["encoder"], strict=True):
        assert (one - other).abs().max() > 1e-3


def test_the_first_states_of_a_module_are_learned(tmp_path):
    losses, trained, before = losses_of_training(zoo.Recurrent("GRU", "hidden", "learned"),
                                                 tmp_path, (T, N, D))
    (name,) = [name for name in before.params if "constant" in name]
    assert (trained.params[name][0] - before.params[name][0]).abs().max() > 1e-3


def test_plain_rnn_keeps_its_hidden_state_as_output_while_it_learns(tmp_path):
    module = zoo.Recurrent("RNN", "steps")
    net, (found,), expected = from_torch(module, tmp_path, (T, N, D), plain=True)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
    (layer,) = [step.layer for step in net.layers if step.layer.spec.type == "RNN"]
    assert [one.lr_mult for one in layer.spec.proto.param] == [1, 1, 1, 0, 0]
    with torch.no_grad():       # the second tanh would change values that are not small
        module.rnn.weight_ih_l0.mul_(30)
        net.params[layer.spec.name][0].mul_(30)
        x = torch.randn(T, N, D, generator=torch.Generator().manual_seed(8))
        (found,) = net({"data": x}).values()
        torch.testing.assert_close(found, module(x), rtol=1e-5, atol=1e-5)


def test_lstm_is_the_definition_with_its_gates_in_the_order_of_torch():
    """A guard on the module above: gates i f g o, so that a change of order would be seen."""
    module = nn.LSTM(2, 1)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.zero_()
        module.bias_ih_l0[1] = 50.0         # forget nothing
        module.bias_ih_l0[2] = 0.5          # the candidate
        y, (_, cell) = module(torch.zeros(3, 1, 2))
    assert cell.item() == pytest.approx(3 * 0.5 * np.tanh(0.5), rel=1e-5)
