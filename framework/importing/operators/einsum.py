"""Einsum of one or two operands, as sums, orders of axes and one matrix product."""

from __future__ import annotations

import math
from collections.abc import Sequence

from framework.importing.draft import Draft, Node
from framework.importing.operators.convolution import product
from framework.importing.operators.moving import permuted, reshaped


def einsum(draft: Draft, node: Node) -> str:
    """Letters of one operand alone that the result lacks are summed first; those of both and of
    the result count matrices; those of both alone are what MatMul sums over."""
    terms, result = _terms(draft, node)
    if len(terms) == 1:
        x = _summed(draft, draft.blob(0), terms[0], result, ".sum0")
        left = [letter for letter in terms[0] if letter in result]
        return permuted(draft, x, [left.index(letter) for letter in result])
    other = [terms[1], terms[0]]
    blobs, letters = [], []
    for index, term in enumerate(terms):
        kept = [letter for letter in term if letter in result or letter in other[index]]
        blobs.append(_summed(draft, draft.blob(index), term, "".join(kept), f".sum{index}"))
        letters.append("".join(kept))
    sizes = {letter: size for blob, term in zip(blobs, letters, strict=True)
             for letter, size in zip(term, draft.shapes[blob], strict=True)}
    both = [letter for letter in letters[0] if letter in letters[1]]
    outer = [letter for letter in both if letter in result]
    inner = [letter for letter in both if letter not in result]
    rows, columns = ([letter for letter in term if letter not in both] for term in letters)
    a = _matrices(draft, blobs[0], letters[0], (outer, rows, inner), sizes, ".left")
    b = _matrices(draft, blobs[1], letters[1], (outer, inner, columns), sizes, ".right")
    y = product(draft, node, a, b)
    order = [*outer, *rows, *columns]
    y = reshaped(draft, y, tuple(sizes[letter] for letter in order), ".axes")
    return permuted(draft, y, [order.index(letter) for letter in result], ".order")


def _terms(draft: Draft, node: Node) -> tuple[list[str], str]:
    """The letters of each operand, and of the result."""
    equation = node.attributes["equation"].replace(" ", "")
    given, arrow, result = equation.partition("->")
    terms = given.split(",")
    letters = "".join(terms)
    if not arrow:
        result = "".join(sorted(one for one in set(letters) if letters.count(one) == 1))
    if len(terms) > 2 or "." in equation or any(len(set(term)) < len(term) for term in terms):
        raise node.refuse(f"its equation is {equation} for "
                          f"{', '.join(str(draft.tensors[name]) for name in node.inputs)}; one or "
                          "two operands whose letters differ are possible")
    return terms, result


def _summed(draft: Draft, x: str, term: str, kept: str, suffix: str) -> str:
    """x without the letters that nobody needs."""
    axes = [axis for axis, letter in enumerate(term) if letter not in kept]
    if not axes:
        return x
    rest = [axis for axis in range(len(term)) if axis not in axes]
    x = permuted(draft, x, [*rest, *axes], suffix + ".order")
    return draft.add("Reduction", x, suffix=suffix,
                     reduction_param={"operation": "SUM", "axis": len(rest)})


def _matrices(draft: Draft, x: str, term: str, groups: Sequence[Sequence[str]],
              sizes: dict[str, int], suffix: str) -> str:
    """x with the letters of the first group as axes, those of the others as one axis each."""
    order = [term.index(letter) for group in groups for letter in group]
    x = permuted(draft, x, order, suffix + ".order")
    shape = [sizes[letter] for letter in groups[0]]
    shape += [math.prod(sizes[letter] for letter in group) for group in groups[1:]]
    return reshaped(draft, x, tuple(shape), suffix)
