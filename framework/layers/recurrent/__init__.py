"""Recurrent layers (RNN, LSTM) and CTC: losses and decoders of sequences."""

from framework.moved import names_of

__getattr__ = names_of(__name__)
