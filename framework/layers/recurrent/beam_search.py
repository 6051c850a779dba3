"""Beam search over words: one step of it, BeamSearchNode, and a search by a net, BeamSearch."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer, uncompiled
from framework.layers.params import check_sizes, honour
from framework.ops.losses import precise

FIRST = 1       # bottoms of the first step before the recurrent ones: the scores
LATER = 3       # of a later step: sums, words and scores
NET_FIELDS = ("net", "net_param", "weights", "sequence_length", "recurrent_connection",
              "beam_search_connection")


@layer
class BeamSearchNode(Layer):
    """One step of a beam search: the best beam_size continuations of the beams of each item.

    Bottoms: scores (B, V) of words, and recurrent blobs (B, ...); in later steps the sums (B, 1)
             and words (B, T) so far come first. B is a multiple of beam_size, the beams of one item
             next to each other.
    Tops:    sums (B, 1), words (B, T + 1), the last word (B, 1), and the recurrent blobs of the
             beam that each continues. A beam that ended in end_of_sequence stays as it is, its
             recurrent blobs 0; the first step looks at the first beam of each item alone. With
             prevent_repeats a word does not follow itself, with allowed_multiple none but those
             comes twice. Of equal sums the first is taken.
    Errors:  SpecError for other numbers of bottoms and tops, or B that is not a multiple.
    Source:  beam_search_node_layer.cu of the Caffe of peteanderson80/Up-Down-Captioner (its .cpp
             does not read allowed_multiple, and takes the last of equal sums).
    """

    reads = ("beam_search_param",)
    num_bottoms = (1, None)
    num_tops = (3, None)
    needs_float32 = True
    no_onnx_form = "it searches among words step by step"

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        honour(spec, "beam_search_param", "beam_size end_of_sequence prevent_repeats "
               "allowed_multiple")
        param = spec.proto.beam_search_param
        self.goes_on = len(bottoms) == len(spec.tops)
        if not self.goes_on and len(bottoms) + LATER - FIRST != len(spec.tops):
            raise spec.error("top", f"is given {len(spec.tops)} times; there must be as many as "
                             "bottoms, or two more in the first step")
        if param.beam_size < 1 or any(len(shape) != 2 for shape in bottoms) \
                or bottoms[0][0] % param.beam_size:
            shapes = [tuple(shape) for shape in bottoms]
            raise spec.error("beam_search_param.beam_size", f"is {param.beam_size}; it must be at "
                             f"least 1 and divide the items of the bottoms, of two axes: {shapes}")
        self.beams = param.beam_size
        self.end = param.end_of_sequence
        self.repeats = not param.prevent_repeats
        self.multiple = list(param.allowed_multiple)

    def forward(self, *bottoms: Tensor) -> tuple[Tensor, ...]:
        given = LATER if self.goes_on else FIRST
        scores = precise(bottoms[given - 1])
        items, words = scores.shape[0] // self.beams, scores.shape[1]
        ended = torch.zeros(len(scores), dtype=torch.bool, device=scores.device)
        if self.goes_on:
            last = bottoms[1].detach()[:, -1:]
            ended = last[:, 0] == self.end
            totals = self._continued(precise(bottoms[0]).reshape(-1, 1), bottoms[1].detach(),
                                     scores)
        else:
            others = torch.arange(len(scores), device=scores.device) % self.beams != 0
            totals = scores.masked_fill(others[:, None], -torch.inf)
        rows = totals.reshape(items, self.beams * words)
        order = rows.detach().sort(dim=1, descending=True, stable=True).indices
        chosen = order[:, :self.beams]
        sums = rows.gather(1, chosen).reshape(-1, 1)
        source = (chosen.div(words, rounding_mode="floor") + self.beams * torch.arange(
            items, device=scores.device)[:, None]).flatten()
        word = (chosen % words).reshape(-1, 1).to(scores.dtype)
        history = word
        if self.goes_on:
            history = torch.cat([bottoms[1].detach().to(word.dtype)[source], word], 1)
        states = [state[source].masked_fill(ended[source][:, None], 0)
                  for state in bottoms[given:]]
        return sums, history, word, *states

    def _continued(self, sums: Tensor, history: Tensor, scores: Tensor) -> Tensor:
        """The sum with each word (B, V); -inf for what is not to be taken."""
        word = torch.arange(scores.shape[1], device=scores.device)
        last = history[:, -1:]
        totals = sums + scores
        if self.multiple:
            seen = torch.zeros_like(totals, dtype=torch.bool)
            seen = seen.scatter(1, history.long().clamp(0, scores.shape[1] - 1), True)
            once = ~(word[:, None] == torch.tensor(self.multiple, device=word.device)).any(1)
            totals = totals.masked_fill(seen & once, -torch.inf)
        if not self.repeats:
            totals = totals.masked_fill(word == last, -torch.inf)
        kept = torch.where(word == self.end, sums, -torch.inf)
        return torch.where(last == self.end, kept, totals)


@layer
class BeamSearch(Layer):
    """A beam search whose steps a net of its own computes: known by shape only.

    Bottoms: inputs of the net (B, ...), by their names.
    Tops:    words (B, 1, beam_size, sequence_length), the sums of their scores (B, 1, beam_size),
             and each score, as words.
    Blobs:   those of the net, which `param` names: other layers of such nets share them.
    Errors:  SpecError for sizes of 0, bottoms of different numbers of items, and at every forward.
    Source:  BeamSearchParameter; base_beam_search_layer.cpp and beam_search_layer.cpp of
             peteanderson80/caffe.
    """

    reads = ("beam_search_param",)
    fork_fields = frozenset(f"beam_search_param.{name}" for name in NET_FIELDS)
    num_bottoms = (1, None)
    num_tops = (3, 3)
    blobs_unknown = True
    no_onnx_form = "it is known by its shapes only"

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        field = "beam_search_param"
        honour(spec, field, f"beam_size end_of_sequence prevent_repeats allowed_multiple "
               f"ignore_label {' '.join(NET_FIELDS)}")
        check_sizes(spec, field, "beam_size sequence_length")
        if any(shape[:1] != bottoms[0][:1] for shape in bottoms):
            raise spec.error("bottom", f"has the shapes {' and '.join(map(str, bottoms))}; they "
                             "must have as many items")
        param = spec.proto.beam_search_param
        self.sizes = (param.beam_size, param.sequence_length)

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        items = bottoms[0][0]
        return [(items, 1, *self.sizes), (items, 1, self.sizes[0]), (items, 1, *self.sizes)]

    @uncompiled
    def forward(self, *bottoms: Tensor) -> tuple[Tensor, ...]:
        raise self.spec.error("type", "'BeamSearch' is known by its shapes only: the net of its "
                              "steps is not run here")
