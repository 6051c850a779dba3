"""Expand composite layers: replace NetFile and MultiBoxHead by plain layers, like a macro.

Everything that follows (NetSpec, weights by layer name, `tools/expand`) sees the flat file that
Caffe users know.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from framework.definition import zoo
from framework.definition.composites.copies import (
    check_copies,
    last_top,
    put_before,
    read_values,
)
from framework.definition.composites.multibox_head import expand_head
from framework.definition.composites.site import Expanded, LearnedBlobs, Load, Site
from framework.definition.prototxt import Document, Lines
from framework.errors import SpecError
from framework.proto import LayerParameter
from framework.system.wording import nearest, shortened

MAX_CHAIN = 50          # NetFile layers inside one another
MAX_FILES = 1_000       # two NetFile layers in each of 26 files are 2^26
MAX_LAYERS = 20_000
NET_FILE_FIELDS = ("name", "type", "bottom", "top", "include", "exclude", "net_file_param")


def expand(document: Document, load: Load, learned_blobs: LearnedBlobs) -> None:
    """Replace the composite layers of an upgraded net by plain ones, message and lines, in place.

    load            reads, checks and upgrades another net file with a value for each `$name`,
                    without expanding it
    learned_blobs   for each blob of a layer, whether it learns where it has no `param`
    Lines of new layers point to the composite (MultiBoxHead) or into the file that was brought in
    (NetFile). Raises SpecError, at the composite's field, for a file that cannot be read or brings
    in itself, bottoms and tops that do not fit, a head that cannot be, and files that bring in
    more than MAX_FILES files or MAX_LAYERS layers all together.
    """
    num_files = num_layers = 0

    def load_counted(path: Path, values: Mapping[str, str]) -> Document:
        nonlocal num_files, num_layers
        found = load(path, values)
        num_files += 1
        num_layers += len(found.message.layer)
        if num_files > MAX_FILES or num_layers > MAX_LAYERS:
            raise SpecError(f"{document.path}: its NetFile layers bring in more than {MAX_FILES} "
                            f"files or {MAX_LAYERS} layers")
        return found

    _expand(document, load_counted, learned_blobs, (Path(document.path).resolve(),))


def _expand(document: Document, load: Load, learned_blobs: LearnedBlobs,
            parents: tuple[Path, ...]) -> None:
    message = document.message
    if not any(layer.type in COMPOSITES for layer in message.layer):
        return
    known = document.lines.fields.get("layer") or [Lines() for _ in message.layer]
    result: Expanded = []
    for layer, lines in zip(message.layer, known, strict=True):
        if layer.type in COMPOSITES:
            made = [top for done, _ in result for top in done.top]
            site = Site(document, layer, lines, made, load, learned_blobs, parents)
            expanded = _with_rules(site, COMPOSITES[layer.type](site))
            for _, made_lines in expanded:
                made_lines.composites = (f"{layer.name} ({layer.type})", *made_lines.composites)
            result += expanded
        else:
            result.append((layer, lines))
    layers = [type(layer).FromString(layer.SerializeToString()) for layer, _ in result]
    del message.layer[:]
    message.layer.extend(layers)
    document.lines.fields["layer"] = [lines for _, lines in result]


def _with_rules(site: Site, expanded: Expanded) -> Expanded:
    """Give the composite's include and exclude rules to each of its layers."""
    if not (site.layer.include or site.layer.exclude):
        return expanded
    field = "include" if site.layer.include else "exclude"
    for layer, _ in expanded:
        if layer.include or layer.exclude:
            raise site.error(field, f"cannot be given here: the layer '{layer.name}', one of those "
                             "it expands to, has rules of its own")
        layer.include.extend(site.layer.include)
        layer.exclude.extend(site.layer.exclude)
    return expanded


def expand_net_file(site: Site) -> Expanded:
    """The layers of another net file, which keep their names and the names of their blobs.

    Layers without bottoms (Input, data layers; not Parameter) are left out: the blobs they make
    are the file's inputs, and the composite's bottoms replace them, in order. With tops, only
    the layers that those blobs need are taken, and only the inputs that these read count.
    Settings of the whole net (name, state, force_backward) stay those of the outer file.
    A file that is a block of a net comes in several times: `set` gives the values of `$name` in
    its text, `prefix` begins the names of its layers and blobs, and `repeat` puts as many copies
    in a chain, each from the last top of the one before.
    """
    site.refuse_fields_but(NET_FILE_FIELDS)
    param = site.layer.net_file_param
    values = read_values(site)
    check_copies(site)
    bottoms = list(site.layer.bottom)
    body: Expanded = []
    for number in range(1, param.repeat + 1):
        document = _read(site, values)
        copy = _inside(site, document, bottoms, param.prefix.replace("#", str(number)))
        bottoms = last_top(copy)
        for _, lines in copy:
            lines.path = lines.path or document.path
        body += copy
    _scale_rates(site, body)
    return body


