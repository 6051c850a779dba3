"""The numbers of C's rand() as glibc draws them, for layers whose tables come from a fixed seed."""

from __future__ import annotations

from collections.abc import Iterator

WORDS = 31              # of the table
SHIFT = 3               # how far the two words are apart that are added
SKIPPED = 310           # numbers that are drawn and left before the first


def glibc_rand(seed: int) -> Iterator[int]:
    """The numbers that rand() gives after srand(seed), each from 0 to 2^31 - 1.

    Source: the additive feedback generator of degree 31 that random(3) describes.
    """
    words = [seed or 1]
    for _ in range(WORDS - 1):
        words.append(words[-1] * 16807 % 2147483647)
    position = 0
    drawn = 0
    while True:
        # words[position] is the oldest: it becomes itself plus the one 3 words younger than it
        front = (position + SHIFT) % WORDS
        words[front] = (words[front] + words[position]) % (1 << 32)
        drawn += 1
        if drawn > SKIPPED:
            yield words[front] >> 1
        position = (position + 1) % WORDS
