"""MHDRoiData of two projects, told apart by the tops and the fields."""

import pytest

from framework.errors import SpecError
from framework.layers.data.volume_data import MHDRoiData
from tests.support import layer_spec

NAMES = 'contour_name_list { name: "liver" name: "spleen" } batch_size: 3 '
SLICES = "resample_size_x: 12 resample_size_y: 10 resample_size_z: 8 "
LARGEST = "max_width: 15 max_height: 14 max_length: 9 "


@pytest.mark.parametrize("num_tops, fields, shapes", [
    (5, SLICES, [(3, 3, 8, 10, 12), (3, 19), (3, 1, 16), (3, 1, 20), (3, 1, 24)]),
    (2, SLICES, [(3, 3, 8, 10, 12), (3, 19)]),
    (2, LARGEST, [(3, 1, 9, 14, 15), (3, 19)]),
    (4, LARGEST, [(3, 1, 9, 14, 15), (3, 19), (3, 2, 8), (3, 1, 9, 14, 15)]),
])
def test_the_shapes_are_those_of_the_project_that_the_net_shows(num_tops, fields, shapes):
    spec = layer_spec("MHDRoiData", f"mhd_data_param {{ {NAMES} {fields} }}", 0, num_tops)
    assert MHDRoiData.assumed_shapes(spec) == shapes


def test_a_size_of_0_is_named():
    spec = layer_spec("MHDRoiData", f"mhd_data_param {{ {NAMES} max_width: 0 }}", 0, 3)
    with pytest.raises(SpecError, match="max_width is 0; it must be at least 1"):
        MHDRoiData.assumed_shapes(spec)
