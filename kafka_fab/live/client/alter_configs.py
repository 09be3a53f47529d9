"""IncrementalAlterConfigs: configs of topics or of a broker set and deleted, those of each resource all or none."""

from collections.abc import Mapping

from kafka_fab.live.client.config_resource import ConfigResource
from kafka_fab.live.client.protocol import Ask, kafka_python
from kafka_fab.live.client.rejection import Rejection, rejections

VERSION = 0
SET, DELETE = 0, 1
Changes = Mapping[str, str | None]


def alter(
    ask: Ask, kind: ConfigResource, changes: Mapping[str, Changes], validate_only: bool = False
) -> dict[str, Rejection]:
    """Set configs of resources, or delete those without a value; return which resources were rejected."""
    request = kafka_python().protocol.admin.IncrementalAlterConfigsRequest
    shape = request.AlterConfigsResource
    resources = [
        shape(
            version=VERSION,
            resource_type=kind,
            resource_name=name,
            configs=[
                shape.AlterableConfig(
                    version=VERSION, name=key, config_operation=DELETE if value is None else SET, value=value
                )
                for key, value in configs.items()
            ],
        )
        for name, configs in changes.items()
    ]
    answer = ask(request(version=VERSION, resources=resources, validate_only=validate_only))
    return rejections(answer.responses, "resource_name")