def _inside(site: Site, document: Document, bottoms: Sequence[str], prefix: str) -> Expanded:
    """The layers of a file from these bottoms."""
    pairs = list(zip(document.message.layer, document.lines.fields.get("layer", []), strict=True))
    body = [(layer, lines) for layer, lines in pairs if not _is_input(layer)]
    given = [top for layer, _ in pairs if _is_input(layer) for top in layer.top]
    if prefix:
        put_before(prefix, body, given)
    body = _needed(site, body, document.path)
    read = {bottom for layer, _ in body for bottom in layer.bottom}
    inputs = list(dict.fromkeys(top for top in given if top in read))
    if len(bottoms) != len(inputs):
        raise site.error("bottom", f"is given {len(bottoms)} times; {document.path} has "
                         f"{len(inputs)} inputs: {', '.join(inputs) or 'none'}")
    if bottoms == site.layer.bottom:
        site.check_bottoms(bottoms, "bottom[{}]")
    _rename(body, dict(zip(inputs, bottoms, strict=True)))
    return body


def _read(site: Site, values: Mapping[str, str]) -> Document:
    """Read the file that the composite names, with all that it brings in itself."""
    param = site.layer.net_file_param
    if not param.file:
        raise site.error("net_file_param.file", "is not given; it names the net to bring in")
    path = _located(site)
    if "\0" in param.file:
        raise site.error("net_file_param.file", f"is {param.file!r}; no file has such a name")
    resolved = path.resolve()
    if len(site.parents) > MAX_CHAIN:
        raise site.error("net_file_param.file", f"is the end of a chain of {MAX_CHAIN} NetFile "
                         "layers, each in the file of the one before; no more are followed")
    if resolved in site.parents:
        ring = [*site.parents[site.parents.index(resolved):], resolved]
        raise site.error("net_file_param.file", "brings a file into itself: "
                         + " -> ".join(step.name for step in ring))
    if not _is_file(path):
        raise site.error("net_file_param.file", f"names {shortened(str(path))}, which is not a "
                         "file")
    document = site.load(path, values)
    for name in values:
        if name not in document.used_values:
            raise site.error("net_file_param.set", f"gives '{name}', but {path} has no ${name}")
    site.document.problems += [
        problem._replace(line=0, text=f"{problem.text} ({path}:{problem.line})")
        for problem in document.problems]
    _expand(document, site.load, site.learned_blobs, (*site.parents, resolved))
    return document


def _located(site: Site) -> Path:
    """The path of the file that the composite names: of the zoo, or relative to the outer file."""
    name = site.layer.net_file_param.file
    outer = site.document.path
    if not zoo.is_in_zoo(name):
        return Path(name if outer == "<text>" else os.path.normpath(Path(outer).parent / name))
    try:
        return Path(zoo.located(name))
    except SpecError as error:
        raise site.error("net_file_param.file", f"is {error}") from None


def _is_file(path: Path) -> bool:
    try:
        return os.path.isfile(path)
    except OSError:         # a name that is too long
        return False


def _is_input(layer: LayerParameter) -> bool:
    return not layer.bottom and not layer.HasField("parameter_param")


def _needed(site: Site, body: Expanded, path: str) -> Expanded:
    """The layers that the composite's tops need; all of them if it names no tops."""
    if not site.layer.top:
        return body
    made = [top for layer, _ in body for top in layer.top]
    for index, top in enumerate(site.layer.top):
        if top not in made:
            raise site.error(f"top[{index}]", f"is '{top}', which no layer of {path} makes"
                             f"{nearest(top, made)}")
    wanted = set(site.layer.top)
    kept: Expanded = []
    for layer, lines in reversed(body):
        if wanted.intersection(layer.top):
            wanted.update(layer.bottom)
            kept.append((layer, lines))
    return kept[::-1]


def _rename(body: Expanded, names: dict[str, str]) -> None:
    for layer, _ in body:
        for blobs in (layer.bottom, layer.top):
            blobs[:] = [names.get(blob, blob) for blob in blobs]


def _scale_rates(site: Site, body: Expanded) -> None:
    """Multiply lr_mult of each learned blob by the composite's factor, 0 up to `freeze_to`."""
    param = site.layer.net_file_param
    names = [layer.name for layer, _ in body]
    if param.freeze_to and param.freeze_to not in names:
        raise site.error("net_file_param.freeze_to", f"is '{param.freeze_to}', which is not a "
                         f"layer of {param.file}{nearest(param.freeze_to, names)}")
    frozen = names.index(param.freeze_to) + 1 if param.freeze_to else 0
    for index, (layer, lines) in enumerate(body):
        factor = 0.0 if index < frozen else param.lr_mult
        if factor == 1:
            continue
        lines.lr_mult *= factor         # of blobs that only the layer's code knows
        for learns in site.learned_blobs(layer)[len(layer.param):]:
            layer.param.add(lr_mult=1 if learns else 0)
        for blob in layer.param:
            blob.lr_mult *= factor


COMPOSITES: dict[str, Callable[[Site], Expanded]] = {
    "NetFile": expand_net_file,
    "MultiBoxHead": expand_head,
}
