"""Names of layers: the paths of the modules that an ONNX node comes from."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Collection, Sequence

import onnx

from framework.system.unique_names import unique_name

PARAMETERS = (".weight", ".running_mean", ".weight_v")
SCOPES = "pkg.torch.onnx.name_scopes"       # metadata of torch.onnx.export(dynamo=True)


def layer_names(nodes: Sequence[onnx.NodeProto], constants: Collection[str]) -> list[str]:
    """A name for each node, unique, `layer1.0.conv1` where torch.onnx says the module.

    A node that is alone in its module has the module's name; others have their operator's after
    it. Nodes without a module keep their own names, or have that of their first output.
    constants  names of tensors that are known: parameters among them
    """
    paths = [name_in_modules(node) for node in nodes]
    modules = Counter(path[0] for path in paths if path is not None)
    names = []
    taken: set[str] = set()
    for node, path in zip(nodes, paths, strict=True):
        name = _parameter_module(node, constants) or _name(node, path, modules)
        names.append(unique_name(name, taken))
    return names


def _name(node: onnx.NodeProto, path: tuple[str, str] | None, modules: Counter[str]) -> str:
    if path is None:
        return node.name or node.output[0] or node.op_type
    module, operator = path
    if not module:
        return operator
    return module if modules[module] == 1 else f"{module}.{operator}"


def _parameter_module(node: onnx.NodeProto, constants: Collection[str]) -> str:
    """`layer1.0.conv1` of a node that reads `layer1.0.conv1.weight`; else "". """
    for name in node.input:
        for end in PARAMETERS:
            if name in constants and name.endswith(end) and "::" not in name:
                return name.removesuffix(end)
    return ""


def name_in_modules(node: onnx.NodeProto) -> tuple[str, str] | None:
    """Module and operator by the node's metadata or its name; None: they do not say.

    torch.onnx writes `/layer1/layer1.0/conv1/Conv`: a Sequential repeats its own name.
    """
    for entry in node.metadata_props:
        if entry.key == SCOPES:
            scopes = ast.literal_eval(entry.value)
            return (scopes[-2] if len(scopes) > 1 else ""), scopes[-1]
    if not node.name.startswith("/"):
        return None
    *parts, operator = node.name[1:].split("/")
    joined: list[str] = []
    for part in parts:
        if joined and part.startswith(joined[-1] + "."):
            joined.pop()
        joined.append(part)
    return ".".join(joined), operator
