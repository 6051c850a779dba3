"""PyTorch modules that tests import, by MODULE:CALLABLE."""

import sys
import warnings

import torch
import torch.nn.functional as F
from torch import nn


class Block(nn.Module):
    """A residual block with squeeze and excitation."""

    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU()
        self.gate = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(channels, channels, 1),
                                  nn.Hardsigmoid())
        nn.init.normal_(self.bn.running_mean, std=0.1)
        nn.init.uniform_(self.bn.running_var, 0.5, 1.5)

    def forward(self, x):
        y = self.relu(self.bn(self.conv(x)))
        return self.relu(x + y * self.gate(y))


class Small(nn.Module):
    """A classifier of images 20 x 18."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2, padding=1, bias=False),
                                  nn.BatchNorm2d(8), nn.Hardswish(), nn.MaxPool2d(3, 2, 1))
        self.layer1 = nn.Sequential(Block(8), Block(8))
        self.fc = nn.Linear(8, 5)

    def forward(self, x):
        return self.fc(self.layer1(self.stem(x)).mean((2, 3)))


class Maps(nn.Module):
    """A dictionary of maps in the size of the image, by bilinear interpolation."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, stride=2, padding=1)

    def forward(self, x):
        y = self.conv(x)
        return {"out": F.interpolate(y, x.shape[-2:], mode="bilinear", align_corners=False),
                "aux": torch.sigmoid(y)}


def row():
    """A Sequential as it is, with LRN."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.LocalResponseNorm(3, 0.5, 0.6, 1.5), nn.ReLU())


def small():
    torch.manual_seed(0)
    return Small()


def maps():
    torch.manual_seed(0)
    return Maps()


class Spectrum(nn.Module):
    """What no exporter knows."""

    def forward(self, x):
        return torch.linalg.svdvals(x)


def spectrum():
    return Spectrum()


def attention():
    torch.manual_seed(0)
    return nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)


class Vision(nn.Module):
    """A vision transformer of one layer: patches, a class token, learned positions."""

    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(3, 8, 4, stride=4)
        self.class_token = nn.Parameter(torch.randn(1, 1, 8))
        self.position = nn.Parameter(torch.randn(1, 7, 8))
        self.attend = nn.MultiheadAttention(8, 2, batch_first=True)
        self.norm = nn.LayerNorm(8)
        self.head = nn.Linear(8, 5)

    def forward(self, x):
        tokens = self.patches(x).flatten(2).permute(0, 2, 1)
        tokens = torch.cat([self.class_token.expand(len(x), -1, -1), tokens], 1) + self.position
        own = self.norm(tokens)
        tokens = tokens + self.attend(own, own, own, need_weights=False)[0]
        return self.head(tokens[:, 0])


def vision():
    torch.manual_seed(0)
    return Vision()


class Recurrent(nn.Module):
    """A recurrent layer; what it gives of its results, and how it starts."""

    def __init__(self, kind, gives="steps", starts="zeros", **sizes):
        super().__init__()
        torch.manual_seed(1)
        self.rnn = getattr(nn, kind)(5, 6, **sizes)
        self.gives, self.starts = gives, starts
        directions = (1 + self.rnn.bidirectional) * self.rnn.num_layers
        self.state = nn.Parameter(torch.randn(directions, 3, 6))
        self.cell = nn.Parameter(torch.randn(directions, 3, 6))
        self.fc = nn.Linear(6 * (1 + self.rnn.bidirectional) if gives == "steps" else 6, 4)

    def forward(self, x, *states):
        if self.starts == "learned":
            states = (self.state, self.cell)
        first = states if isinstance(self.rnn, nn.LSTM) else states[0] if states else None
        steps, last = self.rnn(x, first or None if isinstance(first, tuple) else first)
        if self.gives == "all":
            return steps, last
        if self.gives == "steps":
            return self.fc(steps)
        last = last if self.rnn.mode != "LSTM" else last[("hidden", "cell").index(self.gives)]
        return self.fc(last[-1])


class Translator(nn.Module):
    """An encoder whose last states start a decoder of the same sequence."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(1)
        self.encoder, self.decoder = nn.LSTM(5, 6), nn.LSTM(5, 6)
        self.fc = nn.Linear(6, 4)

    def forward(self, x):
        return self.fc(self.decoder(x, self.encoder(x)[1])[0][-1])


class Twins(nn.Module):
    """One LSTM and one matrix, each read twice."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(1)
        self.rnn, self.fc = nn.LSTM(5, 5), nn.Linear(5, 5)

    def forward(self, x):
        return self.fc(self.rnn(self.fc(self.rnn(x)[0]))[0])


class Words(nn.Module):
    """Two classes of sequences of 9 words."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(1)
        self.table, self.rnn = nn.Embedding(9, 5), nn.LSTM(5, 6, batch_first=True)
        self.fc = nn.Linear(6, 2)

    def forward(self, x):
        return self.fc(self.rnn(self.table(x))[1][0][-1])


class Broken(nn.Module):
    def forward(self, x):
        raise ValueError("no such words\nin line 2")


class Leaving(nn.Module):
    def forward(self, x):
        sys.exit(3)


class Silent(nn.Module):
    def forward(self, x):
        return {}


def warning():
    warnings.warn("an old name", stacklevel=1)
    return nn.ReLU()


def number():
    return 5


def with_backbone(*, weights_backbone="IMAGENET1K_V1"):
    """As torchvision's builders of segmenters and detectors."""
    if weights_backbone is not None:
        raise ConnectionError("no network")
    return nn.Sequential(nn.Conv2d(3, 4, 3))
