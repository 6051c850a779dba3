"""What memory_left reads of the system, and what check_memory refuses by it."""

import math

import pytest

from framework import parse_net
from framework.errors import SpecError
from framework.net import memory_check
from framework.net.net import Net

MEMINFO = """MemTotal:       9000 kB
MemFree:         100 kB
MemAvailable:   3000 kB
SwapTotal:       700 kB
SwapFree:        500 kB
"""
NET = """layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 1 dim: 7 } } }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y" inner_product_param { num_output: 3 } }
"""


@pytest.fixture
def system(monkeypatch):
    """Files of a system: what they hold, by path; others are not there."""
    files = {}

    class File:
        def __init__(self, path):
            self.path = path

        def read_text(self):
            if self.path not in files:
                raise FileNotFoundError(self.path)
            return files[self.path]

    monkeypatch.setattr(memory_check, "Path", File)
    return files


def test_free_memory_is_what_is_available_and_the_free_swap(system):
    system["/proc/meminfo"] = MEMINFO
    assert memory_check.memory_left("cpu") == 3500 * 1024
    system["/proc/meminfo"] = MEMINFO.split("SwapTotal")[0]
    assert memory_check.memory_left("cpu") == 3000 * 1024


@pytest.mark.parametrize("path", memory_check.CGROUP_LIMITS)
@pytest.mark.parametrize("limit, left", [("2000000\n", 2000000), ("max\n", 3500 * 1024),
                                         ("9000000\n", 3500 * 1024)])
def test_a_control_groups_limit_counts_where_it_is_lower(system, path, limit, left):
    system["/proc/meminfo"] = MEMINFO
    system[path] = limit
    assert memory_check.memory_left("cpu") == left


@pytest.mark.parametrize("text", [None, "", "MemFree: 3 kB\n", "no table\n"])
def test_a_system_that_does_not_tell_refuses_nothing(system, text):
    if text is not None:
        system["/proc/meminfo"] = text
    assert memory_check.memory_left("cpu") == math.inf


def test_blobs_larger_than_the_memory_are_refused_and_those_that_just_fit_are_not(system):
    blobs = 4 * (3 * 7 + 3)
    system[memory_check.CGROUP_LIMITS[0]] = str(blobs)
    Net(parse_net(NET), "TEST")
    system[memory_check.CGROUP_LIMITS[0]] = str(blobs - 1)
    with pytest.raises(SpecError, match=r"'ip'.*blobs are too large: 'weight' has the shape"):
        Net(parse_net(NET), "TEST")


def test_a_top_larger_than_the_memory_is_refused(system):
    text = NET.split("\n")[0]
    system[memory_check.CGROUP_LIMITS[0]] = "28"
    Net(parse_net(text), "TEST")
    system[memory_check.CGROUP_LIMITS[0]] = "27"
    with pytest.raises(SpecError, match=r"top\[0\] 'x' is too large: its shape .1, 7. takes"):
        Net(parse_net(text), "TEST")
