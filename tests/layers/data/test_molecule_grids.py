"""Grids of atoms, known by shape, and the filler of symmetric filters that go with them."""

import re

import pytest
import torch

from framework.errors import SpecError
from framework.layers.fillers import fill_
from framework.proto import FillerParameter
from tests.net.looks import shapes_of

GRID = """layer {{ name: "d" type: "MolGridData" top: "x" top: "y" {tops} molgrid_data_param {{
  batch_size: 4 dimension: 23.5 resolution: 0.5 {fields} }} }}"""


@pytest.mark.parametrize("fields, shape", [
    ("", (4, 35, 48, 48, 48)), ("num_poses: 3", (4, 16 + 3 * 19, 48, 48, 48)),
    ("num_poses: 3 duplicate_poses: true", (12, 35, 48, 48, 48)),
    ("inmemory: true", (1, 35, 48, 48, 48)),
    ('recmap: "completerec" ligmap: "completelig"', (4, 28, 48, 48, 48)),
    ('mem_ligmap: "Carbon\\nOxygen Sulfur\\n"', (4, 18, 48, 48, 48))])
def test_a_grid_has_channels_of_receptor_and_ligands(fields, shape):
    assert shapes_of(GRID.format(tops="", fields=fields)) == [shape, shape[:1]]


def test_channels_of_a_map_are_its_lines(tmp_path):
    (tmp_path / "map").write_text("Carbon\n\nOxygen Sulfur\n")
    text = GRID.format(tops='top: "a" top: "r"', fields="has_affinity: true has_rmsd: true "
                       f'recmap: "{tmp_path}/map"')
    assert shapes_of(text) == [(4, 21, 48, 48, 48), (4,), (4,), (4,)]


@pytest.mark.parametrize("fields, words", [
    ("has_affinity: true", "top is given 2 times; molgrid_data_param asks for 3"),
    ("maxgroupsize: 3", "whose tops are not known here"),
    ("batch_size: 0", "batch_size is 0; it must be given, above 0"),
    ("resolution: nan", "resolution is nan; it must be given, above 0"),
    ("dimension: inf", "dimension is inf; it must be given, above 0"),
    ("num_poses: 0", "num_poses is 0; it must be given, above 0")])
def test_other_tops_are_refused(fields, words):
    with pytest.raises(SpecError, match=words):
        name = fields.split(":")[0]
        text = re.sub(rf"{name}: [\d.]+", "", GRID.format(tops="", fields="@"))
        shapes_of(text.replace("@", fields))


@pytest.mark.parametrize("fields", ["shape { dim: 3 dim: -1 }", "batch_size: 0 shape { dim: 3 }"])
def test_sizes_of_items_below_1_are_refused(fields):
    with pytest.raises(SpecError, match="ndim_data_param.shape is .* all must be at least 1"):
        shapes_of('layer { name: "d" type: "NDimData" top: "x" top: "y" ndim_data_param { '
                  f"{fields} }} }}")


def test_a_share_of_filters_is_symmetric_around_the_middle():
    blob = torch.empty(4, 2, 3, 3, 3)
    fill_(blob, FillerParameter(type="radial", symmetric_fraction=0.5),
          torch.Generator().manual_seed(1))
    plain = torch.empty(4, 2, 3, 3, 3)
    fill_(plain, FillerParameter(type="xavier"), torch.Generator().manual_seed(1))
    assert torch.equal(blob[2:], plain[2:])
    for first, second in [((2, 1, 1), (0, 1, 1)), ((2, 1, 1), (1, 1, 2)), ((2, 2, 1), (0, 1, 0)),
                          ((2, 2, 2), (0, 0, 0))]:
        assert torch.equal(blob[(slice(2), slice(None), *first)],
                           blob[(slice(2), slice(None), *second)])
        assert torch.equal(blob[(slice(2), slice(None), *first)],
                           plain[(slice(2), slice(None), *first)])
    assert torch.equal(blob[:2, :, 0, 2, 1], plain[:2, :, 0, 2, 1])
    with pytest.raises(ValueError, match="5 axes and a cube of an odd size"):
        fill_(torch.empty(4, 2, 4, 4, 4), FillerParameter(type="radial"), torch.Generator())
