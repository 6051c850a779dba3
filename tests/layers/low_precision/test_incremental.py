"""Incremental quantization against its definition, one weight at a time, and through a solver."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from framework import Solver
from framework.errors import SpecError
from framework.weights.weights import load_weights, save_weights
from tests.support import layer_text, make, net_from, noise

ONES = ("weight_mask_filler { type: 'constant' value: 1 } "
        "bias_mask_filler { type: 'constant' value: 1 }")
KINDS = {
    "INQConvolution": ("convolution_param { num_output: 5 kernel_h: 3 kernel_w: 2 pad_w: 1 }",
                       "inq_convolution_param", (2, 3, 5, 4)),
    "INQInnerProduct": ("inner_product_param { num_output: 4 }", "inq_inner_product_param",
                        (3, 2, 5)),
}


def of(kind, portions, powers=3, **more):
    param, settings, size = KINDS[kind]
    first, second = portions
    return make(kind, f"{param} {settings} {{ portion: {first} portion: {second} "
                f"num_quantum_values: {powers} {ONES} }}", size, **more)


def rounded(number):
    return math.floor(number + 0.5)


def power(value):
    return math.floor(math.log(4.0 * value / 3.0) / math.log(2.0))


def quantized(values, mask, portions, powers):
    """The values and masks that the text of the original's layer gives, value by value."""
    flat, bits = values.ravel().copy(), mask.ravel().copy()
    free = sorted(abs(value) for value, bit in zip(flat, bits, strict=True) if bit == 1)
    held = [abs(value) for value, bit in zip(flat, bits, strict=True) if bit == 0]
    highest = rounded(math.log2(max(held))) if held and max(held) > 1.2e-7 else power(free[-1])
    ever = rounded(len(free) / (1 - np.float32(portions[0]).item()))
    kept = rounded(ever * (1 - np.float32(portions[1]).item()))
    for index, value in enumerate(flat):
        if bits[index] == 1 and kept < len(free) and abs(value) >= free[kept]:
            exponent = power(abs(value))
            size = 2.0 ** exponent if exponent >= highest - powers + 1 else 0
            flat[index] = math.copysign(size, value)
            bits[index] = 0
    return flat.reshape(values.shape), bits.reshape(mask.shape)


@pytest.mark.parametrize("portions, powers", [((0, 0.3), 3), ((0, 1), 2), ((0.2, 0.2), 3),
                                              ((0.25, 0.75), 7), ((0, 0), 3)])
@pytest.mark.parametrize("kind", KINDS)
def test_the_largest_values_become_powers_of_two_before_the_first_iteration(kind, portions, powers):
    layer = of(kind, portions, powers)
    with torch.no_grad():
        for mask in (layer.weight_mask, layer.bias_mask):
            mask.fill_(1)
        if portions[0]:         # a part is quantized already
            layer.weight_mask.view(-1)[::4] = 0
            layer.weight.copy_(torch.where(layer.weight_mask == 0, 0.5, layer.weight * 0.2))
    blobs = [blob.detach().numpy().copy() for blob in layer.blobs]
    layer.note_progress(0, 10)
    for values, mask in ((0, 2), (1, 3)):
        expected = (blobs[values], blobs[mask]) if portions[1] == 0 \
            else quantized(blobs[values], blobs[mask], portions, powers)
        np.testing.assert_array_equal(layer.blobs[values].detach().numpy(), expected[0])
        np.testing.assert_array_equal(layer.blobs[mask].numpy(), expected[1])
    before = layer.weight.detach().clone()
    layer.note_progress(0, 10)          # once in a training
    assert torch.equal(layer.weight, before)


@pytest.mark.parametrize("kind", KINDS)
def test_the_layer_is_a_plain_one_of_its_weight_and_bias(kind):
    layer = of(kind, (0, 0.5))
    with torch.no_grad():
        layer.weight_mask.zero_()       # says what moves, and hides nothing
    x = noise(*KINDS[kind][2])
    expected = F.conv2d(x, layer.weight, layer.bias, padding=(0, 1)) if "Conv" in kind \
        else F.linear(x.flatten(1), layer.weight, layer.bias)
    torch.testing.assert_close(layer(x), expected)
    assert torch.autograd.gradcheck(layer, x)


