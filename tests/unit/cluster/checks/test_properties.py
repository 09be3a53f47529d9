"""Properties of the user's own: whose they are, of which type, for which host; and where brokers listen."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafka_fab.cluster import inventory
from kafka_fab.cluster.checks.property_check import (
    NUMBERS_OF_ZOOKEEPER,
    OURS,
    OURS_OF_CONTROLLER,
    OURS_OF_ZOOKEEPER,
    TIMES_OF_ZOOKEEPER,
)
from kafka_fab.cluster.encode import java_properties
from kafka_fab.cluster.folder import HOME
from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.preflight import network_check
from kafka_fab.cluster.release import release
from kafka_fab.cluster.roles import broker, controller, jvm, kraft, service, zookeeper_server
from kafka_fab.cluster.schema.problem import ConfigError
from kafka_fab.cluster.template import FILTERS, NAMES, TemplateProblem
from kafka_fab.cluster.values import address, listener
from kafka_fab.live.zookeeper import four_letter_words
from tests.unit.folders import COMBINED, ZOOKEEPER, Load, written
from tools.pages import templates_page

ISOLATED = "[kafka]\na id=1\n[controller]\nd id=4\n"


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    monkeypatch.chdir(tmp_path)
    return lambda settings="", hosts=ZOOKEEPER, version="3.9.1": written(
        tmp_path, hosts, f"version: {version}\n{settings}"
    )


def refused(load_it: Load, *texts: str, **more: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load_it(*texts, **more)
    errors = [problem for problem in caught.value.problems if not problem.warning]
    assert all(problem.line for problem in errors)
    return "\n".join(map(str, errors))


def main(cluster: Cluster, host: str) -> dict[str, str]:
    """What a broker finds in its file."""
    return java_properties.read(broker.config(cluster, cluster.nodes[host])[0].content)


def tricks(name: str) -> list[str]:
    return [name, name.upper(), name.title()]


@pytest.mark.parametrize("block", ["properties", "unchecked_properties"])
@pytest.mark.parametrize("name", [trick for name in OURS for trick in tricks(name)])
def test_what_we_write_is_ours_in_any_capitals(block: str, name: str, loaded: Load) -> None:
    words = refused(loaded, f"kafka:\n  {block}:\n    {name}: 9\n")
    assert f"kafka.{block}.{name} is written from " in words


@pytest.mark.parametrize("name", [trick for name in OURS_OF_CONTROLLER for trick in tricks(name)])
def test_what_we_write_for_controllers_is_ours(name: str, loaded: Load) -> None:
    words = refused(loaded, f"controller:\n  properties:\n    {name}: 9\n", ISOLATED)
    assert f"controller.properties.{name} is written from " in words


@pytest.mark.parametrize(
    "name", [trick for name in (*OURS_OF_ZOOKEEPER, "server.9", "group.1", "weight.1") for trick in tricks(name)]
)
def test_what_we_write_for_zookeeper_is_ours(name: str, loaded: Load) -> None:
    words = refused(loaded, f"zookeeper:\n  properties:\n    {name}: 9\n")
    assert f"zookeeper.properties.{name} is written from " in words


@pytest.mark.parametrize("section", ["kafka: {properties", "kafka: {unchecked_properties", "zookeeper: {properties",
                                     "controller: {properties"])  # fmt: skip
@pytest.mark.parametrize("name", ["'broker.id '", "' server.9'", '"clientPort\\t"', '"x\\nserver.9"', "'node.id='"])
def test_no_name_walks_round_that(section: str, name: str, loaded: Load) -> None:
    words = refused(loaded, f"{section}: {{{name}: 9}}}}")
    assert "write the name alone, without blanks" in words


def test_a_property_of_kafkas_own_is_never_unchecked(loaded: Load) -> None:
    words = refused(loaded, "kafka:\n  unchecked_properties:\n    num.partitions: 3\n")
    assert "conf/cluster.yaml:4: kafka.unchecked_properties.num.partitions is Kafka's own: set it under kafka" in words


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("num.partitions", "abc", "a whole number of 32 bits from 1 on is wanted, found `abc`"),
        ("num.partitions", "", "a whole number of 32 bits from 1 on is wanted, found ``"),
        ("num.partitions", "0", "a whole number of 32 bits from 1 on is wanted, found `0`"),
        ("num.partitions", "1_000", "a whole number of 32 bits from 1 on"),
        ("num.partitions", "4294967296", "a whole number of 32 bits from 1 on"),
        ("num.partitions", "9" * 5000, "a whole number of 32 bits from 1 on"),
        ("log.retention.ms", "7d", "a whole number of 64 bits is wanted, found `7d`"),
        ("auto.create.topics.enable", "maybe", "true or false is wanted, found `maybe`"),
        ("default.replication.factor", "3.0", "a whole number of 32 bits is wanted"),
        ("compression.type", "zip", "one of uncompressed, zstd, lz4, snappy, gzip, producer is wanted, found `zip`"),
        ("log.cleanup.policy", "compact,remove", "a list of compact, delete is wanted, found `compact,remove`"),
        ("log.cleaner.io.buffer.load.factor", "much", "a number is wanted, found `much`"),
    ],
)
@pytest.mark.parametrize("place", ["properties", "a host"])
def test_a_value_is_of_kafkas_own_type(name: str, value: str, wanted: str, place: str, loaded: Load) -> None:
    if place == "properties":
        assert wanted in refused(loaded, f"kafka:\n  properties:\n    {name}: '{value}'\n")
    elif value:
        words = refused(loaded, "", ZOOKEEPER.replace("b id=2\nc id=3\n[", f"b id=2 {name}={value}\nc id=3\n["))
        assert f"hosts.ini:3: b: {name}: {wanted}" in words


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("num.partitions", " 3 "),
        ("num.partitions", "${env:PARTITIONS}"),
        ("auto.create.topics.enable", "TRUE"),
        ("log.cleanup.policy", "compact, delete"),
        ("log.cleaner.io.buffer.load.factor", "1e-1"),
        ("log.retention.ms", "-1"),
        ("inter.broker.protocol.version", "3.9"),
        ("super.users", "User:CN=Zürich"),
    ],
)
def test_a_value_that_kafka_takes(name: str, value: str, loaded: Load) -> None:
    assert main(loaded(f"kafka:\n  properties:\n    {name}: '{value}'\n"), "a")[name] == value


def test_a_version_that_was_not_tested_may_accept_more_but_no_other_type(loaded: Load) -> None:
    assert loaded("kafka: {properties: {compression.type: brotli}}", version="3.7.0")
    assert "is wanted" in refused(loaded, "kafka:\n  properties:\n    num.partitions: x", version="3.7.0")


@pytest.mark.parametrize("name", NUMBERS_OF_ZOOKEEPER)
def test_zookeepers_numbers(name: str, loaded: Load) -> None:
    words = refused(loaded, f"zookeeper:\n  properties:\n    {name}: often\n")
    limit = " from 1 on" if name in TIMES_OF_ZOOKEEPER else ""
    assert f"zookeeper.properties.{name}: a whole number of 32 bits{limit} is wanted, found `often`" in words


def test_zookeepers_words_have_the_one_that_is_asked(loaded: Load) -> None:
    assert "without srvr" in refused(loaded, "zookeeper:\n  properties:\n    4lw.commands.whitelist: ruok, mntr\n")
    assert loaded("zookeeper: {properties: {4lw.commands.whitelist: '*'}}")


@pytest.mark.parametrize("line", release.RELEASES, ids=lambda line: line.names)
def test_the_tables_of_types(line: release.Release) -> None:
    kinds = {found.type for found in line.property_types.values()}
    assert kinds <= {"BOOLEAN", "CLASS", "DOUBLE", "INT", "LIST", "LONG", "PASSWORD", "SHORT", "STRING"}
    untyped = line.property_names - line.property_types.keys()
    # Read by the authorizer, or by quotas, and not by KafkaConfig.
    assert all(name.startswith(("super.", "allow.", "follower.", "leader.", "replica.")) for name in untyped)
    assert line.listeners == ("ssl.key.password" in line.password_names)


# Addresses


BAD = ["300.1.2.3", "300.1.2.3:", "1.2.3", "abc:def", ":::", "r1..example.net", ".a", "a.",
       f"{'x' * 70}.net", "-a", "a-",
       "[fd87::1", "fd87::1]", "fe80::1%eth0", "0.0.0.0", "::", "ff02::1", "a/b", "zürich", "224.0.0.1",
       ".".join(["abcdefgh"] * 40), "1.2.3.4:9092", "[10.0.0.1]"]  # fmt: skip


@pytest.mark.parametrize("text", BAD)
def test_no_address(text: str, loaded: Load) -> None:
    assert address.wrong(text)
    words = refused(loaded, "", ZOOKEEPER.replace("b id=2\nc", f"b id=2 address={text}\nc", 1))
    # Endless words are told by their length.
    assert (f"hosts.ini:3: b: address={text} is " if len(text) < 100 else "hosts.ini:3: b: ") in words


@pytest.mark.parametrize("host", ["r1..example.net", f"{'x' * 70}.net", "300.1.2.3", "1.2.3"])
def test_no_address_as_a_host(host: str, loaded: Load) -> None:
    assert f"hosts.ini:2: {host} is " in refused(loaded, "", f"[kafka]\n{host} id=1\n[zookeeper]\nb id=1\n")
    assert loaded("", f"[kafka]\nx{host.replace('..', '-').replace('x', '')} id=1 address=c\n[zookeeper]\nb id=1\n")


@pytest.mark.parametrize(
    "text", ["a", "kafka-1.example.net", "10.0.0.1", "fd87::12", "[fd87::12]", "my_host", "2a.b", "127.0.0.1"]
)
def test_an_address(text: str) -> None:
    assert not address.wrong(text)


@given(st.ip_addresses(v=6))
def test_an_ipv6_address_is_one_in_all_its_forms(found: object) -> None:
    forms = {str(found), f"[{found}]", getattr(found, "exploded", ""), str(found).upper()}
    # Java takes ::ffff:10.0.0.1 for 10.0.0.1.
    plain = str(getattr(found, "ipv4_mapped", None) or found)
    assert {address.normal(form) for form in forms} == {plain}
    assert listener.read(f"A://{address.place(str(found), 9092)}") == (listener.Listener("A", plain, 9092),)


IN_KAFKA = "[kafka]\na id=1 address=fd87::11\nb id=2 address=[fd87:0::12]\n"
SIX = {
    "zookeeper": f"{IN_KAFKA}[zookeeper]\na id=1\nb id=2\nc id=3 address=FD87::13\n",
    "combined": f"{IN_KAFKA}[controller]\na id=1\nb id=2\nc id=3 address=fd87::13\n",
}


def test_ipv6_with_zookeeper(loaded: Load) -> None:
    cluster = loaded("", SIX["zookeeper"])
    found = main(cluster, "b")
    assert found["advertised.listeners"] == "PLAINTEXT://[fd87::12]:9092"
    assert found["zookeeper.connect"] == "[fd87::11]:2181,[fd87::12]:2181,[fd87::13]:2181/kafka"
    assert zookeeper_server.properties(cluster)["server.3"] == "[fd87::13]:2888:3888"
    assert broker.endpoints(cluster, cluster.nodes["b"]) == ("[fd87::12]:9092",)
    assert cluster.nodes["b"].at(2181) == "[fd87::12]:2181"


@pytest.mark.parametrize(("version", "name"), [("4.3.1", "bootstrap.servers"), ("3.7.0", "voters")])
def test_ipv6_with_kraft(version: str, name: str, loaded: Load) -> None:
    cluster = loaded("", SIX["combined"], version)
    who = ["1@", "2@", "3@"] if name == "voters" else ["", "", ""]
    places = [f"{who[at]}[fd87::1{at + 1}]:9093" for at in range(3)]
    assert kraft.quorum(cluster)[f"controller.quorum.{name}"] == ",".join(places)
    assert "3@[fd87::13]:9093:" in kraft.initial_controllers(cluster, "x")
    if version == "4.3.1":
        assert (
            controller.properties(cluster, cluster.nodes["c"])["advertised.listeners"] == "CONTROLLER://[fd87::13]:9093"
        )


def test_ipv6_where_the_version_knows_none(loaded: Load) -> None:
    hosts = SIX["zookeeper"]
    words = refused(loaded, "kafka: {chroot: ''}", hosts, "0.8.0")
    assert "hosts.ini:2: a: Kafka 0.8.0 and its ZooKeeper take no IPv6 address: use a host name" in words


@pytest.mark.parametrize(
    ("line", "member"),
    [
        ("server.1=[fd87:0:0:0:0:0:0:11]:2888:3888:participant", "server.1=fd87::11"),
        ("server.2=kafka2:2888:3888:participant;0.0.0.0:2181", "server.2=kafka2"),
        ("server.3=10.0.0.3:2888:3888", "server.3=10.0.0.3"),
    ],
)
def test_members_as_a_server_tells_them(line: str, member: str) -> None:
    assert [f"{name}={address.normal(host)}" for name, host in four_letter_words.MEMBER.findall(f"x=1\n{line}\n")] == [
        member
    ]


# Listeners


def two(text: str, protocols: str = "") -> str:
    return f"kafka:\n  properties:\n    listeners: {text}\n" + (
        f"    listener.security.protocol.map: {protocols}\n" if protocols else ""
    )


HYPHEN = two("PLAINTEXT://:9092,CLIENT-PLAIN://:9094", "PLAINTEXT:PLAINTEXT,CLIENT-PLAIN:PLAINTEXT")


@pytest.mark.parametrize(("hosts", "version"), [(ZOOKEEPER, "3.9.1"), (COMBINED, "4.3.1"), (COMBINED, "3.7.0")])
def test_each_listener_gets_its_host(hosts: str, version: str, loaded: Load) -> None:
    cluster = loaded(HYPHEN, hosts, version)
    node, found = cluster.nodes["b"], main(cluster, "b")
    told = listener.read(found["advertised.listeners"])
    mine = [str(one) for one in told if one.name != "CONTROLLER"]
    assert mine == ["PLAINTEXT://b:9092", "CLIENT-PLAIN://b:9094"]
    assert ("CONTROLLER://b:9093" in map(str, told)) == (version == "4.3.1")
    assert broker.endpoints(cluster, node) == ("b:9092", "b:9094")
    assert broker.endpoint(cluster, node) == "b:9092"
    ports = {9092, 9094} | ({9093} if cluster.kraft else set())
    assert set(broker.ports(cluster, node)) == ports == set(service.services(cluster, node)[-1].ports)
    if cluster.kraft:
        assert "CONTROLLER://:9093" in found["listeners"]
        assert listener.protocols(found["listener.security.protocol.map"])["CONTROLLER"] == "PLAINTEXT"


def test_a_combined_node_is_advertised_to_controllers_whatever_its_line_says(loaded: Load) -> None:
    hosts = COMBINED.replace("b id=2\n", "b id=2 advertised.listeners=PLAINTEXT://ext-b:9092\n", 1)
    cluster = loaded("", hosts, "4.3.1")
    assert main(cluster, "b")["advertised.listeners"] == "PLAINTEXT://ext-b:9092,CONTROLLER://b:9093"
    assert main(cluster, "a")["advertised.listeners"] == "PLAINTEXT://a:9092,CONTROLLER://a:9093"


def test_the_listener_that_is_asked_need_not_be_the_first(loaded: Load) -> None:
    text = two("REPLICATION://:9095,PLAINTEXT://:9092", "REPLICATION:PLAINTEXT,PLAINTEXT:PLAINTEXT")
    cluster = loaded(text + "    inter.broker.listener.name: REPLICATION\n")
    node = cluster.nodes["b"]
    assert broker.endpoint(cluster, node) == "b:9092"
    assert broker.inter_broker_port(cluster, node) == 9095
    assert 9095 in {port for other, port in network_check.targets(cluster, cluster.nodes["a"]) if other == node}
    assert 9092 not in {port for other, port in network_check.targets(cluster, cluster.nodes["a"]) if other == node}


def test_a_listener_of_another_protocol_is_mapped(loaded: Load) -> None:
    found = main(loaded(two("PLAINTEXT://:9092,SSL://:9094"), COMBINED), "a")
    assert found["listener.security.protocol.map"] == "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (two("PLAINTEXT//:9092"), "listeners: PLAINTEXT//:9092 is not NAME://HOST:PORT"),
        (two("PLAINTEXT://fd87::1:9092"), "is not NAME://HOST:PORT (an IPv6 address in brackets"),
        (two("PLAINTEXT://:99999"), "PLAINTEXT://:99999: a port is 1 to 65535"),
        (two("PLAINTEXT://:9093"), "kafka.port: 9092 is not among the ports of listeners; set both"),
        (two("PLAINTEXT://:9092,CLIENT-PLAIN://:9094"), "CLIENT-PLAIN has no protocol: add `CLIENT-PLAIN:PLAINTEXT`"),
        (two("PLAINTEXT://:9092,plaintext://:9094"), "PLAINTEXT is given twice"),
        (two("PLAINTEXT://:9092,SSL://:9092"), "SSL and PLAINTEXT have one port, 9092"),
        (two("PLAINTEXT://:9092,SSL://:2181"), "are both 2181 on one host"),
        (two("PLAINTEXT://:9092") + "    advertised.listeners: SSL://x:1", "SSL is not among the listeners"),
        (two("PLAINTEXT://:9092") + "    advertised.listeners: PLAINTEXT://0.0.0.0:9092", "names no host that clients"),
    ],
)
def test_listeners_that_no_broker_takes(text: str, words: str, loaded: Load) -> None:
    assert words in refused(loaded, text)


@given(st.text(max_size=30))
def test_listeners_are_read_or_refused(text: str) -> None:
    try:
        found = listener.read(text)
    except ValueError:
        return
    assert listener.read(listener.write(found)) == found


# Each host its own


def test_a_property_of_one_host(loaded: Load) -> None:
    hosts = ZOOKEEPER.replace("b id=2\n", "b id=2 num.io.threads=16 advertised.listeners=PLAINTEXT://ext-b:9092\n", 1)
    cluster = loaded("kafka: {properties: {num.io.threads: 4}}", hosts)
    assert [main(cluster, host)["num.io.threads"] for host in "abc"] == ["4", "16", "4"]
    assert [broker.endpoint(cluster, cluster.nodes[host]) for host in "abc"] == ["a:9092", "ext-b:9092", "c:9092"]


def test_a_property_of_an_isolated_controller(loaded: Load) -> None:
    hosts = ISOLATED.replace("d id=4", "d id=4 controller.quorum.fetch.timeout.ms=3000")
    cluster = loaded("", hosts)
    assert controller.properties(cluster, cluster.nodes["d"])["controller.quorum.fetch.timeout.ms"] == "3000"
    assert "controller.quorum.fetch.timeout.ms" not in main(cluster, "a")


def test_an_isolated_controller_decides_by_what_is_said_of_the_brokers(loaded: Load) -> None:
    said = {"min.insync.replicas": "2", "default.replication.factor": "2", "num.partitions": "5"}
    said |= {"delete.topic.enable": "false", "unclean.leader.election.enable": "true", "num.io.threads": "9"}
    block = "".join(f"    {name}: {value}\n" for name, value in said.items())
    cluster = loaded(
        f"kafka:\n  properties:\n{block}controller: {{properties: {{num.partitions: 7}}}}\n", ISOLATED, "4.3.1"
    )
    found = controller.properties(cluster, cluster.nodes["d"])
    expected = {**said, "num.partitions": "7"}
    del expected["num.io.threads"]
    assert {name: found.get(name) for name in expected} == expected
    assert "num.io.threads" not in found
    assert "num.partitions" not in controller.properties(loaded("", ISOLATED, "4.3.1"), cluster.nodes["d"])


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "b id=2\n",
            "b id=2 num.io.thread=16\n",
            "unknown key num.io.thread (did you mean num.io.threads?)",
        ),
        (
            "b id=2\n",
            "b id=2 rak=16\n",
            "unknown key rak (did you mean rack?); keys are id, rack, address",
        ),
        ("b id=2\n", "b id=2 log.dirs=/x\n", "hosts.ini:3: b: log.dirs is written from kafka.log_dirs; set it there"),
        (
            "b id=2\n",
            "b id=2 metadata.log.dir=/etc\n",
            "metadata.log.dir is written from kafka.properties",
        ),
        ("b id=2\n", "b id=2 vars.a-b=1\n", "hosts.ini:3: b: unknown key vars.a-b"),
        ("b id=2\n", "b id=2 num.io.threads=1 num.io.threads=2\n", "hosts.ini:3: b: num.io.threads is given twice"),
        ("b id=2\n", "b id=2 listeners=PLAINTEXT://:9192\n", "hosts.ini:3: b: kafka.port: 9092 is not among the ports"),
        (
            "[zookeeper]\na id=1\n",
            "[zookeeper]\na id=1 num.io.threads=2\n",
            "on a line of [zookeeper] no property",
        ),
        ("b id=2\n", "b id=2 process.roles=broker\n", "hosts.ini:3: b: process.roles is written from the groups"),
        ("b id=2\n", "b id=2 remote.log.storage.system.enable=x\n", "true or false is wanted, found `x`"),
    ],
)
def test_what_a_line_of_hosts_ini_cannot_say(old: str, new: str, words: str, loaded: Load) -> None:
    assert words in refused(loaded, "", ZOOKEEPER.replace(old, new, 1))


def test_a_combined_node_has_its_properties_on_one_line(loaded: Load) -> None:
    hosts = COMBINED.replace("[controller]\na id=1\n", "[controller]\na id=1 num.io.threads=2\n")
    assert "a: num.io.threads: this is one combined node: write its properties on its line in [kafka]" in refused(
        loaded, "", hosts
    )


OURS_TEMPLATE = "{% for name, value in properties.items() %}\n{{ name }}={{ value }}\n{% endfor %}\n"


def with_template(cluster: Cluster, folder: Path, text: str) -> Cluster:
    """A cluster with a server.properties.j2 of its own."""
    folder.mkdir()
    (folder / "server.properties.j2").write_text(text)
    cluster.templates.folders = (folder, *cluster.templates.folders)
    return cluster


def test_templates_find_variables_of_the_cluster_and_of_each_host(loaded: Load, tmp_path: Path) -> None:
    hosts = ZOOKEEPER.replace("b id=2\n", "b id=2 vars.zone=z2\n", 1)
    template = "zone={{ vars.zone }}\nteam={{ vars.team }}\nwhere={{ node.address }}\n"
    cluster = with_template(loaded("vars: {zone: z1, team: Zürich}\n", hosts), tmp_path / "own", template)
    assert main(cluster, "a") == {"zone": "z1", "team": "Zürich", "where": "a"}
    assert main(cluster, "b") == {"zone": "z2", "team": "Zürich", "where": "b"}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("broker.id=9\n", "broker.id would be `9`, where hosts.ini and conf/cluster.yaml say `1`"),
        (" broker\\u002eid : 9\n", "broker.id would be `9`"),
        ("log.dir=/x\n", "log.dir would be `/x`, where hosts.ini and conf/cluster.yaml say nothing"),
    ],
)
def test_a_template_of_a_users_own_says_nothing_else_of_what_is_ours(
    more: str, words: str, loaded: Load, tmp_path: Path
) -> None:
    cluster = with_template(loaded(), tmp_path / "own", OURS_TEMPLATE + more)
    with pytest.raises(TemplateProblem) as caught:
        main(cluster, "a")
    assert words in str(caught.value)
    assert str(tmp_path / "own/server.properties.j2") in str(caught.value)


def test_a_member_says_what_hosts_ini_does() -> None:
    found = inventory.parse("[kafka]\na id=1 num.io.threads=16 vars.zone=a=b\n[zookeeper]\na id=1\n")
    assert not found.problems
    assert found.members[0].properties == (("num.io.threads", "16"),)
    assert found.members[0].variables == (("zone", "a=b"),)


def test_the_page_tells_of_every_variable_and_filter(loaded: Load) -> None:
    page = (HOME / "docs/templates.md").read_text()
    cluster = loaded()
    names = {*cluster.for_templates(cluster.nodes["a"]), *jvm.of_kafka(cluster, cluster.nodes["a"]), *FILTERS}
    assert not [name for name in names if f"`{name}`" not in page and f"| {name} }}}}" not in page]
    assert not [name for name in NAMES if f"`{name}`" not in page]
    assert set(cluster.for_templates(cluster.nodes["a"])) == set(templates_page.COMMON)
    assert page == templates_page.text(page), "docs/refresh --generated"
