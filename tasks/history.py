"""The history of operations on a cluster."""

from invoke.context import Context
from invoke.tasks import task


@task(help={"limit": "show up to N operations, the newest first", "json": "print JSON"})
def history(c: Context, limit: int = 20, json: bool = False) -> None:
    """Show the operations on the live cluster: who, from where, what was planned, result."""
    from kafka_fab.operate.history import show_history

    show_history.history(c, limit, json)
