"""What converters say of what they leave out: the file and the value, and all that is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from framework.cli.convert_annoset import main as annoset
from framework.cli.convert_dataset import main as convert
from framework.cli.convert_imageset import main as imageset
from framework.data.datasets.description import load
from framework.data.datasets.label_files import Box
from framework.data.datasets.recognition import recognise
from framework.errors import DataError
from tests.data.datasets.forms import HEADER, coco, cvat, cvat_image, put
from tests.data.images import make_voc
from tests.data.making import encoded, image

NAMES = [f"p{index:02d}" for index in range(21)]
BOX = '<box label="cat" xtl="5" ytl="6" xbr="25" ybr="36"/>'


def with_images(root: Path, files: dict[str, str], *names: str) -> Path:
    put(root, files)
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(encoded(image(1)))
    return root


def test_all_shapes_of_a_bad_image_of_cvat_are_counted(tmp_path, capsys):
    bad = '<box label="cat" xtl="x" ytl="6" xbr="25" ybr="36"/><polygon label="cat"/><tag/>'
    images = [cvat_image(f"{name}.png", bad if name == "p03" else BOX) for name in NAMES]
    root = with_images(tmp_path / "train", {"a.xml": cvat(*images)},
                       *(f"{name}.png" for name in NAMES)).parent
    assert convert([str(root), str(tmp_path / "out")]) == 0
    output = capsys.readouterr().out
    assert "20 of 21 images and 20 of 22 boxes are stored" in output
    assert "1 image with 2 boxes: a box is not one: the value 'x' is not a number" in output


def test_strict_names_classes_as_the_account_does(tmp_path, capsys):
    text = coco(*(f"{name}.png" for name in NAMES)).replace("[5, 6, 20, 30]", "[5, 6, -2, 3]", 1)
    root = with_images(tmp_path / "d", {"train.json": text}, *(f"{name}.png" for name in NAMES))
    assert convert([str(root), str(tmp_path / "out"), "--strict"]) == 1
    assert "boxes by class: cat 20\n" in capsys.readouterr().err


@pytest.mark.parametrize("files, message", [
    ({"t.csv": HEADER}, "/d: its label files name no image"),
    ({"train.json": '{"images": [], "annotations": [], "categories": []}'},
     "/d/train.json: names no image"),
])
def test_label_files_without_an_image_are_said_so(files, message, tmp_path):
    with pytest.raises(DataError, match=message):
        recognise(put(tmp_path / "d", files))


def test_a_named_file_that_is_no_image_by_its_ending_is_named(tmp_path):
    data = recognise(put(tmp_path, {"t.csv": f"{HEADER}a.heic,56,40,cat,5,6,25,36\n"
                                    "b.png,56,40,cat,5,6,25,36\n", "x/a.heic": "", "b.png": ""}))
    [entry] = [entry for entry in data.data.splits["all"] if entry.image == "a.heic"]
    with pytest.raises(DataError, match="x/a.heic has an ending that is not known as that of an"):
        data.data.labels(entry)


@pytest.mark.parametrize("line", ["D:\\VOC\\JPEGImages\\a.jpg", "/home/x/VOC/JPEGImages/a.jpg",
                                  "JPEGImages\\a.jpg", "a\t-1", "a\t1"])
def test_lists_of_voc_from_other_machines_and_with_tabs_are_read(line, tmp_path):
    make_voc(tmp_path, {"a": [Box("cat", (1, 2, 30, 20))]})
    (tmp_path / "ImageSets/Main/train.txt").write_text(f"{line}\n")
    [entry] = load(tmp_path).splits["train"]
    assert entry == ("JPEGImages/a.jpg", "Annotations/a.xml")


def test_paths_of_windows_in_a_data_yaml_are_read(tmp_path):
    put(tmp_path, {"images/train/a.jpg": "", "labels/train/a.txt": "0 0.5 0.5 0.2 0.2\n",
                   "data.yaml": "path: D:\\yolo\ntrain: images\\train\nval: ..\\images\\train\n"
                                "names: [cat]\n"})
    data = load(tmp_path / "data.yaml")
    assert [entry.image for entry in data.splits["train"]] == ["images/train/a.jpg"]


def test_names_that_are_one_text_with_commas_are_an_error(tmp_path):
    put(tmp_path, {"images/a.jpg": "", "labels/a.txt": "0 0.5 0.5 0.2 0.2\n",
                   "data.yaml": "train: images\nval: images\nnames: cat, dog\n"})
    with pytest.raises(DataError, match=r"data.yaml: names is 'cat, dog', one name with a comma"):
        load(tmp_path / "data.yaml")


MAP = 'item { name: "cat" label: 0 display_name: "cat" }\n' \
      'item { name: "dog" label: 1 display_name: "dog" }\n'


@pytest.mark.parametrize("sign", ["/", "\\"])
def test_boxes_that_get_the_label_of_the_background_are_noted(sign, tmp_path, capsys):
    """Lists with Windows' sign in both names are read too."""
    root = make_voc(tmp_path / "voc", {"a": [Box("cat", (1, 2, 30, 20))]})
    (tmp_path / "list").write_text(f"JPEGImages{sign}a.jpg Annotations{sign}a.xml\n")
    (tmp_path / "map").write_text(MAP)
    assert annoset(["--anno_type=detection", f"--label_map_file={tmp_path / 'map'}", str(root),
                    str(tmp_path / "list"), str(tmp_path / "db")]) == 0
    output = capsys.readouterr().out
    assert "1 of 1 images and 1 of 1 box are stored" in output.replace("1 image ", "1 images ")
    assert "noted: once: boxes have the label 0, which trainings refuse" in output


@pytest.mark.parametrize("flags, message", [
    (["--resize_height=-1", "--resize_width=8"], "--resize_height is -1; it must be at least 0"),
    (["--encode_type=foo"], "--encode_type is 'foo'; images can be written as jpg, png"),
])
def test_a_flag_of_images_is_refused_before_the_work_begins(flags, message, tmp_path, capsys):
    root = make_voc(tmp_path / "voc", {"a": []})
    (tmp_path / "list").write_text("JPEGImages/a.jpg 1\n")
    assert imageset([*flags, str(root), str(tmp_path / "list"), str(tmp_path / "db")]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"error: {message}") and error.count("\n") == 1
