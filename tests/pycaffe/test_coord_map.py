"""Coordinates through layers, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from framework.pycaffe.coord_map import (
    AxisMismatchException,
    compose,
    coord_map_from_to,
    crop,
    inverse,
)
from framework.pycaffe.net_spec import NetSpec, layers, params

L, P = layers, params


def up_and_down(kernel=3, stride=1, pad=0, window=2, factor=2, margin=0, **more):
    """A convolution, a pooling and what brings its scale back."""
    n = NetSpec()
    n.data = L.Input(shape={"dim": [2, 1, 40, 30]})
    n.conv = L.Convolution(n.data, kernel_size=kernel, stride=stride, pad=pad, **more)
    n.pool = L.Pooling(n.conv, pool=P.Pooling.MAX, kernel_size=window, stride=window)
    n.up = L.Deconvolution(n.pool, convolution_param={
        "kernel_size": 2 * factor, "stride": factor, "pad": margin})
    return n


@pytest.mark.parametrize("arguments, scale, shift", [
    ({}, 1, 0),
    ({"window": 4, "factor": 4}, 1, -1),
    ({"pad": 6}, 1, -6),
    ({"margin": 6}, 1, 6),
    ({"kernel": 3, "dilation": 4}, 1, 3),
    ({"stride": 2, "kernel": 5, "pad": 10}, 2, -10),
    ({"stride": [1, 2], "kernel": [3, 5], "pad": [0, 10]}, [1, 2], [0, -10]),
])
def test_a_map_is_the_window_of_each_layer_in_turn(arguments, scale, shift):
    n = up_and_down(**arguments)
    axis, found_scale, found_shift = coord_map_from_to(n.up, n.data)
    assert axis == 1
    np.testing.assert_allclose(np.broadcast_to(found_scale, np.shape(scale) or (1,)), scale)
    np.testing.assert_allclose(np.broadcast_to(found_shift, np.shape(shift) or (1,)), shift)


def test_layers_without_window_change_nothing_and_crop_moves_by_its_offset():
    n = up_and_down()
    n.relu = L.ReLU(L.Scale(n.up), in_place=True)
    assert coord_map_from_to(n.relu, n.data) == coord_map_from_to(n.up, n.data)
    n.crop = L.Crop(n.up, n.data, axis=2, offset=7)
    assert coord_map_from_to(n.crop, n.data) == (1, 1, 7)
    assert coord_map_from_to(n.relu, n.relu) == (None, 1, 0)


def test_maps_turn_round_and_follow_one_another():
    there = (1, 4, 6)
    assert inverse(there) == (1, 0.25, -1.5)
    assert compose(there, inverse(there)) == (1, 1, 0)
    with pytest.raises(AxisMismatchException):
        compose(there, (2, 1, 0))


def test_crop_is_the_layer_that_aligns_two_tops():
    n = up_and_down(pad=99)
    n.score = crop(n.up, n.data)
    assert n.score.fn.params == {"crop_param": {"axis": 2, "offset": [99]}}
    assert n.score.fn.inputs == (n.up, n.data)


def test_tops_that_cannot_be_cropped_are_refused_as_in_the_original():
    for arguments, message in (({"window": 3}, "scales differ"), ({"margin": 10}, "offset"),
                               ({"kernel": 4}, "whole")):
        n = up_and_down(**arguments)
        with pytest.raises(AssertionError, match=message):
            crop(n.up, n.data)
    n = NetSpec()
    n.data = L.Input()
    n.conv = L.Convolution(n.data, kernel_h=3, kernel_w=5)
    with pytest.raises(AssertionError, match="kernel_h is given"):
        crop(n.conv, n.data)


def test_tops_that_no_layer_with_coordinates_connects_have_no_map():
    n = up_and_down()
    n.other = L.InnerProduct(n.up, num_output=10)
    with pytest.raises(RuntimeError, match="no map from the InnerProduct top to the Input top"):
        coord_map_from_to(n.other, n.data)
