"""Plain words: what docstrings, comments, messages and docs must not say.

The list is of words that bend English (*behind* for after, *lie* for be stored) or say in a
metaphor what the field has a word for. A use that is right is listed with its text in `ALLOWED`.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Folders and files whose text is held to the list.
ROOMS = (
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "docs",
    "framework/__init__.py",
    "framework/errors.py",
    "framework/cli",
    "framework/data",
    "framework/layers",
    "framework/ops",
    "framework/pycaffe",
    "framework/system",
    "framework/definition",
    "framework/evaluation",
    "framework/execution",
    "framework/export",
    "framework/inference",
    "framework/logs",
    "framework/net",
    "framework/proto",
    "framework/report",
    "framework/serve",
    "framework/solver",
    "framework/weights",
    "tools",
)
# (pattern, what to say instead)
WORDS = (
    (r"behind", "after, following, or what it is: above, under, hidden"),
    (r"stand(s|ing)?(?! (for|in for|alone)\b|-)|stood", "be, be stored, be written"),
    (r"lie(s)?|lying", "be, be stored"),
    (r"let(s|ting)? go", "release, free"),
    (r"(?<!long )as one(?= (with|where|that|of|at)\b|[.,;:)]|$)", "fused, together, joined"),
    (r"(or|and) not at all", "atomically, completely or not"),
    (r"(?<!\bin )(?<!\bin-)(?<!decimal )(?<!takes )(?<!take )(?<!took )places?(?! (the|a|an)\b)",
     "index, line, position"),
    (r"(?<!\bnot )so (many|few)(?! \w+ that\b)", "N, that many, this number of"),
    (r"pictures?", "image"),
    (r"lest", "so that ... not"),
    (r"round about", "about, around"),
    (r"\b(it|file|value|name|path|that|which) is (?-i:none)(?! of\b)",
     "is not a ..."),
    (r"none (after|before|that)", "no ..."),
    (r"the face (of|that)", "the API of, the interface"),
    (r"(?<!\bthere )(is|are|was|were) no(?! (longer|more|less|such|other)\b)", "is not a ..."),
)
PATTERN = [(re.compile(rf"\b(?:{pattern})(?![\w-])", re.IGNORECASE), instead)
           for pattern, instead in WORDS]
# Text around a word that is right where it is, with the file that says it.
ALLOWED: tuple[tuple[str, str], ...] = ()


def _python_text(source: str) -> Iterator[tuple[int, str]]:
    """Line number and text of every string (docstrings, messages) and block of comments."""
    tree = ast.parse(source)
    inner = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)
             for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = (str(part.value) if isinstance(part, ast.Constant) else "{}"
                     for part in node.values)
            yield node.lineno, "".join(parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) \
                and id(node) not in inner:
            yield node.lineno, node.value
    block: list[str] = []
    first = last = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT:
            continue
        if block and token.start[0] == last + 1:
            block.append(token.string.lstrip("# "))
        else:
            yield first, "\n".join(block)
            block = [token.string.lstrip("# ")]
            first = token.start[0]
        last = token.start[0]
    yield first, "\n".join(block)


def _page_text(source: str) -> Iterator[tuple[int, str]]:
    """The prose of a Markdown page: without blocks of code and `code`."""
    def blank(match: re.Match[str]) -> str:
        return "\n" * match.group().count("\n")
    fenced = re.sub(r"```.*?```|~~~.*?~~~", blank, source, flags=re.DOTALL)
    yield 1, re.sub(r"^(?: {4}|\t).*$", blank, fenced, flags=re.MULTILINE)


def _without_code(text: str) -> str:
    """The text with `code` crossed out and line ends as spaces, of the same length."""
    prose = re.sub(r"`[^`\n]*`", lambda match: "." * len(match.group()), text)
    return re.sub(r"\s", " ", prose)


def bent_words(path: Path, name: str) -> list[str]:
    """`file:line: the word, its line, what to say instead` for each word of the list."""
    source = path.read_text(encoding="utf-8")
    texts = _page_text(source) if path.suffix == ".md" else _python_text(source)
    found: list[tuple[int, str]] = []
    for line, text in texts:
        for pattern, instead in PATTERN:
            for match in pattern.finditer(_without_code(text)):
                around = " ".join(text[max(0, match.start() - 40):match.end() + 40].split())
                if any(name == file and words in around for file, words in ALLOWED):
                    continue
                at = line + text.count("\n", 0, match.start())
                found.append((at, f"{name}:{at}: '{match.group()}' in '{around}': say {instead}"))
    return [line for _, line in sorted(found)]


def _files(room: str) -> list[Path]:
    path = ROOT / room
    if path.is_file():
        return [path]
    return sorted(file for file in path.rglob("*") if file.suffix in (".py", ".md")
                  or file.is_file() and not file.suffix and _is_python(file))


def _is_python(path: Path) -> bool:
    with path.open("rb") as file:
        return file.readline().startswith(b"#!") and b"python" in path.read_bytes()[:80]


@pytest.mark.parametrize("room", ROOMS)
def test_text_is_in_plain_words(room):
    files = _files(room)
    assert files, f"{room} has no files to check"
    bent = [line for file in files for line in bent_words(file, str(file.relative_to(ROOT)))]
    assert not bent, "\n".join(bent)


def test_the_word_list_sees_docstrings_comments_messages_and_pages(tmp_path):
    code = tmp_path / "code.py"
    code.write_text('"""Layers behind\none another."""\n# it lies in\n# rows, each in its place\n'
                    'MESSAGE = f"{__name__} is no file"\n# in place, there is no file\n')
    lines = bent_words(code, "code.py")
    assert [line.split(" in ")[0] for line in lines] == [
        "code.py:1: 'behind'", "code.py:3: 'lies'", "code.py:4: 'place'", "code.py:5: 'is no'"]
    page = tmp_path / "page.md"
    page.write_text("A picture, `picture`.\n\n    picture\n\n```\npicture\n```\nWritten whole or\n"
                    "not at all.\n")
    lines = bent_words(page, "page.md")
    assert [line.split(" in ")[0] for line in lines] == [
        "page.md:1: 'picture'", "page.md:8: 'or not at all'"]
