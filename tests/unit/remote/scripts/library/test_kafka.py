"""kafka.sh: whose the data is, where it is kept, and its format."""

from pathlib import Path
from shlex import join

import pytest

from kafka_fab.cluster.change import Change
from kafka_fab.cluster.resource import Data, Directory
from tests.unit.remote.scripts.library.host import GROUP, USER, Host
from tests.unit.remote.scripts.library.services import Running


@pytest.mark.parametrize(
    ("text", "key", "status", "detail"),
    [
        (None, "broker.id", "ok", ""),
        ("version=0\nbroker.id=1\n", "broker.id", "ok", ""),
        ("", "broker.id", "failed", "has no broker.id, but a's id is 1: the file is damaged"),
        ("", "", "failed", "has no id, but a's id is 1: the file is damaged"),
        ("broker.id=2\n", "broker.id", "failed", "has broker.id=2, but a's id is 1: this is another node's data; "),
        ("xbroker.id=1\n", "broker.id", "failed", "has no broker.id, but a's id is 1"),
        ("1\n", "", "ok", ""),
        ("1 \n", "", "ok", ""),
        ("1", "", "ok", ""),
        ("12\n", "", "failed", "has 12, but a's id is 1"),
    ],
)
def test_identity(text: str | None, key: str, status: str, detail: str, host: Host) -> None:
    if text is not None:
        (host / "f").write_text(text)
    change = host.want("identity", host / "f", key, "1", "a's id")
    assert change.status == status
    assert change.detail.startswith(detail)


def test_storage_tells_a_format_from_a_disk_that_was_in_use(host: Host) -> None:
    new, formatted, used, ran = (host / name for name in ("new", "formatted", "used", "ran"))
    for folder in (formatted, used, ran):
        # A first controller's format leaves a snapshot there; only one that runs writes its quorum's state.
        (folder / "__cluster_metadata-0").mkdir(parents=True)
        (folder / "meta.properties").write_text("#\nversion=1\ncluster.id=c\nnode.id=4\ndirectory.id=D_-4\n")
    (used / "orders-0").mkdir()
    (ran / "__cluster_metadata-0/quorum-state").touch()
    told = {
        Path(one.name).name: one.detail
        for one in host.run(join(("storage", *map(str, (new, formatted, used, ran))))).changes
    }
    words = "formatted=1 cluster.id=c node.id=4 directory.id=D_-4"
    assert told == {
        "new": "formatted=0 used=0",
        "formatted": f"{words} used=0",
        "used": f"{words} used=1",
        "ran": f"{words} used=1",
    }


META = "meta.properties"


@pytest.mark.parametrize(
    ("names", "kept", "status"),
    [(["t-0"], 1, "foreign"), (["t-0"], 0, "ok"), ([], 1, "ok"), (["lost+found"], 1, "ok"), (["t-0", META], 1, "ok")],
)
def test_a_file_that_is_gone_where_partitions_are(names: list[str], kept: int, status: str, host: Host) -> None:
    (host / "data").mkdir()
    for name in names:
        if name == META:
            (host / "data" / name).write_text("broker.id=1\n")
        else:
            (host / "data" / name).mkdir()
    assert host.want("identity", host / "data" / META, "broker.id", 1, "a's id", kept).status == status


def kept(host: Host, **files: str) -> None:
    for name, text in files.items():
        (host / name).write_text(text.replace("HERE", str(host.folder)))


def test_what_a_service_runs_with(host: Host) -> None:
    for name in ("d1", "d2/orders-0", "d2/my-topic-12", "d2/gone-1.0a-delete", "d2/not_a_partition", "d3"):
        (host / name).mkdir(parents=True)
    (host / "d1/meta.properties").write_text("version=1\ncluster.id=xyz-1\n")
    kept(
        host,
        snapshot="# a comment\n listeners : A\\://:1,\\\n  B://:2\nlog.dirs=HERE/d1,HERE/d2,HERE/d3\nssl.key.password=secret\n",
        file="listeners=A://:3\nlog.dirs=HERE/d1\n",
    )
    said = host.run(f"running kafka {host / 'snapshot'} {host / 'file'}")
    assert [(change.kind, change.detail.replace(str(host.folder), "")) for change in said.changes] == [
        ("running", ""),
        ("running-version", ""),
        ("running", "listeners=A://:1,B://:2"),
        ("running", "log.dirs=/d1,/d2,/d3"),
        ("next", "listeners=A://:3"),
        ("next", "log.dirs=/d1"),
        ("cluster-id", "/d1=xyz-1"),
        ("leaves", "directory=/d2 partitions=my-topic-12,orders-0"),
    ]
    assert "secret" not in said.output


