"""Nets as modules: loss weights, gradients that stop, shared parameters, two phases."""

import copy

import pytest
import torch

from framework import CaffeError, SpecError, parse_net
from framework.net.net import Net
from tests.net.looks import census_of
from tests.support import net_from, noise

DATA = """layer { name: "in" type: "Input" top: "x" top: "t"
  input_param { shape { dim: 4 dim: 3 } shape { dim: 4 dim: 2 } } }
"""


def product(name, bottom, top, param="", extra=""):
    return (f'layer {{ name: "{name}" type: "InnerProduct" bottom: "{bottom}" top: "{top}" {param} '
            f'{extra} inner_product_param {{ num_output: 2 weight_filler {{ type: "gaussian" '
            "std: 1 } } }\n")


def loss(bottom, extra=""):
    return (f'layer {{ name: "loss_{bottom}" type: "EuclideanLoss" bottom: "{bottom}" bottom: "t" '
            f'top: "loss_{bottom}" {extra} }}\n')


def inputs(requires_grad=False):
    return {"x": noise(4, 3, dtype=torch.float32, requires_grad=requires_grad),
            "t": noise(4, 2, seed=2, dtype=torch.float32, requires_grad=False)}


def test_the_objective_is_the_weighted_sum_of_all_losses():
    net = net_from(DATA + product("a", "x", "a") + product("b", "x", "b", extra="loss_weight: 0.5")
                   + loss("a", "loss_weight: 3"))
    given = inputs()
    out = net(given)
    a, b = net.blobs["a"], net.blobs["b"]
    expected = 3 * ((a - given["t"]) ** 2).sum() / 4 / 2 + 0.5 * b.sum()
    torch.testing.assert_close(net.objective(net.blobs), expected)
    assert sorted(out) == net.outputs == ["b", "loss_a"]


def test_a_loss_without_a_top_counts_and_is_no_output():
    net = net_from(DATA + product("a", "x", "a")
                   + 'layer { name: "l" type: "EuclideanLoss" bottom: "a" bottom: "t" }')
    net(inputs())
    assert net.outputs == []
    assert net.objective(net.blobs) > 0


def test_propagate_down_false_stops_the_gradient():
    net = net_from(DATA + product("a", "x", "a") + product("b", "a", "b",
                   extra="propagate_down: false") + loss("b"))
    net(inputs())
    net.objective(net.blobs).backward()
    assert net.params["a"][0].grad is None
    assert net.params["b"][0].grad.abs().sum() > 0


@pytest.mark.parametrize("force", [False, True])
def test_frozen_blobs_get_a_gradient_only_when_it_is_forced(force):
    net = net_from(("force_backward: true " if force else "") + DATA
                   + product("a", "x", "a", "param { lr_mult: 0 } param { lr_mult: 2 }")
                   + loss("a"))
    net(inputs())
    net.objective(net.blobs).backward()
    weight, bias = net.params["a"]
    assert (weight.grad is not None) == force
    assert bias.grad.abs().sum() > 0
    assert (net.blobs["x"].grad is not None) == force
    assert [(blob.layer, blob.index, blob.lr_mult) for blob in net.learned] == \
        [("a", 0, 0), ("a", 1, 2)]


def test_param_propagate_down_leaves_a_blob_without_gradient_that_still_has_its_rates():
    net = net_from(DATA + product("a", "x", "a", "param { param_propagate_down: false } "
                                  "param { lr_mult: 0 param_propagate_down: true }") + loss("a"))
    net(inputs())
    net.objective(net.blobs).backward()
    weight, bias = net.params["a"]
    assert weight.grad is None
    assert bias.grad.abs().sum() > 0
    assert [(blob.index, blob.lr_mult) for blob in net.learned] == [(0, 1), (1, 0)]


def test_blobs_of_one_name_are_one_parameter_and_their_gradients_add_up():
    shared = 'param { name: "w" } param { name: "b" }'
    net = net_from(DATA + product("a", "x", "a", shared) + product("b", "x", "b", shared)
                   + loss("a") + loss("b", "loss_weight: 2"))
    given = inputs()
    net(given)
    net.objective(net.blobs).backward()
    weight = net.params["a"][0]
    assert net.params["b"][0] is weight
    assert len(net.learned) == 2
    residual = (net.blobs["a"] - given["t"]).detach()
    torch.testing.assert_close(weight.grad, 3 * residual.T @ given["x"] / 4)


