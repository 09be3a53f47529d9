"""The voters of a dynamic KRaft quorum: who is in, and how a controller joins and leaves."""

from invoke.collection import Collection
from invoke.context import Context
from invoke.tasks import task

JSON = {"json": "as JSON, for programs"}


@task(help=JSON)
def show(c: Context, json: bool = False) -> None:
    """Show the quorum's leader, voters and observers, and how far each one is."""
    from kafka_fab.operate.quorum import voter_change

    voter_change.show(c, json)


@task(positional=["host"], help={"host": "a controller of hosts.ini that runs and is not yet a voter"})
def add(c: Context, host: str) -> None:
    """Make a controller that has caught up a voter."""
    from kafka_fab.operate.quorum import voter_change

    voter_change.add(c, host)


@task(positional=["host"], help={"host": "a controller of hosts.ini, or the id of one that is gone"})
def remove(c: Context, host: str) -> None:
    """Take a voter out of the quorum, if a majority that keeps up remains."""
    from kafka_fab.operate.quorum import voter_change

    voter_change.remove(c, host)


namespace = Collection("quorum", show, add, remove)
