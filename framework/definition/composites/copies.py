"""Copies of a net file that is a block: a value for each `$name`, and names of their own."""

from __future__ import annotations

import re
from collections.abc import Collection

from framework.definition.composites.site import Expanded, Site

_SETTING = re.compile(r"([A-Za-z]\w*)=(\S+)")
MAX_COPIES = 1_000


def read_values(site: Site) -> dict[str, str]:
    """What `set` says: NAME=VALUE, one or several with spaces between. SpecError for others."""
    values: dict[str, str] = {}
    for text in site.layer.net_file_param.set:
        for word in text.split():
            match = _SETTING.fullmatch(word)
            if match is None:
                raise site.error("net_file_param.set", f"has '{word}'; it must be NAME=VALUE, "
                                 "several with spaces between them")
            if match[1] in values:
                raise site.error("net_file_param.set", f"gives '{match[1]}' twice")
            values[match[1]] = match[2]
    return values


def check_copies(site: Site) -> None:
    """SpecError for copies that would have the same names, or no end."""
    layer, param = site.layer, site.layer.net_file_param
    if not 1 <= param.repeat <= MAX_COPIES:
        raise site.error("net_file_param.repeat", f"is {param.repeat}; it must be from 1 to "
                         f"{MAX_COPIES}")
    if param.repeat > 1 and "#" not in param.prefix:
        raise site.error("net_file_param.repeat", f"is {param.repeat}, so the prefix needs a # for "
                         f"the number of each copy; it is '{param.prefix}'")
    for field, several in (("bottom", len(layer.bottom) != 1), ("top", bool(layer.top))):
        if param.repeat > 1 and several:
            raise site.error(field, f"is given {len(getattr(layer, field))} times; a chain of "
                             "copies takes one bottom and names no tops")


def put_before(prefix: str, body: Expanded, inputs: Collection[str]) -> None:
    """Let the names of the layers begin with `prefix`, and those of all blobs but the inputs."""
    for layer, _ in body:
        layer.name = prefix + layer.name
        for blobs in (layer.bottom, layer.top):
            blobs[:] = [blob if blob in inputs else prefix + blob for blob in blobs]


def last_top(body: Expanded) -> list[str]:
    """The last blob that the layers make."""
    tops = [top for layer, _ in body for top in layer.top]
    return tops[-1:]
