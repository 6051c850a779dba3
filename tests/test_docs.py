"""The pages of docs/ are true: those made from the code are those that it makes today."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.generator import numbers
from docs.generator.markdown import GENERATED, blocks, escape
from docs.generator.pages import all_pages

DOCS = Path(__file__).resolve().parents[1] / "docs"
LINK = re.compile(r"\]\(([^)#\s]+)(#[^)\s]*)?\)")


@pytest.fixture(scope="module")
def pages():
    return all_pages()


def test_no_page_is_stale(pages):
    stale = [name for name, text in pages.items()
             if not (DOCS / name).exists() or (DOCS / name).read_text(encoding="utf-8") != text]
    assert not stale, "run `make docs-pages`"


def test_no_page_is_left_of_what_is_gone(pages):
    made = {str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md")
            if path.read_text(encoding="utf-8").startswith(GENERATED)}
    assert made == set(pages)


def test_every_tool_is_on_the_page_of_the_command_line(pages):
    tools = {path.name for path in (DOCS.parent / "tools").iterdir()}
    named = set(re.findall(r"^## (?:tools/)?(\w+)$", pages["command_line.md"], re.M))
    assert named == tools


@pytest.mark.parametrize("path", [*DOCS.rglob("*.md"), *DOCS.parent.glob("*.md")],
                         ids=lambda path: path.name)
def test_no_link_to_a_file_is_broken(path):
    text = path.read_text(encoding="utf-8")
    files = [link for link, _ in LINK.findall(text) if "://" not in link]
    assert [link for link in files if not (path.parent / link).exists()] == []


def test_labelled_lines_of_a_docstring_are_told_from_its_sentences():
    text = ("Take one number.\n\nBottom: x (N, C),\n        or more.\nMAX     ties: the first.\n"
            "A sentence: it goes\non here.\n\n    y = a * x\n")
    assert blocks(text) == [("", "Take one number."), ("Bottom", "x (N, C), or more."),
                            ("MAX", "ties: the first."),
                            ("", "A sentence: it goes on here."), ("::", "    y = a * x")]


def test_text_keeps_its_signs_in_markdown_but_code_is_left_alone():
    assert escape("a * b_c `d * e` [f]") == r"a \* b_c `d * e` \[f\]"


@pytest.mark.parametrize("name", numbers.TEXTS)
def test_every_marked_number_is_the_recorded_one(name):
    text = (DOCS.parent / name).read_text(encoding="utf-8")
    assert numbers.filled(text, numbers.read()) == text, "run `make numbers`"


def test_a_number_of_several_runs_is_the_range_over_those_that_have_it():
    runs = [{"mAP": 0.957}, {"mAP": 0.9421, "seconds": 138}, {"seconds": 256.9}]
    record = {"demo": {"runs": runs}}
    text = "a <!-- number: demo.mAP -->old<!-- end --> in <!-- number: demo.seconds --><!-- end -->"
    assert numbers.filled(text, record) == (
        "a <!-- number: demo.mAP -->0.942 to 0.957<!-- end --> in "
        "<!-- number: demo.seconds -->2 min 18 s to 4 min 16 s<!-- end -->")
    with pytest.raises(KeyError):
        numbers.filled("<!-- number: demo.loss --><!-- end -->", record)


@pytest.mark.parametrize("name", ["README.md", "docs/own_data.md"])
def test_no_mean_average_precision_of_ours_is_written_by_hand(name):
    text = numbers.MARK.sub("", (DOCS.parent / name).read_text(encoding="utf-8"))
    assert not re.findall(r"mAP\s+0\.\d+", text)