def test_sharing_another_shape_is_an_error_unless_permissive_and_equal_in_count():
    other = ('layer {{ name: "c" type: "InnerProduct" bottom: "a" top: "c" '
             'param {{ name: "w" {} }} '
             "inner_product_param {{ num_output: {} bias_term: false }} }}")
    first = DATA + product("a", "x", "a", 'param { name: "w" }')
    with pytest.raises(SpecError, match=r"param\[0\] shares 'w' of layer 'a', whose shape is "
                       r"\(2, 3\), not \(3, 2\); share_mode: PERMISSIVE allows equal counts"):
        net_from(first + other.format("", 3))
    with pytest.raises(SpecError, match=r"whose shape is \(2, 3\), not \(4, 2\)"):
        net_from(first + other.format("share_mode: PERMISSIVE", 4))
    net = net_from(first + other.format("share_mode: PERMISSIVE", 3))
    torch.testing.assert_close(net.params["c"][0], net.params["a"][0].view(3, 2))


def test_contradicting_multipliers_of_shared_blobs_are_an_error():
    with pytest.raises(SpecError, match=r"param\[0\].lr_mult is 2, but layer 'a', which shares the "
                       "blob, has 1"):
        net_from(DATA + product("a", "x", "a", 'param { name: "w" lr_mult: 1 }')
                 + product("b", "x", "b", 'param { name: "w" lr_mult: 2 }'))


def test_a_shared_blob_does_not_learn_where_its_lr_mult_is_0(caplog):
    """As in Caffe before July 2015: each layer's update counts by that layer's own rate."""
    fixed = 'param { name: "w" lr_mult: 0 decay_mult: 0 } param { name: "v" lr_mult: 0 }'
    net = net_from(DATA + product("a", "x", "a", 'param { name: "w" lr_mult: 3 } '
                                  'param { name: "v" lr_mult: 2 }')
                   + product("b", "x", "b", fixed) + loss("a") + loss("b"))
    assert caplog.messages == [
        "<text>:4: layer 'b' (InnerProduct): lr_mult is 0, but layer 'a', which shares the blob, "
        "has another: this layer's gradient does not count in it, as in Caffe before July 2015; "
        "later ones refuse the net (1 more blob alike)"]
    given = inputs()
    net(given)
    net.objective(net.blobs).backward()
    weight, copied = net.params["a"][0], net.params["b"][0]
    assert copied.data_ptr() == weight.data_ptr() and not copied.requires_grad
    residual = (net.blobs["a"] - given["t"]).detach()
    torch.testing.assert_close(weight.grad, residual.T @ given["x"] / 4)
    assert [blob.lr_mult for blob in net.learned] == [3, 2]
    other = copy.deepcopy(net)
    with torch.no_grad():
        other.params["a"][0].zero_()
    assert not other.params["b"][0].any() and net.params["b"][0].any()


def test_an_lr_mult_of_sums_that_nothing_learns_is_said_once(caplog):
    """BVLC's BatchNormLayer refuses two such entries; three are set to 0 as by its upgrade."""
    norm = 'layer { name: "%s" type: "BatchNorm" bottom: "x" top: "%s" %s }\n'
    two = "param { lr_mult: 0 }\n  param { lr_mult: 2 }"
    net = net_from(DATA + norm % ("a", "a", two) + norm % ("b", "b", two)
                   + norm % ("c", "c", two + " param { lr_mult: 1 }")
                   + norm % ("d", "d", 'param { name: "m" }'))
    assert caplog.messages == [
        "<text>:4: layer 'a' (BatchNorm): param[1].lr_mult is 2, but nothing learns the blob "
        "'variance' (1 more blob alike)"]
    assert {blob.lr_mult for blob in net.learned} == {0}


