"""Readers and writers of blobs."""

from typing import NamedTuple

from framework.execution.graph import Graph


class Step(NamedTuple):
    bottoms: tuple[str, ...]
    tops: tuple[str, ...]


GRAPH = Graph([Step((), ("x",)), Step(("x",), ("a",)), Step(("a",), ("a",)),
               Step(("x", "x"), ("x",)), Step(("a", "x"), ("y",))])


def test_users_are_readers_and_writers_once_each_in_order():
    assert GRAPH.users("x") == [0, 1, 3, 4] and GRAPH.users("y") == [4]
    assert GRAPH.users("unknown") == [] and GRAPH.last_user("a") == 4


def test_the_next_user_comes_after_the_step_itself():
    assert GRAPH.next_user("a", after=1) == 2 and GRAPH.next_user("a", after=2) == 4
    assert GRAPH.next_user("a", after=4) is None


def test_a_range_of_steps_has_its_start_and_not_its_end():
    assert GRAPH.is_written("x", 3, 4) and GRAPH.is_written("x", 2, 4)
    assert not GRAPH.is_written("x", 1, 3) and not GRAPH.is_written("a", 3, 5)


def test_blobs_are_named_in_the_order_of_the_steps():
    assert GRAPH.names() == ["x", "a", "y"]
