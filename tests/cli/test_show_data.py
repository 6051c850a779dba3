"""tools/check_data NET --show DIR: images as the net gets them."""

import cv2
import numpy as np
import pytest

from framework.cli import check_data
from framework.data.augment.mean import Mean
from framework.report.data_sheet import draw_boxes, sheet, visible
from tests.data.making import annotated, annotated_net, encoded, write_database, write_images

TRANSFORM = "mean_value: 100 mean_value: 50 mean_value: 20 scale: 0.5"


def test_images_are_shown_with_the_mean_put_back_and_their_boxes(tmp_path):
    grey = np.full((200, 320, 3), (10, 120, 230), np.uint8)
    path = write_database(tmp_path / "lmdb", [annotated(
        encoded(grey), [(1, 0.25, 0.25, 0.75, 0.5)], 200, 320)])
    net = tmp_path / "net.prototxt"
    net.write_text(annotated_net(path, 2, TRANSFORM))
    show = tmp_path / "show"
    assert check_data.main([str(net), "--show", str(show), "--count", "3", "--phase", "TRAIN"]) == 0
    assert sorted(item.name for item in show.iterdir()) == [
        "train_data.png", "train_data_000.png", "train_data_001.png", "train_data_002.png"]
    drawn = cv2.imread(str(show / "train_data_002.png"))
    assert drawn.shape == grey.shape
    changed = (drawn != grey).any(2)
    rows, columns = np.flatnonzero(changed.any(1)), np.flatnonzero(changed.any(0))
    edges = [rows.min(), rows.max(), columns.min(), columns.max()]
    np.testing.assert_allclose(edges, [50, 100, 80, 240], atol=2)      # the lines have a width
    assert not changed[70:95, 90:230].any() and (drawn[0, 0] == (10, 120, 230)).all()


def test_a_label_map_stands_beside_its_image(tmp_path):
    write_images(tmp_path, 2)
    (tmp_path / "list").write_text("0.png 0_marks.png\n1.png 1_marks.png\n")
    net = tmp_path / "net.prototxt"
    net.write_text(f'layer {{ name: "data" type: "DenseImageData" top: "data" top: "label" '
                   f'dense_image_data_param {{ source: "{tmp_path}/list" batch_size: 2 '
                   f'root_folder: "{tmp_path}/" }} }}')
    assert check_data.main([str(net), "--show", str(tmp_path / "show"), "--count", "2",
                            "--phase", "TEST"]) == 0
    drawn = cv2.imread(str(tmp_path / "show" / "test_data_000.png"))
    assert drawn.shape == (40, 112, 3)
    assert np.array_equal(drawn[:, :56], cv2.imread(str(tmp_path / "0.png")))
    assert (drawn[6:, 56:] == 0).all() and (drawn[:5, 56:63] != 0).any()


def test_a_grey_input_and_a_mean_image_become_visible():
    image = np.full((1, 4, 6), 30, np.float32)
    assert (visible(np.full((1, 4, 6), 5, np.float32), Mean(image=image, scale=0.5)) == 40).all()


def test_boxes_at_the_border_are_drawn_inside():
    drawn = draw_boxes(np.zeros((300, 400, 3), np.uint8),
                       np.array([[0, 1, 0, 0, 0, 1, 1, 1]], np.float32), {1: "cat"})
    assert drawn[299, 200].any() and drawn[150, 399].any()


@pytest.mark.parametrize("count, shape", [(1, (112, 212)), (5, (218, 830))])
def test_a_sheet_holds_all_images(count, shape):
    whole = sheet([np.zeros((100, 200, 3), np.uint8)] * count)
    assert whole.shape[:2] == shape
    assert (whole == 0).all(2).sum() == count * 100 * 200


def test_a_database_alone_cannot_be_shown(tmp_path, capsys):
    path = write_database(tmp_path / "lmdb", [annotated(b"", [])])
    assert check_data.main([str(path), "--show", str(tmp_path / "x")]) == 1
    assert "--show needs a net or solver" in capsys.readouterr().err
