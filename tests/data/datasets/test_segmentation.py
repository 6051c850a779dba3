"""Label images of VOC 2012, Cityscapes, ADE20K and plain folders, as tools/convert_dataset takes
them: tiny drawn copies of these layouts."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from framework.cli.convert_dataset import main
from framework.data.datasets import mask_names
from framework.data.datasets.segmentation import load
from framework.data.records.label_image import encode, voc_palette
from framework.errors import DataError
from framework.system.text import read_lines
from tests.data.making import encoded, finished, image, make_source

SIZE = (20, 30)


def put(root: Path, files: dict[str, bytes | str]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def marks(*values: int) -> np.ndarray:
    """Columns of these values."""
    return np.repeat(np.array(values, np.uint8), SIZE[1] // len(values))[None].repeat(SIZE[0], 0)


def photo(seed: int = 0) -> bytes:
    return encoded(image(seed, *SIZE), ".jpg")


def coloured(labels: np.ndarray, colours: list[tuple[int, int, int]]) -> bytes:
    return encoded(np.array(colours, np.uint8)[labels][..., ::-1])


def voc(root: Path, count: int = 2) -> Path:
    files: dict[str, bytes | str] = {}
    for index in range(count):
        files[f"JPEGImages/{index}.jpg"] = photo(index)
        files[f"SegmentationClass/{index}.png"] = encode(marks(0, 15, 255), voc_palette())
    names = "".join(f"{index}\n" for index in range(count))
    return put(root, {**files, "ImageSets/Segmentation/train.txt": names})


def converted(root: Path, *flags: str) -> dict[str, list[np.ndarray]]:
    """The label maps of each split."""
    out = root.parent / f"{root.name}_out"
    assert main([str(root), str(out), *flags]) == 0
    found = {}
    for path in out.glob("*.txt"):
        pairs = [line.split() for line in read_lines(path) if line]
        assert all((out / pair[0]).is_file() for pair in pairs)
        found[path.stem] = [cv2.imread(str(out / pair[1]), cv2.IMREAD_UNCHANGED) for pair in pairs]
    return found


def names_of(root: Path) -> list[str]:
    lines = read_lines(root.parent / f"{root.name}_out" / "labelmap.prototxt")
    return [line.split('"')[1] for line in lines if line.strip().startswith("display_name")]


def test_voc_s_palettes_become_labels_that_image_seg_data_reads(tmp_path, capsys):
    root = voc(tmp_path / "voc")
    found = converted(root, "--no-shuffle")
    np.testing.assert_array_equal(found["train"], [marks(0, 15, 255)] * 2)
    assert names_of(root) == list(mask_names.VOC)
    assert "train: 2 of 2 images are stored" in capsys.readouterr().out
    out = tmp_path / "voc_out"
    source = make_source(
        'layer { name: "d" type: "ImageSegData" top: "data" top: "label" image_data_param '
        f'{{ source: "{out}/train.txt" root_folder: "{out}/" batch_size: 2 label_type: PIXEL }} }}')
    pixels, labels = finished(source)
    np.testing.assert_array_equal(labels[:, 0], found["train"])
    assert pixels.shape == (2, 3, *SIZE)


def test_the_augmented_label_images_of_voc_are_found_where_there_are_no_others(tmp_path):
    root = voc(tmp_path / "voc", count=1)
    put(root, {"SegmentationClassAug/9.png": encoded(marks(3, 4)), "JPEGImages/9.jpg": photo(),
               "ImageSets/Segmentation/train_aug.txt": "0\n9\n"})
    np.testing.assert_array_equal(converted(root)["train_aug"][1:], [marks(3, 4)])


def test_voc_with_boxes_too_is_converted_by_what_is_asked_for(tmp_path, capsys):
    root = put(voc(tmp_path / "voc"), {"ImageSets/Main/train.txt": "0\n"})
    assert main([str(root), str(tmp_path / "boxes")]) == 1
    assert "Annotations" in capsys.readouterr().err
    assert len(converted(root, "--segmentation")["train"]) == 2


def test_the_ids_of_cityscapes_become_its_nineteen_classes(tmp_path):
    """As cityscapesScripts has them: 7 road 0, 26 car 13, 33 bicycle 18, 4 static none."""
    root = put(tmp_path / "city", {
        "leftImg8bit/train/ulm/ulm_0_leftImg8bit.png": photo(),
        "gtFine/train/ulm/ulm_0_gtFine_labelIds.png": encoded(marks(7, 26, 33, 4, 0)),
        "gtFine/train/ulm/ulm_0_gtFine_color.png": photo(),
        "leftImg8bit/val/bonn/bonn_0_leftImg8bit.png": photo(1),
        "gtFine/val/bonn/bonn_0_gtFine_labelIds.png": encoded(marks(8))})
    found = converted(root)
    np.testing.assert_array_equal(found["train"], [marks(0, 13, 18, 255, 255)])
    np.testing.assert_array_equal(found["val"], [marks(1)])
    assert names_of(root)[13] == "car" and len(names_of(root)) == 19


def test_the_train_ids_of_cityscapes_are_taken_where_they_were_made(tmp_path):
    root = put(tmp_path / "city", {
        "leftImg8bit/train/ulm/ulm_0_leftImg8bit.png": photo(),
        "gtFine/train/ulm/ulm_0_gtFine_labelIds.png": encoded(marks(7)),
        "gtFine/train/ulm/ulm_0_gtFine_labelTrainIds.png": encoded(marks(18, 255))})
    np.testing.assert_array_equal(converted(root)["train"], [marks(18, 255)])


def test_other_of_ade20k_is_ignored_and_its_first_class_is_0(tmp_path):
    root = put(tmp_path / "ade", {
        "images/training/a.jpg": photo(), "annotations/training/a.png": encoded(marks(0, 1, 150)),
        "images/validation/b.jpg": photo(1), "annotations/validation/b.png": encoded(marks(2)),
        "objectInfo150.txt": "Idx\tRatio\tTrain\tVal\tName\n" + "".join(
            f"{number}\t0.1\t9\t9\tthing{number}, other name\n" for number in range(1, 151))})
    found = converted(root)
    np.testing.assert_array_equal(found["train"], [marks(255, 0, 149)])
    np.testing.assert_array_equal(found["val"], [marks(1)])
    assert names_of(root) == [f"thing{number}" for number in range(1, 151)]


@pytest.mark.parametrize("image, mask", [
    ("images/train/a b.jpg", "masks/train/a b.png"), ("train/images/a.jpg", "train/masks/a.png"),
    ("train/a.jpg", "train/a_mask.png"), ("train/a.png", "trainannot/a.png")])
def test_images_and_masks_are_matched_by_their_names(tmp_path, image, mask):
    root = put(tmp_path / "plain", {image: photo(), mask: encoded(marks(0, 2))})
    np.testing.assert_array_equal(converted(root)["train"], [marks(0, 2)])
    assert names_of(root) == ["background", "class1", "class2"]


def test_a_mask_of_black_and_white_is_background_and_foreground(tmp_path):
    root = put(tmp_path / "plain", {"images/a.jpg": photo(), "masks/a.png": encoded(marks(0, 255)),
                                    "images/b.jpg": photo(), "masks/b.png": encoded(marks(255, 0))})
    found = converted(root, "--split", "train=0.5")
    assert sorted(found) == ["test", "train"]
    np.testing.assert_array_equal(np.unique(found["train"]), [0, 1])
    assert names_of(root) == ["background", "foreground"]


COLOURS = [(10, 20, 30), (200, 0, 0), (0, 0, 200)]
TABLES = {
    "labelmap.txt": "# label:color_rgb:parts:actions\nsky:10,20,30::\nroad:200,0,0::\n"
                    "car:0,0,200::",
    "class_dict.csv": "name, r, g, b\nsky,10,20,30\nroad,200,0,0\ncar,0,0,200\n",
    "label_colors.txt": "10 20 30\tsky\n200 0 0\troad\n0 0 200\tcar\n"}


@pytest.mark.parametrize("table", sorted(TABLES))
def test_colours_are_classes_by_the_table_that_lists_them(tmp_path, table):
    root = put(tmp_path / "plain", {"train/images/a.jpg": photo(), table: TABLES[table],
                                    "train/masks/a.png": coloured(marks(2, 0, 1), COLOURS)})
    np.testing.assert_array_equal(converted(root)["train"], [marks(2, 0, 1)])
    assert names_of(root) == ["sky", "road", "car"]


def test_colours_without_a_table_are_one_line_that_says_how_to_write_it(tmp_path, capsys):
    root = put(tmp_path / "plain", {"train/images/a.jpg": photo(),
                                    "train/masks/a.png": coloured(marks(2, 0, 1), COLOURS)})
    assert main([str(root), str(tmp_path / "out")]) == 1
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "error" in line]
    assert "its label images are in colour (0 0 200, 10 20 30, 200 0 0, ...), and no file says" \
        in line
    table = re.search("class_dict.csv in this folder does, a line `(.*)` and", line)
    put(root, {"class_dict.csv": table[1] + "\nsky,10,20,30\nroad,200,0,0\ncar,0,0,200\n"})
    np.testing.assert_array_equal(converted(root)["train"], [marks(2, 0, 1)])


def test_label_images_in_jpeg_are_refused_unless_they_are_black_and_white(tmp_path, capsys):
    root = put(tmp_path / "plain", {"train/images/a.jpg": photo(),
                                    "train/masks/a.jpg": encoded(marks(0, 60, 200), ".jpg")})
    assert main([str(root), str(tmp_path / "out")]) == 1
    assert "masks/a.jpg: is a JPEG file, which changes the values of pixels along edges; label " \
        "images must be PNG files" in capsys.readouterr().err
    blocks = np.kron(np.array([[0, 255]], np.uint8), np.ones((16, 16), np.uint8))
    root = put(tmp_path / "sharp", {"train/images/a.jpg": encoded(image(0, 16, 32), ".jpg"),
                                    "train/masks/a.jpg": encoded(blocks, ".jpg")})
    np.testing.assert_array_equal(converted(root)["train"], [blocks // 255])


def test_bad_label_images_are_left_out_though_a_file_names_the_classes(tmp_path, capsys):
    files = {"classes.txt": "sky\nroad\ncar\n"}
    for index in range(42):
        files[f"train/images/{index}.jpg"] = photo()
        files[f"train/masks/{index}.png"] = encoded(marks(0, 1, 2))
    del files["train/masks/3.png"]
    files |= {"train/masks/3.jpg": encoded(marks(0, 1, 2), ".jpg"), "train/masks/5.png": b""}
    assert main([str(put(tmp_path / "plain", files)), str(tmp_path / "out")]) == 0
    output = capsys.readouterr()
    assert "40 of 42 images are stored" in output.out
    assert "masks/3.jpg: is a JPEG file, which changes the values of pixels along" in output.err
    assert "masks/5.png: the label image cannot be read: 'it has no bytes'" in output.err


@pytest.mark.parametrize("table, text", [
    ("_classes.csv", "Pixel Value, Class\n0, sky\n1, road\n"),
    ("_classes.csv", "Pixel Value;Class\n0;sky\n1;road\n"), ("classes.txt", "sky\nroad\n")])
def test_values_have_the_names_that_a_file_lists(tmp_path, table, text):
    root = put(tmp_path / "plain", {"train/a.jpg": photo(), f"train/{table}": text,
                                    "train/a_mask.png": encoded(marks(0, 1))})
    converted(root)
    assert names_of(root) == ["sky", "road"]


def test_a_table_with_a_cell_that_the_csv_module_refuses_is_an_error_with_its_line(tmp_path):
    root = put(tmp_path, {"train/images/a.jpg": photo(), "train/masks/a.png": encoded(marks(0, 1)),
                          "class_dict.csv": "name,r,g,b\n" + "x" * 140_000 + ",0,0,0\n"})
    with pytest.raises(DataError, match=r"class_dict.csv:2: '' is not a colour"):
        load(root)


def many(root: Path, **bad: bytes | str) -> Path:
    """Images of which few are bad ones."""
    files: dict[str, bytes | str] = {}
    for index in range(40):
        files[f"train/images/{index}.jpg"] = photo(index)
        files[f"train/masks/{index}.png"] = coloured(marks(0, 1, 2), COLOURS)
    put(root, {**files, "class_dict.csv": TABLES["class_dict.csv"]})
    (root / "train/masks/7.png").unlink()
    return put(root, {f"train/masks/{name}.png": content for name, content in bad.items()})


def test_an_account_names_all_that_is_left_out(tmp_path, capsys):
    root = many(tmp_path / "plain", **{"8": coloured(marks(0, 1)[:9], COLOURS), "nowhere": photo()})
    converted(root)
    out = capsys.readouterr().out
    assert "38 of 41 images are stored" in out
    assert "left out: 1 image: no label image of its name" in out and "images/7.jpg)" in out
    assert "the label image has another size than its image" in out and "masks/8.png)" in out
    assert "left out: 1 image: a label image without an image (train/masks/nowhere.png)" in out
    assert main([str(root), str(tmp_path / "strict"), "--strict"]) == 1
    assert not (tmp_path / "strict").exists()


def test_images_of_one_name_in_several_folders_have_the_masks_of_their_folders(tmp_path):
    root = put(tmp_path, {f"{kind}/train/{folder}/a.{end}": content
                          for folder, labels in (("x", (0, 1)), ("y", (1, 2)))
                          for kind, end, content in (("images", "jpg", photo()),
                                                     ("masks", "png", encoded(marks(*labels))))})
    [train] = load(root).data.splits.values()
    assert [(Path(image).parts[2], Path(mask).parts[2]) for image, mask in train] == [
        ("x", "x"), ("y", "y")]
    (root / "masks/train/x/a.png").unlink()
    [train] = load(root).data.splits.values()
    assert [entry.label for entry in train] == ["", "masks/train/y/a.png"]


@pytest.mark.parametrize("files", [
    {"train/images/a.jpg": photo(), "train/masks/a.png": encoded(marks(0, 1)),
     "train/masks/a_mask.png": encoded(marks(0, 2))},
    {"leftImg8bit/train/u/u_1_leftImg8bit.png": photo(),
     "gtFine/train/u/u_1_gtFine_labelIds.png": encoded(marks(7)),
     "gtFine/train/u/u_2_gtFine_labelIds.png": encoded(marks(8))},
    {"images/training/a.jpg": photo(), "annotations/training/a.png": encoded(marks(1)),
     "annotations/training/b.png": encoded(marks(2))}])
def test_a_label_image_that_no_image_takes_is_a_loss(tmp_path, files):
    data = load(put(tmp_path, files)).data
    [note] = [note for notes in data.losses.values() for note in notes]
    assert note.reason == "a label image without an image" and note.where == [*files][2]


@pytest.mark.parametrize("root, more, message", [
    ("voc", {"SegmentationClass/0.png": encoded(marks(0, 38, 255))},
     r"SegmentationClass/0.png: a label beyond the classes \(they are 0 to 20; ignored 255\): "
     r"'38 at x 10, y 0'"),
    ("voc", {"SegmentationClass/0.png": encoded(marks(0, 1)[:, :28])},
     r"SegmentationClass/0.png: the label image has another size than its image: '28 x 20, where "
     r"JPEGImages/0.jpg is 30 x 20'"),
    ("voc", {"ImageSets/Segmentation/train.txt": "\n"}, "train.txt: the list is empty"),
    ("voc", {"labelmap.txt": "a:1,2,3::\nb:1,2,3::\n"}, "labelmap.txt: a and b have the same"),
    ("voc", {"labelmap.txt": "a:1,2::\n"}, "labelmap.txt:1: '1 2' is not a colour"),
    ("voc", {"labelmap.txt": "a:0,0,0::\nb:192,128,129::\n"},
     r"SegmentationClass/0.png: a colour that is in no palette \(the palette has a 0 0 0; b 192 "
     r"128 129\): '192 128 128 at x 10, y 0'")])
def test_wrong_label_images_are_one_line_with_their_place(tmp_path, capsys, root, more, message):
    folder = put(voc(tmp_path / root), more)
    assert main([str(folder), str(tmp_path / "out")]) == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert re.search(message, error), error
    assert not (tmp_path / "out").exists()


def test_what_is_no_data_set_of_label_images_names_what_was_looked_for(tmp_path, capsys):
    put(tmp_path / "a", {"images/x.jpg": photo()})
    assert main([str(tmp_path / "a"), str(tmp_path / "out"), "--segmentation"]) == 1
    assert "Looked for were: ImageSets/Segmentation" in capsys.readouterr().err


def test_images_without_splits_are_not_divided_unasked(tmp_path, capsys):
    root = put(tmp_path / "plain", {"images/a.jpg": photo(), "masks/a.png": encoded(marks(0, 1))})
    assert main([str(root), str(tmp_path / "out")]) == 1
    assert "--split train=0.8" in capsys.readouterr().err


def test_drawn_shapes_have_label_images_where_their_boxes_are(tmp_path):
    from framework.cli.make_shapes import main as make_shapes
    from framework.data.datasets.label_files import read_xml

    root = tmp_path / "shapes"
    assert make_shapes([str(root), "--train", "4", "--test", "1", "--segmentation"]) == 0
    found = converted(root, "--segmentation", "--no-shuffle")["trainval"]
    assert names_of(root) == ["background", "circle", "square", "triangle", "star"]
    for index, labels in enumerate(found):
        boxes = read_xml(root / f"Annotations/{index:06d}.xml").boxes
        inside = np.zeros_like(labels)
        for box in boxes:
            x1, y1, x2, y2 = (round(corner) for corner in box.corners)
            inside[max(y1 - 1, 0):y2 + 1, max(x1 - 1, 0):x2 + 1] = 1
            centre = labels[(y1 + y2) // 2, (x1 + x2) // 2]
            assert centre == names_of(root).index(box.name)
        assert (labels[inside == 0] == 0).all()
