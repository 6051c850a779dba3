"""The mistakes of users: each is one line on the screen, without a traceback."""


class CaffeError(RuntimeError):
    """Something the user can put right. Its text names the place and the cure.

    A RuntimeError, since that is what scripts written for pycaffe expect.
    """


class SpecError(CaffeError):
    """A prototxt that cannot be built: file:line, layer, field, what was found, what is allowed."""


class DataError(CaffeError):
    """A database, image or label that cannot be used."""


class WeightsError(CaffeError):
    """A weight or state file that cannot be read, or belongs to another net."""
