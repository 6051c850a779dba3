"""docs/command_line.md: every program and its flags, from the programs' own parsers."""

from __future__ import annotations

import argparse
import itertools
import textwrap
from pathlib import Path

from docs.generator.markdown import GENERATED, code, escape, table
from framework.cli import caffe
from framework.cli.completion import parser_of

TOOLS = Path(__file__).resolve().parents[2] / "tools"
INTRODUCTION = """# Command line

Flags may be written as the original's programs take them: `-solver x`, `--solver=x`, with
underscores or hyphens. `--debug`, which every program has, shows the traceback of an error.
[Errors](errors.md) lists the exit codes.
"""
ALSO = "Its commands `train`, `test` and `time` take the flags of the tools of the same name."


def command_pages() -> dict[str, str]:
    names = sorted(path.name for path in TOOLS.iterdir() if path.name != "caffe")
    parts = [INTRODUCTION, *(_program(f"tools/{name}", parser_of(name)) for name in names)]
    parts.append(f"## caffe\n\n```text\n{caffe.usage()}\n```\n\n{ALSO}\n")
    parts.append(_program("caffe device_query", caffe.make_query_parser()))
    return {"command_line.md": GENERATED + "\n" + "\n".join(parts) + "\n"}


def _program(name: str, parser: argparse.ArgumentParser) -> str:
    formatter = parser._get_formatter()
    rows = []
    for action in parser._actions:
        if action.dest in ("help", "debug") or action.help == argparse.SUPPRESS:
            continue
        text = formatter._expand_help(action) if action.help else ""
        rows.append((_names(action), escape(" ".join(text.split()))))
    text = (parser.description or "").strip()
    for prefix in (f"{name}: ", f"{name.removeprefix('tools/')}: "):
        text = text.removeprefix(prefix)
    return f"## {name}\n\n{description(text)}\n\n{table(('flag', ''), rows)}\n"


def description(text: str) -> str:
    """A program's description: its paragraphs, and indented lines as they are, in a block."""
    parts = []
    for kind, group in itertools.groupby(text.split("\n"), _kind):
        lines = list(group)
        if kind == "indented":
            parts.append("```text\n" + textwrap.dedent("\n".join(lines)) + "\n```")
        elif kind == "text":
            parts.append(escape(" ".join(" ".join(lines).split())))
    return "\n\n".join(parts)


def _kind(line: str) -> str:
    if not line.strip():
        return "empty"
    return "indented" if line.startswith("  ") else "text"


def _names(action: argparse.Action) -> str:
    """`--gpu N`, `NET ...`; a flag that may be left out is not marked, as most may."""
    value = action.metavar or ("|".join(map(str, action.choices)) if action.choices
                               else action.dest.upper())
    value = " ".join(value) if isinstance(value, tuple) else value
    if action.nargs in ("+", "*"):
        value += " ..."
    if not action.option_strings:
        return code(value).replace("|", "\\|")
    takes_value = action.nargs != 0
    return ", ".join(code(f"{name} {value}" if takes_value else name)
                     for name in action.option_strings).replace("|", "\\|")
