"""Bilinear samples of a plane, a point at a time."""


def between(plane, y, x):
    """The bilinear value at a point inside, neighbours beyond the last row being that row."""
    top, left = int(y), int(x)
    below, right = min(top + 1, plane.shape[0] - 1), min(left + 1, plane.shape[1] - 1)
    b, a = y - top, x - left
    return ((1 - b) * ((1 - a) * plane[top, left] + a * plane[top, right])
            + b * ((1 - a) * plane[below, left] + a * plane[below, right]))
