"""What was done to a cluster, and by whom."""

from invoke.context import Context
from invoke.tasks import task


@task(help={"limit": "so many operations, the newest first", "json": "as JSON, for programs"})
def history(c: Context, limit: int = 20, json: bool = False) -> None:
    """Show what changed the live cluster: who, from where, what was planned, result."""
    from kafka_fab.operate.history import show_history

    show_history.history(c, limit, json)
