"""Operation error: an operation that goes no further, by exit code."""

from kafka_fab.runbook.codes import Code, coded

DONE, INTERRUPTED, PREFLIGHT, GATE, NOT_BACK, CANARY = 0, 130, 2, 3, 4, 5


class OperationError(Exception):
    """The operation goes no further: the exit code, and why, in sentences that end with a code."""

    def __init__(self, exit_code: int, text: str, code: Code) -> None:
        self.exit_code, self.code, self.text = exit_code, code, coded(text, code)
        super().__init__(self.text)
