"""Operation error: an operation that goes no further, by exit code."""

DONE, INTERRUPTED, PREFLIGHT, GATE, NOT_BACK, CANARY = 0, 130, 2, 3, 4, 5


class OperationError(Exception):
    """The operation goes no further: the exit code and why, in sentences."""

    def __init__(self, code: int, text: str) -> None:
        self.code, self.text = code, text
        super().__init__(text)
