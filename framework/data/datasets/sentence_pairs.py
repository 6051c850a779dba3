"""Synthetic corpus: pairs of sentences that mean the same, or not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LENGTH = 12         # words of a sentence at most; shorter ones are padded
PADDING = "_"

DETERMINERS = ("the", "a")
ADJECTIVES = (("big", "large"), ("small", "little"), ("old", "aged"), ("quick", "fast"),
              ("red",), ("green",), ("happy", "glad"), ("sad",))
BEINGS = (("man", "guy"), ("woman", "lady"), ("child", "kid"), ("dog", "hound"), ("cat",),
          ("doctor", "physician"), ("teacher",), ("farmer",), ("bird",), ("horse",))
ACTIONS = (("sees", "notices"), ("follows", "chases"), ("helps", "assists"), ("paints",),
           ("calls",), ("pushes", "shoves"))
PASSIVES = {"sees": "seen", "notices": "noticed", "follows": "followed", "chases": "chased",
            "helps": "helped", "assists": "assisted", "paints": "painted", "calls": "called",
            "pushes": "pushed", "shoves": "shoved"}
PLACES = (("house", "home"), ("street", "road"), ("forest", "woods"), ("shop", "store"),
          ("garden",), ("school",))
KINDS = (ADJECTIVES, BEINGS, ACTIONS, ADJECTIVES, BEINGS, PLACES)
"""What a meaning is made of: how and who acts, the action, how and who it is done to, where."""


@dataclass(frozen=True)
class Sentences:
    """A pair of sentences, and whether they mean the same."""

    first: str
    second: str
    is_same: bool


def vocabulary() -> list[str]:
    """All words in the order of their numbers; number 0 is the padding."""
    words = {word for kind in KINDS for group in kind for word in group}
    words |= {*DETERMINERS, *PASSIVES.values(), "in", "is", "by"}
    return [PADDING, *sorted(words)]


def draw_pair(generator: np.random.Generator) -> Sentences:
    """A pair of sentences; half of all pairs mean the same.

    One of the same meaning has other words for it, and is in the passive voice half of the time.
    One of another meaning has one part changed, or, a quarter of the time, actor and object
    exchanged, which no bag of words tells.
    """
    meaning = [int(generator.integers(len(kind))) for kind in KINDS]
    is_same = bool(generator.integers(2))
    other = list(meaning)
    if not is_same:
        if generator.random() < 0.25 and meaning[:2] != meaning[3:5]:
            other[:2], other[3:5] = meaning[3:5], meaning[:2]
        else:
            part = int(generator.integers(len(KINDS)))
            step = int(generator.integers(1, len(KINDS[part])))
            other[part] = (meaning[part] + step) % len(KINDS[part])
    return Sentences(_say(generator, meaning), _say(generator, other), is_same)


def _say(generator: np.random.Generator, meaning: list[int]) -> str:
    how, actor, action, how_object, target, place = (
        str(generator.choice(kind[part])) for kind, part in zip(KINDS, meaning, strict=True))
    first, second, third = (str(generator.choice(DETERMINERS)) for _ in range(3))
    where = f"in {third} {place}"
    if generator.integers(2):
        return (f"{first} {how_object} {target} is {PASSIVES[action]} by {second} {how} {actor} "
                f"{where}")
    return f"{first} {how} {actor} {action} {second} {how_object} {target} {where}"


def numbers(text: str, words: dict[str, int]) -> list[int]:
    """The numbers of the words of a sentence, padded to LENGTH."""
    found = [words[word] for word in text.split()]
    return found + [0] * (LENGTH - len(found))