def test_a_run_that_goes_on_quantizes_nothing():
    layer = of("INQInnerProduct", (0, 0.5))
    before = layer.weight.detach().clone()
    layer.note_progress(7, 10)
    assert torch.equal(layer.weight, before)


def test_a_net_of_another_type_masks_by_its_new_masks():
    net = net_from(layer_text("INQInnerProduct", KINDS["INQInnerProduct"][0] + " inq_inner_product"
                              f"_param {{ portion: 0 portion: 0.5 {ONES} }}", [(3, 2, 5)]),
                   "TRAIN").double()
    layer = net.layers[-1].layer
    with torch.no_grad():
        for values in (layer.weight, layer.bias):
            values.copy_(noise(*values.shape))
    layer.note_progress(0, 10)
    masks = [blob.mask for blob in net.learned[:2]]
    assert masks[0] is layer.weight_mask and masks[1] is layer.bias_mask
    assert float(masks[0].mean()) == 0.5


def test_values_that_are_all_pruned_stay_so():
    layer = of("INQInnerProduct", (0, 0.5))
    with torch.no_grad():
        layer.weight.zero_()
        layer.weight_mask.zero_()
        layer.bias_mask.fill_(1)
    layer.note_progress(0, 10)
    assert bool((layer.weight == 0).all())


def test_nothing_to_quantize_is_an_error():
    layer = of("INQInnerProduct", (0, 0.5))
    with torch.no_grad():
        layer.weight.zero_()
        layer.weight_mask.fill_(1)
    with pytest.raises(SpecError, match="portion finds nothing in the weight to quantize: no value "
                       "other than 0 whose mask is 1; start from trained weights"):
        layer.note_progress(0, 10)


@pytest.mark.parametrize("value", [math.nan, math.inf])
@pytest.mark.parametrize("bit", [0, 1])
def test_values_that_are_not_finite_are_an_error(value, bit):
    layer = of("INQInnerProduct", (0, 0.5))
    with torch.no_grad():
        layer.weight_mask.fill_(1)
        layer.weight[0, 0] = value
        layer.weight_mask[0, 0] = bit
    with pytest.raises(SpecError, match="cannot quantize the weight: it has values that are not"):
        layer.note_progress(0, 10)


def test_values_that_have_grown_above_the_highest_power_are_an_error():
    layer = of("INQInnerProduct", (0.5, 0.75))
    with torch.no_grad():
        layer.weight.fill_(0.25)
        layer.weight[0, 0] = 3
        layer.weight_mask.fill_(1)
        layer.weight_mask[1] = 0
    with pytest.raises(SpecError, match=r"powers of two up to 2\^-2, the largest that is quantized "
                       "already; others have grown to 3"):
        layer.note_progress(0, 10)


@pytest.mark.parametrize("portions, message", [
    ("portion: 0.5", "portion is given 1 times; it must be 2"),
    ("", "portion is given 0 times"),
    ("portion: 0.5 portion: 0.4", "portion is 0.5 and 0.4; they must be from 0 to below 1, and"),
    ("portion: 1 portion: 1", "portion is 1 and 1; they must be"),
    ("portion: nan portion: 1", "portion is nan and 1; they must be"),
    ("portion: 0 portion: 1 num_quantum_values: 0", "num_quantum_values is 0; it must be at least"),
])
def test_portions_that_make_no_sense_are_errors(portions, message):
    with pytest.raises(SpecError, match=message):
        make("INQInnerProduct", "inner_product_param { num_output: 4 } inq_inner_product_param { "
             f"{portions} }}", (3, 2))


@pytest.mark.parametrize("kind", KINDS)
def test_a_bias_is_needed(kind):
    param, settings, size = KINDS[kind]
    with pytest.raises(SpecError, match="bias_term is false; the original cannot do without"):
        make(kind, f"{param[:-1]} bias_term: false }} {settings} {{ portion: 0 portion: 1 }}", size)


