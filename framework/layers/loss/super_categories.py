"""Classes and the classes above them in a tree: SuperCategory and its kin."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.layers.onnx_reasons import NEEDS_LABELS, UNWRITTEN
from framework.layers.params import choice, honour

FIELD = "super_category_param"
Branch = list[Any] | int     # Any: branches again; a number is a leaf's label


class _OfTree(Layer):
    """What they share: the levels of the tree, without its root."""

    reads: ClassVar[tuple[str, ...]] = (FIELD,)
    no_onnx_form = UNWRITTEN

    def read_tree(self) -> None:
        """Set `sizes`, the nodes of each level, and the tables of their parents and children.

        Leaves that are nearer to the root go on in single children to the last level. Nodes of a
        level are numbered in the order of the text, those of the last by their labels.
        Raises SpecError for a tree of no levels, or unless the labels are 0, 1, 2, ...
        """
        spec = self.spec
        honour(spec, FIELD, "root engine")
        root = _branch(spec.proto.super_category_param.root)
        depth = _depth(root)
        if depth == 0:
            raise spec.error(f"{FIELD}.root", "has no children; it must be a tree of classes")
        nodes: list[Branch] = [root]
        numbers = [0]
        self.sizes: list[int] = []
        for level in range(depth):
            pairs = [(child, number) for node, number in zip(nodes, numbers, strict=True)
                     for child in (node if isinstance(node, list) else [node])]
            nodes = [child for child, _ in pairs]
            numbers = list(range(len(nodes)))
            if level == depth - 1:
                numbers = [node if isinstance(node, int) else -1 for node in nodes]
            if sorted(numbers) != list(range(len(nodes))):
                raise spec.error(f"{FIELD}.root", f"has leaves of the labels {sorted(numbers)}; "
                                 f"they must be 0 to {len(nodes) - 1}, each once")
            own = [0] * len(nodes)
            for number, (_, parent) in zip(numbers, pairs, strict=True):
                own[number] = parent
            self._keep_tables(level, own)
            self.sizes.append(len(nodes))
        if len(spec.tops) != depth:
            raise spec.error("top", f"is given {len(spec.tops)} times; the tree has {depth} levels")

    def _keep_tables(self, level: int, parents: list[int]) -> None:
        """Keep as buffers the parents of a level, and the children of those in the level above."""
        if level == 0:
            return
        self.register_buffer(f"parents_{level}", torch.tensor(parents), persistent=False)
        lists: list[list[int]] = [[] for _ in range(self.sizes[level - 1])]
        for child, parent in enumerate(parents):
            lists[parent].append(child)
        most = max(map(len, lists))
        table = torch.tensor([own + own[:1] * (most - len(own)) for own in lists])
        self.register_buffer(f"children_{level - 1}", table, persistent=False)

    def parents_of(self, level: int) -> Tensor:
        """Of each node of a level, but the first, its parent's number, (nodes,)."""
        return self.get_buffer(f"parents_{level}")

    def children_of(self, level: int) -> Tensor:
        """Of each node of a level its children's numbers, the first one again where it has fewer
        than others, (nodes, most children).
        """
        return self.get_buffer(f"children_{level}")


def _branch(node: Any) -> Branch:   # Any: a TreeScheme, which has no type of its own name here
    return [_branch(child) for child in node.children] if node.children else int(node.label)


def _depth(node: Branch) -> int:
    return 1 + max(map(_depth, node)) if isinstance(node, list) else 0


@layer
class SuperCategory(_OfTree):
    """Scores of classes and of the classes above them: the largest of the children's.

    Bottom: x (N, ...), a score for each leaf of the tree.
    Tops:   one for each level below the root, (N, nodes); the last is x.
    Errors: SpecError if the scores are not as many as the leaves, or the tops as the levels.
    Source: super_category_layer.cpp of hiwonjoon/caffe.
    """

    num_tops = (1, None)

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        self.read_tree()
        if math.prod(x[1:]) != self.sizes[-1]:
            raise spec.error("bottom", f"has the shape {tuple(x)}; it must be ({x[0]}, "
                             f"{self.sizes[-1]}), a score for each leaf")

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        tops = [x.flatten(1)]
        for level in reversed(range(len(self.sizes) - 1)):
            tops.append(tops[-1][:, self.children_of(level)].max(2).values)
        return tuple(reversed(tops))