def test_what_reads_the_password_of_a_key_store_is_known_and_no_secret_of_other_providers(host: Host) -> None:
    ours = [
        "config.providers=kafkafab,vault",
        "config.providers.kafkafab.class=org.apache.kafka.common.config.provider.FileConfigProvider",
        "ssl.keystore.password=${kafkafab:/etc/kafka/secrets.properties:store}",
    ]
    kept(host, file="\n".join([*ours, "config.providers.vault.param.token=s3cret", ""]))
    said = host.run(f"running kafka {host / 'no'} {host / 'file'}")
    assert [change.detail for change in said.changes if change.kind == "next"] == ours


def test_the_version_that_runs_is_that_of_its_process(host: Host, running: Running) -> None:
    said = host.run(f"running kafka {host / 'run/a.properties'} {host / 'a.properties'}")
    [found] = [change for change in said.changes if change.kind == "running-version"]
    assert (found.name, found.detail) == ("kafka", "kafka_2.13-3.9.1")


def test_what_does_not_run_has_nothing_but_the_ids_of_its_data(host: Host) -> None:
    (host / "d1").mkdir()
    (host / "d1/meta.properties").write_text("cluster.id=xyz\n")
    kept(host, file="listeners=A://:3\nlog.dirs=HERE/d1\nserver.1=a:2888:3888\n")
    said = host.run(f"running kafka {host / 'snapshot'} {host / 'file'}\nrunning zookeeper {host / 'no'} {host / 'no'}")
    assert [(change.kind, change.name, change.detail) for change in said.changes] == [
        ("running", "kafka", ""),
        ("next", "kafka", "listeners=A://:3"),
        ("next", "kafka", f"log.dirs={host / 'd1'}"),
        ("next", "kafka", "server.1=a:2888:3888"),
        ("cluster-id", "kafka", f"{host / 'd1'}=xyz"),
        ("running", "zookeeper", ""),
    ]


def test_a_directory_by_another_path_is_not_left(host: Host) -> None:
    (host / "d1/orders-0").mkdir(parents=True)
    (host / "link").symlink_to(host / "d1")
    kept(host, snapshot="log.dirs=HERE/d1\n", file="log.dirs=HERE/link\n")
    said = host.run(f"running kafka {host / 'snapshot'} {host / 'file'}")
    assert "leaves" not in {change.kind for change in said.changes}


def test_marks_of_a_clean_stop(host: Host) -> None:
    (host / "m").touch()
    assert host.run(f"marked {host / 'm'} {host / 'n'}").words == [("ok", "mark"), ("note", "mark")]


def log_dir(host: Host, name: str, *entries: str) -> Path:
    folder = host / name
    folder.mkdir(parents=True)
    for entry in entries:
        (folder / entry).mkdir()
    return folder


def data(host: Host, *directories: str, abandoned: str = "") -> Change:
    words = ["kafka", "kafka.log_dirs", host / "snapshot", host / "file", abandoned.replace("HERE", str(host.folder))]
    return host.want("data", *words, *(host / name for name in directories), apply=False)


def test_a_log_directory_with_replicas_is_not_taken_out(host: Host) -> None:
    log_dir(host, "d1", "orders-0")
    log_dir(host, "d2", *(f"orders-{number}" for number in range(12)), "orders-99.5f-delete")
    kept(host, file="log.dirs=HERE/d1,HERE/d2\n")
    assert data(host, "d1", "d2").status == "ok"
    refused = data(host, "d1")
    assert refused.status == "failed"
    assert f"{host / 'd2'}, which holds 12 replicas (orders-0, orders-1, orders-10 and 9 more)" in refused.detail
    assert f"--abandon-dir {host / 'd2'}" in refused.detail
    assert data(host, "d1", abandoned="HERE/d2").status == "ok"
    assert data(host, "d1", abandoned="HERE/other,HERE/d2").status == "ok"
    assert data(host, "d1", abandoned="HERE/d").status == "failed"


def test_several_directories_are_told_at_once(host: Host) -> None:
    for name in ("d1", "d2", "d3"):
        log_dir(host, name, "orders-0")
    kept(host, file="log.dirs=HERE/d1,HERE/d2,HERE/d3\n")
    told = data(host, "d4").detail
    assert f"--abandon-dir {host / 'd1'},{host / 'd2'},{host / 'd3'}" in told
    assert data(host, "d4", abandoned="HERE/d1,HERE/d2").detail.count("which holds") == 1


@pytest.mark.parametrize("why", ["empty", "gone", "moved by a link", "never started", "nothing installed"])
def test_a_directory_that_holds_nothing_may_go(why: str, host: Host) -> None:
    log_dir(host, "d1")
    if why == "moved by a link":
        log_dir(host, "new", "orders-0")
        (host / "d2").symlink_to(host / "new")
    elif why != "gone":
        log_dir(host, "d2")
    if why != "nothing installed":
        kept(host, file="log.dirs=HERE/d1,HERE/d2\n")
    assert data(host, "d1", *(["new"] if why == "moved by a link" else [])).status == "ok"


