"""Topics and quotas: from a file that is planned and applied, or one at a time."""

from invoke.collection import Collection
from invoke.context import Context
from invoke.tasks import task

JSON = {"json": "print JSON"}
DELETE = {"delete": "also delete topics and quotas that are `absent: true` in the file"}


@task(help={"check": "exit with 2 if something would change", **DELETE, **JSON})
def plan(c: Context, check: bool = False, delete: bool = False, json: bool = False) -> None:
    """Show what topics.apply would change; change nothing."""
    from kafka_fab.operate.topics import plan_and_apply

    plan_and_apply.plan(c, check, delete, json)


@task(help={**DELETE, "throttle": "limit each broker to this many bytes/s while replicas move", **JSON})
def apply(c: Context, delete: bool = False, throttle: int = 50_000_000, json: bool = False) -> None:
    """Apply the topics and quotas of conf/topics.yaml."""
    from kafka_fab.operate.topics import plan_and_apply

    plan_and_apply.apply(c, delete, throttle, json)


@task(
    positional=["name"],
    iterable=["config"],
    help={
        "name": "the new topic",
        "partitions": "create this many (default: the brokers' num.partitions)",
        "replication": "replication factor (default: the brokers' default.replication.factor)",
        "config": "set a topic config, KEY=VALUE; can be repeated",
    },
)
def create(c: Context, name: str, partitions: int = 0, replication: int = 0, config: list[str] | None = None) -> None:
    """Create a topic."""
    from kafka_fab.operate.topics import single_topic

    single_topic.create(c, name, partitions, replication, config or ())


@task(positional=["name"], help={"name": "the topic", "yes": "do not ask"})
def delete(c: Context, name: str, yes: bool = False) -> None:
    """Delete a topic with all its messages; ask first."""
    from kafka_fab.operate.topics import single_topic

    single_topic.delete(c, name, yes)


@task(name="list", help=JSON)
def every(c: Context, json: bool = False) -> None:
    """List all topics."""
    from kafka_fab.operate.topics import show_topics

    show_topics.every(c, json)


@task(positional=["name"], help={"name": "the topic", **JSON})
def describe(c: Context, name: str, json: bool = False) -> None:
    """Show the partitions and the topic configs of a topic."""
    from kafka_fab.operate.topics import show_topics

    show_topics.one(c, name, json)


namespace = Collection("topics", plan, apply, create, delete, every, describe)
