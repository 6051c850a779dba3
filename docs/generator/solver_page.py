"""docs/solver_fields.md: the fields of a solver file, and which of them have a meaning here."""

from __future__ import annotations

import framework.proto as proto
from docs.generator.markdown import GENERATED, code, escape, table, type_name
from framework.report.layer_reference import message
from framework.solver.solver_fields import HONOURED, MACHINE_HINTS

TEXT = """# Solver fields

The fields of a solver prototxt (`SolverParameter`). A field that is in none of these lists is an
error, as is one of the last list with another value than its default: nothing is silently left out.
"""
PARTS = (
    ("Fields with a meaning", "They mean what they mean in the Caffe that they come from."),
    ("Hints to a machine", "They say how another Caffe's machine works, not what it computes. "
     "Each that is set is named in the log; flags of [tools/train](command_line.md) say "
     "such things here."),
    ("Fields that are refused", "Fields of other projects' Caffes whose meaning is not supported."),
)


def solver_pages() -> dict[str, str]:
    known = {field.name: field for field in message("SolverParameter").fields}
    others = {field.name for field in proto.SolverParameter.DESCRIPTOR.fields} \
        - HONOURED - MACHINE_HINTS
    parts = [TEXT]
    for (title, words), names in zip(PARTS, (HONOURED, MACHINE_HINTS, others), strict=True):
        rows = [(code(name), type_name(known[name].type), code(known[name].default),
                 escape(known[name].comment)) for name in known if name in names]
        parts.append(f"## {title}\n\n{words}\n\n{table(('field', 'type', 'default', ''), rows)}\n")
    return {"solver_fields.md": GENERATED + "\n" + "\n".join(parts)}
