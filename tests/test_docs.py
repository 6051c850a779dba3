"""The pages of docs/ are true: those made from the code are those that it makes today."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

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