def test_without_a_file_on_disk_the_one_of_the_start_tells_the_directories(host: Host) -> None:
    log_dir(host, "d2", "orders-0")
    kept(host, snapshot="log.dirs=HERE/d2\n")
    assert data(host, "d1").status == "failed"


def test_directories_of_other_services_are_kept_too(host: Host) -> None:
    log_dir(host, "z", "version-2")
    kept(host, file="dataDir=HERE/z\nclientPort=2181\n")
    words = ["zookeeper", "zookeeper.data_dir", host / "snapshot", host / "file", "", host / "other"]
    assert "which holds data (version-2)" in host.want("data", *words, apply=False).detail
    log_dir(host, "m", "__cluster_metadata-0")
    kept(host, file="process.roles=controller\nlog.dirs=HERE/m\n")
    words = ["controller", "controller.metadata_dir", host / "snapshot", host / "file", "", host / "other"]
    assert host.want("data", *words, apply=False).status == "failed"


def test_nothing_is_installed_over_a_directory_that_is_kept(host: Host) -> None:
    log_dir(host, "d2", "orders-0")
    kept(host, file="log.dirs=HERE/d2\n")
    given = Data("kafka", "kafka.log_dirs", str(host / "snapshot"), str(host / "file"), (str(host / "d1"),))
    said = host.bring(given, Directory(str(host / "d1"), USER, GROUP, "750"))
    assert said.words == [("failed", "data")]
    assert not (host / "d1").exists()


@pytest.mark.parametrize(
    ("now", "wanted", "way"),
    [
        ("zookeeper.connect=a:1,b:1/kafka\n", "ZooKeeper/other", "set kafka.chroot to '/kafka'"),
        ("zookeeper.connect=a:1,b:1/kafka\n", "ZooKeeper", "set kafka.chroot to '/kafka'"),
        ("zookeeper.connect=a:1,b:1\n", "ZooKeeper/kafka", "set kafka.chroot to ''"),
        ("zookeeper.connect=a:1/x/y\n", "controllers", "a migration"),
        ("process.roles=broker\n", "ZooKeeper/kafka", "a migration"),
    ],
)
def test_metadata_stays_where_it_is(now: str, wanted: str, way: str, host: Host) -> None:
    kept(host, file=now)

    def ask(where: str) -> Change:
        return host.want("metadata_store", host / "snapshot", host / "file", where, host / "d1", apply=False)

    assert ask(wanted).status == "ok", "nothing has run here"
    log_dir(host, "d1")
    assert ask(wanted).status == "ok", "nothing has run here"
    (host / "d1/meta.properties").touch()
    assert ask(wanted).status == "failed"
    assert way in ask(wanted).detail
    (host / "d1/meta.properties").unlink()
    kept(host, snapshot=now)
    assert ask(wanted).status == "failed", "it runs"


@pytest.mark.parametrize(
    ("key", "now", "same", "others", "told"),
    [
        ("server.", "server.1=a:2:3\nserver.2=b:2:3\nserver.3=c:2:3\n", "1 3 2", ["", "1 2", "1 2 4"], " 1 2 3 "),
        ("server.", "clientPort=2181\n", "", ["1 2 3"], " only this server "),
        ("controller.quorum.voters", "controller.quorum.voters=1@a:1,2@b:1\n", "2 1", ["1", "1 2 3"], " 1 2 "),
    ],
)
def test_a_quorum_that_has_data_keeps_its_members(
    key: str, now: str, same: str, others: list[str], told: str, host: Host
) -> None:
    def ask(ids: str) -> Change:
        words = ["zookeeper", "zookeeper", host / "file", key, *ids.split(), "--", host / "d1"]
        return host.want("members", *words, apply=False)

    kept(host, file=now)
    log_dir(host, "d1")
    assert {ask(ids).status for ids in (same, *others)} == {"ok"}, "nothing has run here"
    (host / "d1/version-2").mkdir()
    assert ask(same).status == "ok"
    for ids in others:
        assert ask(ids).status == "failed"
        assert f"has the data of a quorum of{told}(see" in ask(ids).detail
    (host / "file").unlink()
    assert ask(others[0]).status == "ok", "what it was is not known"


@pytest.mark.parametrize("now", ["zookeeper.connect=a:1,b:1/kafka/\n", "zookeeper.connect=old:1/kafka\n"])
def test_the_same_chroot_by_other_servers(now: str, host: Host) -> None:
    kept(host, file=now, snapshot=now)
    assert host.want("metadata_store", host / "snapshot", host / "file", "ZooKeeper/kafka", apply=False).status == "ok"


