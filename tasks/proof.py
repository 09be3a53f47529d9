"""Proof instead of hope: the live cluster held against hosts.ini, and a message through every broker."""

from invoke.context import Context
from invoke.tasks import task

JSON = {"json": "as JSON, for programs"}


@task(help={"deep": "every file of Kafka's folder by its hash, too", **JSON})
def validate(c: Context, deep: bool = False, json: bool = False) -> None:
    """Hold ensemble, registered brokers, ids on disk and each broker's own view against hosts.ini."""
    c.executor.approach()
    from kafka_fab.operate.validate import validate

    validate.validate(c, deep, json)


@task(help=JSON)
def smoke(c: Context, json: bool = False) -> None:
    """Send one message through every broker as leader, acks=all, and read it back."""
    from kafka_fab.operate.validate import smoke

    smoke.smoke(c, json)
