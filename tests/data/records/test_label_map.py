"""Label maps as text: with a byte order mark, and with fields that the format does not have."""

import unicodedata

import pytest

from framework.data.records import label_map
from framework.errors import DataError, SpecError
from framework.proto import LabelMap

GOOD = 'item { name: "disc" label: 1 display_name: "Disc" }\n'


def test_a_byte_order_mark_is_no_part_of_a_label_map(tmp_path):
    path = tmp_path / "map.prototxt"
    path.write_text(GOOD, encoding="utf-8-sig")
    assert label_map.labels_by_name(label_map.read(path)) == {"disc": 1}


def test_a_names_file_of_darknet_has_a_class_in_each_line(tmp_path):
    path = tmp_path / "coco.names"
    path.write_text("person\ntraffic light\n\n")
    names = label_map.names_by_label(label_map.read(path))
    assert (names[1], names[2]) == ("person", "traffic light") and len(names) == 3
    path.write_text("person\n\ncar\n")
    with pytest.raises(DataError, match="coco.names:2: has no name; each line is the name of a"):
        label_map.read(path)


@pytest.mark.parametrize("text, message", [
    ('item { name: "box" lable: 2 }', "item.lable is not a field of LabelMapItem"),
    ('item { id: 2 name: "box" }', "item.id is not a field of LabelMapItem"),
    ('item { name: "box" label: "2" }', "item.label is .*; it must be a number"),
    ('items { name: "box" label: 2 }', "items is not a field of LabelMap"),
    ('item { name: "box" label: -1 }', r"item\[1\].label is -1; labels begin with 0"),
    ('item { name: "box" }', r"item\[1\].label is missing; 'box' would be class 0"),
    ('item { label: 2 }', r"item\[1\].name is missing"),
    ('item { name: "box" label: 1 }', r"item\[1\].label is 1, which is the label of 'disc' before"),
    ('item { name: "disc" label: 2 }', r"item\[1\].name is 'disc', which has the label 1 before"),
])
def test_a_wrong_field_of_a_label_map_is_an_error_with_its_line(tmp_path, text, message):
    path = tmp_path / "map.prototxt"
    path.write_text(GOOD + text)
    with pytest.raises(SpecError, match=rf"map\.prototxt:2: {message}"):
        label_map.read(path)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_names_are_read_with_a_mark_of_their_encoding(tmp_path, encoding):
    listed, names, text = (tmp_path / name for name in ("a.txt", "a.names", "a.prototxt"))
    listed.write_text("\u732b\ndog\n", encoding=encoding)
    names.write_text("\u732b\ndog\n", encoding=encoding)
    text.write_text('item { name: "\u732b" label: 1 }', encoding=encoding)
    assert label_map.names_in_file(str(listed)) == {0: "\u732b", 1: "dog"}
    assert label_map.names_in_file(str(names))[1] == "\u732b"
    assert label_map.names_in_file(str(text)) == {1: "\u732b"}


def test_a_label_map_has_a_class_and_the_background_needs_no_label(tmp_path):
    path = tmp_path / "map.prototxt"
    path.write_text("# nothing\n")
    with pytest.raises(DataError, match="map.prototxt: has no item "):
        label_map.read(path)
    path.write_text('item { name: "background" } ' + GOOD)
    assert label_map.names_by_label(label_map.read(path)) == {0: "background", 1: "Disc"}


def test_a_binary_label_map_that_has_a_class_twice_is_an_error(tmp_path):
    names = LabelMap()
    names.item.add(name="disc", label=1)
    names.item.add(name="box", label=1)
    path = tmp_path / "map.binaryproto"
    path.write_bytes(names.SerializeToString())
    with pytest.raises(DataError, match=r"item\[1\].label is 1, which is the label of"):
        label_map.read(path)


def test_several_names_may_be_one_class_where_it_is_asked_for_and_then_it_is_said(tmp_path):
    path = tmp_path / "map.prototxt"
    path.write_text(GOOD + 'item { name: "coin" label: 1 } item { name: "box" label: 2 }')
    names = label_map.read(path, may_share=True)
    assert label_map.labels_by_name(names) == {"disc": 1, "coin": 1, "box": 2}
    [sentence] = label_map.notes_on_shared(names)
    assert sentence.startswith("disc, coin have the label 1 and become one class")


def test_the_name_of_the_background_is_no_class():
    with pytest.raises(DataError, match="a class is called none_of_the_above, which is the name"):
        label_map.make(["cat", "none_of_the_above"])


@pytest.mark.parametrize("written", ["NFC", "NFD"])
def test_accents_of_names_are_joined_to_their_letters(written, tmp_path):
    name = unicodedata.normalize(written, "caf\xe9")
    for file, text in (("a.prototxt", f'item {{ name: "{name}" label: 1 }}'),
                       ("a.names", f"{name}\n")):
        (tmp_path / file).write_text(text)
        assert label_map.labels_by_name(label_map.read(tmp_path / file))["caf\xe9"] == 1


def test_a_name_with_a_space_is_told_the_flag_that_parts_names_otherwise():
    with pytest.raises(DataError, match="line 2: 'bicycle rack' has 2 fields; every line must have "
                                        "1; names that have ' ' in them need another --delimiter"):
        label_map.parse_lines(["person", "bicycle rack"])
    names = label_map.parse_lines(["person", "bicycle rack"], ",")
    assert [item.name for item in names.item] == ["person", "bicycle rack"]