def test_what_a_quorum_shares_is_not_changed_under_it(host: Host) -> None:
    def ask(pattern: str) -> Change:
        words = ["zookeeper", host / "snapshot", host / "file", "server.2", pattern, "zookeeper.peer_port"]
        return host.want("fixed_key", *words, apply=False)

    assert ask("*:2888:3888").status == "ok"
    kept(host, file="server.2=a:2888:3888\n")
    assert ask("*:2889:3888").status == "ok", "it does not run"
    kept(host, snapshot="server.2=a:2888:3888\n")
    assert ask("*:2888:3888").status == "ok"
    assert "is running with server.2=a:2888:3888" in ask("*:2889:3888").detail


@pytest.mark.parametrize(
    ("running", "value", "status"),
    [
        (None, "REPLICATION", "ok"),
        ("listeners=PLAINTEXT://:9092\n", "PLAINTEXT", "ok"),
        ("listeners=PLAINTEXT://:9092\n", "REPLICATION", "failed"),
        ("inter.broker.listener.name=REPLICATION\n", "REPLICATION", "ok"),
        ("inter.broker.listener.name=REPLICATION,OTHER\n", "REPLICATION", "ok"),
        ("inter.broker.listener.name=REPLICATION\n", "PLAINTEXT", "failed"),
    ],
)
def test_how_a_running_service_connects_is_not_changed_at_once(
    running: str | None, value: str, status: str, host: Host
) -> None:
    snapshot = host / "snapshot.properties"
    if running is not None:
        snapshot.write_text(running)
    said = host.want("connects_by", "kafka", snapshot, "inter.broker.listener.name", "PLAINTEXT", value, apply=False)
    assert said.status == status
    if status == "failed":
        assert "fab security.move" in said.detail


SCRAM_LISTENER = (
    "listeners=REPLICATION://:9091,CLIENTS://:9094\nlistener.security.protocol.map=REPLICATION:SSL,CLIENTS:SASL_SSL\n"
    "listener.name.clients.sasl.enabled.mechanisms=SCRAM-SHA-512\n"
)
MTLS_LISTENER = (
    "listeners=CLIENTS://:9094,REPLICATION://:9091\nlistener.security.protocol.map=CLIENTS:SSL,REPLICATION:SSL\n"
    "listener.name.clients.ssl.client.auth=required\n"
)
SCRAM, PLAIN, MTLS, TLS = (
    ("SASL_SSL", "SCRAM-SHA-512", ""), ("SASL_SSL", "PLAIN", ""), ("SSL", "", "required"), ("SSL", "", "")
)  # fmt: skip


@pytest.mark.parametrize(
    ("running", "login", "status"),
    [
        (None, SCRAM, "ok"),
        ("listeners=PLAINTEXT://:9092\n", SCRAM, "ok"),
        ("listeners=OLD_CLIENTS://:9092\nlistener.security.protocol.map=OLD_CLIENTS:SSL\n", SCRAM, "ok"),
        (SCRAM_LISTENER, SCRAM, "ok"),
        (SCRAM_LISTENER.replace("9094", "9096"), SCRAM, "ok"),
        (SCRAM_LISTENER, PLAIN, "failed"),
        (SCRAM_LISTENER, MTLS, "failed"),
        (MTLS_LISTENER, MTLS, "ok"),
        (MTLS_LISTENER, TLS, "failed"),
        (MTLS_LISTENER, SCRAM, "failed"),
    ],
)
def test_a_listener_that_is_open_keeps_its_login(
    running: str | None, login: tuple[str, ...], status: str, host: Host
) -> None:
    snapshot = host / "snapshot.properties"
    if running is not None:
        snapshot.write_text(running)
    said = host.want("listener_login", "kafka", snapshot, "CLIENTS", "listener.name.clients.", *login, apply=False)
    assert (said.kind, said.status) == ("connects-by", status)
    if status == "failed":
        assert said.detail.endswith("[M7]")
        assert "give the new listener another name and another port (fab security.move)" in said.detail


@pytest.mark.parametrize(("formatted", "status"), [(True, "failed"), (False, "ok")])
def test_a_quorum_that_has_stored_its_listeners_starts_with_no_others(formatted: bool, status: str, host: Host) -> None:
    (host / "file").write_text("controller.listener.names=CONTROLLER\n")
    if formatted:
        (host / "data/__cluster_metadata-0").mkdir(parents=True)
        (host / "data/__cluster_metadata-0/quorum-state").write_text("{}")
    words = ("kafka", host / "snapshot", "controller.listener.names", "CONTROLLER", "CONTROLLER_TLS")
    said = host.want("connects_by", *words, host / "file", host / "data", apply=False)
    assert said.status == status
    assert (status == "ok") or "has stored its quorum with controller.listener.names=CONTROLLER" in said.detail