@pytest.mark.parametrize("bottom, fields", [("x", "lr_mult: 0"), ("t", "share_mode: PERMISSIVE")])
def test_a_test_net_takes_a_blob_that_is_a_view_of_one_that_it_lacks(bottom, fields):
    """Its owner, a, is a layer of TRAIN alone: (2, 3), and b (2, 3) or (3, 2)."""
    line = 'layer {{ name: "{0}" type: "InnerProduct" bottom: "{1}" top: "{0}" {2} ' \
        'inner_product_param {{ num_output: {3} bias_term: false }} }}\n'
    owner = 'param { name: "w" lr_mult: 1 } include { phase: TRAIN }'
    text = DATA + line.format("a", "x", owner, 2)
    text += line.format("b", bottom, f'param {{ name: "w" {fields} }}', 2 if bottom == "x" else 3)
    train = Net(parse_net(text), "TRAIN")
    test = Net(parse_net(text), "TEST", share_with=train)
    with torch.no_grad():
        train.params["a"][0].copy_(torch.arange(6.0).reshape(2, 3))
    found, = test.params["b"]
    assert found.flatten().tolist() == [0, 1, 2, 3, 4, 5]
    given = inputs()
    expected = given[bottom] @ torch.arange(6.0).reshape(found.shape).T
    torch.testing.assert_close(test(given)["b"].detach(), expected)
    copied = copy.deepcopy(test)
    train.double()
    with torch.no_grad():
        train.params["a"][0].zero_()
    assert not test({name: blob.double() for name, blob in given.items()})["b"].any()
    torch.testing.assert_close(copied(given)["b"].detach(), expected)


def test_views_move_with_a_net():
    net = net_from(DATA + product("a", "x", "a", 'param { name: "w" lr_mult: 1 }')
                   + product("b", "x", "b", 'param { name: "w" lr_mult: 0 }'))
    net.double()
    assert net.params["b"][0].dtype == torch.float64
    assert net.params["b"][0].data_ptr() == net.params["a"][0].data_ptr()


@pytest.mark.parametrize("is_lent", [True, False])
def test_a_blob_is_a_view_in_the_test_net_where_it_is_one_in_the_train_net(is_lent):
    """As the original has it: each layer takes the blobs of the layer of its name."""
    apart = DATA + product("a", "x", "a") + product("b", "x", "b")
    joined = DATA + product("a", "x", "a", 'param { name: "w" lr_mult: 1 }') \
        + product("b", "x", "b", 'param { name: "w" lr_mult: 0 }')
    train = Net(parse_net(joined if is_lent else apart), "TRAIN", seed=1)
    test = Net(parse_net(apart if is_lent else joined), "TEST", share_with=train)
    given = inputs()
    expected = train(given)
    for name, blob in test(given).items():
        torch.testing.assert_close(blob, expected[name])
    assert (test.params["a"][0] == test.params["b"][0]).all() == is_lent


def test_more_params_than_blobs_are_an_error():
    with pytest.raises(SpecError, match=r"<text>:3: .*param\[2\] is one too many: the layer has 2"):
        net_from(DATA + product("a", "x", "a", "param { } param { } param { }"))


def test_the_test_net_holds_the_parameters_of_the_train_net():
    document = parse_net(DATA + product("a", "x", "a") + 'layer { name: "n" type: "BatchNorm" '
                         'bottom: "a" top: "n" }\n' + product("b", "n", "b", extra="include { "
                         "phase: TEST }"))
    train = Net(document, phase="TRAIN", seed=1)
    test = Net(document, phase="TEST", seed=2, share_with=train)
    assert test.params["a"][0] is train.params["a"][0]
    train(inputs())
    assert test.params["n"][2].item() == 1                    # the running sums moved in both
    assert list(test.params) == ["a", "n", "b"]


def test_shapes_that_do_not_fit_are_an_error_that_names_them():
    with pytest.raises(SpecError, match=r"<text>:3: layer 's' \(Eltwise\): bottom"
                       r".*\(4, 3\).*\(4, 2\)"):
        net_from(DATA + 'layer { name: "s" type: "Eltwise" bottom: "x" bottom: "t" top: "s" }')


