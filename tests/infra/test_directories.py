from testinfra.host import Host

from infra.facts import stat
from kafka_fab.cluster.resource import Directory


def test_the_directory_is_there_with_its_owner_and_mode(host: Host, directory: Directory) -> None:
    wanted = f"directory {directory.owner}:{directory.group} {directory.mode}"
    assert stat(host, directory.path) == wanted
