"""CrfEd, CrfGrad and PixelFeature against definitions in numpy, the lattice as a dictionary."""

import itertools

import numpy as np
import pytest
import torch

from framework.errors import DataError, SpecError
from framework.layers import LAYERS
from framework.ops import permutohedral_loops
from framework.ops.lattice_convolution import gaussian_weights
from tests.support import layer_spec, make, noise

SIZES = ((2, 4, 3, 5), (2, 5, 3, 5))


def bottoms():
    return (noise(SIZES[0], requires_grad=False).softmax(1).requires_grad_(),
            noise(SIZES[1], seed=2, requires_grad=False) / 2)


def steps():
    """The axes of each neighbour, in the order of nested loops whose first axis is outermost."""
    return [[axis for axis in range(6) if choice[axis]]
            for choice in itertools.product((0, 1), repeat=6) if sum(choice) < 6]


def convolved(x, features, weights, keys, shares):
    """(O, P) of x (C, P) by weights (O, C, 63): spread, sum over neighbours, read back."""
    corners = {}
    for pixel, remainder in np.ndindex(shares.shape):
        key = tuple(keys[pixel, remainder])
        corners[key] = corners.get(key, 0) + shares[pixel, remainder] * x[:, pixel]
    blurred = {}
    for key in corners:
        total = np.zeros(len(weights))
        for place, axes in enumerate(steps()):
            at = np.array(key)
            for axis in axes:
                at = at - 1
                if axis < 5:
                    at[axis] += 6
                if tuple(at) not in corners:
                    break
            else:
                total += weights[:, :, place] @ corners[tuple(at)]
        blurred[key] = total
    return np.stack([sum(shares[p, r] * blurred[tuple(keys[p, r])] for r in range(6))
                     for p in range(len(shares))], 1)


def bilateral(x, features, weights):
    rows = np.ascontiguousarray(features.reshape(5, -1).T.astype(np.float32))
    keys, shares = permutohedral_loops.simplices(rows)
    gauss = gaussian_weights(6)[None, None]
    ones = convolved(np.ones((1, len(rows))), rows, gauss, keys, shares)[0]
    found = convolved(x.reshape(4, -1) / np.sqrt(ones), rows, weights, keys, shares)
    return (found / np.sqrt(ones)).reshape(x.shape)


def slopes(x, p, features, blobs, conv=True, lattice=True):
    unary, spatial, weights = (blob.detach().numpy() for blob in blobs)
    d = -unary.item() * np.log(p + 0.1)
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    for n, c, row, column in np.ndindex(x.shape):
        if conv:
            d[n, c, row, column] += (padded[n, :, row:row + 3, column:column + 3]
                                     * spatial[c]).sum()
    for n in range(len(x)):
        if lattice:
            d[n] += bilateral(x[n], features[n], weights[:, :, 0])
    return d


@pytest.mark.parametrize("field, left_out", [("", {}), ("skip_pl_term: true", {"lattice": False}),
                                             ("skip_conv_term: true", {"conv": False})])
def test_entropic_descent_multiplies_by_exponentials_of_the_slope(field, left_out):
    layer = make("CrfEd", f"num_classes: 4 num_iterations: 2 kernel_size: 3 step_size_factor: 2 "
                 f"{field}", *SIZES)
    p, features = bottoms()
    x = p.detach().numpy()
    for step in (1, 2):
        d = slopes(x, p.detach().numpy(), features.numpy(), layer.blobs, **left_out)
        x = x * np.exp(-np.sqrt(2 * np.log(4) / step) / 2 * d)
        x = x / x.sum(1, keepdims=True)
    np.testing.assert_allclose(layer(p, features).detach(), x, rtol=1e-5)


