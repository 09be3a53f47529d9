"""Checks before a pass of a live change: ports that others use, names that cannot be resolved."""

import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.security.transition import MovePass
from kafka_fab.locking.operation_error import OperationError
from kafka_fab.operate.hosts import services
from kafka_fab.operate.security import listener_changes, pass_checks
from kafka_fab.operate.security.listener_changes import ListenerChange
from tests.unit.folders import written

HOSTS = "[kafka]\na id=1\nb id=2\n[controller]\nc id=11\n"
SECURED = "security:\n  internal: mtls\n  listeners: {clients: {port: 9094, login: tls%s}}\n"


def cluster(path: Path, more: str = "") -> Cluster:
    (path / "conf").mkdir(parents=True)
    return written(path, HOSTS, f"version: 4.3.1\n{SECURED % more}")


def changes(path: Path) -> tuple[ListenerChange, ...]:
    """Return all services of a plaintext cluster that is to be secured."""
    (path / "plain/conf").mkdir(parents=True)
    plain = written(path / "plain", HOSTS, "version: 4.3.1\n")
    before = {one.target: one.wanted for one in listener_changes.read(plain)}
    after = listener_changes.read(cluster(path / "new"))
    return tuple(ListenerChange(one.target, before[one.target], one.wanted) for one in after)


class Asked:
    """Hosts that answer that somebody listens at one port."""

    def __init__(self, taken: str) -> None:
        self.taken = taken
        self.calls: dict[str, list[str]] = {}

    def run(self, ask: Any, _task: str, hosts: Any) -> list[Any]:
        return [self._answer(host, ask) for host in hosts]

    def _answer(self, host: str, ask: Any) -> Any:
        self.calls[host] = ask(SimpleNamespace(original_host=host))
        used = any(self.taken in call.split() for call in self.calls[host])
        return SimpleNamespace(host=host, error=f"port {self.taken}: sshd listens" if used else "")


def test_a_port_that_another_process_uses_is_refused_before_the_first_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "run", lambda _, calls: calls)
    free, taken = Asked("1"), Asked("9094")
    found = changes(tmp_path)
    pass_checks.require(free, found, MovePass.ADD, False, 0)  # type: ignore[arg-type]
    assert {host: sorted(call.split()[1] for call in calls) for host, calls in free.calls.items()} == {
        "a": ["9091", "9094"],
        "b": ["9091", "9094"],
        "c": ["9095"],
    }
    with pytest.raises(OperationError, match="nothing was restarted: a: port 9094: sshd listens; b: ") as refused:
        pass_checks.require(taken, found, MovePass.ADD, False, 0)  # type: ignore[arg-type]
    assert refused.value.code == "M2"


def test_a_name_that_is_advertised_and_cannot_be_resolved_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def resolve(name: str, _: object) -> None:
        if name.endswith(".invalid"):
            raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    pass_checks.require_names(cluster(tmp_path / "one", ", advertise: '{host}.example.org'"))
    with pytest.raises(OperationError, match=r"a: listener CLIENTS would be advertised as a\.no\.invalid") as refused:
        pass_checks.require_names(cluster(tmp_path / "two", ", advertise: '{host}.no.invalid'"))
    assert refused.value.code == "M4"
