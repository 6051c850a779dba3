"""AttPooling and Netvlad against loops over their definitions."""

import numpy as np
import pytest

from framework.errors import SpecError
from tests.support import make, noise


@pytest.mark.parametrize("kind", ["AttPooling", "PwAttend"])
def test_local_attention_weighs_each_cell_of_a_window(kind):
    x, attention = noise(2, 3, 5, 6), noise(2, 9, 3, 3, seed=2)
    field = "pw_attend_param" if kind == "PwAttend" else "att_pooling_param"
    top = make(kind, f"{field} {{ kernel_size: 3 pad: 2 stride: 2 dilation: 2 }}", (2, 3, 5, 6),
               (2, 9, 3, 3))(x, attention).detach().numpy()
    wide = np.pad(x.detach().numpy(), ((0, 0), (0, 0), (2, 2), (2, 2)))
    for n, c, i, j in np.ndindex(2, 3, 3, 3):
        expected = sum(attention[n, 3 * a + b, i, j].item() * wide[n, c, 2 * i + 2 * a,
                                                                   2 * j + 2 * b]
                       for a in range(3) for b in range(3))
        np.testing.assert_allclose(top[n, c, i, j], expected, rtol=1e-10)


def test_global_attention_has_one_window_for_all_positions():
    x, attention = noise(2, 3, 5, 5), noise(2, 9, 2, 4, seed=2)
    top = make("AttPooling", "att_mode: GLOBAL kernel_size: 3 dilation: 2", (2, 3, 5, 5),
               (2, 9, 2, 4))(x, attention).detach().numpy()
    cells = x.detach().numpy()[:, :, ::2, ::2].reshape(2, 3, 9)
    expected = np.einsum("nck,nkhw->nchw", cells, attention.detach().numpy())
    np.testing.assert_allclose(top, expected, rtol=1e-10)


def test_netvlad_sums_features_and_centers_by_their_assignment():
    assignments, features = noise(2, 3, 4, 5), noise(2, 6, 4, 5, seed=2)
    layer = make("Netvlad", "cluster_num: 3 local_dim: 6 vlad_dim: 18", (2, 3, 4, 5),
                 (2, 6, 4, 5))
    centers = layer.blobs[0].detach().numpy()
    a, x = assignments.detach().numpy(), features.detach().numpy()
    top = layer(assignments, features).detach().numpy()
    for n, k in np.ndindex(2, 3):
        expected = sum(a[n, k, i, j] * (x[n, :, i, j] + centers[k])
                       for i in range(4) for j in range(5))
        np.testing.assert_allclose(top[n, 6 * k:6 * k + 6], expected, rtol=1e-10)


@pytest.mark.parametrize("kind, param, shapes, words", [
    ("AttPooling", "", ((2, 3, 5, 5), (2, 9, 5, 5)), "kernel_size is missing; a LOCAL"),
    ("AttPooling", "kernel_size: 3", ((2, 3, 5, 5), (2, 9, 5, 5)), "makes 3 x 3 windows"),
    ("AttPooling", "kernel_size: 3 pad: 1", ((2, 3, 5, 5), (2, 8, 5, 5)), "has 8 channels"),
    ("AttPooling", "att_mode: GLOBAL", ((2, 3, 5, 6), (2, 25, 5, 6)), "the map square"),
    ("AttPooling", "att_mode: GLOBAL kernel_size: 3", ((2, 3, 5, 5), (2, 9, 5, 6)),
     "there must be 1 x 1"),
    ("Netvlad", "cluster_num: 4", ((2, 3, 5, 5), (2, 9, 5, 5)), "it must be 3"),
    ("Netvlad", "cluster_num: 3", ((2, 3, 5, 5), (2, 9, 5, 4)), "they must be .N, K, H, W. and"),
])
def test_settings_that_do_not_fit_are_refused(kind, param, shapes, words):
    with pytest.raises(SpecError, match=words):
        make(kind, param, *shapes)