def test_an_unknown_type_is_an_error_in_the_phase_that_has_it():
    text = DATA + 'layer { name: "q" type: "Relu" bottom: "x" top: "q" include { phase: TEST } }'
    assert net_from(text, "TRAIN").outputs == ["t", "x"]
    with pytest.raises(CaffeError, match=r"<text>:3: layer 'q' \(Relu\): type 'Relu' is not known; "
                       r"did you mean 'ReLU'\?"):
        net_from(text, "TEST")


@pytest.mark.parametrize("layer, message", [
    ('type: "ReLU" bottom: "x" bottom: "t" top: "y"', "bottom is given 2 times; it must be 1"),
    ('type: "ReLU" bottom: "x"', "top is given 0 times; it must be 1"),
    ('type: "InnerProduct" bottom: "x" top: "y" loss_weight: 1 loss_weight: 1 '
     "inner_product_param { num_output: 1 }", "loss_weight is given 2 times; the layer has 1 top"),
])
def test_wrong_numbers_of_bottoms_tops_and_weights_are_errors(layer, message):
    with pytest.raises(SpecError, match=message):
        net_from(DATA + f'layer {{ name: "l" {layer} }}')


def test_inputs_that_are_not_given_are_an_error():
    with pytest.raises(CaffeError, match="no blob is given for 't'; the inputs are"):
        net_from(DATA)({"x": torch.zeros(4, 3)})


def test_the_whole_net_compiles_exports_and_runs_in_another_shape():
    net = net_from(DATA + product("a", "x", "a") + 'layer { name: "r" type: "ReLU" bottom: "a" '
                   'top: "a" }\n' + loss("a"))
    given = {name: value[:3] for name, value in inputs().items()}
    expected = net(given)["loss_a"]
    torch._dynamo.reset()
    compiled = torch.compile(net, fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(given)["loss_a"], expected)
    program = torch.export.export(net, (given,))
    torch.testing.assert_close(program.module()(given)["loss_a"], expected)


def test_freeze_is_still_a_name_of_optimize_for_inference():
    assert Net.freeze is Net.optimize_for_inference


OF_ITS_OWN = """layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }
layer { name: "a" type: "InnerProduct" bottom: "x" top: "a" param { name: "w"
  regularization_type: "L1" } param { } inner_product_param { num_output: 3 } }
layer { name: "b" type: "InnerProduct" bottom: "a" top: "b" param { name: "w" } param {
  regularization_type: "L2" } inner_product_param { num_output: 3 } }
"""


def test_a_param_can_have_a_regularization_of_its_own(tmp_path):
    net = Net(parse_net(OF_ITS_OWN), "TRAIN")
    assert [blob.regularization for blob in net.learned] == ["L1", "", "L2"]
    unknown = OF_ITS_OWN.replace('"L2"', '"ISTA"')
    said = "regularization_type is 'ISTA'; it must be L1"
    with pytest.raises(SpecError, match=rf"param\[1\].{said}"):
        Net(parse_net(unknown), "TRAIN")
    (census,) = census_of(tmp_path, unknown, phase="TRAIN")
    assert said in census.problems[0]
    with pytest.raises(SpecError, match=r"regularization_type is 'L2', but layer 'a', which shares "
                                        "the blob, has 'L1'"):
        Net(parse_net(OF_ITS_OWN.replace('bottom: "a" top: "b" param { name: "w"',
                                         'bottom: "a" top: "b" param { name: "w" '
                                         'regularization_type: "L2"')), "TRAIN")


def test_a_stage_that_no_rule_names_is_said(caplog):
    text = """layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 } }
      include { stage: "deploy" } }
layer { name: "y" type: "Input" top: "y" input_param { shape { dim: 2 } }
  exclude { stage: "z" } }"""
    Net(parse_net(text), stages=["depoly", "z"])
    assert "no include or exclude rule names the stage 'depoly'; did you mean 'deploy'?" \
        in caplog.text
    assert "'z'" not in caplog.text


def test_an_axis_of_a_single_number_is_an_error_that_says_so():
    text = """layer { name: "x" type: "Input" top: "x" input_param { shape { } } }
layer { name: "s" type: "Softmax" bottom: "x" top: "s" }"""
    with pytest.raises(SpecError, match="axis is 1; the bottom has the shape .., a number"):
        Net(parse_net(text))
