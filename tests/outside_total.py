"""Outside total: the verdicts of all outside clients of a test run, carried from its tests to its last lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest

from tests.outside_verdict import total

PROPERTY = "outside client"
_ended: list[Mapping[str, Any]] = []


def note(verdict: Mapping[str, Any]) -> None:
    """Keep a client's verdict for the report of the test that is under way."""
    _ended.append(verdict)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    # Properties of a report come from the processes of `-n 2`, too.
    try:
        return (yield)
    finally:
        item.user_properties.extend((PROPERTY, dict(one)) for one in _ended)
        _ended.clear()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    found = (one for reports in terminalreporter.stats.values() for one in reports)
    if line := total(_verdicts(found)):
        terminalreporter.write_sep("=", "outside load")
        terminalreporter.write_line(line)


def _verdicts(reports: Iterable[object]) -> Iterator[Mapping[str, Any]]:
    """Yield the verdicts once: the properties of a test are in the reports of all its phases from then on."""
    for report in reports:
        if isinstance(report, pytest.TestReport) and report.when == "teardown":
            yield from (value for name, value in report.user_properties if name == PROPERTY)  # type: ignore[misc]
