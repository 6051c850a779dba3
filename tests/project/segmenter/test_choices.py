"""What a new segmenter's settings are for counts and sizes that are worked by hand."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from framework.project.segmenter.choices import DEEPLAB, UNET, settings


def chosen(folder: Path, num_train, side=400, backbone=UNET, size=None):
    """Settings for square images, of which one stands for all."""
    cv2.imwrite(str(folder / "0.png"), np.full((side, side, 3), 90, np.uint8))
    (folder / "train.txt").write_text("0.png 0.png\n")
    return settings(backbone, folder, {"train": num_train, "test": 4}, ["cat"], size)


@pytest.mark.parametrize("num_train, side, backbone, longer, max_iter", [
    (80, 400, UNET, 192, 600),          # 60 x 80 / 8; 192 x 192 x 80 x 60 are 0.18e9
    (160, 400, UNET, 128, 1200),        # 60 x 160 / 8; at 160 60 passes are 0.25e9
    (500, 400, UNET, 96, 2700),         # 0.2e9 / (8 x 96 x 96) = 2712
    (1200, 400, DEEPLAB, 96, 6700),     # 0.5e9 / (8 x 96 x 96) = 6781
    (1200, 64, UNET, 64, 6100)])        # 0.2e9 / (8 x 64 x 64) = 6103
def test_input_and_iterations_are_what_two_cores_do_in_ten_minutes(num_train, side, backbone,
                                                                   longer, max_iter, tmp_path):
    found = chosen(tmp_path, num_train, side, backbone)
    assert (found.size, found.max_iter) == ((longer, longer), max_iter)


@pytest.mark.parametrize("num_train, size, minutes", [
    (1200, None, 10), (1200, (512, 512), 42)])      # 400 x 8 x 512 x 512 / 0.2e9 x 10 = 41.9
def test_a_limited_training_says_how_long_it_takes_at_most(num_train, size, minutes, tmp_path):
    found = chosen(tmp_path, num_train, size=size)
    reason = next(choice.reason for choice in found.choices if choice.name == "max_iter")
    assert reason.endswith(f", which take two cores up to {minutes} minutes: make it more if there "
                           "is time")
