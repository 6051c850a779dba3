"""LRN, BatchNorm, MVN and Normalize against their definitions in numpy."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import check_layer, make, noise

SIZE = (3, 4, 5, 6)
PER_CHANNEL = (0, 2, 3)


def fill(layer, **values):
    with torch.no_grad():
        for name, value in values.items():
            getattr(layer, name).copy_(torch.as_tensor(value))


@pytest.mark.parametrize("beta", [0.75, 0.5, 1.25])
def test_lrn_across_channels_divides_by_the_squares_of_its_neighbours(beta):
    layer = make("LRN", f"local_size: 3 alpha: 2 beta: {beta} k: 1.5", SIZE)
    x = noise(SIZE)
    squares = np.pad(x.detach().numpy() ** 2, [(0, 0), (1, 1), (0, 0), (0, 0)])
    total = sum(squares[:, start:start + 4] for start in range(3))

    expected = x.detach().numpy() / (1.5 + 2 / 3 * total) ** beta

    np.testing.assert_allclose(layer(x).detach().numpy(), expected, rtol=1e-10)
    assert torch.autograd.gradcheck(layer, noise(2, 5, 2))


def test_lrn_within_a_channel_counts_zeros_outside():
    layer = make("LRN", "norm_region: WITHIN_CHANNEL local_size: 3 alpha: 2 beta: 0.625 k: 9", SIZE)
    x = noise(SIZE).detach()
    squares = np.pad(x.numpy() ** 2, [(0, 0), (0, 0), (1, 1), (1, 1)])
    total = sum(squares[:, :, i:i + 5, j:j + 6] for i in range(3) for j in range(3))

    np.testing.assert_allclose(layer(x), x.numpy() / (1 + 2 / 9 * total) ** 0.625, rtol=1e-10)


def test_lrn_of_opencl_pools_what_it_normalised():
    layer = make("LRN", "lrn_param { fuse_type: FUSED_POOL_MAX pooling_param { kernel_size: 3 "
                 "stride: 2 } }", SIZE)
    pool = make("Pooling", "kernel_size: 3 stride: 2", SIZE)
    x = noise(SIZE)
    torch.testing.assert_close(layer(x), pool(make("LRN", "", SIZE)(x)))


def test_batch_norm_in_training_uses_the_batch_and_moves_the_sums():
    layer = make("BatchNorm", "eps: 0.01 moving_average_fraction: 0.9", SIZE)
    fill(layer, mean=np.arange(4.0), variance=np.arange(4.0) + 1, factor=[2.0])
    x = noise(SIZE)
    array = x.detach().numpy()
    mean, variance = array.mean(PER_CHANNEL), array.var(PER_CHANNEL)

    y = layer(x).detach().numpy()

    np.testing.assert_allclose(
        y, (array - mean[:, None, None]) / np.sqrt(variance + 0.01)[:, None, None], rtol=1e-9)
    np.testing.assert_allclose(layer.mean, 0.9 * np.arange(4) + mean)
    np.testing.assert_allclose(layer.variance, 0.9 * (np.arange(4) + 1) + variance * 90 / 89)
    np.testing.assert_allclose(layer.factor, 2.8)


def test_batch_norm_in_test_divides_the_stored_sums_by_their_factor():
    layer = make("BatchNorm", "eps: 0.01", SIZE, phase="TEST")
    fill(layer, mean=[2.0, 4, 6, 8], variance=[4.0, 8, 12, 16], factor=[2.0])
    x = noise(SIZE).detach()
    shift, width = np.arange(1.0, 5)[:, None, None], np.arange(2.0, 9, 2)[:, None, None]

    np.testing.assert_allclose(layer(x), (x.numpy() - shift) / np.sqrt(width + 0.01), rtol=1e-7)
    np.testing.assert_allclose(layer.mean, [2, 4, 6, 8])


def test_use_global_stats_overrules_the_phase():
    x = noise(SIZE).detach()
    stored = make("BatchNorm", "use_global_stats: true", SIZE)
    fill(stored, mean=np.zeros(4), variance=np.ones(4), factor=[1.0])
    torch.testing.assert_close(stored(x), x / np.sqrt(1 + 1e-5), rtol=1e-7, atol=0)

    batch = make("BatchNorm", "use_global_stats: false", SIZE, phase="TEST")
    assert abs(float(batch(x).mean())) < 1e-12


def test_nvidias_batch_norm_scales_and_shifts():
    plain = make("BatchNorm", "", SIZE)
    layer = make("BatchNorm", "scale_bias: true", SIZE)
    x = noise(SIZE)

    expected = (plain(x) * layer.scale[:, None, None] + layer.bias[:, None, None]).detach()

    assert [tuple(blob.shape) for blob in layer.blobs] == [(4,), (4,), (1,), (4,), (4,)]
    torch.testing.assert_close(layer(x).detach(), expected)


@pytest.mark.parametrize("param, number", [
    ("scale_filler { value: 2 }", 5), ("bias_filler { value: 2 }", 5),
    ("filler { value: 1 } bias_filler { value: 0 }", 3), ("use_weight_bias: true", 5),
    ("use_weight_bias: true bias_term: false", 4),
])
def test_fields_of_nvidia_and_intel_decide_on_scale_and_bias(param, number):
    layer = make("BatchNorm", f"batch_norm_param {{ {param} }}", SIZE)
    assert len(layer.blobs) == number
    assert layer(noise(SIZE)).shape == SIZE


def test_update_global_stats_takes_the_batchs_distance_from_the_stored_mean():
    layer = make("BatchNorm", "use_global_stats: true update_global_stats: true", SIZE)
    fill(layer, mean=np.full(4, 4.0), variance=np.ones(4), factor=[2.0])
    x = noise(SIZE).detach()
    squares = ((x.numpy() - 2) ** 2).mean(PER_CHANNEL)

    y = layer(x)

    wanted = (x.numpy() - 2) / np.sqrt(squares + 1e-5)[:, None, None]
    np.testing.assert_allclose(y, wanted, rtol=1e-6)
    np.testing.assert_allclose(layer.mean, 0.999 * 4 + 2 * np.ones(4), rtol=1e-6)
    np.testing.assert_allclose(layer.variance, 0.999 + squares * 90 / 89, rtol=1e-6)
    np.testing.assert_allclose(layer.factor, [2 * 0.999 + 1], rtol=1e-6)


@pytest.mark.parametrize("phase", ["TRAIN", "TEST"])
def test_batch_norm_gradients(phase):
    layer = make("BatchNorm", "scale_bias: true", (3, 2, 2), phase=phase)
    fill(layer, variance=[1.0, 2.0], factor=[1.5])
    assert torch.autograd.gradcheck(
        lambda x, scale, bias: torch.func.functional_call(
            layer, {"scale": scale, "bias": bias}, (x,)),
        (noise(3, 2, 2), layer.scale, layer.bias))


@pytest.mark.parametrize("across", [True, False])
def test_mvn_gives_mean_0_and_deviation_1(across):
    layer = make("MVN", f"across_channels: {str(across).lower()} eps: 0.125", SIZE)
    x = noise(SIZE)
    axes = (1, 2, 3) if across else (2, 3)
    array = x.detach().numpy()
    wide = array - array.mean(axes, keepdims=True)

    expected = wide / (array.std(axes, keepdims=True) + 0.125)

    np.testing.assert_allclose(layer(x).detach().numpy(), expected, rtol=1e-10)


def test_mvn_gradient_treats_the_whole_divisor_as_the_deviation():
    layer = make("MVN", "eps: 0.5", SIZE)
    x, g = noise(SIZE), noise(SIZE, seed=2).detach()

    y = layer(x)
    y.backward(g)

    y = y.detach()
    divisor = x.detach().std((2, 3), correction=0, keepdim=True) + 0.5
    mean = g.mean((2, 3), keepdim=True)
    expected = (g - mean - y * (g * y).mean((2, 3), keepdim=True)) / divisor
    torch.testing.assert_close(x.grad, expected)


def test_mvn_without_variance_subtracts_the_mean():
    layer = make("MVN", "normalize_variance: false", SIZE)
    assert torch.autograd.gradcheck(layer, noise(2, 2, 3, 2))
    torch.testing.assert_close(layer(noise(SIZE)).mean((2, 3)), torch.zeros(3, 4).double())


@pytest.mark.parametrize("size", [(3, 7), (3, 7, 5)])
def test_mvn_tops_always_have_4_axes(size):
    assert make("MVN", "across_channels: true", size)(noise(size)).shape == (*size, 1, 1)[:4]


@pytest.mark.parametrize("spatial", [True, False])
@pytest.mark.parametrize("shared", [True, False])
def test_normalize_scales_unit_vectors(spatial, shared):
    spatial_word, shared_word = str(spatial).lower(), str(shared).lower()
    layer = make("Normalize", f"across_spatial: {spatial_word} channel_shared: {shared_word} "
                 "eps: 0.2", SIZE)
    x, g = noise(SIZE), noise(SIZE, seed=2).detach()
    axes = (1, 2, 3) if spatial else (1,)

    y = layer(x)
    y.backward(g)

    array = x.detach()
    norm = ((array**2).sum(axes, keepdim=True) + 0.2).sqrt()
    scale = layer.scale.detach().reshape(-1, 1, 1)
    torch.testing.assert_close(y.detach(), scale * array / norm)
    inner = (array * g).sum(axes, keepdim=True)
    torch.testing.assert_close(x.grad, scale * (g - array * inner / norm**2) / norm)
    per_channel = (array * g / norm).sum((0, 2, 3))
    torch.testing.assert_close(layer.scale.grad, per_channel.sum() if shared else per_channel)


def test_normalize_with_one_scale_has_the_true_gradient():
    layer = make("Normalize", "across_spatial: false", (2, 3, 2, 2))
    assert torch.autograd.gradcheck(
        lambda x, scale: torch.func.functional_call(layer, {"scale": scale}, (x,)),
        (noise(2, 3, 2, 2), layer.scale))


@pytest.mark.parametrize("kind, order", [("L2", 2), ("L1", 1)])
def test_happynears_normalize_has_no_blob(kind, order):
    layer = make("Normalize", f'normalize_param {{ normalize_type: "{kind}" }}', SIZE, tops=2)
    x = noise(SIZE)

    y, norm = layer(x)

    expected = torch.linalg.vector_norm(x.detach(), order, 1, keepdim=True)
    assert layer.blobs == []
    torch.testing.assert_close(norm.detach(), expected, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(y.detach(), x.detach() / expected, rtol=1e-5, atol=1e-6)
    assert not norm.requires_grad
    assert torch.autograd.gradcheck(lambda x: layer(x)[0], noise(2, 3, 1, 2), atol=1e-4)


def test_my_normalize_is_normalize():
    inside = "across_spatial: false channel_shared: false"
    layer = make("MyNormalize", f"my_norm_param {{ {inside} }}", SIZE)
    torch.testing.assert_close(layer(noise(SIZE)), make("Normalize", inside, SIZE)(noise(SIZE)))


@pytest.mark.parametrize("kind, param, phase", [
    ("LRN", "local_size: 3", "TRAIN"),
    ("LRN", "norm_region: WITHIN_CHANNEL", "TRAIN"),
    ("BatchNorm", "", "TEST"),
    ("BatchNorm", "scale_bias: true", "TEST"),
    ("MVN", "", "TRAIN"),
    ("Normalize", "across_spatial: false channel_shared: false", "TRAIN"),
])
def test_layer_stands_the_common_check(kind, param, phase):
    layer = make(kind, param, SIZE, phase=phase)
    if kind == "BatchNorm":
        fill(layer, variance=np.arange(1.0, 5), factor=[1.5])
    check_layer(layer, noise(SIZE))
    assert layer(noise(2, 4, 7, 3)).shape == (2, 4, 7, 3)


def test_batch_norm_in_training_stands_the_common_check():
    check_layer(make("BatchNorm", "moving_average_fraction: 0.5", SIZE), noise(SIZE))


@pytest.mark.parametrize("kind, param, size, message", [
    ("LRN", "local_size: 4", SIZE, "local_size is 4; it must be odd"),
    ("LRN", "norm_region: WITHIN_CHANNEL", (2, 3, 4), "LRN takes"),
    ("LRN", "fuse_type: FUSED_POOL_MAX", SIZE, "lrn_param.pooling_param.kernel_size is missing"),
    ("BatchNorm", "", (3,), "at least 2 axes"),
    ("BatchNorm", "stats_batch_size: 2", SIZE, "items of the bottom must be a multiple of it"),
    ("MVN", "", (1, 2, 3, 4, 5), "MVN takes 1 to 4 axes"),
    ("Normalize", "", (3,), "at least 2 axes"),
    ("Normalize", 'normalize_param { normalize_type: "L3" }', SIZE, "it must be L2 or L1"),
    ("Normalize", 'normalize_param { bp_norm: true } norm_param { eps: 1 }', SIZE,
     "normalize_param and norm_param are both"),
])
def test_wrong_parameters_are_named(kind, param, size, message):
    with pytest.raises(SpecError, match=message):
        make(kind, param, size)


def test_a_scale_of_channels_is_a_factor_and_a_summand_and_any_other_is_not():
    layer = make("Scale", "bias_term: true", (2, 3, 5, 4))
    factor, summand = layer.channel_factors()
    x = noise((2, 3, 5, 4)).detach()
    expected = x * factor[:, None, None] + summand[:, None, None]
    np.testing.assert_allclose(layer(x).detach(), expected, rtol=1e-12)
    assert make("Scale", "num_axes: 2", (2, 3, 5, 4)).channel_factors() is None
    assert make("Scale", "axis: 2", (2, 3, 5, 4)).channel_factors() is None


def test_genets_batch_norm_keeps_running_averages_with_the_unbiased_variance():
    layer = make("CuDNNBatchNorm", "momentum: 0.9", (4, 3, 5, 6))
    x = noise(4, 3, 5, 6)
    scale, bias, mean, variance = (blob.detach().numpy().copy().reshape(1, 3, 1, 1)
                                   for blob in layer.blobs)
    values = x.detach().numpy()
    batch, spread = (f(values, axis=(0, 2, 3), keepdims=True) for f in (np.mean, np.var))
    expected = scale * (values - batch) / np.sqrt(spread + 1e-5) + bias
    np.testing.assert_allclose(layer(x).detach().numpy(), expected, rtol=1e-9)
    np.testing.assert_allclose(layer.mean, 0.9 * mean + 0.1 * batch)
    np.testing.assert_allclose(layer.variance, 0.9 * variance + 0.1 * spread * 120 / 119)
    frozen = make("CuDNNBatchNorm", "frozen: true eps: 0.01", (4, 3, 5, 6))
    scale, bias, mean, variance = (blob.detach().numpy() for blob in frozen.blobs)
    expected = scale * (values - mean) / np.sqrt(variance + 0.01) + bias
    np.testing.assert_allclose(frozen(x).detach().numpy(), expected, rtol=1e-6)


def test_ghost_batches_have_statistics_of_their_own_and_move_the_sums_in_turn():
    layer = make("BatchNorm", "stats_batch_size: 2 moving_average_fraction: 0.9", (6, 3, 5, 4))
    mean, variance, factor = (blob.detach().numpy().copy() for blob in layer.blobs)
    x = noise(6, 3, 5, 4)
    top = layer(x).detach().numpy()
    for part in range(3):
        values = x.detach().numpy()[2 * part:2 * part + 2]
        batch, spread = values.mean((0, 2, 3)), values.var((0, 2, 3))
        expected = (values - batch[:, None, None]) / np.sqrt(spread + 1e-5)[:, None, None]
        np.testing.assert_allclose(top[2 * part:2 * part + 2], expected, rtol=1e-7)
        mean = 0.9 * mean + batch
        variance = 0.9 * variance + spread * 40 / 39
        factor = 0.9 * factor + 1
    for blob, wanted in zip(layer.blobs, (mean, variance, factor), strict=True):
        np.testing.assert_allclose(blob, wanted, rtol=1e-6)
    with pytest.raises(SpecError, match="is 4; the 6 items of the bottom must be a multiple"):
        make("BatchNorm", "stats_batch_size: 4", (6, 3, 5, 4))
