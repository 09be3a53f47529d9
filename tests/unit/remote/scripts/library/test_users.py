"""users.sh: the service's own, and one that was there before."""

import signal

import pytest

from kafka_fab.cluster.change import Change
from kafka_fab.cluster.resource import User
from tests.unit.remote.scripts.library.clusters import US, of, records
from tests.unit.remote.scripts.library.host import Host


# What needs root is a stub.
def test_users(host: Host) -> None:
    host.stub("getent", "exit 2")
    host.stub("useradd", f'echo "$*" >{host / "called"}')
    assert host.want("user", "kafka", "/etc/kafka").status == "changed"
    called = (host / "called").read_text()
    assert "--system --no-create-home --home-dir /etc/kafka --shell" in called
    assert called.strip().endswith("nologin --user-group kafka")


def test_a_user_whose_group_is_there(host: Host) -> None:
    host.stub("getent", '[ "$1" = group ]')
    host.stub("useradd", f'echo "$*" >{host / "called"}')
    host.want("user", "kafka", "/etc/kafka")
    assert (host / "called").read_text().strip().endswith("--gid kafka kafka")


@pytest.mark.parametrize(("taken", "called"), [("", "--gid 998 kafka"), ("998", "kafka")])
def test_a_user_whose_group_is_missing(taken: str, called: str, host: Host) -> None:
    """A host that lost power while a user was made may have the user alone; its group's id may be another's by now."""
    host.stub("getent", f'[ "$1 $2" = "group {taken}" ] || {{ [ "$1" = passwd ] && echo kafka:x:999:998::/k:/no; }}')
    host.stub("groupadd", f'echo "$*" >{host / "called"}')
    assert host.want("user", "kafka", "/k", apply=False).status == "would"
    assert not (host / "called").exists()
    assert host.want("user", "kafka", "/k").status == "changed"
    assert (host / "called").read_text().strip() == f"--system {called}"


@pytest.mark.parametrize(
    ("command", "getent"), [("useradd", "exit 2"), ("groupadd", '[ "$1" = passwd ] && echo k:x:9:9')]
)
def test_a_user_is_made_to_the_end_when_its_script_is_ended(command: str, getent: str, host: Host) -> None:
    host.stub("getent", getent)
    host.stub(command, f"kill -- -$(cat {host / 'script'}); echo made >&5")
    said = host.run(f"exec 5>&1; echo $$ >{host / 'script'}; want_user kafka /k")
    assert (said.status, said.output) == (-signal.SIGTERM, "made\n")


def test_a_user_that_cannot_be_made(host: Host) -> None:
    host.stub("getent", "exit 2")
    host.stub("useradd", "echo 'useradd: cannot lock /etc/passwd' >&2; exit 1")
    assert host.want("user", "kafka", "/x") == Change("failed", "user", "kafka", "useradd: cannot lock /etc/passwd")


def test_users_asked_at_once(host: Host) -> None:
    host.stub("getent", '[ "$2" = kafka ] && echo kafka:x:1:1::/:')
    host.stub("id", 'shift; for name; do [ "$name" = kafka ] && echo kafka; done; exit 1')
    said = host.bring(User("kafka", "/k"), User("kafka2", "/k"), User("afka", "/k"), apply=False)
    assert [status for status, _ in said.words] == ["ok", "would", "would"]


def test_users_that_are_all_there_take_one_question(host: Host) -> None:
    host.stub("getent", "exit 2")
    host.stub("id", r'shift; printf "%s\n" "$@"')
    said = host.bring(User("kafka", "/k"), User("zookeeper", "/z"), apply=False)
    assert [status for status, _ in said.words] == ["ok", "ok"]


def test_a_user_with_a_login_or_with_power_is_named(host: Host) -> None:
    host.stub("getent", "printf '%s\\n' kafka:x:1:1::/:/bin/bash zookeeper:x:2:2::/:/usr/sbin/nologin")
    host.stub("id", "printf '%s\\n' 'kafka ssl-cert' 'zookeeper docker'")
    said = host.bring(User("kafka", "/k"), User("zookeeper", "/z"), apply=False)
    assert [(change.status, change.name) for change in said.changes] == [
        ("foreign", "zookeeper"), ("foreign", "kafka"), ("ok", "kafka"), ("ok", "zookeeper")
    ]  # fmt: skip
    assert [change.detail.split(",")[0].split(":")[0] for change in said.changes[:2]] == [
        "is a member of the group docker", "has the login shell /bin/bash"
    ]  # fmt: skip


def test_a_user_with_another_group_is_looked_at_by_itself(host: Host) -> None:
    host.stub("getent", '[ "$1" = passwd ] && echo kafka:x:1:1::/:')
    host.stub("id", "echo users")
    assert host.bring(User("kafka", "/k"), apply=False).only.status == "would"


@pytest.mark.parametrize(
    ("account", "own", "said"),
    [
        ("kafka:x:0:0::/root:/bin/bash", "root", "failed"),
        ("kafka:x:1005:50::/home/kafka:/bin/bash", "staff", "note"),
        ("kafka:x:999:999::/k:/usr/sbin/nologin", "kafka", "ok"),
        ("kafka:x:999:999::/elsewhere:/usr/sbin/nologin", "kafka", "note"),
        ("kafka:x:999:999::/k:/bin/sh", "kafka", "note"),
    ],
)
def test_a_user_that_is_there_is_told_of_and_used_only_where_it_can_serve(
    account: str, own: str, said: str, host: Host
) -> None:
    host.stub("getent", f'case $1 in passwd) echo {account} ;; group) echo "$2:x:999:" ;; esac')
    host.stub("id", f"echo {own}")
    first = of(host, US, "want_user kafka /k")
    assert first[0][0] == said
    if said != "failed":
        assert records(host) == [("used", "user:kafka", "id1")]
        assert of(host, US, "want_user kafka /k") == [("ok", "")], "it is told of once"


def test_a_group_of_root_serves_no_user(host: Host) -> None:
    host.stub("getent", 'case $1 in passwd) echo kafka:x:9:9::/k:/no ;; group) echo "$2:x:0:" ;; esac')
    assert of(host, US, "want_user kafka /k")[0][0] == "failed"


def test_only_a_user_that_we_made_is_to_be_changed(host: Host) -> None:
    users = "root:x:0:0::/root:/bin/bash ann:x:1000:1000::/:/bin/sh kafka:x:999:999::/:/bin/sh"
    host.stub("getent", f"printf '%s\\n' {users}")
    host.stub("id", "printf '%s\\n' root ann kafka")
    (host / "state").mkdir()
    (host / "state/made").write_text("made\tuser:kafka\tid1\torders\t\t\t\n")
    ann, kafka = host.run("look_users root ann kafka", apply=False).changes
    assert ("usermod" in ann.detail, "kafka-fab did not create it" in ann.detail) == (False, True)
    assert kafka.detail.endswith("run usermod -s /usr/sbin/nologin kafka")
