"""What the arguments of Solver may be."""

from __future__ import annotations

from framework.definition.prototxt import Document
from framework.logs.log import Log
from framework.solver.gradients import Execution
from framework.system.arguments import (
    ABSENT,
    DEVICE,
    FLAG,
    FUNCTION,
    INTEGER,
    PATH,
    checked,
    either,
    instance,
    whole,
)

CHECKED = checked(
    source=either(PATH, instance("a Document of read_solver", Document)), weights=ABSENT(PATH),
    snapshot=ABSENT(PATH), device=DEVICE, seed=ABSENT(INTEGER), workers=whole(0), rank=whole(0),
    world_size=whole(1), keep=whole(0), skip_mismatch=FLAG, ignore_unknown_fields=FLAG,
    execution=instance("an Execution", Execution), log=ABSENT(instance("a Log", Log)),
    actions=FUNCTION, wait=ABSENT(FUNCTION))
CHECKED_STEP = checked(count=whole(0))
