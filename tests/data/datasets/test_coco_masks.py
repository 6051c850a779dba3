"""Masks from COCO's files into records, and the shapes' outlines by tools/make_shapes --masks."""

import json

import numpy as np
import pytest

from framework.cli.convert_dataset import main as convert
from framework.cli.make_shapes import main as make_shapes
from framework.data.datasets.coco_masks import read_segmentation, unpacked
from framework.data.records.database import open_database
from framework.errors import DataError
from framework.proto import AnnotatedDatum


def records(path):
    database = open_database(str(path), "")
    return [AnnotatedDatum.FromString(database.read(index)) for index in range(len(database))]


def packed(counts):
    """rleToString of maskApi.c."""
    text = ""
    for index, count in enumerate(counts):
        value = count - counts[index - 2] if index > 2 else count
        more = True
        while more:
            bits = value & 31
            value >>= 5
            more = value != -1 if bits & 16 else value != 0
            text += chr((bits | 32 if more else bits) + 48)
    return text


def test_packed_runs_are_those_of_cocos_api():
    generator = np.random.default_rng(1)
    for _ in range(50):
        counts = generator.integers(0, 70_000, generator.integers(1, 12)).tolist()
        assert list(unpacked(packed(counts))) == counts


@pytest.mark.parametrize("segmentation, message", [
    ([[1, 2, 3, 4, 5, 6, 7]], "annotation 9: a polygon has 7 numbers"),
    ({"size": [30, 40], "counts": [1200]}, "annotation 9: its mask is 40 x 30; the image is 50 x"),
    ({"size": [30], "counts": [30]}, r"annotation 9: the size of its mask is \[30\]; it must be"),
    ({"size": [40, 50], "counts": [1200]}, "annotation 9: the runs of its mask have 1200 pixels"),
    ({"size": [40, 50], "counts": "0\x7f"}, "has the character"),
    ({"size": [40, 50], "counts": "P"}, "ends within a number"),
])
def test_a_bad_segmentation_is_an_error_with_its_annotation(segmentation, message):
    with pytest.raises(DataError, match=message):
        read_segmentation({"id": 9, "segmentation": segmentation}, 50, 40)


def test_shapes_with_masks_are_converted_and_a_bad_one_is_named(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert make_shapes(["shapes", "--train", "30", "--test", "2", "--masks"]) == 0
    path = tmp_path / "shapes" / "annotations" / "instances_trainval.json"
    tree = json.loads(path.read_text())
    tree["annotations"][3]["segmentation"][0].pop()
    del tree["annotations"][-1]["segmentation"]
    first = tree["annotations"][len(tree["annotations"]) // 2]
    path.write_text(json.dumps(tree))
    assert convert(["shapes/coco.yaml", "lmdb", "--no-shuffle"]) == 0
    out = "".join(capsys.readouterr())
    assert "annotation 4: a polygon has" in out
    by_image = records("lmdb/trainval")
    assert len(by_image) == 29
    entries = [item for one in by_image for group in one.annotation_group
               for item in group.annotation]
    with_mask = [entry for entry in entries if entry.polygon]
    assert len(with_mask) == len(entries) - 1
    image = tree["images"][[one["id"] for one in tree["images"]].index(first["image_id"])]
    wanted = np.array(first["segmentation"][0]).reshape(-1, 2) / [image["width"], image["height"]]
    found = [np.array(entry.polygon[0].point).reshape(-1, 2) for entry in with_mask]
    assert any(points.shape == wanted.shape and np.abs(points - wanted).max() < 1e-5
               for points in found)
    for entry in with_mask:
        points = np.array(entry.polygon[0].point).reshape(-1, 2)
        box = entry.bbox
        np.testing.assert_allclose([*points.min(0), *points.max(0)],
                                   [box.xmin, box.ymin, box.xmax, box.ymax], atol=1e-4)
