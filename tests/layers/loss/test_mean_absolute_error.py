"""MAE by loops over its definitions, in both readings."""

import numpy as np
import pytest
import torch

from framework.definition.spec import LayerSpec
from framework.errors import SpecError
from framework.layers import LAYERS
from tests.support import layer_spec, make, noise


def by_value(param, *shapes):
    spec = layer_spec("MAE", param, len(shapes))
    object.__setattr__(spec, "dialect", "age-distributions")
    assert isinstance(spec, LayerSpec)
    return LAYERS["MAE"](spec, *shapes)


def test_ordinal_predictions_are_numbers_of_yeses(caplog):
    scores = noise(3, 8, 2)
    ages = torch.tensor([[3.0, 1], [0, 2], [7, 4]], dtype=torch.float64)
    layer = make("MAE", "mae_param { ignore_label: 7 }", (3, 8, 2), (3, 2))
    assert 'choose_dialect("age-distributions")' in caplog.text
    errors = []
    for n, place in np.ndindex(3, 2):
        yeses = sum(scores[n, k, place] < scores[n, k + 1, place] for k in range(0, 8, 2))
        if ages[n, place] != 7:
            errors.append(abs(int(ages[n, place]) - int(yeses)))
    assert len(errors) == 5
    assert layer(scores, ages).item() == pytest.approx(sum(errors) / 5)


def test_ordinal_predictions_may_be_on_another_axis():
    scores = noise(4, 3, 6)
    layer = make("MAE", "accuracy_param { axis: -1 }", (4, 3, 6), (4, 3))
    ages = torch.arange(12.0).reshape(4, 3) % 4
    yeses = (scores[..., ::2] < scores[..., 1::2]).sum(-1)
    assert layer(scores, ages).item() == pytest.approx((ages - yeses).abs().mean().item())


@pytest.mark.parametrize("scores, labels", [((5, 1), (5,)), ((5, 7), (5,)), ((5, 1), (5, 3)),
                                            ((5, 3), (5, 7)), ((5, 7, 1, 1), (5, 1, 1, 1))])
def test_other_predictions_are_numbers_or_places_of_the_largest(scores, labels):
    layer = make("MAE", "", scores, labels)
    x, y = noise(scores), noise(labels, seed=2)
    errors = []
    for one, other in zip(x.detach().reshape(5, -1), y.detach().reshape(5, -1), strict=True):
        age = [row.argmax().item() if len(row) > 1 else row[0].item() for row in (one, other)]
        errors.append(abs(age[0] - age[1]))
    assert layer(x, y).item() == pytest.approx(sum(errors) / 5)


def test_the_dialect_reads_an_even_number_of_scores_as_a_distribution():
    layer = by_value("", (2, 4), (2,))
    scores = torch.tensor([[0.1, 0.9, 0.9, 0], [5, 6, 7, 8]])
    assert layer(scores, torch.tensor([3.0, 1])).item() == (2 + 2) / 2      # of equals the first


@pytest.mark.parametrize("param, shapes, message", [
    ("mae_param { ignore_label: 0 }", ((4, 5), (4,)), "mae_param is given, and the bottoms"),
    ("", ((4, 5), (3,)), r"has the shapes \(4, 5\) and \(3,\); they must be"),
    ("", ((4, 5, 2), (4,)), r"has the shapes \(4, 5, 2\) and \(4,\)")])
def test_what_no_reading_takes_is_an_error(param, shapes, message):
    with pytest.raises(SpecError, match=message):
        make("MAE", param, *shapes)
