"""Operation error: why an operation ended early, with its exit code."""

from kafka_fab.runbook.codes import Code, coded

DONE, INTERRUPTED, PREFLIGHT, GATE, NOT_BACK, CANARY = 0, 130, 2, 3, 4, 5


class OperationError(Exception):
    """An operation that ended early: its exit code, and the reason with its runbook code."""

    def __init__(self, exit_code: int, text: str, code: Code) -> None:
        self.exit_code, self.code, self.text = exit_code, code, coded(text, code)
        super().__init__(self.text)
