"""Allowed settings of a solver file that train nothing, or something else than they seem to.

The original takes them without a word; here each is a warning, and the run goes on as there.
"""

from __future__ import annotations

from collections.abc import Iterator

from framework.definition.prototxt import Document
from framework.definition.spec import PHASES
from framework.net.net import Net
from framework.proto import SolverParameter

COUNTS = ("stepvalue", "plateau_winsize", "stageiter", "warmup_iter", "rampup_interval")
CLIPS_NOTHING = -1          # the default of clip_gradients
Doubt = tuple[str, str]     # a field, and the rest of the sentence about it


def doubts(document: Document) -> list[str]:
    """A sentence, with its file and line, for each setting that is probably a mistake."""
    param = document.message
    if param.HasField("max_iter") and not param.max_iter:
        return []       # it is there to test only
    return [str(document.error(field, text))
            for found in (_rate(param), _updates(param), _course(param)) for field, text in found]


def _rate(param: SolverParameter) -> Iterator[Doubt]:
    """Policies that stop the training, or never change the rate."""
    policy = param.lr_policy
    rate = f"the rate stays at base_lr, {param.base_lr:g}"
    first_steps = {"step": param.stepsize, "exp": 1, "multistep": min(param.stepvalue, default=0)}
    if param.gamma == 0 and first_steps.get(policy):
        yield "gamma", (f"{_state(param, 'gamma')}, and lr_policy \"{policy}\" multiplies base_lr "
                        f"by it: the rate is 0 from iteration {first_steps[policy]} on")
    for name, reader in (("stepvalue", "multistep"), ("plateau_winsize", "plateau")):
        is_given = bool(getattr(param, name))
        if policy == reader and not is_given:
            yield name, f"is missing, and lr_policy \"{policy}\" takes its steps from it: {rate}"
        elif is_given and policy == "step":
            yield name, (f"is given, but lr_policy \"step\" does not read it: it steps every "
                         f"{param.stepsize} iterations (stepsize)")
        elif is_given and policy in ("fixed", "exp", "inv", "poly", "sigmoid", "cosine", "sgdr"):
            yield name, f"is given, but lr_policy \"{policy}\" does not read it"
    if any(later < earlier for earlier, later
           in zip(param.stepvalue, param.stepvalue[1:], strict=False)):
        yield "stepvalue", "is not in ascending order: a step waits for those before it"
    for name, affected in (("power", ("poly", "inv")), ("gamma", ("inv", "sigmoid"))):
        if policy in affected and getattr(param, name) == 0:
            yield name, (f"{_state(param, name)}, so that lr_policy \"{policy}\" never changes the "
                         "rate")
    if policy == "poly" and param.power < 0:
        yield "power", f"is {param.power:g}, so that lr_policy \"poly\" makes the rate larger"
    for name in COUNTS:
        value = getattr(param, name)
        numbers = [value] if isinstance(value, int) else value
        if min(numbers, default=0) < 0:
            yield name, f"is {min(numbers)}: a negative number of iterations is reached at once"


def _updates(param: SolverParameter) -> Iterator[Doubt]:
    """Numbers with which updates do nothing, or the opposite."""
    if param.HasField("base_lr") and param.base_lr == 0 and param.lr_policy != "multifixed":
        yield "base_lr", "is 0: no weight changes"
    if param.base_lr < 0:
        yield "base_lr", (f"is {param.base_lr:g}: updates with a negative rate make the loss "
                          "larger")
    if abs(param.momentum) >= 1:
        yield "momentum", f"is {param.momentum:g}: with 1 or more updates only grow"
    if -1 < param.momentum < 0:
        yield "momentum", f"is {param.momentum:g}: a negative one takes back a part of each update"
    if param.delta < 0:
        yield "delta", (f"is {param.delta:g}: a negative one makes the divisor of updates 0 or "
                        "negative, so that weights move the wrong way")
    if param.weight_decay < 0:
        yield "weight_decay", f"is {param.weight_decay:g}: a negative decay makes weights grow"
    if param.HasField("clip_gradients") and param.clip_gradients == 0:
        yield "clip_gradients", "is 0, which makes every gradient 0: no weight changes"
    if param.clip_gradients < 0 and param.clip_gradients != CLIPS_NOTHING:
        yield "clip_gradients", (f"is {param.clip_gradients:g}: below 0 nothing is clipped")


def _course(param: SolverParameter) -> Iterator[Doubt]:
    """What is never reached, tested or written."""
    for count in param.test_iter:
        if not count:
            yield "test_iter", "is 0: nothing is tested"
    if param.test_interval and not param.test_iter:
        yield "test_interval", (f"is {param.test_interval}, but test_iter is missing: nothing is "
                                "tested")
    state = param.train_state
    if state.HasField("phase") and PHASES[state.phase] == "TEST":
        yield "train_state.phase", "is TEST: the layers of that phase are trained"
    for index, state in enumerate(param.test_state):
        if state.HasField("phase") and PHASES[state.phase] == "TRAIN":
            yield f"test_state[{index}].phase", ("is TRAIN: the layers of that phase are tested, "
                                                 "on the data to train on")
    if param.max_iter and not param.snapshot and not param.snapshot_after_train:
        yield "snapshot", ("is 0 and snapshot_after_train is false: the trained weights are not "
                           "written")


def _state(param: SolverParameter, name: str) -> str:
    is_set = any(field.name == name for field, _ in param.ListFields())
    return "is 0" if is_set else "is missing"


def nothing_to_train(document: Document, iteration: int, net: Net) -> str:
    """Why `solve` at this iteration trains nothing; empty if it does, or is meant to only test."""
    param = document.message
    if param.max_iter and not any(blob.lr_mult for blob in net.learned):
        return f"{net.spec.path}: no blob has an lr_mult other than 0: nothing is learned"
    if not param.HasField("max_iter"):
        return str(document.error("max_iter", "is missing, so that there are 0 iterations: nothing "
                                  "is trained"))
    if iteration < param.max_iter or not param.max_iter:
        return ""
    return str(document.error("max_iter", f"is {param.max_iter}, and the run is at iteration "
                              f"{iteration} already: nothing is trained"))


def tests_beyond_data(document: Document, nets: list[Net]) -> list[str]:
    """A sentence for each test_iter that takes records more than once."""
    found = []
    for index, (net, batches) in enumerate(zip(nets, document.message.test_iter, strict=True)):
        if text := records_repeated(net, batches):
            found.append(str(document.error(f"test_iter[{index}]", f"is {batches}: {text}")))
    return found


def records_repeated(net: Net, batches: int, where: str = "the scores") -> str:
    """What this number of batches counts more than once in `where`; empty if it does not."""
    sizes = [(source.num_items, source.spec.name, net.shapes[tops[0]][0])
             for source, tops in net.sources if source.num_items]
    num_records, name, batch_size = max(sizes, default=(0, "", 1))
    taken = batches * batch_size
    if not num_records or taken <= num_records:
        return ""
    least, more = divmod(taken, num_records)
    counts = f"each counts {least} times in {where}"
    if more:
        counts = f"{more} of them count {least + 1} times in {where}, the others {least}"
    return (f"{batches} batches of {batch_size} are {taken} records, and layer '{name}' has "
            f"{num_records}, so that {counts}; {-(-num_records // batch_size)} batches take them "
            "all")
