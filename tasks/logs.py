"""Logs of the hosts."""

from invoke.context import Context
from invoke.tasks import task


@task(
    help={
        "lines": "show this many of the last lines of each log (with --grep: matching events)",
        "follow": "follow new lines until Ctrl-C",
        "grep": "show only events that match an extended regular expression (with --follow: only lines)",
        "service": "show only kafka, zookeeper or controller",
        "file": "show another log than the main one, for example state-change or kafkaServer-gc",
        "json": "print JSON, one event a line",
    }
)
def logs(  # noqa: PLR0913, PLR0917  # an option each
    c: Context,
    lines: int = 20,
    follow: bool = False,
    grep: str = "",
    service: str = "",
    file: str = "",
    json: bool = False,
) -> None:
    """Show the last lines of each host's log, merged by time."""
    from kafka_fab.operate.logs import follow_logs
    from kafka_fab.operate.logs.follow_logs import LogQuery

    follow_logs.logs(c, LogQuery(lines, follow, grep, service, file, json))
