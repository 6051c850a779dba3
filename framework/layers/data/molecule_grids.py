"""Data layers of gnina, for grids of atoms: known by the shapes of their tops."""

from __future__ import annotations

import math
from pathlib import Path

from framework.definition.spec import LayerSpec
from framework.layers.base import Shape, layer
from framework.layers.data.assumed_shapes import ASSUMED_SIZES, Size
from framework.layers.data.known_by_shape import KnownByShape

RECEPTOR, LIGAND = 16, 19       # channels without a map
IN_MAP = 14                     # channels of completerec and completelig


def _channels(path: str, contents: str, default: int) -> int:
    """The lines of a map of types of atoms; those of the published maps for a file not at hand."""
    if not contents and path:
        file = Path(path)
        if not file.is_file():
            return IN_MAP
        contents = file.read_text(errors="replace")
    lines = [line for line in contents.splitlines() if line.strip()]
    return len(lines) if contents else default


@layer
class MolGridData(KnownByShape):
    """Densities of the atoms of a receptor and of a ligand (gnina): known by shape only.

    Tops:   densities (batch_size, channels, d, d, d), d = round(dimension / resolution) + 1; labels
            (batch_size,), then as many with has_affinity, has_rmsd and affinity_reweight_stdcut.
            channels are the lines of recmap and of ligmap, the latter for each pose: 14 if the file
            is not at hand, 16 and 19 without one. duplicate_poses makes num_poses items of each.
    Errors: SpecError whenever data are requested, for a grid without a size, for tops that do not
            fit, and for groups of frames, parts of grids and peturb_ligand, whose tops differ.
    Meaning: gnina/gnina molgrid_data_layer.cpp; Ragoza et al. 2017.
    """

    num_tops = (2, None)

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        param = spec.proto.molgrid_data_param
        for field in ("dimension", "resolution", "batch_size", "num_poses"):
            value = getattr(param, field)
            if not 0 < value < math.inf:
                raise spec.error(f"molgrid_data_param.{field}", f"is {value:g}; it must be given, "
                                 "above 0")
        if param.maxgroupsize != 1 or param.subgrid_dim or param.peturb_ligand:
            raise spec.error("molgrid_data_param", "has groups, parts of grids or peturb_ligand, "
                             "whose tops are not known here")
        reweights = param.affinity_reweight_stdcut > 0
        wanted = 2 + param.has_affinity + param.has_rmsd + reweights
        if len(spec.tops) != wanted:
            raise spec.error("top", f"is given {len(spec.tops)} times; molgrid_data_param asks for "
                             f"{wanted}")

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        cls.check_fields(spec)
        param = spec.proto.molgrid_data_param
        receptor = _channels(param.recmap, param.mem_recmap, RECEPTOR)
        ligand = _channels(param.ligmap, param.mem_ligmap, LIGAND)
        items = 1 if param.inmemory else param.batch_size
        if param.duplicate_poses:
            items *= param.num_poses
        else:
            ligand *= param.num_poses
        edge = round(param.dimension / param.resolution) + 1
        labels: list[Shape] = [(items,)] * (len(spec.tops) - 1)
        return [(items, receptor + ligand, edge, edge, edge), *labels]


@layer
class NDimData(KnownByShape):
    """Grids of any shape with labels (gnina): known by shape only.

    Tops:   grids (batch_size, shape...); labels (batch_size,).
    Errors: SpecError whenever data are requested, and without a shape or with a size below 1.
    Meaning: gnina/gnina ndim_data_layer.cpp.
    """

    num_tops = (2, 2)

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        if not spec.proto.ndim_data_param.shape.dim:
            raise spec.error("ndim_data_param.shape", "is missing")
        param = spec.proto.ndim_data_param
        if param.batch_size < 1 or min(param.shape.dim) < 1:
            raise spec.error("ndim_data_param.shape", f"is {list(param.shape.dim)} and batch_size "
                             f"{param.batch_size}; all must be at least 1")

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        cls.check_fields(spec)
        param = spec.proto.ndim_data_param
        return [(param.batch_size, *param.shape.dim), (param.batch_size,)]
