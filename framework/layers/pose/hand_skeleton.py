"""Joints of a hand by forward kinematics, and a loss of poses that no hand takes (DeepModel)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.number_files import read_numbers
from framework.layers.onnx_reasons import UNWRITTEN
from framework.ops.losses import precise

JOINTS, ANGLES, BONES = 31, 47, 30
FOLDER = "configuration"
PLANES = {"x": (1, 2), "y": (0, 2), "z": (0, 1)}
"""The axes that a turn mixes, the first of which goes towards the second one."""
Turns = tuple[tuple[str, int], ...]
"""Axes to turn about, one after the other, each with the number that says the angle."""


class Step(NamedTuple):
    """From a joint to the next one: turns about its axes, then a bone."""

    joint: int
    before: int
    turns: Turns
    axis: int       # of the bone
    bone: int
    sign: int = 1


PALM = 24
WHOLE_HAND = (("z", 5), ("x", 3), ("y", 4))


def _skeleton() -> list[Step]:
    """Every joint but the palm's centre, after the one that it hangs on."""
    steps = []
    for joint, first in ((25, 6), (26, 9), (27, 12)):       # wrist, left and middle; thumb's root
        turns = (("z", first + 2), ("x", first), ("y", first + 1))
        steps.append(Step(joint, PALM, turns, 1, joint - 1, -1))
    for joint, thumb in ((28, (("z", 16), ("y", 15))), (29, (("z", 17),)), (30, (("z", 18),))):
        steps.append(Step(joint, joint - 1, thumb, 0, joint - 1))
    for finger in range(4):                                 # little, ring, middle, index
        root, first, base = 20 + finger, 19 + 3 * finger, 31 + 4 * finger
        turns = (("z", first + 2), ("x", first), ("y", first + 1))
        steps.append(Step(root, PALM, turns, 1, root))
        tip = 5 * finger
        bends = [(("z", base + 1), ("x", base)), (("x", base + 2),), (), (("x", base + 3),), ()]
        for joint, bend in zip(range(tip + 4, tip - 1, -1), bends, strict=True):
            steps.append(Step(joint, root if joint == tip + 4 else joint + 1, bend, 1, joint))
    return steps


SKELETON = _skeleton()


class _OfAngles(Layer):
    """Reads 47 numbers of each item, and files of the folder `configuration`.

    A file that is not there yet is read at the first forward.
    """

    files: tuple[str, ...]
    tables: Tensor

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        return None

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        if len(x) < 2 or math.prod(x[1:]) != ANGLES:
            raise spec.error("bottom", f"'{spec.bottoms[0]}' has the shape {tuple(x)}; it must "
                             f"hold {ANGLES} numbers an item, the positions and angles of a hand")
        self.register_buffer("tables", torch.zeros(len(self.files), ANGLES), persistent=False)
        self.is_read = False
        if all(Path(FOLDER, name).exists() for name in self.files):
            self._read()

    def _read(self) -> None:
        rows = [self._numbers(name) for name in self.files]
        self.tables = torch.tensor(rows).to(self.tables)
        self.is_read = True

    def _numbers(self, name: str) -> list[float]:
        """A file's numbers, one for each of the 47; of a file of Ids 1 for those that it lists."""
        path = f"{FOLDER}/{name}"
        try:
            if name == "BoneLength.txt":
                return read_numbers(path, BONES, "bones") + [0.0] * (ANGLES - BONES)
            if name.endswith("Id.txt"):
                return _listed(path)
            return read_numbers(path, ANGLES, "positions and angles")
        except ValueError as error:
            raise self.spec.error("type", f"'{self.spec.type}' reads {path}, {error}") from None

    def rows(self, x: Tensor) -> tuple[Tensor, ...]:
        """The numbers of each file."""
        if not self.is_read and not x.is_meta:
            self._read()
        return self.tables.to(x.dtype).unbind()


