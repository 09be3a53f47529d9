"""ACLs of znodes: what is open, and the tool that closes it."""

from pathlib import Path

from kafka_fab.live.zookeeper.znode_acls import ZnodeAcls, sorted_out
from kafka_fab.operate.security.znode_migration import migration_script
from tests.unit.folders import written

ZOOKEEPER = "[kafka]\na id=1\n[zookeeper]\na id=11\nb id=12\nc id=13\n"
RUNNING = {
    "zookeeper.ssl.keystore.location": "/etc/kafka/node.pem",
    "zookeeper.clientCnxnSocket": "org.apache.zookeeper.ClientCnxnSocketNetty",
    "zookeeper.connect": "a:2182,b:2182,c:2182/kafka",
    "listeners": "REPLICATION://:9091",
}


def test_znodes_by_who_can_change_them() -> None:
    assert sorted_out([("/", True), ("/brokers", False), ("/config", True)]) == ZnodeAcls(
        ("/", "/config"), ("/brokers",)
    )


def test_the_tool_gets_the_broker_s_own_settings_of_tls_in_a_file_that_is_gone_afterwards(tmp_path: Path) -> None:
    # On the way back the settings say nothing of TLS any more.
    cluster = written(tmp_path, ZOOKEEPER, "version: 3.9.1\n")
    script = migration_script(cluster, RUNNING, "secure")
    assert "zookeeper.ssl.keystore.location=/etc/kafka/node.pem\n" in script
    assert "listeners" not in script
    assert "--zookeeper.acl=secure --zookeeper.connect a:2182,b:2182,c:2182/kafka --zk-tls-config-file" in script
    assert script.index("umask 077") < script.index("mktemp") < script.index("rm -f") < script.index("printf %s")
