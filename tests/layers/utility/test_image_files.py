"""ImageOutput: the names of its files and the levels of their pixels."""

import cv2
import numpy as np
import torch

from tests.support import make, noise


def test_three_channels_are_one_image_of_levels(tmp_path):
    layer = make("ImageOutput", f"output_prefix: '{tmp_path}/new/a-' scale: 2 offset: 0.125 "
                 "base_idx: 7 filename_padding: 4", (2, 3, 4, 5), tops=0)
    x = noise(2, 3, 4, 5, requires_grad=False)
    assert layer(x) == ()
    layer(-x)
    names = sorted(path.name for path in (tmp_path / "new").iterdir())
    assert names == [f"a-{number:04d}.png" for number in (7, 8, 9, 10)]
    found = cv2.imread(str(tmp_path / "new" / "a-0008.png"), cv2.IMREAD_UNCHANGED)
    levels = np.clip(np.floor(256 * (2 * x[1].float().numpy() + np.float32(0.125))), 0, 255)
    np.testing.assert_array_equal(found, levels.transpose(1, 2, 0))


def test_channels_are_files_and_auto_scale_spans_the_levels(tmp_path):
    layer = make("ImageOutput", f"output_prefix: '{tmp_path}/' normalization: AutoSCALE "
                 "print_iter: 2 filename_padding: 1 force_slice_channels: true", (1, 3, 2, 2),
                 tops=0)
    layer(torch.arange(12.0).reshape(1, 3, 2, 2) - 3)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "01-0-00.png", "01-0-01.png", "01-0-02.png"]
    found = cv2.imread(str(tmp_path / "01-0-02.png"), cv2.IMREAD_UNCHANGED)
    expected = np.floor(256 * np.array([[8, 9], [10, 10.99]]) / 11)     # 256 is cut to 255
    np.testing.assert_array_equal(found, expected)
    layer(torch.full((1, 3, 2, 2), 5.0))
    assert not cv2.imread(str(tmp_path / "02-1-00.png"), cv2.IMREAD_UNCHANGED).any()
