import re

from testinfra.host import Host

from tests.infra.expect import Data

PARTITION = re.compile(r".-\d+(\.[0-9a-f]+-(delete|future|stray))?$")
SEGMENT = re.compile(r"\.(log|index|timeindex|txnindex|snapshot)$")


def test_the_service_can_write_to_its_directory(host: Host, data: Data) -> None:
    assert host.run("runuser -u %s -- test -w %s", data.user, data.path).rc == 0, f"{data.user} has no access"


def test_all_in_the_directory_is_the_service_s(host: Host, data: Data) -> None:
    question = "find -H %s -mindepth 1 -maxdepth 2 ! -user %s ! -path '*/lost+found*' -print -quit"
    assert host.run(question, data.path, data.user).stdout == ""


def test_log_directories_have_only_partitions(host: Host, data: Data) -> None:
    if not data.partitions:
        return
    folders = host.run("find -H %s -mindepth 1 -maxdepth 1 -type d -printf '%%f\\n'", data.path).stdout.splitlines()
    strange = [name for name in folders if not PARTITION.search(name) and name != "remote-log-index-cache"]
    assert strange == [], "a broker refuses to start with these"
    files = host.run("find -H %s -mindepth 2 -maxdepth 2 -type f -printf '%%P\\n'", data.path).stdout.splitlines()
    segments = [name for name in files if SEGMENT.search(name) and not name.startswith("remote-log-index-cache/")]
    strange = [name for name in segments if not re.match(r"\d+\.", name.partition("/")[2])]
    assert strange == [], "a broker refuses to start with these"
