"""Znode migration: ACLs of znodes that were there before, set and taken back by Kafka's own tool on a broker's host.

A broker sets ACLs only on what it creates from then on (`zookeeper.set.acl`): a chroot or credentials that were there
before would stay open to everybody.
"""

from collections.abc import Mapping, Sequence
from shlex import join, quote

from kafka_fab.cluster.encode import java_properties
from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.values.role import Role
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.zookeeper import znode_acls
from kafka_fab.locking.operation_error import GATE, OperationError
from kafka_fab.operate.security.listener_changes import ListenerChange
from kafka_fab.remote import script
from kafka_fab.remote.channel import channel
from kafka_fab.remote.fleet import Fleet, require_success
from kafka_fab.remote.ssh.connection import Connection, HostFailure
from kafka_fab.runbook.codes import MoveCode

SET_ACL = "zookeeper.set.acl"
SECURE, UNSECURE = "secure", "unsecure"
# The tool's JVM, and a tree of many topics.
IDLE = 300


def secure(hosts: Fleet, found: Sequence[ListenerChange]) -> bool:
    """Set ACLs where brokers run with them and znodes are still open; return whether that was needed."""
    if not _all_set_acls(found) or not _acls(hosts.cluster).open:
        return False
    _migrate(hosts, found, SECURE)
    still = _acls(hosts.cluster).open
    if still:
        raise OperationError(GATE, f"znodes are still open to everybody: {', '.join(still)}", MoveCode.ZNODE_ACLS)
    return True


def unsecure(hosts: Fleet, found: Sequence[ListenerChange]) -> bool:
    """Take ACLs back before brokers lose the identity that may change the znodes; return whether that was needed."""
    wanted = any(SET_ACL in change.wanted for change in found)
    if hosts.cluster.kraft or wanted or not _acls(hosts.cluster).closed:
        return False
    _migrate(hosts, found, UNSECURE)
    still = _acls(hosts.cluster).closed
    if still:
        raise OperationError(GATE, f"znodes still have ACLs: {', '.join(still)}", MoveCode.ZNODE_ACLS)
    return True


def _all_set_acls(found: Sequence[ListenerChange]) -> bool:
    brokers = [change for change in found if change.target.role is Role.BROKER]
    return all(change.running.get(SET_ACL) == "true" for change in brokers)


def _acls(cluster: Cluster) -> znode_acls.ZnodeAcls:
    try:
        return znode_acls.read(cluster)
    except Unreachable as problem:
        raise OperationError(GATE, f"the ACLs of znodes cannot be read: {problem}", MoveCode.ZNODE_ACLS) from problem


def _migrate(hosts: Fleet, found: Sequence[ListenerChange], mode: str) -> None:
    """Run the tool with the certificate of a broker; end the run with its words where it fails."""
    broker = next(change for change in found if change.target.role is Role.BROKER)
    body = migration_script(hosts.cluster, broker.running, mode)

    def work(c: Connection) -> None:
        answer = channel.run(c, script.with_library(body), idle_timeout=IDLE)
        if answer.status:
            raise HostFailure(f"zookeeper-security-migration: {' '.join(answer.output.split())[-300:]}")

    require_success(hosts.run(work, "znode ACLs", [broker.target.host]))


def migration_script(cluster: Cluster, running: Mapping[str, str], mode: str) -> str:
    """Return the commands that run the tool as the service's user, with the broker's own settings of TLS.

    In a copy that nobody else can read and that is gone afterwards: it may name a password.
    """
    keys = {key: value for key, value in running.items() if key.startswith("zookeeper.ssl.")}
    keys["zookeeper.clientCnxnSocket"] = running["zookeeper.clientCnxnSocket"]
    text = "".join(f"{key}={java_properties.value(value)}\n" for key, value in keys.items())
    # What bin/zookeeper-security-migration.sh runs.
    tool = (f"{cluster.settings.paths.link}/bin/kafka-run-class.sh", "kafka.admin.ZkSecurityMigrator")
    user = ("runuser", "-u", cluster.kafka.user, "--", "env", "LOG_DIR=/tmp", "KAFKA_HEAP_OPTS=-Xmx128m")
    # Where the broker itself connects by them: on the way back the settings have the port without TLS.
    connect = running["zookeeper.connect"]
    words = (*user, *tool, f"--zookeeper.acl={mode}", "--zookeeper.connect", connect, "--zk-tls-config-file")
    return "\n".join(
        (
            "umask 077",
            "client=$(mktemp) || return",
            "trap 'rm -f \"$client\"' EXIT",
            "trap 'exit 1' HUP INT TERM",
            f'printf %s {quote(text)} >"$client" || return',
            f'chown {quote(cluster.kafka.user)} "$client" || return',
            f'{join(words)} "$client" 2>&1',
        )
    )
