"""The last layers of pose nets: best maps, text files, drawings."""

import numpy as np
import pytest

from framework.errors import SpecError
from tests.support import make, noise


@pytest.mark.parametrize("value", [False, True])
def test_the_best_map_of_each_cell_is_found(value):
    x = noise(2, 3, 5, 4)
    top = make("ArgMaxC", f"out_max_val: {str(value).lower()}", (2, 3, 5, 4))(x)
    array = x.detach().numpy()
    expected = [array.argmax(1), array.max(1)][:1 + value]
    np.testing.assert_array_equal(top.detach(), np.stack(expected, 1))


def test_matrices_are_written_in_turn(tmp_path):
    layer = make("WriteDataIntoFile", f"scale: 0.5 n_images: 3 visual_dire: '{tmp_path}/' "
                 "file_ext: '.log'", (2, 1, 2, 3))
    x = noise(2, 1, 2, 3)
    top = layer(x)
    np.testing.assert_allclose(top.detach(), x.detach() / 2, rtol=1e-12)
    top.sum().backward()
    assert (x.grad == 0.5).all()
    layer(2 * x.detach())       # to the third file, and the first again
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "test_1.log", "test_2.log", "test_3.log"]
    for name, item in (("test_1", x[1]), ("test_2", x[1] / 2), ("test_3", x[0])):
        lines = (tmp_path / f"{name}.log").read_text().splitlines()
        assert lines == [" ".join(f"{number:g}" for number in row) for row in item[0].tolist()]


def test_drawings_are_named_and_not_drawn(caplog):
    layer = make("VisualizedHeatMaps2", "visual_heat_maps_param { visual_type: 1 }",
                 (2, 3, 5, 4), (2, 3, 5, 4), (2, 5), tops=0)
    assert "nothing is drawn here" in caplog.text
    assert layer(noise(2, 3, 5, 4), noise(2, 3, 5, 4), noise(2, 5)) == ()


@pytest.mark.parametrize("kind, param, shapes, words", [
    ("WriteDataIntoFile", "", ((2, 1, 2, 3),), "n_images is 0; it must be at least 1"),
    ("WriteDataIntoFile", "n_images: 2", ((2, 2, 2, 3),), r"it must be \(N, 1, H, W\)"),
    ("VisualizedHeatMaps2", "visual_heat_maps_param { visual_type: 3 }",
     ((2, 3, 5, 4), (2, 5)), "is 3; it must be 0, 1 or 2"),
    ("VisualizedHeatMaps2", "visual_heat_maps_param { threshold: 1.5 }",
     ((2, 3, 5, 4), (2, 5)), "is 1.5; it must be from 0 to 1"),
    ("VisualizedPoseCoords", "visual_pose_coords_param { phase_name: 'a' phase_name: 'b' }",
     ((2, 6), (2, 5)), "is given 2 times; it must be 1 or 3"),
    ("VisualizedPoseCoords", "visual_pose_coords_param { phase_name: 'a' }",
     ((2, 6), (3, 5)), r"it must be \(2, 5, 1, 1\)"),
])
def test_settings_that_do_not_fit_are_refused(kind, param, shapes, words):
    with pytest.raises(SpecError, match=words):
        make(kind, param, *shapes, tops=0)
