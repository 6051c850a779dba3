"""Record readers: from a database to images and boxes."""

from framework.moved import names_of

__getattr__ = names_of(__name__)
