"""The numbers of glibc's rand(), against those that are known, and against the C library here."""

import ctypes
import ctypes.util
import itertools
import platform

import pytest

from framework.ops.c_random import glibc_rand


def test_the_first_numbers_are_those_of_every_linux():
    # as programs print them that call rand() without srand(), on any 64-bit glibc
    assert list(itertools.islice(glibc_rand(1), 5)) == [1804289383, 846930886, 1681692777,
                                                        1714636915, 1957747793]


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is not glibc")
@pytest.mark.parametrize("seed", [0, 1, 42, 123456789])
def test_numbers_are_those_of_the_c_library(seed):
    library = ctypes.CDLL(None)
    library.srand(seed)
    drawn = [library.rand() for _ in range(400)]
    assert list(itertools.islice(glibc_rand(seed), 400)) == drawn
