"""AnnotatedData's third top, of MobileNet-YOLO: masks from each record's label map."""

import itertools

import cv2
import numpy as np
import pytest

from framework.errors import DataError
from framework.proto import AnnotatedDatum
from tests.data.making import annotated, encoded, finished, image, make_source, write_database

HEIGHT, WIDTH = 40, 56


def label_map(seed):
    """Values 0, 1, 2 and 200 in parts of the image."""
    marks = np.zeros((HEIGHT, WIDTH), np.uint8)
    marks[:20, 7 * seed:28] = 1
    marks[20:, 28:] = 2
    marks[30:, :14] = 200
    return marks


def add_label_map(message, content):
    """Field 8 of the Datum, bytes, as the fork's schema has it."""
    length = len(content)
    assert 128 <= length < 1 << 14
    message.datum.MergeFromString(
        bytes([8 << 3 | 2, length & 127 | 128, length >> 7]) + content)


def record(seed, marks=None):
    message = AnnotatedDatum.FromString(
        annotated(encoded(image(seed)), [(1, .25, .25, .75, .75)]))
    message.type = AnnotatedDatum.BBOXandSeg
    if marks is not None:
        add_label_map(message, encoded(marks))
    return message.SerializeToString()


def net(path, batch_size, settings, transform=""):
    return (f'layer {{ name: "data" type: "AnnotatedData" top: "data" top: "label" top: "mask" '
            f'transform_param {{ {transform} }} data_param {{ source: "{path}" backend: LMDB '
            f'batch_size: {batch_size} }} annotated_data_param {{ {settings} }} }}')


@pytest.fixture
def database(tmp_path):
    return write_database(tmp_path / "lmdb", [record(seed, label_map(seed)) for seed in range(3)])


def test_one_mask_is_what_is_lighter_than_100_in_the_shrunk_label_map(database):
    source = make_source(net(database, 2, "seg_scales: 4"))
    assert source.top_shapes == [(2, 3, 40, 56), (1, 1, 1, 8), (2, 1, 10, 14)]
    pixels, boxes, masks = finished(source)
    assert pixels.shape == (2, 3, 40, 56) and boxes.shape == (1, 1, 2, 8)
    assert masks.shape == (2, 1, 10, 14) and masks.dtype == np.float32
    for seed in range(2):
        # means of 4 x 4 cells, by hand
        shrunk = label_map(seed).reshape(10, 4, 14, 4).astype(float).mean((1, 3))
        np.testing.assert_array_equal(masks[seed, 0], np.round(shrunk) > 100)


def test_each_label_id_of_the_label_map_has_a_mask_of_the_parts_of_its_cells(database, tmp_path):
    names = tmp_path / "masks.prototxt"
    names.write_text('item { name: "none" } item { name: "a" label_id: 2 label: 5 }'
                     'item { name: "b" label_id: 1 } ' + 'item { name: "c" label_id: 0 }' * 3)
    settings = f'single_class: false label_map_file: "{names}" ' \
               "seg_resize_height: 5 seg_resize_width: 8"
    source = make_source(net(database, 3, settings))
    assert source.top_shapes[2] == (3, 2, 5, 8)
    *_, masks = finished(source)
    for seed, mask in itertools.product(range(3), range(2)):
        marked = label_map(seed) == (2, 1)[mask]
        expected = marked.reshape(5, 8, 8, 7).mean((1, 3))
        np.testing.assert_allclose(masks[seed, mask], expected, atol=0.5 / 255)


def test_masks_are_cut_and_mirrored_as_the_image_is(tmp_path):
    gradient = np.tile(np.arange(WIDTH, dtype=np.uint8) * 4, (HEIGHT, 1))
    content = cv2.merge([gradient] * 3)
    message = AnnotatedDatum.FromString(annotated(encoded(content), [(1, .3, .3, .6, .6)]))
    add_label_map(message, encoded((gradient > 100).astype(np.uint8) * 255))
    path = write_database(tmp_path / "lmdb", [message.SerializeToString()])
    source = make_source(net(path, 1, "yolo_data_type: 1 yolo_data_jitter: 0.5 "
                             "seg_resize_height: 40 seg_resize_width: 56",
                             "mirror: true resize_param { height: 40 width: 56 }"))
    directions = set()
    for pixels, _, masks in itertools.islice(source.batches(), 24):
        shown, mask = pixels[0, 0].numpy().astype(float), masks[0, 0].numpy()
        np.testing.assert_array_less(np.abs((shown > 100) - mask).mean(), 0.05)
        directions.add(bool(shown[20, 0] < shown[20, -1]))
    source.close()
    assert directions == {True, False}


def test_a_record_without_a_label_map_is_left_out_by_name(tmp_path, caplog):
    records = [record(0), *[record(seed, label_map(1)) for seed in range(30)]]
    source = make_source(net(write_database(tmp_path / "lmdb", records), 1, "seg_scales: 8"))
    *_, masks = finished(source)
    assert masks.shape == (1, 1, 5, 7)
    assert "record0.jpg is left out: it has no label map (seg_label)" in caplog.text


def test_a_label_map_of_masks_that_names_none_is_an_error(database, tmp_path):
    names = tmp_path / "masks.prototxt"
    names.write_text('item { name: "a" label: 1 }')
    with pytest.raises(DataError, match="one at least with a label_id above 0"):
        make_source(net(database, 1, f'single_class: false label_map_file: "{names}"'))
    with pytest.raises(DataError, match=r"the label map of the masks cannot be read: No such"):
        make_source(net(database, 1, 'single_class: false label_map_file: "absent"'))
