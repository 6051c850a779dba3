"""Leave out stubs that nothing reads, so that the rest of a net trains, runs and is exported."""

from __future__ import annotations

import logging

from framework.definition.prototxt import Document
from framework.layers.stub import is_stub, note_met

LOG = logging.getLogger(__name__)


def leave_out_unread_stubs(document: Document) -> None:
    """Remove each layer of a stubbed type whose tops no other layer reads, naming it in the log.

    document   a NetParameter in today's form; it is changed, its lines with it
    A stub whose tops are read stays, and its forward is an error.
    """
    net = document.message
    while True:
        read = {bottom for layer in net.layer for bottom in layer.bottom}
        unread = next((index for index, layer in enumerate(net.layer)
                       if is_stub(layer.type) and not read.intersection(layer.top)), None)
        if unread is None:
            return
        lines = document.lines.fields.get("layer", [])
        line = lines[unread].line if unread < len(lines) else 0
        LOG.warning("%s: left out: its type is a stub, and no layer reads its tops",
                    document.place(line, net.layer[unread]))
        note_met(net.layer[unread].type)
        del net.layer[unread]
        if unread < len(lines):
            del lines[unread]
