"""Topic requests: topics made, changed and deleted, many in one request; what a broker refuses is returned by name."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from kafka_fab.cluster.topics.topic_change import AddPartitions, Configure, Create, Delete
from kafka_fab.live.admin_client import AdminClient
from kafka_fab.live.client.protocol import kafka_python

# So many in one request that a controller with ZooKeeper, which works one by one, answers in time.
AT_ONCE = 50
CONFIGS_AT_ONCE = 200
# What a broker may take before it answers, in milliseconds; the wait here is a little longer.
TIMEOUT = 60_000
SECONDS = TIMEOUT / 1000 + 5
TOPIC = 2
SET, DELETE = 0, 1
# CreateTopics 4 (2.4 and later) is the first that takes numbers of the brokers' own choice.
CREATE, GROW, ALTER, REMOVE = 4, 0, 0, 1
Rejections = dict[str, str]
T = TypeVar("T")


def create(admin: AdminClient, topics: Sequence[Create], only_look: bool = False) -> Rejections:
    """Create topics; return who was refused and why; raise Unreachable or RequestRejected. With `only_look` nothing is
    made.
    """
    request = kafka_python().protocol.admin.CreateTopicsRequest
    refused: Rejections = {}
    for some in _portions(topics, AT_ONCE):
        wanted = [_creatable(request.CreatableTopic, topic) for topic in some]
        question = request(version=CREATE, topics=wanted, timeout_ms=TIMEOUT, validate_only=only_look)
        refused |= _reasons(admin.ask(question, SECONDS).topics)
    return refused


def _creatable(shape: Any, topic: Create) -> Any:
    placed = [
        shape.CreatableReplicaAssignment(version=CREATE, partition_index=number, broker_ids=list(replicas))
        for number, replicas in enumerate(topic.replicas)
    ]
    configs = [shape.CreatableTopicConfig(version=CREATE, name=key, value=text) for key, text in topic.config.items()]
    return shape(
        version=CREATE,
        name=topic.name,
        num_partitions=-1 if placed else topic.partitions or -1,
        replication_factor=-1 if placed else topic.replication or -1,
        assignments=placed,
        configs=configs,
    )


def grow(admin: AdminClient, topics: Sequence[AddPartitions], only_look: bool = False) -> Rejections:
    """Add partitions to topics; as `create`."""
    request = kafka_python().protocol.admin.CreatePartitionsRequest
    shape, refused = request.CreatePartitionsTopic, Rejections()
    for some in _portions(topics, AT_ONCE):
        wanted = [
            shape(version=GROW, name=topic.name, count=topic.after, assignments=_assignments(shape, topic))
            for topic in some
        ]
        question = request(version=GROW, topics=wanted, timeout_ms=TIMEOUT, validate_only=only_look)
        refused |= _reasons(admin.ask(question, SECONDS).results)
    return refused


def _assignments(shape: Any, topic: AddPartitions) -> list[Any] | None:
    new = [shape.CreatePartitionsAssignment(version=GROW, broker_ids=list(replicas)) for replicas in topic.replicas]
    return new or None


def configure(admin: AdminClient, topics: Sequence[Configure], only_look: bool = False) -> Rejections:
    """Set and reset topics' configs, each topic's all or none; as `create`."""
    request = kafka_python().protocol.admin.IncrementalAlterConfigsRequest
    shape, refused = request.AlterConfigsResource, Rejections()
    for some in _portions(topics, CONFIGS_AT_ONCE):
        wanted = [
            shape(version=ALTER, resource_type=TOPIC, resource_name=topic.name, configs=list(_turns(shape, topic)))
            for topic in some
        ]
        answer = admin.ask(request(version=ALTER, resources=wanted, validate_only=only_look), SECONDS)
        refused |= _reasons(answer.responses, "resource_name")
    return refused


def _turns(shape: Any, topic: Configure) -> Iterator[Any]:
    for name, turn in topic.changes.items():
        operation = DELETE if turn.after is None else SET
        yield shape.AlterableConfig(version=ALTER, name=name, config_operation=operation, value=turn.after)


def delete(admin: AdminClient, topics: Sequence[Delete]) -> Rejections:
    """Delete topics with their messages; return who was refused and why; raise Unreachable or RequestRejected."""
    request = kafka_python().protocol.admin.DeleteTopicsRequest
    refused: Rejections = {}
    for some in _portions(topics, AT_ONCE):
        question = request(version=REMOVE, topic_names=[topic.name for topic in some], timeout_ms=TIMEOUT)
        refused |= _reasons(admin.ask(question, SECONDS).responses)
    return refused


def _portions(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (items[at : at + size] for at in range(0, len(items), size))


def _reasons(results: Iterable[Any], name: str = "name") -> Rejections:
    return {str(getattr(one, name)): reason(one) for one in results if one.error_code}


def reason(result: Any) -> str:
    """Return why a broker refused a part of a request, in its own words where it has some."""
    error: Any = kafka_python().errors.for_code(result.error_code)
    return getattr(result, "error_message", None) or f"{error.__name__} ({error.description})"
