"""The checks of a live cluster: validate and smoke."""

from invoke.context import Context
from invoke.tasks import task

JSON = {"json": "print JSON"}


@task(help={"deep": "also compare the checksum of every file of Kafka's folder", **JSON})
def validate(c: Context, deep: bool = False, json: bool = False) -> None:
    """Check that the live cluster matches hosts.ini: quorum, brokers, ids on disk, metadata."""
    c.executor.connect_ahead()
    from kafka_fab.operate.validate import validate

    validate.validate(c, deep, json)


@task(help=JSON)
def smoke(c: Context, json: bool = False) -> None:
    """Produce a message to every broker as leader with acks=all, and consume it."""
    from kafka_fab.operate.validate import smoke

    smoke.smoke(c, json)
