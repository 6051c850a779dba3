import pytest

from framework.cli import convert_dataset
from framework.data.datasets.dataset import Dataset
from framework.data.datasets.label_files import Box
from framework.data.datasets.splits import divide, shares
from framework.data.records.list_file import Entry
from framework.errors import DataError
from tests.data.images import make_voc


def data_of(count):
    entries = [Entry(f"{index}.jpg", f"{index}.xml") for index in range(count)]
    return Dataset(".", {"one": entries[:7], "two": entries[5:]}, ["a"], lambda entry: None)


def test_every_image_stands_in_one_split_and_shares_are_met():
    data = divide(data_of(50), shares(["train=0.5", "val=0.3"]), seed=3)
    assert {name: len(split) for name, split in data.splits.items()} == {
        "train": 25, "val": 15, "test": 10}
    together = [entry for split in data.splits.values() for entry in split]
    assert len(set(together)) == len(together) == 50
    again = divide(data_of(50), shares(["train=0.5", "val=0.3"]), seed=3)
    assert again.splits == data.splits
    assert divide(data_of(50), shares(["train=0.5", "val=0.3"]), seed=4).splits != data.splits


@pytest.mark.parametrize("texts, message", [
    (["train"], "--split train: must be NAME=SHARE"),
    (["train=1.5"], "at most 1"),
    (["a/b=0.5"], "must be NAME=SHARE"),
    (["train=0.8", "train=0.2"], "train is named twice"),
    (["train=0.8", "val=0.3"], "the shares make 1.1"),
    (["train=0.8", "test=0.1"], "the shares make 0.9"),
])  # fmt: skip
def test_shares_that_cannot_be_are_refused(texts, message):
    with pytest.raises(DataError, match=message):
        shares(texts)


def test_a_split_of_no_image_is_an_error():
    with pytest.raises(DataError, match="leaves none for test"):
        divide(data_of(20), shares(["train=0.99"]), seed=0)


def test_a_folder_without_lists_names_the_cure_and_takes_it(tmp_path, capsys):
    box = Box("cell", (1, 2, 30, 20))
    root = make_voc(tmp_path / "voc", {f"p{index}": [box] for index in range(10)})
    (root / "ImageSets" / "Main" / "trainval.txt").unlink()
    (root / "Annotations" / "p9.xml").unlink()
    flags = [str(root), str(tmp_path / "out")]
    assert convert_dataset.main(flags) == 1
    assert "--split trainval=0.8 divides the images" in capsys.readouterr().err
    assert convert_dataset.main([*flags, "--split", "trainval=0.8"]) == 0
    told = capsys.readouterr()
    assert "trainval: 7 of 8 images" in told.out and "test: 2 of 2 images" in told.out
    assert "left out: 1 image: no annotation of its name (JPEGImages/p9.jpg)" in told.out
