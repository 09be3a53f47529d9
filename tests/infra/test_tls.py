"""TLS: what each secured listener serves, whom it refuses, and that nothing listens beside it."""

from testinfra.host import Host

from kafka_fab.cluster.resource import NodeStore, Pkcs12
from kafka_fab.live.client import listener_probe
from kafka_fab.operate.validate.tls_check import TlsListener
from tests.infra.expect import Service
from tests.infra.facts import certificates, listeners, process, stat


def test_the_listener_shows_a_valid_certificate_of_this_host(tls_listener: TlsListener) -> None:
    assert listener_probe.verified(tls_listener.endpoint).protocol in ("TLSv1.2", "TLSv1.3")


def test_plaintext_is_not_answered(tls_listener: TlsListener) -> None:
    assert not listener_probe.answers_plaintext(tls_listener.endpoint, tls_listener.question)


def test_whoever_shows_no_certificate_is_refused(closed_listener: TlsListener) -> None:
    assert not listener_probe.answers_without_certificate(closed_listener.endpoint, closed_listener.question)


def test_nothing_else_is_open(host: Host, secured_service: Service) -> None:
    pid = process(host, secured_service.unit).pid
    listening = {port for port, pids in listeners(host).items() if pid in pids}
    others = listening - secured_service.may_listen
    assert len(others) <= secured_service.local_ports, f"ports {others} are open, too"


def test_the_certificate_on_the_host_is_the_issued_one(host: Host, node_store: NodeStore) -> None:
    for path, _, _ in node_store.stores:
        assert certificates(host, path).strip() == node_store.chain.strip(), (
            f"{path} has another certificate: see `fab plan`"
        )


def test_only_the_service_reads_the_private_key(host: Host, node_store: NodeStore) -> None:
    for path, owner, group in node_store.stores:
        assert stat(host, path) == f"regular file {owner}:{group} 440"


def test_only_the_service_reads_the_pkcs12_store(host: Host, pkcs12: Pkcs12) -> None:
    for path in (pkcs12.path, pkcs12.secrets):
        assert stat(host, path) == f"regular file {pkcs12.owner}:{pkcs12.group} 440"