def test_gradient_descent_goes_back_near_the_simplex():
    layer = make("CrfGrad", "num_classes: 4 num_iterations: 2 kernel_size: 3 step_size: 0.4 "
                 "leak_factor: 0.25", *SIZES)
    p, features = bottoms()
    x = p.detach().numpy()
    for _ in range(2):
        x = x - 0.4 * slopes(x, p.detach().numpy(), features.numpy(), layer.blobs)
        for n, row, column in np.ndindex(2, 3, 5):
            values = x[n, :, row, column]
            low, high = values.min() - 1, values.max()
            for _ in range(100):        # where the values above t exceed it by 1
                t = (low + high) / 2
                low, high = (t, high) if np.clip(values - t, 0, None).sum() > 1 else (low, t)
            x[n, :, row, column] = np.where(values > t, values - t, 0.25 * (values - t))
    assert (x < 0).any()
    np.testing.assert_allclose(layer(p, features).detach(), x, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("kind", ["CrfEd", "CrfGrad"])
def test_the_gradient_is_the_derivative(kind):
    layer = make(kind, "num_classes: 4 num_iterations: 2 kernel_size: 3", *SIZES)
    p, features = bottoms()

    def run(p, *blobs):
        return layer.with_blobs(**dict(zip(layer.blob_names, blobs, strict=True)))(p, features)

    blobs = [blob.detach().requires_grad_() for blob in layer.blobs]
    assert torch.autograd.gradcheck(run, (p, *blobs), nondet_tol=1e-9, fast_mode=True)


def test_small_probabilities_are_divided_with_div_epsilon():
    layer = make("CrfEd", "num_classes: 4 num_iterations: 1 kernel_size: 3 skip_conv_term: true "
                 "skip_pl_term: true div_epsilon: 0.2", *SIZES)
    p, features = bottoms()
    with torch.no_grad():
        layer.unary.fill_(-0.5)
    y, g = layer(p, features), noise(SIZES[0], seed=4, requires_grad=False)
    y.backward(g)
    x, y, g = (each.detach().numpy() for each in (p, y, g))
    rest = g - (g * y).sum(1, keepdims=True)
    ratio = np.where(x >= 0.2, y / x, np.where(y >= 0.2, y / (x + 0.2), 1))
    assert ((x < 0.2) & (y < 0.2)).any() and ((x < 0.2) & (y >= 0.2)).any()
    moved = np.sqrt(2 * np.log(4)) * -0.5 / (x + 0.1)
    np.testing.assert_allclose(p.grad, rest * ratio + rest * y * moved, rtol=1e-6)


def test_the_first_bilateral_filter_is_a_gaussian_of_each_class_for_itself():
    np.testing.assert_allclose(gaussian_weights(2), [1, 2 / 3, 2 / 3])      # by hand
    spec = layer_spec("CrfEd", "num_classes: 4 pl_filter_init_scale: 0.5 unary_weight_init: 3", 2)
    layer = LAYERS["CrfEd"](spec, *SIZES)
    layer.materialise(torch.Generator())
    unary, spatial, weights = (blob.detach().numpy() for blob in layer.blobs)
    assert unary.item() == 3 and not spatial.any() and weights.shape == (4, 4, 1, 63)
    np.testing.assert_allclose(weights[2, 2, 0], -0.5 * gaussian_weights(6))
    assert not weights[0, 1].any() and layer.bilateral.requires_grad


@pytest.mark.parametrize("kind, text, message", [
    ("CrfEd", "num_classes: 4 debug_mode: true", "debug_mode asks for what CrfEd does not do"),
    ("CrfEd", "num_classes: 4 clip_pl_gradients: 2", "clip_pl_gradients asks for what"),
    ("CrfGrad", "num_classes: 3", "num_classes is 3; the bottom has 4 channels"),
    ("CrfGrad", "num_classes: 4 kernel_size: 4", "kernel_size is 4; it must be odd")])
def test_what_is_not_computed_here_is_refused(kind, text, message):
    with pytest.raises(SpecError, match=message):
        make(kind, text, *SIZES)


def test_features_that_are_not_numbers_are_named():
    layer = make("CrfEd", "num_classes: 4", *SIZES)
    p, features = bottoms()
    with pytest.raises(DataError, match="the features in blob 'bottom1' must be numbers within"):
        layer(p, features * float("nan"))


@pytest.mark.parametrize("kind, order", [("POSITION", "rc"), ("RGB", "x"),
                                         ("POSITION_AND_RGB", "rcx"), ("RGB_AND_POSITION", "xrc")])
def test_pixels_have_their_place_and_colours_as_features(kind, order):
    layer = make("PixelFeature", f"type: {kind} pos_scale: 0.5 offset_h: 3 offset_w: 7 "
                 "color_scale: 0.25", (2, 3, 4, 5))
    x = noise(2, 3, 4, 5)
    rows, columns = np.mgrid[:4, :5] * 0.5
    parts = {"r": np.tile(rows + 3, (2, 1, 1, 1)), "c": np.tile(columns + 7, (2, 1, 1, 1)),
             "x": x.detach().numpy() * 0.25}
    found = layer(x)
    np.testing.assert_allclose(found, np.concatenate([parts[one] for one in order], 1), rtol=1e-12)
    assert not found.requires_grad


def test_other_features_are_refused():
    with pytest.raises(SpecError, match="type is RANDOM_ROTATE; it must be one of POSITION"):
        make("PixelFeature", "type: RANDOM_ROTATE", (2, 3, 4, 5))
