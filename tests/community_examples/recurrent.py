"""Examples of community types in framework/layers/recurrent; see tests/layer_examples.py."""

from __future__ import annotations

import torch

from tests.layer_examples import (
    AFTER_ROUNDING,
    BATCH,
    CONT,
    NO_GRADIENT,
    NOT_DERIVATIVE,
    SEQUENCE,
    STATE,
    Example,
    fixed,
    of_sample,
    whole,
)
from tests.support import noise

NO_META = {"compile": "torch's CTC loss knows no meta tensors",
           "export": "torch's CTC loss knows no meta tensors",
           "gradient": NOT_DERIVATIVE + "it is that of the sum"}
SPOKEN = fixed([0, 2], [1, 3], [3, -1], [-1, 0], [-1, 1], [-1, 4])
PROJECTIONS = ((6, 6), (6,)) * 4
SEEN = torch.ones(2, 4, 5, dtype=torch.float64).tril(1)
CARRIED = "the peepholes see the cell of the forward before, whatever cont says"
MAP_STATES = ((1, 2, 3, 5, 6),) * 2
WORDS = whole(6, 2, below=7)

EXAMPLES = (
    of_sample("Attention", blobs=PROJECTIONS, grows=(0, 1)),
    Example("Attention", "num_heads: 2 causal: true bias_term: false num_hidden: 8 num_output: 5",
            ((2, 4, 6),), ((8, 6),) * 3 + ((5, 8),), grows=(0, 1)),
    Example("Attention", "num_heads: 2 mask: true num_hidden: 4 num_output: 3",
            ((2, 4, 6), (2, 5, 7), (2, 5, 8), SEEN),
            ((4, 6), (4,), (4, 7), (4,), (4, 8), (4,), (3, 4), (3,)), grows=BATCH),
    Example("Attention", "mask: true causal: true", ((2, 4, 6), fixed([1, 1, 0, 1], [0, 0, 1, 1])),
            PROJECTIONS, grows=BATCH),
    of_sample("AttLstm", bottoms=((1, 2, 5, 6), fixed([0, 0])), blobs=(
        (4, 4), (4,), (4, 5), (4,), (1, 4), (16, 5), (16,), (16, 4)), grows=(1, 3),
        without={"gradient": "three blobs change nothing"}),
    of_sample("BeamSearchNode", bottoms=((6, 1), WORDS, (6, 7), (6, 4)), grows=(),
              without=AFTER_ROUNDING),
    of_sample("ConvLSTM", bottoms=((3, 2, 4, 5, 6), CONT),
              blobs=((12, 4, 3, 3), (12, 3, 3, 3), (12,), *((5, 6),) * 3), grows=(),
              without=dict.fromkeys(("values", "gradient"), CARRIED)),
    Example("ConvLSTM", "recurrent_param { expose_hidden: true } lstm_debug_param { "
            "disable_hadamard: true } lstm_conv_param { num_output: 3 kernel_size: 3 pad: 1 }",
            ((3, 2, 4, 5, 6), CONT, *MAP_STATES), blobs=((12, 4, 3, 3), (12, 3, 3, 3), (12,)),
            tops=3, grows=()),
    of_sample("ConvLSTMReLU", bottoms=((3, 2, 4, 5, 6), CONT),
              blobs=((12, 4, 3, 3), (12, 3, 3, 3), (12,), *((5, 6),) * 3), grows=(),
              without=dict.fromkeys(("values", "gradient"), CARRIED)),
    of_sample("WarpCTCLoss", bottoms=((5, 3, 4), whole(3, 2, below=4)), grows=(), without=NO_META),
    of_sample("CtcLoss", bottoms=((5, 3, 4), whole(3, 2, below=4)), grows=(), without=NO_META),
    of_sample("CTCGreedyDecoder", grows=(0, 1), without=NO_GRADIENT),
    of_sample("LabelsequenceAccuracy", bottoms=((3, 5, 4), whole(3, 2, below=4)), grows=BATCH,
              without=NO_GRADIENT),
    of_sample("CTCLoss", bottoms=((6, 2, 5), fixed([0, 0], [1, 1], [1, 1], [1, 1], [1, 0], [1, 1]),
                                  SPOKEN), grows=(), without={
        "compile": "torch's ctc_loss has no meta kernel",
        "export": "torch's ctc_loss has no meta kernel",
        "gradient": NOT_DERIVATIVE + "it is that of the sum"}),
    of_sample("GRU", bottoms=(SEQUENCE, CONT), blobs=((12, 5), (12,), *((4, 4),) * 3),
              grows=(0, 1)),
    Example("GRU", "recurrent_param { num_output: 4 expose_hidden: true linear_before_reset: 1 }",
            (SEQUENCE, CONT, (2, 3), noise(STATE, requires_grad=False)),
            ((12, 5), (12,), (12, 3), *((4, 4),) * 3, (4,)), tops=2, grows=()),
    of_sample("LSTMNode", blobs=((12, 7), (12,)), grows=BATCH),
    Example("LSTMNode", "lstmnode_param { num_cells: 3 bias_term: false }", (
        (4, 7), (4, 3), fixed([1, 0, 1, 1]).reshape(4)), blobs=((12, 7),), tops=2, grows=BATCH),
    of_sample("LstmOfRows", blobs=((1, 4, 4, 3), (1, 4, 4, 4), (1, 1, 4, 4)), grows=BATCH,
              without=dict.fromkeys(("values", "gradient"), "each forward starts from the last")),
    of_sample("PositionEmbedding", blobs=((6,), (6, 6)), grows=BATCH),
    Example("PositionEmbedding", "kind: SINUSOIDAL", ((2, 5, 7),), grows=(0, 1)),
    Example("PositionEmbedding", "max_length: 12", ((2, 5, 6),), ((12, 6),), grows=(0, 1)),
    of_sample("ReNetLSTM", blobs=(*((3, 9),) * 4, *((3, 3),) * 3, *((3,),) * 4) * 2, grows=BATCH),
    Example("ReNetLSTM", "renet_lstm_param { num_output: 2 peephole: false general_weight_filler { "
            'type: "gaussian" std: 0.3 } }', ((2, 3, 2, 4),),
            blobs=(*((2, 5),) * 4, *((2, 2),) * 3, *((2,),) * 4) * 2, grows=(0, 2)),
    of_sample("Reverse"), of_sample("Transpose"), of_sample("TensorTranspose"),
    of_sample("ContinuationIndicator", without=NO_GRADIENT),
    of_sample("Lstm", blobs=((16, 5), (16, 4), (16,)), grows=(0, 1)),
    Example("Lstm", "num_output: 4 clipping_threshold: 100", (SEQUENCE, CONT),
            ((16, 5), (16, 4), (16,)), grows=(0, 1)),
    of_sample("Convert", grows=BATCH), Example("Convert", bottoms=((2, 3, 5),), grows=BATCH),
    Example("ContinuationIndicator", "time_step: 3 batch_size: 2", (), grows=(),
            without=NO_GRADIENT),
)
