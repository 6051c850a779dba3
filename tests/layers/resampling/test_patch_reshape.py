"""PatchReshape by the loops of its definition."""

import numpy as np
import pytest

from framework import parse_net
from framework.errors import SpecError
from tests.support import make, noise

PARAM = ("new_channel: 4 new_height: {} new_width: {} new_patch_width: 3 new_patch_height: 2")


@pytest.mark.parametrize("plane", [(5, 7), ()])
def test_channels_become_patches_column_by_column(plane):
    height, width = plane or (1, 1)
    layer = make("PatchReshape", PARAM.format(2 * height, 3 * width), (2, 24, *plane))
    x = noise(2, 24, *plane)
    given = x.detach().numpy().reshape(2, 24, height, width)
    expected = np.empty((2, 4, 2 * height, 3 * width))
    for h, w in np.ndindex(height, width):
        channel = 0
        for column in range(3):
            for row in range(2):
                for top in range(4):
                    expected[:, top, 2 * h + row, 3 * w + column] = given[:, channel, h, w]
                    channel += 1
    np.testing.assert_array_equal(layer(x).detach(), expected)


def test_sizes_that_do_not_fit_are_refused():
    with pytest.raises(SpecError, match="it must have 3 x 2 x 4 channels"):
        make("PatchReshape", PARAM.format(10, 9), (2, 20, 5, 3))
    with pytest.raises(SpecError, match="new_height 10 and new_width 8; the patches make 10 x 9"):
        make("PatchReshape", PARAM.format(10, 8), (2, 24, 5, 3))


def test_it_is_the_reshape_of_v1():
    layer = parse_net("""layers { name: "r" type: RESHAPE bottom: "x" top: "y"
        reshape_param { new_channel: 4 } }""").message.layer[0]
    assert layer.type == "PatchReshape" and layer.patch_reshape_param.new_channel == 4
