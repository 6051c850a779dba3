"""HeatmapGenerating, FeatureExtrapolating and ROIGenerating against loops, in numpy."""

import math

import numpy as np
import pytest
import torch

from framework.errors import DataError, SpecError
from tests.community_examples.rcnn import BOXES
from tests.support import make, noise


def test_the_heat_map_is_the_best_class():
    x = noise(2, 4, 3, 5)
    layer = make("HeatmapGenerating", "", x.shape)
    expected = np.maximum(x.detach().numpy()[:, 1:].max(1, keepdims=True), -1)
    np.testing.assert_array_equal(layer(x).detach(), expected)
    assert torch.autograd.gradcheck(layer, x)


def sampled(plane, factor):
    height, width = plane.shape
    top = np.zeros_like(plane)
    for y, x in np.ndindex(height, width):
        v, u = y / factor, x / factor
        if v < height and u < width:
            for row in (math.floor(v), math.floor(v) + 1):
                for column in (math.floor(u), math.floor(u) + 1):
                    if row < height and column < width:
                        top[y, x] += (1 - abs(v - row)) * (1 - abs(u - column)) * plane[row, column]
    return top


def test_scales_in_between_come_from_the_nearest():
    x = noise(6, 2, 5, 7)
    layer = make("FeatureExtrapolating", 'num_per_octave: 4 num_scale_base: 3 '
                 'scale_string: "0.5 1 2"', x.shape)
    top = layer(x)
    assert top.shape == (18, 2, 5, 7)
    scales = [0.5, 0.625, 0.75, 0.875, 1, 1.25, 1.5, 1.75, 2]
    nearest = [0, 0, 1, 1, 1, 1, 2, 2, 2]
    for image, number, c in np.ndindex(2, 9, 2):
        base = nearest[number]
        expected = sampled(x.detach().numpy()[image * 3 + base, c],
                           scales[number] / (0.5, 1, 2)[base])
        np.testing.assert_allclose(top[image * 9 + number, c].detach(), expected, atol=1e-12)
    assert torch.autograd.gradcheck(layer, x)


@pytest.mark.parametrize("text, count, match", [
    ("0.5 1", 3, "is '0.5 1'; it must hold 3 numbers above 0"),
    ("0.5 0 2", 3, "it must hold 3 numbers above 0")])
def test_scales_that_are_not_there_are_refused(text, count, match):
    with pytest.raises(SpecError, match=match):
        make("FeatureExtrapolating", f'num_per_octave: 2 num_scale_base: {count} scale_string: '
             f'"{text}"', (3, 2, 5, 7))


def test_a_number_of_scales_that_no_memory_holds_is_refused():
    with pytest.raises(SpecError, match="num_per_octave is 1073741824; it may be at most 65536"):
        make("FeatureExtrapolating", 'num_per_octave: 1073741824 num_scale_base: 2 '
             'scale_string: "1 2"', (2, 3, 5, 7))


def test_a_net_may_be_made_with_one_image_and_run_with_more():
    layer = make("FeatureExtrapolating", 'num_per_octave: 2 num_scale_base: 3 '
                 'scale_string: "1 2 3"', (1, 2, 5, 7))
    assert layer.top_shapes((1, 2, 5, 7)) == [(5, 2, 5, 7)]
    assert layer(noise(3, 2, 5, 7)).shape == (5, 2, 5, 7)
    with pytest.raises(SpecError, match="N at least 3, num_scale_base"):
        layer(noise(1, 2, 5, 7))


def test_items_past_the_last_whole_image_are_not_read():
    layer = make("FeatureExtrapolating", 'num_per_octave: 2 num_scale_base: 3 '
                 'scale_string: "1 2 3"', (8, 2, 5, 7))
    assert layer.top_shapes((8, 2, 5, 7)) == [(10, 2, 5, 7)]
    x = noise(8, 2, 5, 7)
    torch.testing.assert_close(layer(x), layer(x[:6]), rtol=0, atol=0)
    assert torch.autograd.gradcheck(layer, x)


