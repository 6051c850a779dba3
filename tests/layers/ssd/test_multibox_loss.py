"""MultiBoxLoss against its definition, over every field, and its errors."""

import dataclasses

import numpy as np
import pytest
import torch

import framework.layers.ssd.multibox_terms as multibox_terms
from framework.errors import DataError, SpecError
from framework.ops import mining
from tests import slow_boxes, slow_multibox
from tests.layers.multibox_examples import CENTER, example, fields, small
from tests.slow_multibox import Rule
from tests.slow_multibox import multibox_loss as slow_loss
from tests.support import check_layer, make


def assert_like_definition(rule, bottoms):
    layer = make("MultiBoxLoss", fields(rule), *(tuple(bottom.shape) for bottom in bottoms))
    loc, conf, prior, label = bottoms
    value = layer(*bottoms)
    value.backward()
    num_images, num_priors = len(loc), prior.shape[2] // 4
    expected, loc_grad, conf_grad = slow_loss(
        rule, loc.detach().numpy().reshape(num_images, num_priors, -1, 4),
        conf.detach().numpy().reshape(num_images, num_priors, -1),
        prior.numpy().reshape(2, -1, 4), label.numpy().reshape(-1, 8))
    assert value.shape == () and expected != 0
    np.testing.assert_allclose(value.item(), expected, rtol=1e-9)
    np.testing.assert_allclose(loc.grad.numpy(), loc_grad.reshape(loc.shape), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(conf.grad.numpy(), conf_grad.reshape(conf.shape), rtol=1e-9,
                               atol=1e-12)


RULES = [
    Rule(4), Rule(5, code_type=CENTER), Rule(3, code_type=slow_boxes.CORNER_SIZE, loc_weight=0.25),
    Rule(4, CENTER, loc_loss_type="L2"), Rule(4, CENTER, match_type="BIPARTITE"),
    Rule(4, CENTER, overlap_threshold=0.2), Rule(4, CENTER, overlap_threshold=0.0),
    Rule(4, CENTER, use_prior_for_matching=False), Rule(4, CENTER, background_label_id=2),
    Rule(4, CENTER, use_difficult_gt=False), Rule(4, CENTER, neg_pos_ratio=1.75),
    Rule(4, CENTER, neg_overlap=0.1), Rule(4, CENTER, neg_overlap=0.9, overlap_threshold=0.9),
    Rule(4, CENTER, encode_variance_in_target=True),
    Rule(4, encode_variance_in_target=True, loc_loss_type="L2"),
    Rule(4, CENTER, ignore_cross_boundary_bbox=True), Rule(4, bp_inside=True),
    Rule(4, CENTER, bp_inside=True, use_prior_for_matching=False, encode_variance_in_target=True),
    Rule(2, CENTER, map_object_to_agnostic=True),
    Rule(4, CENTER, conf_loss_type="LOGISTIC"),
    Rule(4, CENTER, conf_loss_type="LOGISTIC", background_label_id=2),
    Rule(3, CENTER, conf_loss_type="LOGISTIC", background_label_id=-1),
    Rule(1, CENTER, conf_loss_type="LOGISTIC", background_label_id=-1, map_object_to_agnostic=True),
    Rule(4, CENTER, conf_loss_type="LOGISTIC", mining_type="NONE"),
    Rule(4, CENTER, conf_loss_type="LOGISTIC", mining_type="NONE", background_label_id=9),
    Rule(4, CENTER, mining_type="NONE"), Rule(4, CENTER, mining_type="NONE", share_location=False),
    Rule(4, CENTER, mining_type="NONE", share_location=False, use_prior_for_matching=False,
         overlap_threshold=0.1),
    Rule(4, CENTER, mining_type="NONE", share_location=False, use_prior_for_matching=False,
         overlap_threshold=0.1, conf_loss_type="LOGISTIC"),
    Rule(4, CENTER, mining_type="NONE", ignore_cross_boundary_bbox=True, normalization="FULL"),
    Rule(4, CENTER, mining_type="HARD_EXAMPLE", sample_size=7),
    Rule(4, CENTER, mining_type="HARD_EXAMPLE"),
    Rule(4, CENTER, mining_type="HARD_EXAMPLE", sample_size=9, ignore_cross_boundary_bbox=True),
    Rule(4, CENTER, mining_type="HARD_EXAMPLE", sample_size=9, conf_loss_type="LOGISTIC",
         loc_loss_type="L2", encode_variance_in_target=True),
    Rule(4, CENTER, mining_type="HARD_EXAMPLE", sample_size=6, nms=(0.4, 12)),
    Rule(4, CENTER, mining_type="HARD_EXAMPLE", sample_size=6, nms=(0.3, -1),
         use_prior_for_nms=True),
    Rule(4, CENTER, nms=(0.2, 9)), Rule(4, CENTER, nms=(0.5, 300), use_prior_for_nms=True),
    Rule(4, CENTER, normalization="BATCH_SIZE"), Rule(4, CENTER, normalization="NONE"),
    Rule(4, CENTER, normalization="FULL"),
]


def name_of(rule):
    parts = [f"{f.name}={getattr(rule, f.name)}" for f in dataclasses.fields(Rule)
             if f.name == "num_classes" or getattr(rule, f.name) != f.default]
    return " ".join(parts)


@pytest.mark.parametrize("rule", RULES, ids=name_of)
def test_loss_and_gradients_follow_the_definition(rule):
    assert_like_definition(rule, example(rule))


@pytest.mark.parametrize("rule", RULES[::2], ids=name_of)
def test_a_device_that_must_not_wait_gets_the_same(rule, monkeypatch):
    for module in (multibox_terms, mining):
        monkeypatch.setattr(module, "sizes_may_vary", lambda x: False)

    assert_like_definition(rule, example(rule, seed=11, num_images=2, rows=5))


def test_the_gradient_is_the_derivative():
    rule = Rule(3, CENTER, overlap_threshold=0.3)
    loc, conf, prior, label = example(rule, num_images=2, num_priors=11, rows=4)
    layer = make("MultiBoxLoss", fields(rule), *(tuple(x.shape) for x in (loc, conf, prior, label)))

    assert torch.autograd.gradcheck(lambda x, y: layer(x, y, prior, label), (loc, conf))


def test_the_net_may_compile_export_and_run_in_half_precision():
    rule = Rule(3, CENTER)
    bottoms = [bottom.detach() for bottom in example(rule)]
    check_layer(make("MultiBoxLoss", fields(rule), *(tuple(x.shape) for x in bottoms)), *bottoms)


def test_the_number_of_ground_truth_rows_may_change():
    layer, loc, conf, prior, label = small()

    more = torch.cat([label, torch.full((1, 1, 3, 8), -1.0, dtype=label.dtype)], 2)

    assert layer(loc, conf, prior, more).item() == layer(loc, conf, prior, label).item()


def test_a_batch_without_boxes_has_loss_zero_and_gradient_zero():
    layer, loc, conf, prior, _ = small()

    loss = layer(loc, conf, prior, torch.full((1, 1, 1, 8), -1.0, dtype=torch.float64))
    loss.backward()

    assert loss.item() == 0 and not loc.grad.any() and not conf.grad.any()


def test_a_box_without_area_matches_nothing():
    layer, loc, conf, prior, label = small()
    flat = label.clone()
    flat[..., 5] = flat[..., 3]

    loss = layer(loc, conf, prior, flat)

    assert loss.item() == 0


def test_a_nan_prediction_shows_in_the_loss_but_only_where_it_counts():
    layer, loc, conf, prior, label = small()
    nan = torch.full_like(conf, torch.nan)
    assert layer(loc, nan, prior, label).isnan()

    layer(loc, conf, prior, label).backward()
    unused = (loc.grad == 0).nonzero()[0]
    broken = loc.detach().clone()
    broken[tuple(unused)] = torch.nan
    assert layer(broken, conf, prior, label).isfinite()


@pytest.mark.parametrize("varies", [True, False], ids=["on a CPU", "on a device"])
@pytest.mark.parametrize("rule", [
    Rule(3, CENTER), Rule(3, CENTER, nms=(0.3, -1)), Rule(3, CENTER, nms=(0.3, 12)),
    Rule(3, CENTER, mining_type="HARD_EXAMPLE", sample_size=7),
    Rule(3, CENTER, conf_loss_type="LOGISTIC")])
def test_of_equal_losses_those_in_front_are_mined(monkeypatch, rule, varies):
    if not varies:
        monkeypatch.setattr(mining, "sizes_may_vary", lambda tensor: False)
        monkeypatch.setattr(multibox_terms, "sizes_may_vary", lambda tensor: False)
    loc, conf, prior, label = example(rule)
    equal = torch.zeros_like(conf).requires_grad_()     # the definition sorts stably
    assert_like_definition(rule, (loc, equal, prior, label))


@pytest.mark.parametrize("kept", [0, 1])
def test_a_bottom_without_gradient_is_left_out_of_the_loss(kept):
    whole, loc, conf, prior, label = small()

    def only(index):
        wanted = ["true" if bottom == index else "false" for bottom in range(4)]
        return small(" ".join(f"propagate_down: {value}" for value in wanted)
                     + " multibox_loss_param { num_classes: 3 code_type: CENTER_SIZE }")[0]

    value = only(kept)(loc, conf, prior, label)
    value.backward()

    assert (loc.grad is None) == (kept == 1) and (conf.grad is None) == (kept == 0)
    total = value + only(1 - kept)(loc, conf, prior, label)
    torch.testing.assert_close(total, whole(loc, conf, prior, label))


@pytest.mark.parametrize("wrong", [0, 3, -2])
def test_a_label_that_is_no_class_is_an_error_that_names_it(wrong):
    layer, loc, conf, prior, label = small()
    label[0, 0, 1, 1] = wrong

    message = rf"'layer' \(MultiBoxLoss\).* has the value {wrong} at row 1 \(item 1\).* 3 classes"
    with pytest.raises(DataError, match=message):
        layer(loc, conf, prior, label)


@pytest.mark.parametrize("text, message", [
    ("code_type: CORNER", "num_classes is 0; it must be given"),
    ("num_classes: 3 do_neg_mining: false", "do_neg_mining contradicts mining_type MAX_NEGATIVE"),
    ("num_classes: 3 share_location: false", "share_location is false; mining_type MAX_NEG"),
    ("num_classes: 3 mining_type: HARD_EXAMPLE sample_size: 0", "sample_size is 0"),
    ("num_classes: 3 background_label_id: 3", "background_label_id is 3; for SOFTMAX it must be"),
    ("num_classes: 3 background_label_id: 4294967295", "is 4294967295; for SOFTMAX"),
    ("num_classes: 3 conf_loss_type: LOGISTIC background_label_id: 3", "mining needs it below"),
    ("num_classes: 3 map_object_to_agnostic: true", "map_object_to_agnostic needs num_classes 2"),
    ("num_classes: 3 ignore_difficult_gt: true", "ignore_difficult_gt is true, which no"),
    ("num_classes: 4", r"for 26 priors they must be \(N, 104\) and \(N, 104\)"),
])
def test_wrong_fields_are_errors_that_name_them(text, message):
    with pytest.raises(SpecError, match=message):
        small(text)


@pytest.mark.parametrize("shape", [(9, 8), (3, 3, 2, 4), (72,)])
def test_a_label_of_any_shape_holds_rows_of_eight_numbers(shape):
    layer, *bottoms, label = small()
    other = make("MultiBoxLoss", "num_classes: 3 code_type: CENTER_SIZE",
                 *(tuple(x.shape) for x in bottoms), shape)
    torch.testing.assert_close(other(*bottoms, label.reshape(shape)), layer(*bottoms, label))


@pytest.mark.parametrize("mining", ["NONE", "MAX_NEGATIVE"])
def test_the_classes_of_multibox_focal_loss_have_a_focal_loss(mining, monkeypatch):
    rule = Rule(4, CENTER, mining_type=mining)
    loc, conf, prior, label = example(rule)
    layer = make("MultiBoxFocalLoss", fields(rule) + " focal_loss_param { gamma: 1.5 }",
                 *(tuple(bottom.shape) for bottom in (loc, conf, prior, label)))

    def focal(rule, row, label):        # in the order of cross-entropy, so mining stays
        own = slow_multibox.log_softmax(row)[label]
        return -0.25 * (1 - np.exp(own)) ** 1.5 * own

    monkeypatch.setattr(slow_multibox, "class_loss", focal)
    expected, _, _ = slow_loss(rule, loc.detach().numpy().reshape(3, 26, 1, 4),
                               conf.detach().numpy().reshape(3, 26, 4),
                               prior.numpy().reshape(2, 26, 4), label.numpy().reshape(-1, 8))
    np.testing.assert_allclose(layer(loc, conf, prior, label).item(), expected, rtol=1e-9)
    assert torch.autograd.gradcheck(lambda x: layer(loc, x, prior, label), conf, fast_mode=True)
