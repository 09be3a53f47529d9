import re
from collections import Counter, defaultdict

from testinfra.host import Host

from tests.infra.expect import LogFile, Service
from tests.infra.facts import owner

TAIL = 500
EVENTS = 3
TIME = re.compile(r"\b\d\d:\d\d:\d\d[.,]\d{3}\b")


def test_the_log_file_is_written_by_the_service(host: Host, log_file: LogFile) -> None:
    assert owner(host, log_file.path) == log_file.user


def test_no_event_is_logged_twice(host: Host, service: Service) -> None:
    tail = host.check_output("tail -n %s %s", str(TAIL), service.log)
    assert loggers_that_write_twice(tail.splitlines()) == []


def loggers_that_write_twice(lines: list[str]) -> list[str]:
    """Return the loggers whose every event stands there more than once: two appenders lead to the same file.

    A server may well say one thing twice in the same millisecond, from two threads: that alone is no sign.
    """
    events: dict[str, Counter[str]] = defaultdict(Counter)
    for line in filter(TIME.search, lines):
        # The layout ends with the logger, as in `[time] LEVEL words (kafka.server.KafkaServer)`.
        events[line.rpartition(" ")[2]][line] += 1
    return [name for name, seen in events.items() if _said(seen) >= EVENTS and min(seen.values()) > 1]


def _said(seen: Counter[str]) -> int:
    """Return how many different things a logger said, at whatever time: one that it always says twice is one."""
    return len({TIME.sub("", line) for line in seen})
