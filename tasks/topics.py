"""Topics and quotas: as a file that is planned and applied, and one by one."""

from invoke.collection import Collection
from invoke.context import Context
from invoke.tasks import task

JSON = {"json": "as JSON, for programs"}
DELETE = {"delete": "also what the file wants absent"}


@task(help={"check": "exit with 2 where something would change", **DELETE, **JSON})
def plan(c: Context, check: bool = False, delete: bool = False, json: bool = False) -> None:
    """Show what topics.apply would change; touch nothing."""
    from kafka_fab.operate.topics import plan_and_apply

    plan_and_apply.plan(c, check, delete, json)


@task(help={**DELETE, "throttle": "bytes/s that each broker copies at most while replicas move", **JSON})
def apply(c: Context, delete: bool = False, throttle: int = 50_000_000, json: bool = False) -> None:
    """Bring topics and quotas to what conf/topics.yaml says."""
    from kafka_fab.operate.topics import plan_and_apply

    plan_and_apply.apply(c, delete, throttle, json)


@task(
    positional=["name"],
    iterable=["config"],
    help={
        "name": "the new topic",
        "partitions": "how many; the brokers' default where not given",
        "replication": "replicas of each; the brokers' default where not given",
        "config": "KEY=VALUE; may be given more than once",
    },
)
def create(c: Context, name: str, partitions: int = 0, replication: int = 0, config: list[str] | None = None) -> None:
    """Make one topic."""
    from kafka_fab.operate.topics import single_topic

    single_topic.create(c, name, partitions, replication, config or ())


@task(positional=["name"], help={"name": "the topic", "yes": "do not ask"})
def delete(c: Context, name: str, yes: bool = False) -> None:
    """Delete one topic with all its messages; asks first."""
    from kafka_fab.operate.topics import single_topic

    single_topic.delete(c, name, yes)


@task(name="list", help=JSON)
def every(c: Context, json: bool = False) -> None:
    """Show all topics, a line each."""
    from kafka_fab.operate.topics import show_topics

    show_topics.every(c, json)


@task(positional=["name"], help={"name": "the topic", **JSON})
def describe(c: Context, name: str, json: bool = False) -> None:
    """Show a topic's partitions, and the configs that are its own."""
    from kafka_fab.operate.topics import show_topics

    show_topics.one(c, name, json)


namespace = Collection("topics", plan, apply, create, delete, every, describe)
