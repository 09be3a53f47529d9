"""The hosts' logs, side by side."""

from invoke.context import Context
from invoke.tasks import task


@task(
    help={
        "lines": "how many of each log's last lines (with --grep: of the events that match)",
        "follow": "go on with what comes, until Ctrl-C",
        "grep": "only events that match an extended regular expression; following: only lines that match",
        "service": "kafka, zookeeper or controller; all when not given",
        "file": "another log than the main one, such as state-change or kafkaServer-gc",
        "json": "an event a line as JSON, for programs",
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
