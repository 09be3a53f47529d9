"""The KRaft quorum: show it, add a voter, remove a voter."""

from invoke.collection import Collection
from invoke.context import Context
from invoke.tasks import task

JSON = {"json": "print JSON"}


@task(help=JSON)
def show(c: Context, json: bool = False) -> None:
    """Show the leader, the voters and the observers of the quorum, and the lag of each."""
    from kafka_fab.operate.quorum import voter_change

    voter_change.show(c, json)


@task(positional=["host"], help={"host": "a controller of hosts.ini that runs as an observer"})
def add(c: Context, host: str) -> None:
    """Make a controller a voter, once it has caught up with the leader."""
    from kafka_fab.operate.quorum import voter_change

    voter_change.add(c, host)


@task(
    positional=["host"],
    help={"host": "a controller of hosts.ini, or the id of a voter that is not in it", "yes": "do not ask"},
)
def remove(c: Context, host: str, yes: bool = False) -> None:
    """Remove a voter from the quorum, if a majority of the others has caught up."""
    from kafka_fab.operate.quorum import voter_change

    voter_change.remove(c, host, yes)


namespace = Collection("quorum", show, add, remove)
