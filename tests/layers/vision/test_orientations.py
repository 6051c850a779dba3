"""ORConvolution and ORPooling against filters that are turned cell by cell."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import array, make, noise

# of 3 x 3 cells, which number from 1 on goes to which in a turn by an eighth
EIGHTH = {1: 2, 2: 3, 3: 6, 6: 9, 9: 8, 8: 7, 7: 4, 4: 1, 5: 5}


def turned(plane, eighths):
    """A kernel of 3 x 3, turned."""
    for _ in range(eighths):
        flat = plane.ravel()
        moved = np.empty(9)
        for source, target in EIGHTH.items():
            moved[target - 1] = flat[source - 1]
        plane = moved.reshape(3, 3)
    return plane


@pytest.mark.parametrize("turns", [4, 8])
def test_the_first_filter_of_a_group_counts_in_all_orientations(turns):
    fields = (f"convolution_param {{ num_output: {2 * turns} kernel_size: 3 pad: 1 weight_filler "
              f"{{ type: 'gaussian' std: 1 }} }} orn_param {{ orientations: {turns} }}")
    layer = make("ORConvolution", fields, (2, 3 * turns, 5, 4))
    weight = array(layer.weight)
    full = np.empty_like(weight)
    for out in range(2 * turns):
        group, turn = divmod(out, turns)
        for channel in range(3 * turns):
            inner, plane = divmod(channel, turns)
            own = weight[group * turns, inner * turns + (plane - turn) % turns]
            full[out, channel] = turned(own, turn * 8 // turns)
    if turns == 4:      # a quarter is what numpy turns by
        np.testing.assert_array_equal(full[1, 1], np.rot90(weight[0, 0], -1))
    x = noise(2, 3 * turns, 5, 4)
    expected = torch.nn.functional.conv2d(x, torch.from_numpy(full), layer.bias, padding=1)
    np.testing.assert_allclose(array(layer(x)), array(expected), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("fields, words", [
    ("num_output: 8 kernel_size: 5", r"kernel_size is \(5, 5\); filters that are turned have"),
    ("num_output: 6 kernel_size: 3", "orientations is 4; it must divide the 8 channels"),
    ("num_output: 8 kernel_size: 3 group: 2", "and group must be 1")])
def test_a_convolution_whose_filters_cannot_be_turned_is_refused(fields, words):
    with pytest.raises(SpecError, match=words):
        make("ORConvolution", f"convolution_param {{ {fields} }} orn_param {{ orientations: 4 }}",
             (2, 8, 6, 6))


def test_orientations_are_4_or_8():
    with pytest.raises(SpecError, match="orientations is 2; it must be 4 or 8"):
        make("ORConvolution", "convolution_param { num_output: 8 kernel_size: 3 } "
             "orn_param { orientations: 2 }", (2, 8, 6, 6))


def test_orpooling_is_the_maximum_over_the_orientations():
    x = noise(2, 6, 5, 4)
    found = make("ORPooling", "orn_param { orientations: 3 }", (2, 6, 5, 4))(x)
    expected = np.stack([array(x)[:, :3].max(1), array(x)[:, 3:].max(1)], 1)
    np.testing.assert_array_equal(array(found), expected)
    for fields in ("", "orn_param { orientations: 4 }"):
        with pytest.raises(SpecError, match="must be above 1|divisible by 4 orientations"):
            make("ORPooling", fields, (2, 6, 5, 4))
