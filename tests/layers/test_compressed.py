"""Weights and blobs of few bits, from their definitions."""

import numpy as np
import pytest
import torch

from framework import parse_net
from framework.errors import SpecError
from framework.net.net import Net
from tests.support import layer_text, noise


def ternary(x):
    delta = 0.7 * np.abs(x).mean()
    signs = (x > delta).astype(float) - (x < -delta)
    return signs * np.abs(x[signs != 0]).mean()


def step_of(x, bits):
    return 2.0 ** (np.floor(np.log2(np.abs(x).max())) - (bits - 1))


def net_of(fields, phase="TRAIN"):
    text = layer_text("Convolution", "convolution_param { num_output: 4 kernel_size: 3 "
                      'weight_filler { type: "gaussian" } bias_filler { type: "gaussian" } }',
                      [(2, 3, 5, 4)], fields=fields)
    return Net(parse_net(text), phase=phase).double()


def test_three_levels_of_weights_are_computed_with():
    net = net_of('weights_compress: "Ternary"')
    layer = net.layer("layer")
    weight, bias = layer.blobs
    x = noise(2, 3, 5, 4)
    top = net({"bottom0": x})["top0"]
    few = torch.from_numpy(ternary(weight.detach().numpy()))
    expected = torch.nn.functional.conv2d(x, few, bias)
    np.testing.assert_allclose(top.detach(), expected.detach(), rtol=1e-9, atol=1e-12)
    slopes = noise(tuple(top.shape), seed=4, requires_grad=False)
    (of_x,) = torch.autograd.grad((top * slopes).sum(), x, retain_graph=True)
    (wanted,) = torch.autograd.grad((expected * slopes).sum(), x)
    np.testing.assert_allclose(of_x, wanted, rtol=1e-9, atol=1e-12)
    full = torch.nn.functional.conv2d(x.detach(), weight, bias)
    found, of_bias = torch.autograd.grad((top * slopes).sum(), (weight, bias))
    straight, same = torch.autograd.grad((full * slopes).sum(), (weight, bias))
    np.testing.assert_allclose(found, straight, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(of_bias, same, rtol=1e-9)


def test_quantized_weights_are_steps_of_a_power_of_two_without_bias():
    net = net_of('weights_compress: "" weights_compress: "Quantize" weights_compress_param { } '
                 "weights_compress_param { maxbits: 3 }")
    bias = net.layer("layer").blobs[1]
    with torch.no_grad():
        bias.copy_(torch.tensor([0.9, -0.33, 0.5, 0.06]))
    step = step_of(bias.detach().numpy(), 3)
    assert step == 0.125
    zero = torch.zeros(2, 3, 5, 4, dtype=torch.float64)
    found = torch.stack([net({"bottom0": zero})["top0"][0, :, 0, 0] for _ in range(2000)]).detach()
    steps = (found / step).numpy()
    np.testing.assert_array_equal(steps, steps.round())
    assert set(steps[:, 0]) == {7}              # 7.2 plus a draw; no more than 7 steps
    assert set(steps[:, 3]) == {0, 1}           # 0.48 plus a draw
    np.testing.assert_allclose(steps[:, 1:].mean(0), [-2.64, 4, 0.48], atol=0.06)


def test_stated_numbers_count_in_test_only():
    fields = ('weights_compress: "Ternary_Quantize" weights_compress_param { delta: 0.5 alpha: 6 '
              "fixedpos: -3 }")
    net = net_of(fields, "TEST")
    weight = net.layer("layer").blobs[0].detach()
    x = noise(2, 3, 5, 4, requires_grad=False)
    signs = (weight > 0.5).double() - (weight < -0.5).double()
    expected = torch.nn.functional.conv2d(x, signs * 0.75, net.layer("layer").blobs[1])
    np.testing.assert_allclose(net({"bottom0": x})["top0"].detach(), expected.detach(), rtol=1e-9)
    again = net_of(fields)
    top = again({"bottom0": x})["top0"].detach()
    assert not torch.allclose(top, torch.nn.functional.conv2d(
        x, again.layer("layer").blobs[0], again.layer("layer").blobs[1]))


def test_a_blob_of_three_levels_passes_its_gradient_on():
    x = noise(2, 3, 5, 4)
    text = layer_text("CompressedBlob", "", [(2, 3, 5, 4)],
                      fields='activations_compress: "Ternary"')
    top = Net(parse_net(text)).double()({"bottom0": x})["top0"]
    np.testing.assert_allclose(top.detach(), ternary(x.detach().numpy()), rtol=1e-9)
    top.backward(2 * torch.ones_like(top))
    assert (x.grad == 2).all()


def test_a_layer_in_place_follows_each_top_that_is_compressed():
    document = parse_net("""
      layer { name: "d" type: "Input" top: "x" top: "y" input_param { shape { dim: 2 dim: 3 }
              shape { dim: 2 } } activations_compress: "Quantize" include { phase: TRAIN } }
      layer { name: "r" type: "ReLU" bottom: "x" top: "x" }""")
    first, added, last = document.message.layer
    assert [first.type, added.type, last.type] == ["Input", "CompressedBlob", "ReLU"]
    assert not first.activations_compress and list(added.activations_compress) == ["Quantize"]
    assert list(added.bottom) == list(added.top) == ["x"] and added.include[0].phase == 0
    net = Net(document, phase="TRAIN")
    x = torch.tensor([[0.3, 1.9, 1.0], [0.7, 0.2, 0.0]])
    found = net({"x": x, "y": torch.zeros(2)})["x"]
    assert ((found - x).abs() <= 2.0 ** -7).all()
    assert torch.equal((found * 128).round(), found * 128)


@pytest.mark.parametrize("fields, words", [
    ('weights_compress: "ULQ"', "is 'ULQ'; it must be one of Quantize, Ternary, Ternary_Quantize"),
    ('weights_compress: "Ternary" ' * 3, "is given 3 times; the layer has 2 blobs"),
    ('weights_compress: "Quantize" weights_compress_param { maxbits: 40 }', "maxbits is 40"),
    ('activations_compress: "Ternary" ' * 2, "is given 2 times; the layer has 1 tops"),
])
def test_settings_that_do_not_fit_are_refused(fields, words):
    with pytest.raises(SpecError, match=words):
        net_of(fields)


def test_a_message_of_weights_is_no_stranger(caplog):
    net_of('weights_compress: "Ternary" weights_compress_param { maxbits: 4 }')
    assert "not read" not in caplog.text
