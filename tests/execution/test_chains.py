"""Chains of layers in place are fused: values, gradients, sums and blobs as one by one."""

import copy
import weakref

import numpy as np
import pytest
import torch

from framework.execution.chains import Chain
from tests.support import net_from, noise

INPUT = 'layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 dim: 9 ' \
        "dim: 7 } } }\n"
GAUSSIAN = 'weight_filler { type: "gaussian" std: 0.5 } bias_filler { type: "gaussian" std: 0.5 }'


def conv(name, bottom, more="", outputs=4):
    return (f'layer {{ name: "{name}" type: "Convolution" bottom: "{bottom}" top: "{name}" '
            f"convolution_param {{ num_output: {outputs} kernel_size: 3 pad: 1 {GAUSSIAN} {more} "
            "} }\n")


def layer(kind, bottom, top=None, more="", name=None):
    return (f'layer {{ name: "{name or kind.lower() + "_" + bottom}" type: "{kind}" '
            f'bottom: "{bottom}" top: "{top or bottom}" {more} }}\n')


SCALE = 'scale_param { bias_term: true filler { type: "gaussian" mean: 1 std: 0.5 } ' \
        'bias_filler { type: "gaussian" std: 0.5 } }'
SIDES = "pad_t: 0 pad_l: 1 pad_b: 2 pad_r: 1"
BLOCK = layer("BatchNorm", "a") + layer("Scale", "a", more=SCALE) + layer("ReLU", "a")
NETS = {
    "all four": conv("a", "x") + BLOCK,
    "no bias, no ReLU": conv("a", "x", "bias_term: false stride: 2") + layer("BatchNorm", "a")
    + layer("Scale", "a"),
    "no Scale": conv("a", "x") + layer("BatchNorm", "a") + layer("ReLU", "a"),
    "groups": conv("d", "x") + conv("a", "d", "group: 2 dilation: 2", 6) + BLOCK,
    "padding of single sides": conv("a", "x").replace("pad: 1", SIDES) + BLOCK,
    "SAME of each size": conv("a", "x", "stride: 2").replace("pad: 1", "pad_type: 1") + BLOCK,
    "a window past the end": conv("a", "x", "stride: 8 dilation: 5").replace("pad: 1", "") + BLOCK,
    "a visible convolution": conv("c", "x") + layer("BatchNorm", "c", "a")
    + layer("Scale", "a", more=SCALE) + layer("ReLU", "a"),
    "a sum": conv("c", "x") + conv("d", "x") + 'layer { name: "a" type: "Eltwise" bottom: "c" '
    'bottom: "d" top: "a" }' + layer("ReLU", "a") + conv("e", "a"),
    "a product": layer("InnerProduct", "x", "a", f"inner_product_param {{ num_output: 5 "
                       f"{GAUSSIAN} }}") + layer("ReLU", "a"),
}


def filled(text, phase, **more):
    net = net_from(INPUT + text, phase, **more).double()
    generator = torch.Generator().manual_seed(3)
    for step in net.layers:
        if step.layer.spec.type == "BatchNorm":
            mean, variance, factor = step.layer.blobs[:3]
            mean.normal_(generator=generator)
            variance.uniform_(1, 3, generator=generator)
            factor.fill_(2)
    return net


def one_by_one(net):
    other = copy.deepcopy(net)
    other.fuse = False
    return other


def names(net):
    return [str(step.layer) for step in net.fused if isinstance(step.layer, Chain)
            and len(step.layer.layers) > 1]