NET = """
layer { name: "data" type: "DummyData" top: "x" top: "t" dummy_data_param {
  shape { dim: 6 dim: 5 } shape { dim: 6 dim: 4 } data_filler { type: "gaussian" } data_filler {
  type: "gaussian" std: 3 } } }
layer { name: "ip" type: "TYPE" bottom: "x" top: "y" inner_product_param { num_output: 4
  weight_filler { type: "gaussian" } bias_filler { type: "gaussian" } } SETTINGS }
layer { name: "loss" type: "EuclideanLoss" bottom: "y" bottom: "t" top: "loss" }
"""
INQ = ("INQInnerProduct", "inq_inner_product_param { portion: 0 portion: 0.5 "
       f"num_quantum_values: 4 {ONES} }}")
RULE = "base_lr: 0.05 lr_policy: 'fixed' weight_decay: 0.1 max_iter: 4 random_seed: 3"


def solver(tmp_path, text, kind=INQ, **more):
    (tmp_path / "net.prototxt").write_text(NET.replace("TYPE", kind[0]).replace("SETTINGS",
                                                                               kind[1]))
    (tmp_path / "solver.prototxt").write_text(
        f'{text} net: "{tmp_path}/net.prototxt" snapshot_prefix: "{tmp_path}/s"\n')
    return Solver(tmp_path / "solver.prototxt", **more)


@pytest.mark.parametrize("rule", ["type: 'SGD' momentum: 0.9", "type: 'Nesterov' momentum: 0.9",
                                  "type: 'Adam' momentum: 0.9", "type: 'AdaDelta' momentum: 0.9 "
                                  "delta: 1e-6", "type: 'RMSProp'", "type: 'AdaGrad'"])
def test_updates_move_what_is_not_quantized_and_nothing_else(tmp_path, rule):
    run = solver(tmp_path, f"{RULE} {rule}")
    blobs = run.net.params["ip"]
    start = [blob.detach().clone() for blob in blobs]
    run.step(1)
    first = [blob.detach().clone() for blob in blobs]
    held = first[2] == 0
    assert 9 <= int(held.sum()) <= 11           # half of 20
    exponents = torch.log2(first[0][held].abs())
    assert torch.equal(exponents, exponents.round()) and bool((first[0][held] != 0).all())
    run.step(3)
    assert torch.equal(blobs[0][held], first[0][held]) and torch.equal(blobs[2], first[2])
    assert bool((blobs[0][~held] != first[0][~held]).all())
    assert bool((blobs[0][~held] != start[0][~held]).all())


def test_sgd_moves_the_others_as_if_all_were_free(tmp_path):
    run = solver(tmp_path, f"{RULE} momentum: 0.9")
    layer = next(step.layer for step in run.net.layers if step.layer.blobs)
    weights, history, mask = [], None, None
    for _ in range(3):
        before = layer.weight.detach().clone()
        run.step(1)
        mask = layer.weight_mask
        gradient = layer.weight.grad       # with decay, masked: as the update used it
        history = 0.05 * gradient if history is None else 0.9 * history + 0.05 * gradient
        weights.append(before)
        if len(weights) > 1:
            torch.testing.assert_close(layer.weight.detach(), before - history)
        assert bool((gradient[mask == 0] == 0).all())


@pytest.mark.parametrize("kind", ["AdamW", "LAMB"])
def test_a_decay_of_its_own_is_refused(tmp_path, kind):
    with pytest.raises(SpecError, match=f"type is {kind}, whose decay would move weights that a "
                       "layer of the net holds"):
        solver(tmp_path, f"{RULE} type: '{kind}' momentum: 0.9")


def test_weights_of_a_plain_net_start_a_quantization(tmp_path):
    plain = solver(tmp_path, RULE, ("InnerProduct", ""))
    save_weights(plain.net, tmp_path / "plain.caffemodel")
    run = solver(tmp_path, RULE, weights=tmp_path / "plain.caffemodel")
    blobs = run.net.params["ip"]
    assert torch.equal(blobs[0], plain.net.params["ip"][0])
    assert bool((blobs[2] == 1).all()) and bool((blobs[3] == 1).all())
    run.step(2)
    save_weights(run.net, tmp_path / "half.caffemodel")
    again = solver(tmp_path, RULE)
    load_weights(again.net, tmp_path / "half.caffemodel")
    for mine, theirs in zip(again.net.params["ip"], blobs, strict=True):
        assert torch.equal(mine, theirs)
