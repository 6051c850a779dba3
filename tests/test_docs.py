"""The pages of docs/ are true: those made from the code are those that it makes today."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from google.protobuf import text_format

from docs.generator import numbers
from docs.generator.command_line import command_pages, description
from docs.generator.markdown import GENERATED, blocks, escape
from docs.generator.pages import all_pages
from docs.generator.targets_page import TARGETS
from framework.cli.caffe import OTHERS
from framework.proto import LayerParameter, NetParameter, SolverParameter

DOCS = Path(__file__).resolve().parents[1] / "docs"
LINK = re.compile(r"\]\(([^)#\s]+)(#[^)\s]*)?\)")
# pages that are written by hand
WRITTEN = sorted(str(path.relative_to(DOCS.parent))
                 for path in (*DOCS.glob("*.md"), *DOCS.parent.glob("*.md"),
                              *DOCS.parent.glob("examples/**/*.md"))
                 if not path.read_text(encoding="utf-8").startswith(GENERATED))
FLAG = re.compile(r"(?<![\w-])--[a-zA-Z][\w-]*")
# of every program, of benchmarks/, tests/fuzz, an example's own script, git and curl
OTHER_FLAGS = {"--help", "--peers", "--threads", "--overload", "--case", "--one-class", "--always",
               "--data-binary"}
BLOCK = re.compile(r"^```\n(.*?)^```$", re.M | re.S)
PROTOTXT = re.compile(r"\s*\w+ *[:{] *\S?")
KINDS = (NetParameter, SolverParameter, LayerParameter)


@pytest.fixture(scope="module")
def pages():
    return all_pages()


@pytest.fixture(scope="module")
def command_line():
    return command_pages()["command_line.md"]


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


def test_indented_lines_of_a_description_stay_lines_on_the_page_of_the_command_line():
    text = "Do it\nnow.\n\nEither\n    A   one\n      more\n    B   two\nor not.\n"
    assert description(text) == (
        "Do it now.\n\nEither\n\n```text\nA   one\n  more\nB   two\n```\n\nor not.")


def test_the_page_of_the_command_line_lists_the_commands_of_caffe(command_line):
    shown = command_line.partition("\n## caffe\n\n```text\n")[2].partition("\n```")[0]
    assert [name for name in OTHERS if name not in shown] == []


def test_no_two_columns_of_targets_have_one_name():
    assert len(set(TARGETS)) == len(TARGETS)


@pytest.mark.parametrize("name", WRITTEN)
def test_every_flag_of_a_page_is_one_of_a_program(name, command_line):
    known = set(FLAG.findall(command_line)) | OTHER_FLAGS
    found = set(FLAG.findall((DOCS.parent / name).read_text(encoding="utf-8")))
    assert sorted(found - known) == []


@pytest.mark.parametrize("name", WRITTEN)
def test_every_prototxt_of_a_page_is_of_the_schema(name):
    for text in BLOCK.findall((DOCS.parent / name).read_text(encoding="utf-8")):
        if PROTOTXT.match(text):
            assert any(_parses(text, kind) for kind in KINDS), text


def _parses(text, kind):
    try:
        text_format.Parse(text, kind())
    except text_format.ParseError:
        return False
    return True


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