def _listed(path: str) -> list[float]:
    """1 for each of the 47 numbers that the file lists after how many they are, else 0.

    Raises ValueError, as read_numbers.
    """
    (count,) = read_numbers(path, 1, "numbers of angles")
    if count not in range(ANGLES + 1):
        raise ValueError(f"which begins with {count:g}; it must begin with how many it lists, up "
                         f"to {ANGLES}")
    listed = read_numbers(path, int(count) + 1, "angles to list, and their number")[1:]
    if not all(number in range(ANGLES) for number in listed):
        raise ValueError(f"which lists what is not from 0 to {ANGLES - 1}")
    return [float(number in listed) for number in range(ANGLES)]


@layer
class DeepHandModel(_OfAngles):
    """Joints of a hand by forward kinematics: 31 points of 47 positions and angles.

    Bottom: x (N, ...), 47 numbers an item: the position of the palm, the angles of the whole hand
            about x, y and z, and those of the joints, in radians; InitialParameters.txt is added.
            Numbers that DofFixedId.txt lists (first how many, then which) are that file's alone.
    Top:    (N, 93): x, y and z of each joint: five of each finger from the tip on (little to index
            finger), the four roots of the fingers, the palm's centre, the wrist, the thumb.
    A joint is turned about z, x and y of the one before, then a bone of BoneLength.txt away. All
    three files are in the folder `configuration` of the working directory; one that is not there
    is told at the first forward.
    Errors: SpecError for other than 47 numbers an item, and for files that do not fit.
    Source: deep_hand_model_layers.cpp of xingyizhou/DeepModel; Zhou et al. 2016.
    """

    needs_float32 = True
    no_onnx_form = UNWRITTEN
    files = ("InitialParameters.txt", "DofFixedId.txt", "BoneLength.txt")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(bottoms[0][0], 3 * JOINTS)]

    def forward(self, x: Tensor) -> Tensor:
        x = precise(x).flatten(1)
        start, is_fixed, bones = self.rows(x)
        angles = (x.where(is_fixed == 0, 0) + start).unbind(1)
        upright = torch.eye(3, dtype=x.dtype, device=x.device).expand(len(x), 3, 3).unbind(2)
        frames = {PALM: _turned(upright, WHOLE_HAND, angles)}
        points = {PALM: torch.stack(angles[:3], 1)}
        for step in SKELETON:
            frames[step.joint] = frame = _turned(frames[step.before], step.turns, angles)
            points[step.joint] = (points[step.before]
                                  + step.sign * bones[step.bone] * frame[step.axis])
        return torch.stack([points[joint] for joint in range(JOINTS)], 1).flatten(1)


def _turned(frame: Sequence[Tensor], turns: Turns, angles: Sequence[Tensor]) -> list[Tensor]:
    """The axes (N, 3) of a joint, turned about one of them after the other."""
    axes = list(frame)
    for axis, number in turns:
        first, second = PLANES[axis]
        cosine, sine = angles[number].cos()[:, None], angles[number].sin()[:, None]
        ahead, aside = axes[first], axes[second]
        axes[first] = cosine * ahead + sine * aside
        axes[second] = cosine * aside - sine * ahead
    return axes


@layer
class DeepHandModelDofConstraintLoss(_OfAngles):
    """Squared distance of positions and angles of a hand from the range that a hand can take.

    Bottom: x (N, ...), 47 numbers an item, as DeepHandModel's.
    Top:    the loss (): over N the sum of the squared distances from the range of
            DofConstraintLow.txt to DofConstraintUp.txt, without the numbers that
            DofConstraintId.txt lists (first how many, then which).
    The files are in the folder `configuration` of the working directory; one that is not there is
    told at the first forward.
    Errors: SpecError for other than 47 numbers an item, and for files that do not fit.
    Source: deep_hand_model_dof_constraint_loss.cpp of xingyizhou/DeepModel; Zhou et al. 2016.
    """

    loss = True
    files = ("DofConstraintLow.txt", "DofConstraintUp.txt", "DofConstraintId.txt")

    def forward(self, x: Tensor) -> Tensor:
        x = precise(x).flatten(1)
        low, high, is_left_out = self.rows(x)
        outside = torch.where(x > high, x - high, torch.where(x < low, x - low, 0))
        return outside.where(is_left_out == 0, 0).square().sum() / len(x)
