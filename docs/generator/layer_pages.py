"""docs/layers: a page for each layer type, one for the messages inside theirs, and the index."""

from __future__ import annotations

from collections.abc import Sequence

from docs.generator.markdown import GENERATED, code, docstring, escape, shape, table, type_name
from framework.definition.composites.expand import COMPOSITES
from framework.layers import LAYERS
from framework.report import layer_reference as reference
from framework.report.layer_reference import Field, Param
from framework.report.layer_samples import Outcome, file_name, run_sample, sample_text

INTRODUCTION = """# Layers

Every layer type, by the headings of Caffe's own layer catalogue. `tools/layers` prints this list,
and `tools/layers TYPE` a page. The sample of each page was built and run when the page was made.
"""
NOTE = "The fields of [messages inside](messages.md) are on a page of their own."


def layer_pages() -> dict[str, str]:
    """The text of every page below docs/, by its path there."""
    pages: dict[str, str] = {}
    described: list[Param] = []
    for heading, kinds in reference.headings().items():
        for kind in kinds:
            outcome = run_sample(kind)
            params = reference.params(kind, outcome)
            described += params
            pages[f"layers/{file_name(kind)}.md"] = _page(kind, heading, params, outcome)
    pages["layers/messages.md"] = _messages(described)
    pages["layers/index.md"] = _index()
    return pages


def _index() -> str:
    parts = [INTRODUCTION]
    for heading, kinds in reference.headings().items():
        rows = [(f"[{kind}]({file_name(kind)}.md)", escape(reference.summary(kind)))
                for kind in kinds]
        parts.append(f"## {reference.HEADINGS[heading]}\n\n{table(('type', ''), rows)}\n")
    names = "\n".join(file_name(kind) for kinds in reference.headings().values() for kind in kinds)
    parts.append(f"```{{toctree}}\n:hidden:\n\n{names}\nmessages\n```\n")
    return GENERATED + "\n" + "\n".join(parts)


def _page(kind: str, heading: str, params: Sequence[Param], outcome: Outcome) -> str:
    made_by = COMPOSITES.get(kind) or LAYERS[kind]
    parts = [f"# {kind}", f"*{reference.HEADINGS[heading]}* · `{made_by.__module__}`",
             docstring(reference.docstring(kind))]
    parts += [_param(param) for param in params]
    if any(_has_messages(param) for param in params):
        parts.append(NOTE)
    parts += ["## Sample", f"```text\n{sample_text(kind)}```", outcome.sentence()]
    rows = [(what, code(name), shape(sizes))
            for what, named in (("bottom", outcome.bottoms), ("top", outcome.tops),
                                ("blob", outcome.stored)) for name, sizes in named]
    if rows:
        parts.append(table(("", "name", "shape"), rows))
    return GENERATED + "\n" + "\n\n".join(parts) + "\n"


def _param(param: Param) -> str:
    title = f"## {param.name}\n\n`{param.message}`. {escape(param.comment)}".rstrip()
    if not param.fields:
        return f"{title}\n\nNone of its fields is taken."
    return f"{title}\n\n{_fields(param.fields)}"


def _fields(fields: Sequence[Field]) -> str:
    return table(("field", "type", "default", ""),
                 [(code(field.name), type_name(field.type), code(field.default),
                   escape(field.comment)) for field in fields])


def _has_messages(param: Param) -> bool:
    return bool(reference.inner_messages([param]))


def _messages(described: Sequence[Param]) -> str:
    parts = ["# Messages inside of others",
             "Fillers, resizes and other messages that fields of layers hold."]
    for name in reference.inner_messages(described):
        found = reference.message(name)
        parts.append(f"## {name}\n\n{escape(found.comment)}\n\n{_fields(found.fields)}")
    return GENERATED + "\n" + "\n\n".join(parts) + "\n"
