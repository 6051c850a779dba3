"""Draw a net as a graph of layers and blobs, in Graphviz's language.

The text of a graph, in Graphviz's language, needs no program; images need Graphviz's `dot`.
Source: what python/caffe/draw.py in BVLC/caffe draws; https://graphviz.org/doc/info/lang.html.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import framework.proto as proto
from framework.definition.prototxt import Document, Lines
from framework.definition.upgrade import upgrade_net
from framework.errors import CaffeError
from framework.system.atomic import write_file
from framework.system.wording import shortened

COLOURS = {"Convolution": "#FF5050", "Deconvolution": "#FF5050", "Pooling": "#FF9900",
           "InnerProduct": "#CC33FF"}
DIRECTIONS = ("LR", "RL", "TB", "BT")
OTHER_COLOUR = "#6495ED"
IN_PLACE_COLOUR = "#90EE90"
BLOB_COLOUR = "#E0E0E0"
CONVOLUTIONS = ("Convolution", "Deconvolution")
LEARNING = (*CONVOLUTIONS, "InnerProduct")
TEXT_FORMATS = ("raw", "dot", "gv")
# those of Graphviz's page "Output Formats" that are files
IMAGE_FORMATS = tuple("png pdf svg jpg jpeg jpe gif bmp tif tiff webp ps ps2 eps svgz svg_inline "
                      "avif exr fig gd gd2 ico imap imap_np ismap cmap cmapx cmapx_np canon "
                      "dot_json json json0 jp2 pct pict pic plain plain-ext pov psd sgi tga tk vml "
                      "vmlz vrml wbmp xdot xdot_json xdot1.2 xdot1.4 kitty vt".split())


class Graph:
    """Nodes and edges in the order they were added; the methods that scripts know from pydot."""

    def __init__(self, name: str, rankdir: str):
        self._lines = [f"digraph {_quoted(name)} {{", f"  rankdir={_quoted(rankdir)};"]
        self._names: set[str] = set()

    def add_node(self, name: str, label: str, shape: str, colour: str) -> None:
        """Add a node; of nodes with the same name the first stays."""
        if name not in self._names:
            self._names.add(name)
            self._lines.append(f"  {_quoted(name)} [label={_quoted(label)}, shape={shape}, "
                               f"style=filled, fillcolor={_quoted(colour)}];")

    def add_edge(self, start: str, end: str, label: str = "") -> None:
        """Add an arrow between two nodes."""
        self._lines.append(f"  {_quoted(start)} -> {_quoted(end)} [label={_quoted(label)}];")

    def to_string(self) -> str:
        """The graph in Graphviz's language."""
        return "\n".join([*self._lines, "}", ""])

    def create(self, prog: str = "dot", format: str = "ps") -> bytes:
        """The contents of an image file; the text itself for the formats raw, dot and gv.

        prog: the Graphviz program that lays it out. Raises CaffeError if it is missing or fails.
        """
        text = self.to_string().encode()
        if format in TEXT_FORMATS:
            return text
        if format not in IMAGE_FORMATS:
            raise CaffeError(f"there is no drawing as '{shortened(format)}'; it must be one of "
                             f"{', '.join(TEXT_FORMATS[1:] + IMAGE_FORMATS[:12])}, or another "
                             "format of Graphviz")
        path = shutil.which(prog)
        if path is None:
            raise CaffeError(f"a drawing as {format} needs Graphviz's program '{prog}', which is "
                             "not on the PATH: install graphviz, or write a .dot file instead")
        done = subprocess.run([path, f"-T{format}"], input=text, capture_output=True, check=False)
        if done.returncode != 0:
            raise CaffeError(f"{prog} -T{format} failed: {done.stderr.decode().strip()}")
        return done.stdout

    def create_png(self) -> bytes:
        """The contents of a PNG file; see `create`."""
        return self.create(format="png")

    def write(self, path: str, prog: str = "dot", format: str = "raw") -> bool:
        """Write the file of `create`. Returns True, as pydot does."""
        write_file(Path(path), self.create(prog, format))
        return True

    def write_png(self, path: str) -> bool:
        """Write a PNG file; see `create`."""
        return self.write(path, format="png")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def get_edge_label(layer: proto.LayerParameter) -> str:
    """The label of a layer's outgoing edges: its batch size or its number of outputs."""
    if layer.type == "Data":
        return f"Batch {layer.data_param.batch_size}"
    if layer.type in CONVOLUTIONS:
        return str(layer.convolution_param.num_output)
    return str(layer.inner_product_param.num_output) if layer.type == "InnerProduct" else ""


def get_layer_lr_mult(layer: proto.LayerParameter) -> tuple[float, float]:
    """The lr_mult of the weights and of the bias. Raises ValueError for a layer without them."""
    if layer.type not in LEARNING:
        raise ValueError(f"{layer.type} layers do not have a learning rate multiplier")
    if len(layer.param) > 2:
        raise ValueError(f"layer '{layer.name}': param is given {len(layer.param)} times; it must "
                         "be at most twice")
    given = [param.lr_mult for param in layer.param]
    weight, bias = given + [1.0] * (2 - len(given))
    return weight, bias


