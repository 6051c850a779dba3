"""Convolutions of frozen nets: the sum in their definition, for all sizes, in several threads."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch

from framework.execution.packed import channels_last
from framework.execution.winograd import Winograd, pays
from framework.net.net import Net
from tests.support import net_from

ZOO = Path(__file__).resolve().parents[2] / "prototxt"


def noise(*size, seed=0):
    return torch.randn(size, generator=torch.Generator().manual_seed(seed))


def by_definition(x, weight, bias, pad):
    """In float64, position by position of the filter."""
    x, weight = np.pad(x.double(), ((0, 0), (0, 0), (pad[0],) * 2, (pad[1],) * 2)), weight.double()
    height, width = x.shape[2] - 2, x.shape[3] - 2
    y = sum(np.einsum("nchw,kc->nkhw", x[:, :, i:i + height, j:j + width], weight[:, :, i, j])
            for i in range(3) for j in range(3))
    return y + (0 if bias is None else bias.double().numpy()[:, None, None])


@pytest.mark.parametrize("height, width", [(3, 5), (4, 8), (9, 7), (33, 18), (13, 90)])
@pytest.mark.parametrize("pad", [(0, 0), (1, 1), (2, 1)])
@pytest.mark.parametrize("relu, biased", [(False, True), (True, False)])
def test_winograd_is_the_sum_in_the_definition(height, width, pad, relu, biased):
    x, weight = noise(2, 19, height, width), noise(21, 19, 3, 3, seed=1) / 13
    bias = noise(21, seed=2) if biased else None
    expected = by_definition(x, weight, bias, pad)
    if relu:
        expected = np.maximum(expected, 0)
    found = Winograd(weight, bias, pad, relu)(x)
    np.testing.assert_allclose(found, expected, rtol=0, atol=3e-5)


def test_not_a_number_shows_behind_winograd_with_a_relu():
    x = noise(1, 17, 10, 11)
    x[0, 3, 5, 6] = float("nan")
    y = Winograd(noise(18, 17, 3, 3), None, (1, 1), True)(x)
    assert y[0, :, 4:7, 5:8].isnan().all()


def test_winograd_is_taken_for_many_channels_and_not_for_few():
    assert pays(256, 256, (1, 75, 75), 1)
    assert not pays(3, 64, (1, 224, 224), 1)
    assert not pays(512, 512, (1, 7, 7), 1)
    assert pays(512, 512, (8, 7, 7), 1)


CONV = 'layer {{ name: "{0}" type: "Convolution" bottom: "{1}" top: "{0}" convolution_param {{ ' \
    'num_output: {2} kernel_size: 3 pad: 1 weight_filler {{ type: "msra" }} bias_filler {{ ' \
    'type: "gaussian" std: 1 }} }} }}\n'
RELU = 'layer {{ name: "{0}_relu" type: "ReLU" bottom: "{0}" top: "{0}" }}\n'
TEXT = 'layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 1 dim: 3 dim: 30 ' \
    "dim: 41 } } }\n" + CONV.format("a", "x", 64) + RELU.format("a") + CONV.format("b", "a", 72) \
    + RELU.format("b") + CONV.format("c", "b", 12) + CONV.format("d", "b", 24)


def frozen_and_not():
    net = net_from(TEXT, "TEST")
    other = net_from(TEXT, "TEST", share_with=net)
    other.fuse = False
    return net.freeze(), other


def test_a_frozen_net_takes_any_batch_and_size_in_turn():
    net, other = frozen_and_not()
    with torch.inference_mode():
        for size in [(1, 3, 30, 41), (3, 3, 30, 41), (2, 3, 17, 64), (1, 3, 4, 3), (1, 3, 30, 41)]:
            x = noise(*size)
            torch.testing.assert_close(net.run({"x": x}, ["c", "d"]),
                                       other.run({"x": x}, ["c", "d"]), rtol=1e-4, atol=1e-4)


def test_a_frozen_net_runs_in_several_threads():
    net, other = frozen_and_not()
    images = [noise(1, 3, 30 + index % 3, 41, seed=index) for index in range(12)]

    def run(x):
        with torch.inference_mode():
            return net.run({"x": x}, ["d"])["d"]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(run, images))
    with torch.inference_mode():
        for x, y in zip(images, found, strict=True):
            torch.testing.assert_close(y, other.run({"x": x}, ["d"])["d"], rtol=1e-4, atol=1e-4)


def test_heads_of_one_bottom_run_as_one_and_alone_with_gradients_or_hooks():
    net, other = frozen_and_not()
    x = noise(2, 3, 17, 64)
    assert [step.tops for step in net.fused][-1] == ("c", "d")
    expected = other.run({"x": x})
    for _ in range(2):
        with torch.no_grad():
            found = net.run({"x": x})
        assert found.keys() == expected.keys()
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)
        net.params["d"][1].data.add_(1)
        net.params["d"][1].detach().mul_(2)         # counted, as an update is
        expected = other.run({"x": x})
    net.run({"x": x})["d"].sum().backward()
    assert net.params["d"][0].grad is not None
    seen = []
    net.layer("d").register_forward_hook(lambda module, x, y: seen.append(y.shape))
    with torch.no_grad():
        net.run({"x": x})
    assert seen == [(2, 24, 17, 64)]


def test_heads_are_not_joined_over_a_layer_that_writes_between_them():
    between = 'layer { name: "p" type: "Power" bottom: "b" top: "b" power_param { scale: 2 } }\n'
    text = TEXT.replace(CONV.format("d", "b", 24), between + CONV.format("d", "b", 24))
    net, other = net_from(text, "TEST").freeze(), net_from(text, "TEST")
    x = noise(2, 3, 17, 31)
    with torch.no_grad():
        torch.testing.assert_close(net.run({"x": x}, ["c", "d"]), other.run({"x": x}, ["c", "d"]),
                                   rtol=1e-4, atol=1e-4)


@pytest.mark.filterwarnings("ignore::DeprecationWarning",
                            "ignore::torch.jit.TracerWarning")
def test_a_trace_of_a_frozen_net_computes():
    net, other = frozen_and_not()
    net.requires_grad_(False)
    with torch.no_grad():
        traced = torch.jit.trace(lambda x: net.run({"x": x}, ["d"])["d"], noise(1, 3, 30, 41))
        x = noise(1, 3, 30, 41, seed=1)
        torch.testing.assert_close(traced(x), other.run({"x": x}, ["d"])["d"],
                                   rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("size", [(7, 4), (2, 5, 8), (3, 2, 5, 1), (2, 9), (0, 3)])
def test_softmax_without_gradients_is_its_definition(size):
    x = noise(*size) * 30
    text = f'layer {{ name: "in" type: "Input" top: "x" input_param {{ shape {{ ' \
        f'{" ".join(f"dim: {max(n, 1)}" for n in size)} }} }} }} layer {{ name: "y" ' \
        f'type: "Softmax" bottom: "x" top: "y" softmax_param {{ axis: -1 }} }}'
    with torch.no_grad():
        y = net_from(text, "TEST")({"x": x})["y"]
    powers = np.exp(x.double().numpy())
    np.testing.assert_allclose(y, powers / powers.sum(-1, keepdims=True), rtol=1e-4, atol=1e-12)
    assert y.is_contiguous()


SUM = 'layer {{ name: "s" type: "Eltwise" bottom: "{0}" bottom: "{1}" top: "s" {2} }}\n'
END = CONV.format("e", "s", 5)


@pytest.mark.parametrize("between, joins", [
    (SUM.format("b", "c", "") + RELU.format("s"), True),
    (SUM.format("c", "b", ""), True),
    (SUM.format("c", "b", "eltwise_param { coeff: 1 coeff: -1 }"), False),
    (SUM.format("b", "c", "eltwise_param { operation: MAX }"), False),
    ('layer { name: "k" type: "Parameter" top: "k" parameter_param { shape { dim: 1 } } }\n'
     + SUM.format("c", "k", "eltwise_param { coeff_blob: true }"),
     False),
    (SUM.format("b", "c", "") + CONV.format("f", "c", 3), False),
    (SUM.format("b", "c", "propagate_down: true propagate_down: false"), False),
    (RELU.format("c") + SUM.format("b", "c", ""), False),
    (SUM.format("c", "c", ""), False),
    (RELU.format("a") + SUM.format("a", "c", ""), True),
    (RELU.format("b") + SUM.format("b", "c", ""), False),       # the convolution read b before
    (RELU.format("b") + SUM.format("a", "c", ""), False),
])
def test_a_sum_and_the_convolution_that_only_it_reads_are_one(between, joins):
    text = TEXT.split(CONV.format("b", "a", 72))[0] + CONV.format("b", "a", 64) \
        + CONV.format("c", "b", 64) + between + END
    net, other = net_from(text, "TEST"), net_from(text, "TEST")
    other.load_state_dict(net.state_dict())
    other.fuse = False
    x = noise(2, 3, 17, 31)
    with torch.no_grad():
        found = net.freeze().run({"x": x}, ["e"])
        torch.testing.assert_close(found, other.run({"x": x}, ["e"]), rtol=1e-4, atol=1e-4)
        assert joins == any("+ s" in str(step.layer) for step in net._plan(True, frozenset("e"))[0])
        torch.testing.assert_close(net.run({"x": x}, ["c", "e"]), other.run({"x": x}, ["c", "e"]),
                                   rtol=1e-4, atol=1e-4)
        assert net.run({"x": x}).keys() == other.run({"x": x}).keys()
    net.run({"x": x}, ["e"])["e"].sum().backward()
    assert net.params["b"][0].grad is not None


@pytest.mark.parametrize("name", ["resnet18", "ssd300_mobilenet_v2", "ssd300_squeezenet"])
def test_nets_of_the_zoo_give_the_same_frozen_or_not(name):
    net = Net(ZOO / name / "deploy.prototxt")
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for step in net.layers:
            if step.layer.spec.type == "BatchNorm":
                mean, variance, factor = step.layer.blobs
                mean.normal_(0, 0.1, generator=generator)
                variance.uniform_(1, 2, generator=generator)
                factor.fill_(1)
    x = noise(*net.shapes["data"])
    with torch.inference_mode():
        expected = net.run({"data": x})
        found = net.freeze().run({"data": x})
        outputs = net.run({"data": x}, net.outputs)
    detections = {top for step in net.layers for top in step.tops
                  if step.layer.spec.type == "DetectionOutput"}      # near ties may change places
    assert expected.keys() == found.keys()
    for blob in found.keys() - detections:
        largest = expected[blob].abs().max().item()
        torch.testing.assert_close(found[blob], expected[blob], rtol=1e-3, atol=1e-5 * largest)
    for blob in outputs.keys() - detections:
        torch.testing.assert_close(outputs[blob], expected[blob], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5])
def test_channels_last_changes_the_order_in_memory_only(channels):
    x = noise(2, channels, 5, 7)
    y = channels_last(x)
    assert y.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(y, x, rtol=0, atol=0)


def test_a_shared_blob_is_packed_once_and_again_when_its_owner_changes():
    """That of b has lr_mult 0, and is made as a view of a's at each forward."""
    text = "".join(CONV.format(name, "x", 4).replace(
        "convolution_param", f'param {{ name: "w" lr_mult: {rate} }} convolution_param', 1)
        for name, rate in (("a", 1), ("r", 1), ("b", 0)))
    net = net_from('layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 '
                   'dim: 7 dim: 6 } } }\n' + text + 'layer { name: "relu" type: "ReLU" bottom: '
                   '"b" top: "b" }\n').optimize_for_inference()
    given = {"x": noise(2, 3, 7, 6)}
    chain, = (step.layer for step in net.fused if repr(step.layer) == "b + relu")
    with torch.no_grad():
        net(given)
        packed = chain.packed()
        net(given)
        assert chain.packed() is packed
        net.params["a"][0].zero_()
        found = net(given)["b"]
    bias = net.params["b"][1].detach().clamp(min=0)[:, None, None]
    torch.testing.assert_close(found, bias.expand_as(found))
