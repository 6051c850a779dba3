"""ConvolutionSparse against its steps: channels, then cells of the windows, then filters."""

import numpy as np
import pytest

from framework.errors import SpecError
from tests.support import array, make, noise

FIELDS = ("num_output: 6 kernel_h: 2 kernel_w: 3 stride: 2 pad: 1 group: 2 "
          "weight_filler { type: 'gaussian' std: 1 } bias_filler { value: 0.5 }")


def test_channels_then_cells_then_filters():
    layer = make("ConvolutionSparse", f"convolution_param {{ {FIELDS} }}", (2, 4, 6, 7))
    x = noise(2, 4, 6, 7)
    mixing, cells, weight, bias = (array(blob) for blob in layer.blobs)
    mixing = mixing.reshape(2, 2, 2)
    mixed = np.concatenate([np.einsum("ab,nbhw->nahw", mixing[g], array(x)[:, 2 * g:2 * g + 2])
                            for g in (0, 1)], 1)
    wide = np.pad(mixed, ((0, 0), (0, 0), (1, 1), (1, 1)))
    expected = np.empty((2, 6, 4, 4))
    for row in range(4):
        for column in range(4):
            window = wide[:, :, 2 * row:2 * row + 2, 2 * column:2 * column + 3].reshape(2, 4, 6)
            turned = np.einsum("ckl,ncl->nck", cells[0], window)
            for out in range(6):
                group = out // 3
                own = turned[:, 2 * group:2 * group + 2].reshape(2, -1)
                expected[:, out, row, column] = own @ weight[out].ravel() + bias.ravel()[out]
    np.testing.assert_allclose(array(layer(x)), expected, rtol=1e-9, atol=1e-12)


def test_other_axes_than_four_are_refused():
    with pytest.raises(SpecError, match=r"it must be \(N, C, H, W\)"):
        make("ConvolutionSparse", "convolution_param { num_output: 2 kernel_size: 3 }", (2, 4, 7))
