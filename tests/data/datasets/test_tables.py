"""Tables with quotes that are not closed and commas in names: no row is lost without a word."""

from __future__ import annotations

import pytest

from framework.cli.convert_dataset import main as convert
from framework.data.datasets.class_tables import find_table
from framework.data.datasets.file_tree import list_files
from framework.data.datasets.recognition import recognise
from framework.data.datasets.tables import TableRows
from framework.errors import DataError
from tests.data.datasets.forms import HEADER, put
from tests.data.making import encoded, image

ROWS = "1.jpg,56,40,cat,5,6,25,36\n"
LAST = "filename,xmin,ymin,xmax,ymax,class\n"


@pytest.mark.parametrize("text, first, last", [
    (HEADER + ROWS + ROWS.replace("cat", '"cat') + 3 * ROWS, 3, 6),
    (HEADER + ROWS.replace("1.jpg", '"1.jpg') + ROWS.replace("1.jpg", '"1.jpg') + ROWS, 2, 3),
    (HEADER + ROWS.replace("cat", '"cat') + ROWS.replace("36", '"36') + ROWS, 2, 3),
    (HEADER + '"' + 9000 * ROWS, 2, None),
    ("ImageID,LabelName,XMin,XMax,YMin,YMax\n1,\"cat,0.1,0.2,0.3,0.4\n1,cat,0.1,0.2,0.3,0.4\n",
     2, 3),
    ("image,label\n1.jpg,\"cat\n2.jpg,dog\n", 2, 3),
])
def test_a_quote_that_is_not_closed_does_not_swallow_the_rows_below_it(text, first, last, tmp_path):
    put(tmp_path, {"t.csv": text})
    with (tmp_path / "t.csv").open(newline="") as file, pytest.raises(DataError) as caught:
        list(TableRows(file))
    assert str(caught.value).startswith(f"{tmp_path}/t.csv:{first}: a quote is not closed: the "
                                        "cell goes on to line ")
    assert last is None or f"to line {last}, over" in str(caught.value)


def test_the_quote_is_named_by_the_converter(tmp_path, capsys):
    put(tmp_path, {"train.csv": HEADER + ROWS + ROWS.replace("cat", '"cat') + 3 * ROWS})
    (tmp_path / "1.jpg").write_bytes(encoded(image(1)))
    assert convert([str(tmp_path), str(tmp_path / "out")]) == 1
    assert "train.csv:3: a quote is not closed" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("cell", ['"big, old\ncat"', '"a\nb"'])
def test_a_cell_of_several_lines_is_taken(cell, tmp_path):
    put(tmp_path, {"t.csv": LAST + f"1.jpg,5,6,25,36,{cell}\n"})
    with (tmp_path / "t.csv").open(newline="") as file:
        assert list(TableRows(file))[1] == ["1.jpg", "5", "6", "25", "36", cell.strip('"')]


def test_a_name_with_a_comma_that_is_not_in_quotes_is_not_cut(tmp_path):
    """It would be the class `dog`."""
    put(tmp_path, {"t.csv": LAST + "1.jpg,5,6,25,36,dog, big\n2.jpg,5,6,25,36,cat\n",
                   "1.jpg": "", "2.jpg": ""})
    data = recognise(tmp_path).data
    first, second = data.splits["all"]
    with pytest.raises(DataError, match="t.csv:2: is not the row of a box: it has 7 cells, the "
                                        "header 6; a name with the sign ',' must be in quotes"):
        data.labels(first)
    assert data.labels(second).boxes[0].name == "cat"


def test_cells_without_a_word_after_the_last_column_do_not_matter(tmp_path):
    put(tmp_path, {"t.csv": LAST + "1.jpg,5,6,25,36,dog,, \n", "1.jpg": ""})
    data = recognise(tmp_path).data
    assert data.names == ["dog"]


def test_a_class_with_a_comma_that_is_not_in_quotes_is_not_cut(tmp_path):
    put(tmp_path, {"t.csv": "image,label\n1.jpg,dog, big\n2.jpg,cat\n", "1.jpg": "", "2.jpg": ""})
    tree = list_files(tmp_path)
    assert find_table(tree) is None
    assert tree.unread["t.csv"].startswith(f"{tmp_path}/t.csv:2: it has 3 cells, the header 2")


def test_any_number_of_empty_lines_is_passed_over(tmp_path):
    put(tmp_path, {"t.csv": "image,label\n" + "\n" * 3000 + "1.jpg,cat\n"})
    with open(tmp_path / "t.csv") as file:
        rows = TableRows(file)
        assert list(rows) == [["image", "label"], ["1.jpg", "cat"]] and rows.line_num == 3002
