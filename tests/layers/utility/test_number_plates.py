"""Signs of number plates and attributes of faces, worked by hand or by loops."""

import math

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise

COUNTS = "lp_det_param { num_chinese: 4 num_english: 5 num_letter: 6 }"
SHAPES = ((3, 4), (3, 5), *((3, 6),) * 5)


def test_the_sign_of_a_place_is_the_first_of_the_largest_above_zero():
    bottoms = [noise(shape, seed=index, requires_grad=False)
               for index, shape in enumerate(SHAPES)]
    bottoms[0][1] = -1
    bottoms[3][2] = torch.tensor([0.1, 0.6, 0.6, 0, 0, 0])
    signs = make("DetectionCcpdOutput", COUNTS, *SHAPES)(*bottoms)
    assert signs.shape == (1, 1, 3, 7)
    for plate, place in np.ndindex(3, 7):
        best, most = 0, 0.0
        for sign, value in enumerate(bottoms[place][plate].tolist()):
            if value > most:
                best, most = sign, value
        assert signs[0, 0, plate, place] == best
    assert signs[0, 0, 1, 0] == 0 and signs[0, 0, 2, 3] == 1
    with pytest.raises(SpecError, match=r"has the shape \(3, 4\); it must have 3 items of "
                                        "lp_det_param.num_english = 5 values"):
        make("DetectionCcpdOutput", COUNTS, (3, 4), *SHAPES[:1], *SHAPES[2:])


def test_a_plate_is_right_with_all_its_signs_and_so_are_those_after_it():
    truth = torch.arange(28.0).reshape(4, 7)
    found = truth.clone()
    found[0, 3] = 90
    found[3, 6] = 90
    every = make("LpEvaluate", "", (4, 1, 1, 7), (4, 7))(found.reshape(4, 1, 1, 7), truth)
    assert every.flatten().tolist() == [0, 1, 1, 1]
    layer = make("LpEvaluate", "", (1, 1, 4, 7), (4, 7))
    assert layer(found[None, None], truth).tolist() == [[[[0]]]]
    assert layer(truth[None, None], truth).tolist() == [[[[1]]]]
    # of longer rows the first numbers are read, those of another plate too
    long = make("LpEvaluate", "", (2, 9), (2, 8))
    values = torch.arange(18.0).reshape(2, 9)
    assert long(values, torch.arange(16.0).reshape(2, 8)).flatten().tolist() == [1, 1]
    values[1, 4] = 0        # the 14th number
    assert long(values, torch.arange(16.0).reshape(2, 8)).flatten().tolist() == [1, 1]
    values[0, 0] = 5
    assert long(values, torch.arange(16.0).reshape(2, 8)).flatten().tolist() == [0, 0]
    with pytest.raises(SpecError, match="both must be 7 signs for each plate"):
        make("LpEvaluate", "", (2, 9), (2, 6))


def test_faces_are_measured_by_points_classes_and_angles():
    values = noise(3, 17, seed=4, requires_grad=False)
    truth = noise(3, 17, seed=5, requires_grad=False)
    truth[:, 15:] = torch.tensor([[30.0, 40], [50, 20], [10, 60]])
    truth[:, 13:15] = torch.tensor([[0.0, 1], [1, 1], [0, 0]])
    values[:, 13:17] = torch.tensor([[0.2, 0.8, 0.7, 0.3], [0.1, 0.9, 0.4, 0.6], [-1, -2, 0.3, 0]])
    kind = "face_evaluate_param { facetype: FACEATTRIBUTE }"
    top = make("FaceAttriEvaluate", kind, (3, 17), (3, 17))(values, truth)[0, 0]
    for item in range(3):
        width, height = truth[item, 15:].tolist()
        for point in range(5):
            across = width * (values[item, point] - truth[item, point])
            down = height * (values[item, 5 + point] - truth[item, 5 + point])
            wanted = math.hypot(across, down) / math.hypot(width, height)
            assert top[item, point].item() == pytest.approx(wanted)
        for angle in range(3):
            apart = values[item, 10 + angle] - truth[item, 10 + angle]
            assert top[item, 7 + angle].item() == pytest.approx(math.cos(math.radians(apart)))
    # the sex is right of the second, the glasses too; the third's glasses only by the second's
    assert top[:, 5:7].tolist() == [[0, 0], [1, 1], [1, 1]]
    with pytest.raises(SpecError, match="facetype is FACE_5_TYPE; it must be FACEATTRIBUTE"):
        make("FaceAttriEvaluate", "face_evaluate_param { facepoints: 5 }", (3, 17), (3, 17))
