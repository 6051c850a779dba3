import pytest

from framework.data.dataset import load
from framework.data.label_files import Box
from framework.data.list_file import Entry
from framework.errors import DataError
from tests.data.pictures import make_voc

YAML = """
root: devkit
splits: {trainval: [A/trainval, B/trainval], test: A/test}
names: [dog, cat]
shuffle: [trainval]
"""


def devkit(tmp_path):
    make_voc(tmp_path / "devkit/A", {"one": [Box("cat", (1, 2, 3, 4))]})
    make_voc(tmp_path / "devkit/A", {"two": [Box("dog", (1, 2, 3, 4))]}, "test")
    make_voc(tmp_path / "devkit/B", {"one": [], "three": []})
    path = tmp_path / "data.yaml"
    path.write_text(YAML)
    return path


def test_yaml_joins_splits_of_several_folders(tmp_path):
    data = load(devkit(tmp_path))
    assert data.splits["trainval"] == [
        Entry("A/JPEGImages/one.jpg", "A/Annotations/one.xml"),
        Entry("B/JPEGImages/one.jpg", "B/Annotations/one.xml"),
        Entry("B/JPEGImages/three.jpg", "B/Annotations/three.xml"),
    ]
    assert data.splits["test"] == [Entry("A/JPEGImages/two.jpg", "A/Annotations/two.xml")]
    assert (data.names, data.shuffle, data.root) == (
        ["dog", "cat"], ("trainval",), tmp_path / "devkit",
    )  # fmt: skip


def test_a_plain_folder_gives_its_splits_and_the_names_in_its_files(tmp_path):
    devkit(tmp_path)
    data = load(tmp_path / "devkit/A")
    assert sorted(data.splits) == ["test", "trainval"]
    assert data.names == ["cat", "dog"]


@pytest.mark.parametrize(
    "change, message",
    [
        (("names:", "classes:"), "unknown key classes; known are format, root"),
        (("root: devkit", "format: coco"), "format is 'coco'; it must be one of: voc"),
        (("devkit", "nowhere"), "nowhere: no such folder; --root names another"),
        (("A/test", "A/val"), "A/ImageSets/Main/val.txt: no such list"),
        (("[dog, cat]", "{dog: 1}"), "names is {'dog': 1}; it must be a name or a list"),
        (("shuffle: [trainval]", "shuffle: train"), "shuffle names train; the splits are"),
        (("A/test}", "A/test"), "is not YAML"),
    ],
)
def test_a_wrong_description_says_what_is_wrong(tmp_path, change, message):
    path = devkit(tmp_path)
    path.write_text(YAML.replace(*change))
    with pytest.raises(DataError) as error:
        load(path)
    assert message in str(error.value)


def test_a_folder_that_is_no_voc_folder_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"has no ImageSets/Main/\*.txt; a VOC folder holds"):
        load(tmp_path)
    with pytest.raises(DataError, match="no such folder"):
        load(tmp_path / "none")
