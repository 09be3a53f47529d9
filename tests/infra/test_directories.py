from testinfra.host import Host

from kafka_fab.cluster.resource import Directory
from tests.infra.facts import stat


def test_the_directory_is_there_with_its_owner_and_mode(host: Host, directory: Directory) -> None:
    wanted = f"directory {directory.owner}:{directory.group} {directory.mode}"
    assert stat(host, directory.path) == wanted
