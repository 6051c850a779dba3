"""Formulas that tests of several layers compare with, in plain numpy."""

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def overlap(a, b):
    """Intersection over union of two boxes, each by centre x, y, width and height."""
    sides = [min(a[k] + a[k + 2] / 2, b[k] + b[k + 2] / 2)
             - max(a[k] - a[k + 2] / 2, b[k] - b[k + 2] / 2) for k in (0, 1)]
    shared = max(sides[0], 0) * max(sides[1], 0)
    return shared / (a[2] * a[3] + b[2] * b[3] - shared)