@pytest.mark.parametrize("phase", ["TRAIN", "TEST"])
@pytest.mark.parametrize("text", NETS.values(), ids=NETS)
def test_a_chain_has_the_values_gradients_and_sums_of_its_layers(text, phase):
    net = filled(text, phase)
    assert names(net)
    other = one_by_one(net)
    found = []
    for one in (net, other):
        x = noise(2, 3, 9, 7)
        one({"x": x})
        out = one.blobs[one.outputs[0]]
        (out * noise(*out.shape, seed=5)).sum().backward()
        found.append((one.blobs, x.grad, [p.grad for p in one.parameters()], list(one.buffers())))
    (blobs, *rest), (expected, *others) = found
    assert blobs.keys() == expected.keys()
    torch.testing.assert_close(blobs, expected, rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(rest, others, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize("text", NETS.values(), ids=NETS)
def test_without_gradients_the_values_are_the_same_to_rounding(text, frozen):
    net = filled(text, "TEST").float()
    other = one_by_one(net)
    net.freeze(frozen)
    sizes = [(2, 3, 9, 7)] if "InnerProduct" in text else [(2, 3, 9, 7), (3, 3, 20, 31)]
    for size in sizes:
        x = noise(*size, dtype=torch.float32, requires_grad=False)
        with torch.inference_mode():
            net({"x": x})
            other({"x": x})
        assert net.blobs.keys() == other.blobs.keys()
        torch.testing.assert_close(net.blobs, other.blobs, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", [kind for kind in NETS if kind != "a product"])
def test_convolutions_of_every_padding_are_folded_and_packed(kind):
    net = filled(NETS[kind], "TEST")
    heads = [step.layer.head for step in net.fused if isinstance(step.layer, Chain)
             and step.layer.folds]
    assert len(heads) == NETS[kind].count('type: "Convolution"')


def test_the_folded_convolution_is_the_formula_of_the_three_layers():
    net = filled(NETS["all four"], "TEST").float().freeze()
    x = noise(2, 3, 9, 7, dtype=torch.float32, requires_grad=False)
    with torch.no_grad():
        net({"x": x})
        alone = torch.conv2d(x, *net.params["a"], padding=1).numpy()
    mean, variance, factor = (blob.numpy() for blob in net.params["batchnorm_a"])
    scale, bias = (blob.detach().numpy()[:, None, None] for blob in net.params["scale_a"])
    mean, variance = (blob[:, None, None] / factor for blob in (mean, variance))
    expected = np.maximum((alone - mean) / np.sqrt(variance + 1e-5) * scale + bias, 0)
    np.testing.assert_allclose(net.blobs["a"], expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("text, chains", [
    (conv("a", "x") + BLOCK, ["a + batchnorm_a + scale_a + relu_a"]),
    (conv("c", "x") + layer("BatchNorm", "c", "b") + layer("Scale", "b", "a"), []),
    (conv("a", "x") + layer("Power", "a", "seen") + layer("ReLU", "a"), []),
    (conv("a", "x") + layer("BatchNorm", "a") + layer("Power", "a", "seen") + layer("Scale", "a"),
     ["a + batchnorm_a"]),
    (conv("a", "x") + layer("BatchNorm", "a") + layer("Scale", "a", more="propagate_down: false"),
     ["a + batchnorm_a"]),
    (conv("a", "x") + layer("BatchNorm", "a") + layer("Scale", "a", more="scale_param { axis: 2 "
                                                      "}"), ["a + batchnorm_a"]),
    (conv("a", "x") + layer("BatchNorm", "a", more="batch_norm_param { scale_bias: true }")
     + layer("Scale", "a"), ["a"]),
    (layer("Power", "x", "a") + layer("ReLU", "a"), []),
    (conv("a", "x") + layer("ReLU", "a", more="relu_param { negative_slope: 0.1 }"), []),
])
def test_only_what_nobody_sees_is_left_out(text, chains):
    net = filled(text, "TEST")
    assert names(net) == [name for name in chains if "+" in name]
    other = one_by_one(net)
    x = noise(2, 3, 9, 7)
    net({"x": x})
    other({"x": x})
    torch.testing.assert_close(net.blobs, other.blobs, rtol=1e-10, atol=1e-10)


def test_a_frozen_net_sees_new_weights_and_new_sums():
    net = filled(NETS["all four"], "TEST").float().freeze()
    x = noise(2, 3, 9, 7, dtype=torch.float32, requires_grad=False)
    with torch.no_grad():
        for layer_name in net.params:
            net({"x": x})
            net.params[layer_name][0].mul_(3)
            other = one_by_one(net)
            torch.testing.assert_close(net({"x": x}), other({"x": x}), rtol=1e-4, atol=1e-5)
        net.params["a"][0].data.mul_(3)         # behind autograd's back
        torch.testing.assert_close(net.freeze()({"x": x}), one_by_one(net)({"x": x}),
                                   rtol=1e-4, atol=1e-5)


def test_not_a_number_shows_behind_a_relu():
    net = filled(NETS["all four"], "TEST").float().freeze()
    x = noise(2, 3, 9, 7, dtype=torch.float32, requires_grad=False)
    x[1, 2, 4, 4] = float("nan")
    with torch.no_grad():
        net({"x": x})
    assert net.blobs["a"].isnan().sum() == 4 * 9


def test_the_hook_of_a_layer_in_a_chain_is_called():
    net = filled(NETS["all four"], "TEST")
    seen = []
    net.layer("batchnorm_a").register_forward_hook(lambda module, x, y: seen.append(y.clone()))
    x = noise(2, 3, 9, 7, requires_grad=False)
    out = net({"x": x})["a"]
    scale, bias = net.params["scale_a"]
    expected = (seen[0] * scale.view(-1, 1, 1) + bias.view(-1, 1, 1)).relu()
    torch.testing.assert_close(out, expected)


@pytest.mark.parametrize("fused", [True, False])
def test_blobs_that_nobody_wants_are_let_go_of(fused):
    net = filled(NETS["a sum"] + layer("Power", "x", "alone"), "TEST")
    net.fuse = fused
    x, alive = noise(2, 3, 9, 7, requires_grad=False), []
    net.layer("e").register_forward_hook(lambda module, x, y: alive.append(sum(
        references[name]() is not None for name in ("c", "d"))))
    references = {}
    for name in ("c", "d"):
        net.layer(name).register_forward_hook(
            lambda module, x, y, name=name: references.update({name: weakref.ref(y)}))
    with torch.no_grad():
        found = net.run({"x": x}, ["e", "x"])
        expected = net.run({"x": x})
    assert alive[0] == 0 and alive[1] > 0
    assert list(found) == ["e", "x"]
    torch.testing.assert_close(found["e"], expected["e"])
