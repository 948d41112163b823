"""What can go wrong, each with the stable code and the sentence of the engine."""


class SojournError(Exception):
    """The base of all errors here. `code` is stable and for programs, `message` is one sentence for people."""

    def __init__(self, code, message):
        super().__init__(code, message)
        self.code = code
        self.message = message

    def __str__(self):
        return f"{self.message} [{self.code}]"


class RequestError(SojournError):
    """The request cannot be answered: a model, a theta or a quantity that makes no sense."""


class LaneError(SojournError):
    """A value was asked for at one theta, and there is none; `code` is the status of the lane, such as "singular"."""


class ProcessError(SojournError):
    """The `sojourn` command was not found, could not be started, or died. The next request starts a new one."""
