"""The table of security.status."""

from kafka_fab.operate.security.show_security import OpenListener, Peer, _source, text


def listener(name: str, closes: bool = False, clients: tuple[Peer, ...] = ()) -> OpenListener:
    return OpenListener("kafka1", "broker 1", name, 9092, "PLAINTEXT", "", closes, clients)


def test_a_listener_and_its_clients_are_a_row() -> None:
    row = text([listener("CLIENTS", clients=(Peer("10.1.2.3", 1), Peer("10.1.2.4", 3)))], "").splitlines()[1]
    assert row.split("  ")[-1] == "10.1.2.3, 10.1.2.4 (3)"


def test_what_is_stopped_is_named() -> None:
    assert text([], "", ["a (broker 1)", "b (broker 2)"]) == (
        "stopped, with no listener open: a (broker 1), b (broker 2) (fab start)"
    )
    assert "stopped" not in text([listener("CLIENTS")], "")


def test_many_clients_are_counted() -> None:
    many = tuple(Peer(f"10.1.2.{number}", 1) for number in range(7))
    assert text([listener("CLIENTS", clients=many)], "").endswith("10.1.2.4, and 2 more")


def test_each_client_of_a_listener_that_closes_is_named_once() -> None:
    found = text(
        [listener("PLAINTEXT", True, (Peer("10.1.2.3", 2), Peer("kafka2", 1, True)))] * 2, "pass 3"
    ).splitlines()
    assert found[3:] == ["10.1.2.3 is connected to PLAINTEXT, which is to be closed", "due: pass 3"]


def test_connections_from_this_machine_are_told_from_others() -> None:
    peers = Peer("10.1.2.3", 1), Peer("10.1.2.4", 1)
    lines = text([listener("REPLICATION", True, peers)], "", own={"10.1.2.4"}).splitlines()
    closing = "is connected to REPLICATION, which is to be closed"
    here = "(this machine: kafka-fab itself, or another client here)"
    assert lines[-2:] == [f"10.1.2.3 {closing}", f"10.1.2.4 {here} {closing}"]
    assert _source("127.0.0.1") == "127.0.0.1"
    assert _source("1::2::3") == ""
