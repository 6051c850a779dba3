import pytest

from framework.data.datasets.label_files import Box, read_xml
from framework.data.datasets.voc import annotation, class_names, read_split, split_names
from framework.errors import DataError
from tests.data.images import make_voc


def test_a_written_annotation_reads_the_same(tmp_path):
    boxes = [Box("cat & dog", (3, 4, 20, 25), True), Box("bird", (-2.4, 5.6, 44, 29))]
    path = tmp_path / "a.xml"
    path.write_text(annotation("a.jpg", 40, 30, boxes))
    labels = read_xml(path)
    assert labels.boxes == (
        Box("cat & dog", (3, 4, 20, 25), True),
        Box("bird", (0, 6, 40, 29)),    # cut to the image, whole pixels
    )
    assert (labels.width, labels.height) == (40, 30)


def test_a_split_names_images_with_any_suffix_spaces_and_class_list_marks(tmp_path):
    root = make_voc(tmp_path / "voc", {"one": [], "two words": []})
    (root / "JPEGImages" / "three.PNG").write_bytes(b"")
    (root / "ImageSets/Main/val.txt").write_text("one\ntwo words  1\nthree -1\nfour.jpg\n\n")
    assert read_split(root, "val") == [
        ("JPEGImages/one.jpg", "Annotations/one.xml"),
        ("JPEGImages/two words.jpg", "Annotations/two words.xml"),
        ("JPEGImages/three.PNG", "Annotations/three.xml"),
        ("JPEGImages/four.jpg", "Annotations/four.xml"),
    ]


def test_comments_in_a_split_are_no_images(tmp_path):
    root = make_voc(tmp_path / "voc", {"one": [], "#2": []})
    (root / "ImageSets/Main/val.txt").write_text("# of May\none\n#\n#2\n")
    assert [image for image, _ in read_split(root, "val")] == ["JPEGImages/one.jpg",
                                                               "JPEGImages/#2.jpg"]


def test_class_lists_of_voc_are_no_splits(tmp_path):
    root = make_voc(tmp_path, {"one": []})
    for name in ("cat_train", "cat_trainval", "dining_table_val", "._mine", "test"):
        (root / "ImageSets/Main" / f"{name}.txt").write_text("one\n")
    assert split_names(root) == ["test", "trainval"]


def test_a_missing_or_empty_split_is_an_error_that_names_the_others(tmp_path):
    root = make_voc(tmp_path, {"one": []})
    with pytest.raises(DataError, match=r"test.txt: no such list.*found: trainval"):
        read_split(root, "test")
    (root / "ImageSets/Main/empty.txt").write_text("\n")
    with pytest.raises(DataError, match="is empty"):
        read_split(root, "empty")


def test_class_names_are_sorted_and_pass_over_broken_files(tmp_path):
    corners = (1, 2, 3, 4)
    root = make_voc(tmp_path, {"one": [Box("zebra", corners)], "two": [Box("ant", corners)]})
    (root / "Annotations/three.xml").write_text("<annotation>")
    paths = [root / "Annotations" / f"{name}.xml" for name in ("one", "two", "three", "four")]
    assert class_names(paths) == ["ant", "zebra"]


@pytest.mark.parametrize("line", ["JPEGImages/one.jpg Annotations/one.xml", "JPEGImages/one.jpg",
                                  "one", "one -1", "one.jpg"])
def test_a_line_is_a_name_or_a_path_or_both_files(tmp_path, line):
    root = make_voc(tmp_path / "voc", {"one": []})
    (root / "ImageSets/Main/val.txt").write_text(f"{line}\n")
    assert read_split(root, "val") == [("JPEGImages/one.jpg", "Annotations/one.xml")]


def test_a_folder_without_annotations_is_named(tmp_path):
    root = make_voc(tmp_path / "voc", {"one": []})
    (root / "Annotations").rename(root / "Labels")
    (root / "ImageSets/Main/val.txt").write_text("one\n")
    with pytest.raises(DataError, match=r"voc/Annotations: there is no such folder"):
        read_split(root, "val")


@pytest.mark.parametrize("ending", [".heic", ".RAW"])
def test_an_image_with_another_ending_is_named_with_those_that_are_taken(tmp_path, ending):
    root = make_voc(tmp_path / "voc", {"one": []})
    (root / "JPEGImages/one.jpg").rename(root / f"JPEGImages/one{ending}")
    (root / "ImageSets/Main/val.txt").write_text("one\n")
    with pytest.raises(DataError, match=rf"'one' is JPEGImages/one{ending}, and images must end "
                                        r"in one of .jpg"):
        read_split(root, "val")
