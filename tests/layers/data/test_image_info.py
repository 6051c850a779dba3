"""AnnotatedData with `image_info`: sizes by the shorter side, batches of several sizes."""

import itertools

import cv2
import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.data.making import annotated, annotated_net, encoded, image, make_source, write_database

SIZES = [(40, 56), (60, 30), (20, 90)]
FIT = ("resize_param { resize_mode: FIT_SMALL_SIZE height: 24 width: 24 longest_side: 48 "
       "interp_mode: LINEAR }")
BOX = (1, 0.1, 0.2, 0.6, 0.9)


@pytest.fixture
def database(tmp_path):
    records = [annotated(encoded(image(index, *size)), [BOX], *size)
               for index, size in enumerate(SIZES)]
    return write_database(tmp_path / "lmdb", records)


def net(database, batch_size, transform=FIT, tops='top: "im_info"', annotated="image_info: true"):
    text = annotated_net(database, batch_size, transform, annotated)
    return text.replace('top: "label"', f'top: "label" {tops}')


def batch(source, device="cpu"):
    found = next(iter(source.batches()))
    source.close()
    return source.to_device(found, torch.device(device))


def fitted(height, width):
    """Faster R-CNN's rule: the shorter side 24, unless the longer one exceeds 48 then."""
    factor = min(24 / min(height, width), 48 / max(height, width))
    return int(height * factor + 1e-4), int(width * factor + 1e-4)


def test_images_are_sized_by_the_shorter_side_and_padded_to_the_largest(database):
    source = make_source(net(database, 3, FIT + " mean_value: 100"), "TEST")
    pixels, labels, info = batch(source)
    sizes = [fitted(*size) for size in SIZES]
    assert sizes == [(24, 33), (48, 24), (10, 48)]
    assert source.top_shapes == [(3, 3, 24, 33), (1, 1, 1, 8), (3, 3)]
    assert pixels.shape == (3, 3, 48, 48)
    np.testing.assert_allclose(info, [(*size, size[0] / old[0]) for size, old
                                      in zip(sizes, SIZES, strict=True)])
    for index, (height, width) in enumerate(sizes):
        expected = cv2.resize(image(index, *SIZES[index]), (width, height)).astype(float) - 100
        found = pixels[index].numpy().transpose(1, 2, 0)
        assert np.abs(found[:height, :width] - expected).max() <= 1
        assert not found[height:].any() and not found[:, width:].any()
    np.testing.assert_allclose(labels[0, 0, :, 3:7], [BOX[1:]] * 3, rtol=1e-6)


def test_workers_give_the_same_batches_of_several_sizes(database):
    found = []
    for workers in (0, 1):
        source = make_source(net(database, 2), "TEST", workers=workers)
        found.append([[top.clone() for top in one]
                      for one in itertools.islice(source.batches(), 3)])
        source.close()
    assert [tuple(one[0].shape[2:]) for one in found[0]] == [(48, 33), (24, 48), (48, 48)]
    for first, second in zip(*found, strict=True):
        assert all(map(torch.equal, first, second))


@pytest.mark.parametrize("text, message", [
    ({"tops": ""}, "image_info is true, and there are 2 tops"),
    ({"annotated": "", "transform": "", "tops": 'top: "masks" top: "im_info"'},
     "image_info is false, and there are 4 tops"),
    ({"annotated": ""}, "must be 1 with resize_mode FIT_SMALL_SIZE, whose images differ in size, "
     "unless annotated_data_param.image_info is true"),
    ({"annotated": "image_info: true yolo_data_type: 1"}, "cannot be true together with"),
    ({"transform": FIT.replace("48", "20")}, "longest_side is 20; it must be at least the size"),
    ({"transform": FIT.replace("FIT_SMALL_SIZE", "WARP")}, "belongs to resize_mode FIT_SMALL_SIZE"),
])
def test_image_info_refuses(database, text, message):
    with pytest.raises(SpecError, match=message):
        make_source(net(database, 2, **text), "TEST")
