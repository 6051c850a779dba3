"""What the arguments of Solver may be."""

from __future__ import annotations

from framework.definition.prototxt import Document
from framework.logs.log import Log
from framework.solver.gradients import Execution
from framework.system.arguments import (
    DEVICE,
    FLAG,
    FUNCTION,
    INTEGER,
    PATH,
    checked,
    either,
    instance,
    or_none,
    whole,
)

CHECKED = checked(
    source=either(PATH, instance("a Document of read_solver", Document)), weights=or_none(PATH),
    snapshot=or_none(PATH), device=DEVICE, seed=or_none(INTEGER), workers=whole(0), rank=whole(0),
    world_size=whole(1), keep=whole(0), skip_mismatch=FLAG, ignore_unknown_fields=FLAG,
    execution=instance("an Execution", Execution), log=or_none(instance("a Log", Log)),
    actions=FUNCTION, wait=or_none(FUNCTION))
CHECKED_STEP = checked(count=whole(0))
