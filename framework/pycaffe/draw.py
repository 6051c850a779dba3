"""caffe.draw: drawings of nets as graphs."""

from framework.report.net_graph import (
    Graph,
    draw_net,
    draw_net_to_file,
    get_edge_label,
    get_layer_label,
    get_layer_lr_mult,
    get_pydot_graph,
)

__all__ = [
    "Graph",
    "draw_net",
    "draw_net_to_file",
    "get_edge_label",
    "get_layer_label",
    "get_layer_lr_mult",
    "get_pydot_graph",
]
