"""AnnotatedData with MobileNet-YOLO's fields: rows of boxes, jittered windows, several sizes."""

import itertools

import numpy as np
import pytest

from framework.data.augment.draws import Draws
from framework.data.augment.yolo import Jitter, choose_size
from framework.errors import SpecError
from framework.proto import AnnotatedDatum
from tests.data.making import (
    annotated,
    annotated_net,
    encoded,
    finished,
    image,
    make_source,
    planes,
    write_database,
)

BOXES = [[(3, .25, .125, .75, .5)], [(1, .1, .2, .4, .9), (2, .5, .5, .9, .8)]]


@pytest.fixture
def database(tmp_path):
    records = [annotated(encoded(image(index)), boxes) for index, boxes in enumerate(BOXES)]
    message = AnnotatedDatum.FromString(records[1])
    message.annotation_group[0].annotation[0].bbox.difficult = True
    return write_database(tmp_path / "lmdb", [records[0], message.SerializeToString()])


def test_yolo_data_type_gives_centres_and_sizes_with_zeros_after_them(database):
    net = annotated_net(database, 2, annotated="yolo_data_type: 1 yolo_data_jitter: 0")
    source = make_source(net)
    assert source.top_shapes == [(2, 3, 40, 56), (2, 1, 300, 5)]
    pixels, labels = finished(source)
    assert labels.shape == (2, 1, 300, 5)
    np.testing.assert_array_equal(pixels[0], planes(0))
    np.testing.assert_allclose(labels[0, 0, 0], [2, .5, .3125, .5, .375], rtol=1e-6)
    np.testing.assert_allclose(labels[1, 0, :2], [[0, .25, .55, .3, .7], [1, .7, .65, .4, .3]],
                               rtol=1e-5)
    assert not labels[0, 0, 1:].any() and not labels[1, 0, 2:].any()


def test_difficult_boxes_are_left_out_if_asked(database):
    text = "yolo_data_type: 1 yolo_data_jitter: 0 train_diffcult: false"
    _, labels = finished(make_source(annotated_net(database, 2, annotated=text)))
    np.testing.assert_allclose(labels[1, 0, 0], [1, .7, .65, .4, .3], rtol=1e-5)
    assert not labels[1, 0, 1:].any()


def test_a_record_of_more_boxes_than_there_are_rows_is_named(tmp_path, caplog):
    many = [(1, .1, .2, .4, .9)] * 301
    records = [annotated(encoded(image(0)), many), annotated(encoded(image(1)), BOXES[0])]
    path = write_database(tmp_path / "lmdb", records)
    make_source(annotated_net(path, 1, annotated="yolo_data_type: 1"))
    assert "is left out: it has 301 boxes; yolo_data_type: 1 has room for 300" in caplog.text


def test_jittered_windows_leave_at_most_the_jitter_out():
    windows = [Jitter(0.3, False).draw(np.empty((0, 4)), Draws(1, index)) for index in range(3000)]
    cut = np.array([window for window in windows if window is not None])
    assert abs(len(cut) / 3000 - 0.8) < 0.03
    width, height = cut[:, 2] - cut[:, 0], cut[:, 3] - cut[:, 1]
    assert cut.min() >= 0 and cut.max() <= 1
    assert .7 <= width.min() < .71 and .7 <= height.min() < .71
    # three quarters of the windows have the whole jitter, the others half of it
    assert abs(width.mean() - (1 - .75 * .15 - .25 * .075)) < 0.005
    same = [Jitter(0.3, True).draw(np.empty((0, 4)), Draws(2, index)) for index in range(50)]
    for window in same:
        if window is not None:
            assert window[2] - window[0] == pytest.approx(window[3] - window[1], abs=1e-6)


def test_a_jittered_window_moves_its_boxes(database):
    net = annotated_net(database, 1, "resize_param { height: 40 width: 56 }",
                        "yolo_data_type: 1 yolo_data_jitter: 0.25")
    source = make_source(net)
    whole = np.array([2, .5, .3125, .5, .375])
    rows = [batch[1][0, 0, 0].numpy() for batch in itertools.islice(source.batches(), 0, 40, 2)]
    source.close()
    sizes = np.array([row[3] for row in rows])
    assert (sizes > whole[3] + 0.01).any() and sizes.max() < 0.5 / 0.74


def test_jitter_needs_to_be_asked_for(database):
    net = annotated_net(database, 2)
    pixels, labels = finished(make_source(net))
    np.testing.assert_array_equal(pixels[0], planes(0))
    assert labels.shape == (1, 1, 3, 8)


TWO = ("resize_param { prob: 0.25 height: 20 width: 28 } "
       "resize_param { prob: 0.75 height: 32 width: 24 }")


def test_a_size_is_drawn_every_ten_batches_and_does_not_depend_on_the_start(database):
    net = annotated_net(database, 1, TWO, "yolo_data_type: 1 yolo_data_jitter: 0")
    source = make_source(net)
    assert source.top_shapes == [(1, 3, 20, 28), (1, 1, 300, 5)]
    shapes = [tuple(batch[0].shape[2:]) for batch in itertools.islice(source.batches(), 120)]
    assert set(shapes) == {(20, 28), (32, 24)}
    assert all(len(set(shapes[at:at + 10])) == 1 for at in range(0, 120, 10))
    later = [tuple(batch[0].shape[2:]) for batch in itertools.islice(source.batches(55), 30)]
    assert later == shapes[55:85]
    source.close()


def test_sizes_come_by_their_probability():
    chosen = [choose_size([.25, .75], 3, 10 * index) for index in range(4000)]
    assert abs(np.mean(chosen) - .75) < 0.02


@pytest.mark.parametrize("transform, annotated_text, match", [
    (TWO.replace("0.75", "0.5"), "", "prob of the 2 resize_params sum to 0.75; they must not be"),
    (TWO, "yolo_data_type: 2", "yolo_data_type is 2; it must be 0 or 1"),
])
def test_settings_that_cannot_be_followed_are_refused(database, transform, annotated_text, match):
    with pytest.raises(SpecError, match=match):
        make_source(annotated_net(database, 1, transform, annotated_text))
