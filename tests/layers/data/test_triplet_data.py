"""TripletImageData: three files of a line, in three parts of the batch."""

import numpy as np
import pytest

from framework import DataError
from framework.errors import SpecError
from tests.data.making import finished, image, make_source, planes, write_images


def triplet_net(folder, more="", transform=""):
    return (f'layer {{ name: "d" type: "TripletImageData" top: "data" image_data_param {{ '
            f'source: "{folder}/list.tri" root_folder: "{folder}/" batch_size: 2 {more} }} '
            f'transform_param {{ {transform} }} }}')


@pytest.fixture
def triplets(tmp_path):
    write_images(tmp_path)
    (tmp_path / "list.tri").write_text("0.png\t1.png\t2.png\n3.png 0.png 1.png\n\n")
    return tmp_path


@pytest.mark.parametrize("workers", [0, 1])
def test_triplets_are_all_anchors_then_all_positives_then_all_negatives(triplets, workers):
    source = make_source(triplet_net(triplets, transform="mean_value: 7 scale: 0.5"),
                         workers=workers)
    (pixels,) = finished(source)
    assert source.top_shapes == [(6, 3, 40, 56)]
    for found, number in zip(pixels, (0, 3, 1, 0, 2, 1), strict=True):
        np.testing.assert_allclose(found, (planes(number) - 7) * 0.5, rtol=1e-6)


def test_each_image_of_a_triplet_is_cropped_for_itself(triplets):
    (triplets / "list.tri").write_text("2.png 2.png 2.png\n2.png 2.png 2.png\n")
    (pixels,) = finished(make_source(triplet_net(triplets, transform="crop_size: 24")))
    whole = image(2).transpose(2, 0, 1)
    windows = [whole[:, y:y + 24, x:x + 24] for y in range(17) for x in range(33)]
    assert all(any((found == window).all() for window in windows) for found in pixels)
    assert len({np.asarray(found).tobytes() for found in pixels}) > 3


def test_triplets_are_resized_and_grey_if_asked(triplets):
    text = "new_height: 9 new_width: 11 is_color: false shuffle: true"
    (pixels,) = finished(make_source(triplet_net(triplets, text)))
    assert pixels.shape == (6, 1, 9, 11)


def test_a_triplet_with_a_bad_image_is_left_out_and_named(triplets, caplog):
    (triplets / "list.tri").write_text("0.png 1.png gone.png\n" + "3.png 0.png 1.png\n" * 30)
    (pixels,) = finished(make_source(triplet_net(triplets)))
    np.testing.assert_array_equal(pixels[0], planes(3))
    assert "gone.png of its line" in caplog.text


@pytest.mark.parametrize("lines, message", [
    ("0.png 1.png\n", "list.tri:1: '0.png 1.png' has 2 words; it must be three files"),
    ("0.png 1.png 2.png\n0.png 1.png 2.png 1\n", "list.tri:2: .* has 4 words"),
    ("", "the list is empty"),
])
def test_a_line_of_other_than_three_files_is_named(triplets, lines, message):
    (triplets / "list.tri").write_text(lines)
    with pytest.raises(DataError, match=message):
        make_source(triplet_net(triplets))


def test_one_side_alone_is_refused(triplets):
    with pytest.raises(SpecError, match="new_height and new_width must be given together"):
        make_source(triplet_net(triplets, "new_height: 9"))
