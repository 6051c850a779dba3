"""Upgrade old forms of net and solver files (V0, V1, `input`, `solver_type`) to today's.

Both functions change the document in place, its tree of lines with it, so that an error about an
upgraded layer still names the line that the user wrote. They work on documents without lines too
(binary files). Source: upgrade_proto.cpp in BVLC Caffe.
"""

import logging

from framework import proto
from framework.definition.prototxt import Document, Lines
from framework.definition.upgrade.compression import spread_compressions
from framework.definition.upgrade.forks import REPLACED, upgrade_forks
from framework.definition.upgrade.fused import PARTS, split_fused
from framework.definition.upgrade.holes import upgrade_holes
from framework.definition.upgrade.v0 import fold_padding
from framework.definition.upgrade.v1 import DATA_PARAMS, TRANSFORM_FIELDS, upgrade_layer

LOG = logging.getLogger("framework.definition.upgrade")
REPLACED_TYPES = REPLACED | PARTS.keys()       # no layers of these types are left
SOLVER_TYPES = ("SGD", "Nesterov", "AdaGrad", "RMSProp", "AdaDelta", "Adam")


def upgrade_net(document: Document) -> bool:
    """Bring a NetParameter to today's form: `layer` only. Returns whether anything was old.

    V0 and V1 `layers`, the data layers' own transform fields, `input` fields, the `param` entries
    of BatchNorm layers, Intel's bn_stats_batch_size, which is a field of each of these layers,
    `hole`, an older name of dilation, and forms of single forks (`forks`, `fused`, `compression`).
    Raises SpecError for what has no meaning in today's form.
    """
    net = document.message
    # a list, not a generator: each step is taken
    changed = [_upgrade_layers(document), _upgrade_inputs(document), _upgrade_batch_norm(document),
               _spread_stats_size(document), upgrade_holes(document),
               upgrade_forks(document), split_fused(document),
               spread_compressions(document)]
    if not document.lines.fields.get("layer"):
        document.lines.fields["layer"] = [Lines() for _ in net.layer]
    return any(changed)


def upgrade_solver(document: Document) -> bool:
    """Bring a SolverParameter to today's form. Returns whether anything was old.

    The enum `solver_type` becomes the string `type`; nets inside the solver file are upgraded
    as net files are (the original leaves them as they are and fails later). Raises SpecError if
    both forms of the type are given.
    """
    solver = document.message
    changed = False
    for field in ("net_param", "train_net_param", "test_net_param"):
        for net, lines in _inline_nets(document, field):
            changed |= upgrade_net(Document(net, lines, document.path))
    if not solver.HasField("solver_type"):
        return changed
    if solver.HasField("type"):
        raise document.error("solver_type", "is the old form of type; give only one of them")
    if solver.solver_type >= len(SOLVER_TYPES):
        name = proto.enum_name(solver, "solver_type")
        raise document.error("solver_type", f"is {name}, which no solver here computes; it must "
                             f"be one of {', '.join(SOLVER_TYPES).upper()}")
    solver.type = SOLVER_TYPES[solver.solver_type]
    solver.ClearField("solver_type")
    document.lines.fields["type"] = document.lines.fields.pop("solver_type", [])
    return True


def _inline_nets(document: Document, field: str) -> list[tuple[proto.NetParameter, Lines]]:
    solver: proto.SolverParameter = document.message
    nets = getattr(solver, field)
    if field != "test_net_param":
        nets = [nets] if proto.has_field(solver, field) else []
    lines = document.lines.fields.setdefault(field, [])
    lines.extend(Lines() for _ in range(len(nets) - len(lines)))
    return list(zip(nets, lines, strict=True))


def _upgrade_layers(document: Document) -> bool:
    net = document.message
    if not net.layers:
        _warn_of_transform_fields(document)
        return False
    if net.layer:
        _leave_out_new_layers(document)
    lines = document.lines.fields.pop("layers", []) or [Lines() for _ in net.layers]
    kept = fold_padding(document, list(zip(net.layers, lines, strict=True)))
    upgraded = [upgrade_layer(document, old, old_lines) for old, old_lines in kept]
    net.layer.extend(layer for layer, _ in upgraded)
    document.lines.fields["layer"] = [layer_lines for _, layer_lines in upgraded]
    net.ClearField("layers")
    return True