@layer
class SuperCategoryFM(_OfTree):
    """Maps of classes and of the classes above them: the mean or smallest of the children's.

    Bottom: x (N, C, H, W), a map for each leaf of the tree.
    Tops:   one for each level below the root, (N, nodes, H, W); the last is x.
    `operation` of eltwise_param is AVG or MIN.
    Errors: SpecError for another operation, for maps that are not as many as the leaves, or tops
            as the levels.
    Source: super_category_fm_layer.cpp of hiwonjoon/caffe.
    """

    reads = (FIELD, "eltwise_param")
    num_tops = (1, None)

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        self.read_tree()
        honour(spec, "eltwise_param", "operation")
        self.operation = choice(spec, "eltwise_param", "operation", ("AVG", "MIN"))
        if len(x) != 4 or x[1] != self.sizes[-1]:
            raise spec.error("bottom", f"has the shape {tuple(x)}; it must be (N, "
                             f"{self.sizes[-1]}, H, W), a map for each leaf")

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        tops = [x]
        for level in reversed(range(len(self.sizes) - 1)):
            below = tops[-1]
            if self.operation == "MIN":
                tops.append(below[:, self.children_of(level)].min(2).values)
                continue
            parents = self.parents_of(level + 1)
            total = below.new_zeros(len(below), self.sizes[level], *below.shape[2:])
            counts = below.new_zeros(self.sizes[level]).index_add(
                0, parents, below.new_ones(len(parents)))
            tops.append(total.index_add(1, parents, below) / counts[:, None, None])
        return tuple(reversed(tops))


@layer
class SuperCategoryInverse(_OfTree):
    """Scores of the classes of a tree, to which those of the classes above them are added.

    Bottoms: two for each level below the root: scores (N, nodes, ...), and one that nothing is read
             from.
    Tops:    one for each level, as its scores: of the first the scores, of the others the scores
             plus the parent's top.
    Errors:  SpecError for other numbers of bottoms, tops or scores.
    Source:  super_category_inverse_layers.cpp of hiwonjoon/caffe.
    """

    num_bottoms = (2, None)
    num_tops = (1, None)

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        self.read_tree()
        self.no_gradient_bottoms = tuple(range(1, len(bottoms), 2))
        if len(bottoms) != 2 * len(self.sizes):
            raise spec.error("bottom", f"is given {len(bottoms)} times; the tree has "
                             f"{len(self.sizes)} levels, with two bottoms each")
        for index, size in enumerate(self.sizes):
            shape = bottoms[2 * index]
            if math.prod(shape[1:]) != size or shape[:2] != (bottoms[0][0], size):
                raise spec.error("bottom", f"'{spec.bottoms[2 * index]}' has the shape "
                                 f"{tuple(shape)}; it must be ({bottoms[0][0]}, {size})")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return list(bottoms[::2])

    def forward(self, *bottoms: Tensor) -> tuple[Tensor, ...]:
        tops = [bottoms[0].view_as(bottoms[0])]
        for level, scores in enumerate(bottoms[2::2], 1):
            parents = self.parents_of(level)
            above = tops[-1].flatten(1)[:, parents]
            tops.append(scores + above.reshape(scores.shape))
        return tuple(tops)


@layer
class SuperCategoryLabel(_OfTree):
    """Labels of the classes above that of an item.

    Bottom: labels (N, ...), one an item, each that of a leaf of the tree.
    Tops:   one for each level below the root, (N,): the number of the node above the leaf in it;
            the last is the label. No gradient.
    Errors: SpecError for several labels an item; DataError for a label that no leaf has.
    Source: super_category_layer.cpp of hiwonjoon/caffe.
    """

    num_tops = (1, None)
    no_gradient_bottoms = (0,)
    no_onnx_form = NEEDS_LABELS

    def __init__(self, spec: LayerSpec, labels: Shape):
        super().__init__(spec)
        self.read_tree()
        if math.prod(labels) != labels[0]:
            raise spec.error("bottom", f"has the shape {tuple(labels)}; it must be ({labels[0]},), "
                             "one label an item")
        self.check = IndexCheck(spec, 0, labels, self.sizes[-1], what="leaves",
                                hint="the tree has too few leaves")

    def forward(self, labels: Tensor) -> tuple[Tensor, ...]:
        numbers = [self.check(labels).reshape(-1)]
        for level in reversed(range(1, len(self.sizes))):
            numbers.append(self.parents_of(level)[numbers[-1]])
        return tuple(number.to(labels.dtype) for number in reversed(numbers))
