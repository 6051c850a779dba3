"""BeamSearchNode against lists of candidates, sorted, in plain Python; shapes of BeamSearch."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise

BEAMS, WORDS, END = 3, 6, 0
FIELDS = f"beam_search_param {{ beam_size: {BEAMS} end_of_sequence: {END} %s }}"


def step(sums, history, scores, state, repeats=True, multiple=()):
    """The rows of the tops, for each group of beams."""
    rows = []
    for first in range(0, len(scores), BEAMS):
        candidates = []
        for beam in range(first, first + BEAMS):
            words = history[beam]
            if words and words[-1] == END:
                candidates.append((sums[beam], beam, END))
                continue
            for word, score in enumerate(scores[beam]):
                again = word in words and multiple and word not in multiple
                if not again and (repeats or not words or words[-1] != word):
                    candidates.append((sums[beam] + score, beam, word))
            if not words:
                break
        for total, beam, word in sorted(candidates, reverse=True)[:BEAMS]:
            ended = history[beam] and history[beam][-1] == END
            rows.append((total, [*history[beam], word], state[beam] * (not ended)))
    return rows


def compare(tops, rows):
    np.testing.assert_allclose(tops[0].detach().flatten(), [row[0] for row in rows])
    assert tops[1].tolist() == [row[1] for row in rows]
    assert tops[2].flatten().tolist() == [row[1][-1] for row in rows]
    np.testing.assert_allclose(tops[3].detach(), np.stack([row[2] for row in rows]))


def test_the_first_step_looks_at_one_beam_of_each_item():
    scores, state = noise(6, WORDS), noise(6, 4, seed=2)
    layer = make("BeamSearchNode", FIELDS % "", (6, WORDS), (6, 4), tops=4)
    compare(layer(scores, state), step(np.zeros(6), [[]] * 6, scores.detach().numpy(),
                                       state.detach().numpy()))


@pytest.mark.parametrize("more, settings", [
    ("", {}), ("prevent_repeats: true", {"repeats": False}),
    ("allowed_multiple: 2 allowed_multiple: 4", {"multiple": (2, 4)})])
def test_a_later_step_goes_on_with_the_best_beams(more, settings):
    sums, scores, state = noise(6, 1, seed=3), noise(6, WORDS, seed=4), noise(6, 4, seed=5)
    history = [[1, 2], [2, 2], [3, END], [5, 5], [4, 4], [1, 5]]
    layer = make("BeamSearchNode", FIELDS % more, (6, 1), (6, 2), (6, WORDS), (6, 4), tops=4)
    words = torch.tensor(history, dtype=torch.float64)
    tops = layer(sums, words, scores, state)
    rows = step(sums.detach().numpy()[:, 0], history, scores.detach().numpy(),
                state.detach().numpy(), **settings)
    compare(tops, rows)
    assert torch.autograd.gradcheck(lambda *given: layer(given[0], words, *given[1:])[::3],
                                    (sums, scores, state))


def test_blobs_that_do_not_fit_are_refused():
    with pytest.raises(SpecError, match="beam_size is 3; it must be at least 1 and divide"):
        make("BeamSearchNode", FIELDS % "", (4, WORDS), tops=3)
    with pytest.raises(SpecError, match="as many as bottoms, or two more in the first step"):
        make("BeamSearchNode", FIELDS % "", (6, WORDS), (6, 4), tops=3)


SEARCH = """beam_search_param { beam_size: 3 sequence_length: 4 prevent_repeats: true
  net_param { layer { name: "r" type: "Reshape" bottom: "x" top: "y"
  reshape_param { shape { dim: -1 dim: 2 } } } } beam_search_connection { src: "y" dest: "x" } %s }
  param { name: "a" } param { name: "b" } param { name: "c" }"""


def test_a_search_by_a_net_has_the_shapes_of_the_original_and_no_numbers():
    layer = make("BeamSearch", SEARCH % "", (2, 7, 6), (2, 5), tops=3)
    assert layer.top_shapes((2, 7, 6), (2, 5)) == [(2, 1, 3, 4), (2, 1, 3), (2, 1, 3, 4)]
    with pytest.raises(SpecError, match="'BeamSearch' is known by its shapes only"):
        layer(noise(2, 7, 6), noise(2, 5))
    with pytest.raises(SpecError, match="they must have as many items"):
        make("BeamSearch", SEARCH % "", (2, 7, 6), (3, 5), tops=3)
    with pytest.raises(SpecError, match="sequence_length is 0; it must be at least 1"):
        make("BeamSearch", SEARCH.replace("th: 4", "th: 0") % "", (2, 7), tops=3)