def get_layer_label(layer: proto.LayerParameter, rankdir: str, display_lrm: bool = False) -> str:
    """The label of a layer's node: name, type, window, and lr_mult if wanted.

    Side by side if the graph is drawn from top to bottom, else below one another.
    """
    kind = layer.type
    if kind == "Pooling":
        kind += " " + proto.enum_name(layer.pooling_param, "pool")
    parts = [layer.name, f"({kind})", *_window(layer)]
    if display_lrm and layer.type in LEARNING:
        weight, bias = get_layer_lr_mult(layer)
        if weight or bias:
            parts.append(f"lr mult: {weight:.1f}, {bias:.1f}")
    return (" " if rankdir in ("TB", "BT") else "\n").join(parts)


def _window(layer: proto.LayerParameter) -> list[str]:
    """Kernel, stride and pad of a convolution or pooling: numbers, or height x width."""
    param: proto.PoolingParameter | proto.ConvolutionParameter
    if layer.type == "Pooling":
        param = layer.pooling_param
    elif layer.type in CONVOLUTIONS:
        param = layer.convolution_param
    else:
        return []
    words = []
    for word, field, prefix, size in (("kernel size", "kernel_size", "kernel", 1),
                                      ("stride", "stride", "stride", 1), ("pad", "pad", "pad", 0)):
        value = getattr(param, field)
        values = [value] if isinstance(value, int) else list(value) or [size]
        if proto.has_field(param, f"{prefix}_h") or proto.has_field(param, f"{prefix}_w"):
            values = [getattr(param, f"{prefix}_h"), getattr(param, f"{prefix}_w")]
        if word == "pad" and any(sides := [getattr(param, f"pad_{side}") for side in "tlbr"]):
            values = sides
        text = str(values[0]) if len(set(values)) == 1 else " x ".join(map(str, values))
        words.append(f"{word}: {text}")
    return words


def _in_phase(layer: proto.LayerParameter, phase: int | None) -> bool:
    if phase is None:
        return True
    if layer.include and layer.exclude:
        raise ValueError(f"layer {layer.name} has both include and exclude specified")
    if layer.include:
        return any(rule.phase == phase for rule in layer.include)
    return all(rule.phase != phase for rule in layer.exclude)


def _upgraded(net: proto.NetParameter) -> proto.NetParameter:
    """`net`, or a copy of it in today's form if its layers are of an older one."""
    if not net.layers:
        return net
    copy = type(net).FromString(net.SerializePartialToString())
    upgrade_net(Document(copy, Lines(), net.name or "the net"))
    return copy


def get_pydot_graph(caffe_net: proto.NetParameter, rankdir: str, label_edges: bool = True,
                    phase: int | None = None, display_lrm: bool = False) -> Graph:
    """The graph of a NetParameter: boxes for layers, octagons for blobs.

    rankdir is LR, RL, TB or BT; `phase` leaves out the layers of the other one; `display_lrm`
    shows learning rate multipliers. The graph has pydot's create, write and to_string.
    Raises ValueError for another rankdir, and if a layer has both include and exclude while a phase
    is given.
    """
    if rankdir not in DIRECTIONS:
        raise ValueError(f"rankdir is {rankdir!r}; it must be one of {', '.join(DIRECTIONS)}")
    graph = Graph(caffe_net.name or "Net", rankdir)
    for layer in _upgraded(caffe_net).layer:
        if not _in_phase(layer, phase):
            continue
        in_place = len(layer.bottom) == 1 and list(layer.bottom) == list(layer.top)
        colour = IN_PLACE_COLOUR if in_place else COLOURS.get(layer.type, OTHER_COLOUR)
        node = f"{layer.name}_{layer.type}"
        graph.add_node(node, get_layer_label(layer, rankdir, display_lrm), "box", colour)
        for blob in layer.bottom:
            graph.add_node(f"{blob}_blob", blob, "octagon", BLOB_COLOUR)
            graph.add_edge(f"{blob}_blob", node)
        for blob in layer.top:
            graph.add_node(f"{blob}_blob", blob, "octagon", BLOB_COLOUR)
            graph.add_edge(node, f"{blob}_blob", get_edge_label(layer) if label_edges else "")
    return graph


def draw_net(caffe_net: proto.NetParameter, rankdir: str, ext: str = "png",
             phase: int | None = None, display_lrm: bool = False) -> bytes:
    """The contents of an image file of the net; see `get_pydot_graph` and `Graph.create`."""
    return get_pydot_graph(caffe_net, rankdir, phase=phase, display_lrm=display_lrm).create(
        format=ext)


def draw_net_to_file(caffe_net: proto.NetParameter, filename: str, rankdir: str = "LR",
                     phase: int | None = None, display_lrm: bool = False) -> None:
    """Write an image of the net in the format of the file's ending: net.png, net.svg, net.dot.

    Nothing is written if the image cannot be made.
    """
    ext = re.sub(r".*\.", "", filename)
    drawn = draw_net(caffe_net, rankdir, ext, phase, display_lrm)
    write_file(Path(filename), drawn)