HEIGHT, WIDTH = 6, 8
PARAMETERS = torch.tensor([2.0, 2, 0.5, 1, 1, 1, 3, 2, 1, 4])   # scale 0 is mapped to scale 1
FIELDS = "batch_size: 12 num_classes: 4 fg_fraction: 0.5 spatial_scale: 0.125"


def generate(heat, fields=FIELDS, tops=7, parameters=PARAMETERS):
    layer = make("ROIGenerating", fields, heat.shape, BOXES.shape, parameters.shape, tops=tops)
    return [top.flatten(1).numpy() for top in layer(heat, BOXES, parameters)]


def heat_map():
    return noise(4, 1, HEIGHT, WIDTH, requires_grad=False).sigmoid()


def test_boxes_come_first_those_of_low_scores_where_there_are_many():
    heat = heat_map()
    boxes = BOXES.numpy()
    scores = [heat[int(box[2]), 0, int(box[1]), int(box[0])].item() for box in boxes]
    # of the first image boxes 1, 4 and 0; of the second 2 and 3; 2 of each at most
    first = sorted([0, 1, 4], key=lambda number: scores[number])[:2]
    second = [2, 3]
    regions, subclasses, offsets, inside, outside, mapped, classes = generate(
        heat, "batch_size: 12 num_classes: 4 fg_fraction: 0.34 spatial_scale: 0.125")
    for row, number in enumerate(first + second):
        np.testing.assert_allclose(regions[row], boxes[number, 2:7])
        np.testing.assert_allclose(mapped[row], boxes[number, 7:12])
        kind = int(boxes[number, 12])
        assert classes[row] == kind and subclasses[row] == boxes[number, 13]
        expected = np.zeros(16)
        expected[4 * kind:4 * kind + 4] = boxes[number, 14:18]
        np.testing.assert_allclose(offsets[row], expected)
        np.testing.assert_array_equal(inside[row], np.arange(16) // 4 == kind)
    assert not classes[4:].any() and not offsets[4:].any() and (inside == outside).all()


def test_the_rest_are_boxes_around_the_hottest_cells():
    heat = heat_map()
    heat[0, 0, 2, 1] = heat[2, 0, 2, 3] = 3     # of the smaller scale, and inside of it
    regions, *_, mapped, _ = generate(heat)
    left = heat.numpy().reshape(2, -1).copy()
    for box in BOXES.numpy():
        place = int((box[2] * HEIGHT + box[1]) * WIDTH + box[0])
        left.reshape(-1)[place] = -1
    row = 5             # after all five boxes
    mapped_cells = 0
    for image, count in enumerate((3, 4)):
        for place in np.argsort(-left[image])[:count]:
            item, cell = divmod(int(place), HEIGHT * WIDTH)
            y, x = divmod(cell, WIDTH)
            sizes = [(3, 1), (2, 4)]
            corners = [np.array([x - w / 2, y - h / 2, x + w / 2, y + h / 2]) * 8 for h, w in sizes]
            which = [np.allclose(regions[row, 1:], one) for one in corners].index(True)
            assert regions[row, 0] == image * 2 + item
            grows = item == 0 and x < WIDTH / 2 and y < HEIGHT / 2
            np.testing.assert_allclose(mapped[row, 1:], corners[which] * (2 if grows else 1))
            assert mapped[row, 0] == image * 2 + (1 if grows else item)
            row += 1
            mapped_cells += grows
    assert row == 12 and mapped_cells == 2


def test_without_classes_there_are_five_tops():
    assert len(generate(heat_map(), FIELDS + " flag_proposal_only: 1", tops=5)) == 5
    with pytest.raises(SpecError, match="with flag_proposal_only 1 it must be 5"):
        generate(heat_map(), FIELDS + " flag_proposal_only: 1")


def test_parameters_that_do_not_fit_are_named():
    with pytest.raises(DataError, match="it must be the number of scales and of aspects"):
        generate(heat_map(), parameters=torch.ones(10))
    three = torch.tensor([3.0, 1, 1, 2, 3, 0, 1, 2, 2, 2])
    with pytest.raises(DataError, match="states 3 scales; the heat map has 4 items"):
        generate(heat_map(), parameters=three)
