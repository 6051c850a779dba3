"""Joints of a hand against products of 4 * 4 matrices, and the range of its angles."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import check_layer, make, noise

BONES = np.linspace(0.1, 0.9, 30)
START = np.linspace(-0.7, 0.6, 47)
FIXED = [6, 14, 20, 31, 46]
PALM = [("z", 5), ("x", 3), ("y", 4)]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The files of the layers, in the folder `configuration` of the working directory."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "configuration"
    path.mkdir()
    write(path, "BoneLength.txt", BONES)
    write(path, "InitialParameters.txt", START)
    write(path, "DofFixedId.txt", [len(FIXED), *FIXED])
    write(path, "DofConstraintLow.txt", START - 0.5)
    write(path, "DofConstraintUp.txt", START + 0.25)
    write(path, "DofConstraintId.txt", [2, 1, 45])
    return path


def write(path, name, numbers):
    (path / name).write_text("\n".join(repr(float(number)) for number in numbers))


def turn(axis, angle):
    """As the original has them: about y the other way round."""
    c, s = np.cos(angle), np.sin(angle)
    matrix = np.eye(4)
    first, second = {"x": (1, 2), "y": (0, 2), "z": (0, 1)}[axis]
    matrix[first, first] = matrix[second, second] = c
    matrix[first, second], matrix[second, first] = -s, s
    return matrix


def move(axis, way):
    matrix = np.eye(4)
    matrix["xyz".index(axis), 3] = way
    return matrix


def root(first):
    return [*PALM, ("z", first + 2), ("x", first), ("y", first + 1)]


def chains():
    """Of each joint all turns and bones from the palm's centre on."""
    found = {24: []}
    for joint, first in ((25, 6), (26, 9), (27, 12)):
        found[joint] = [*root(first), ("bone y", -BONES[joint - 1])]
    found[28] = [*found[27], ("z", 16), ("y", 15), ("bone x", BONES[27])]
    found[29] = [*found[28], ("z", 17), ("bone x", BONES[28])]
    found[30] = [*found[29], ("z", 18), ("bone x", BONES[29])]
    for k in range(4):
        at, base = 5 * k, 31 + 4 * k
        found[20 + k] = [*root(19 + 3 * k), ("bone y", BONES[20 + k])]
        found[at + 4] = [*found[20 + k], ("z", base + 1), ("x", base), ("bone y", BONES[at + 4])]
        found[at + 3] = [*found[at + 4], ("x", base + 2), ("bone y", BONES[at + 3])]
        found[at + 2] = [*found[at + 3], ("bone y", BONES[at + 2])]
        found[at + 1] = [*found[at + 2], ("x", base + 3), ("bone y", BONES[at + 1])]
        found[at] = [*found[at + 1], ("bone y", BONES[at])]
    return found


def joints(x):
    angles = np.where(np.isin(np.arange(47), FIXED), 0, x) + START
    palm = move("x", angles[0]) @ move("y", angles[1]) @ move("z", angles[2])
    points = np.zeros((31, 3))
    for joint, chain in chains().items():
        matrix = palm
        for what, value in chain:
            matrix = matrix @ (move(what[-1], value) if what.startswith("bone")
                               else turn(what, angles[value]))
        points[joint] = matrix[:3, 3]
    return points.flatten()


def test_a_joint_is_a_product_of_turns_and_bones(folder):
    x = noise(3, 47)
    found = make("DeepHandModel", "", (3, 47))(x)
    expected = [joints(row) for row in x.detach().numpy()]
    np.testing.assert_allclose(found.detach(), expected, rtol=1e-5, atol=1e-6)


def test_a_hand_without_angles_is_straight(folder):
    """By hand: the tip of a finger is its bones above the palm, that of the thumb beside it."""
    write(folder, "InitialParameters.txt", [1, 2, 3, *[0] * 44])
    write(folder, "BoneLength.txt", [1] * 30)
    points = make("DeepHandModel", "", (1, 47))(torch.zeros(1, 47)).reshape(31, 3).tolist()
    assert points[0] == [1, 8, 3] and points[20] == [1, 3, 3] and points[24] == [1, 2, 3]
    assert points[25] == [1, 1, 3] and points[30] == [4, 1, 3]


def test_both_stand_the_common_check(folder):
    for kind in ("DeepHandModel", "DeepHandModelDofConstraintLoss"):
        check_layer(make(kind, "", (2, 47)), noise(2, 47), blobs=(), gradient=True)


def test_numbers_out_of_the_range_cost_their_squared_distance(folder):
    x = noise(3, 47)
    loss = make("DeepHandModelDofConstraintLoss", "", (3, 47))(x)
    values = x.detach().numpy()
    away = np.maximum(np.maximum(START - 0.5 - values, values - START - 0.25), 0)
    away[:, [1, 45]] = 0
    np.testing.assert_allclose(loss.detach(), (away ** 2).sum() / 3, rtol=1e-5)


def test_files_that_come_later_are_read_at_the_first_forward(folder):
    path = folder / "BoneLength.txt"
    text = path.read_text()
    path.unlink()
    layer = make("DeepHandModel", "", (1, 47))
    with pytest.raises(SpecError, match=r"'DeepHandModel' reads configuration/BoneLength.txt, "
                                        "which cannot be read"):
        layer(noise(1, 47))
    path.write_text(text)
    x = noise(1, 47)
    np.testing.assert_allclose(layer(x).detach()[0], joints(x.detach().numpy()[0]), rtol=1e-5,
                               atol=1e-6)


@pytest.mark.parametrize("name, numbers, message", [
    ("BoneLength.txt", [1] * 29, "which has 29 numbers; there are 30 bones"),
    ("InitialParameters.txt", [1] * 46, "which has 46 numbers; there are 47 positions and angles"),
    ("DofFixedId.txt", [3, 1, 2], "which has 3 numbers; there are 4 angles to list"),
    ("DofFixedId.txt", [1, 47], "which lists what is not from 0 to 46"),
    ("DofFixedId.txt", [1, 0.5], "which lists what is not from 0 to 46"),
    ("DofFixedId.txt", [float("nan")], "which begins with nan; it must begin with how many"),
    ("DofFixedId.txt", [48, *range(48)], "which begins with 48"),
    ("DofFixedId.txt", [-1], "which begins with -1")])
def test_files_that_do_not_fit_are_refused(folder, name, numbers, message):
    write(folder, name, numbers)
    with pytest.raises(SpecError, match=f"reads configuration/{name}, {message}"):
        make("DeepHandModel", "", (1, 47))


def test_another_number_of_angles_is_refused(folder):
    for kind in ("DeepHandModel", "DeepHandModelDofConstraintLoss"):
        with pytest.raises(SpecError, match="it must hold 47 numbers an item"):
            make(kind, "", (2, 30))