def _leave_out_new_layers(document: Document) -> None:
    """Beside `layers` the original leaves every `layer` out, and goes on (UpgradeV1Net)."""
    net = document.message
    lines = document.lines.fields.pop("layer", []) or [Lines() for _ in net.layer]
    for layer, place in zip(net.layer, lines, strict=True):
        LOG.warning("%s: left out, as the original does with `layer` in a net that has the old "
                    "`layers`", document.place(place.line, layer))
    net.ClearField("layer")


def _warn_of_transform_fields(document: Document) -> None:
    """The original reads data_param { scale } and the like in V1 layers, and skips them in others,
    so that the net gets other numbers than its text says."""
    for index, layer in enumerate(document.message.layer):
        param = DATA_PARAMS.get(layer.type, "")
        for field in TRANSFORM_FIELDS if param else ():
            if getattr(layer, param).HasField(field):
                line = document.lines.find(f"layer[{index}].{param}.{field}")
                LOG.warning("%s: %s.%s has no effect, as in the original: it counts in the old "
                            "`layers` only; use transform_param.%s",
                            document.place(line, layer), param, field, field)


def _upgrade_inputs(document: Document) -> bool:
    """`input`, `input_shape` and `input_dim` become one Input layer at the front."""
    net = document.message
    fields = document.lines.fields
    if not net.input:
        return _leave_out_shapes_without_input(document)
    shapes = _input_shapes(document)
    if shapes:
        layer = proto.LayerParameter(name="input", type="Input", top=net.input)
        layer.input_param.shape.extend(shapes)
        first = document.lines.find("input")
        source = "input_shape" if net.input_shape else "input_dim"
        param = Lines(document.lines.find(source), {"shape": fields.get("input_shape", [])})
        net.layer.insert(0, layer)
        fields.setdefault("layer", []).insert(0, Lines(first, {
            "name": [Lines(first)], "type": [Lines(first)], "top": fields.get("input", []),
            "input_param": [param]}))
    for field in ("input", "input_shape", "input_dim"):
        net.ClearField(field)
        fields.pop(field, None)
    return True


def _leave_out_shapes_without_input(document: Document) -> bool:
    """The original never looks at the shapes of a net that names no input."""
    for field in ("input_shape", "input_dim"):
        if getattr(document.message, field):
            LOG.warning("%s", document.error(field, "is left out, as in the original: the net "
                                             "names no input that has this shape"))
            document.message.ClearField(field)
            document.lines.fields.pop(field, None)
    return False


def _input_shapes(document: Document) -> list[proto.BlobShape]:
    """A BlobShape for each input; none if the inputs are made by layers of the net anyway."""
    net = document.message
    count = len(net.input)
    if net.input_shape:
        if len(net.input_shape) != count:
            raise document.error("input_shape", f"is given {len(net.input_shape)} times; it must "
                                 f"be once for each of the {count} inputs")
        return list(net.input_shape)
    if not net.input_dim:
        made = {top for layer in net.layer for top in layer.top}
        for index, name in enumerate(net.input):
            if name not in made:
                raise document.error(f"input[{index}]", f"is '{name}' and has no shape; write "
                                     "input_shape { dim: ... } after it")
        return []
    if len(net.input_dim) != 4 * count:
        raise document.error("input_dim", f"is given {len(net.input_dim)} times; it must be 4 "
                             f"times for each of the {count} inputs, in all {4 * count} times")
    dims = list(net.input_dim)
    return [proto.BlobShape(dim=dims[start:start + 4]) for start in range(0, len(dims), 4)]


def _spread_stats_size(document: Document) -> bool:
    """Intel's bn_stats_batch_size of a net is stats_batch_size of each BatchNorm layer.

    Source: apply_bn_stats_batch_size.cpp of intel/caffe.
    """
    net = document.message
    if not net.HasField("bn_stats_batch_size"):
        return False
    for layer in net.layer:
        if layer.type == "BatchNorm":
            layer.batch_norm_param.stats_batch_size = net.bn_stats_batch_size
    net.ClearField("bn_stats_batch_size")
    document.lines.fields.pop("bn_stats_batch_size", None)
    return True


def _upgrade_batch_norm(document: Document) -> bool:
    """Nothing learns BatchNorm's three blobs: rate and decay 0, where `param` entries name them."""
    changed = False
    for layer in document.message.layer:
        if layer.type == "BatchNorm" and len(layer.param) == 3:
            for param in layer.param:
                changed |= not (param.lr_mult == 0 and param.decay_mult == 0)
                param.lr_mult = param.decay_mult = 0
    return changed
