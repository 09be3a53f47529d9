"""renewal.sh: a new certificate beside the old one, put in its place, and put back."""

from datetime import UTC, datetime
from pathlib import Path
from shlex import join

import pytest

from kafka_fab.cluster.change import key_values
from kafka_fab.cluster.pki import authority, certificate, signing_request
from kafka_fab.cluster.pki.authority import Leaf
from kafka_fab.cluster.resource import NodeStore
from kafka_fab.cluster.values.subject import Subject
from kafka_fab.operate.certificates.issue import pem_of
from kafka_fab.remote import script
from tests.unit.remote.scripts.library.host import GROUP, HERE, USER, Host, Said, mode

NOW = datetime.now(UTC)
CA = authority.new(Subject("CA", "orders"), NOW)


class Renewed(Host):
    """A host with a store, and the functions of a renewal."""

    def __init__(self, folder: Path, shell: str) -> None:
        super().__init__(folder, shell)
        (folder / "etc").mkdir()
        self.store = folder / "etc/node.pem"
        request = self.bring(self._store("")).only.detail
        self.before = self.sign(request)
        self.bring(self._store(self.before))

    def _store(self, chain: str) -> NodeStore:
        return NodeStore(str(self.store), chain, ((str(self.store), USER, GROUP),), "/CN=kafka-node")

    def sign(self, detail: str) -> str:
        key = signing_request.public_key(pem_of(key_values(detail)["csr"]))
        return CA.issue(key, Leaf(Subject("kafka-node"), 90), NOW).pem

    def call(self, *words: object) -> Said:
        return self.run(f"{script.sent(script.RENEWAL)}\n{join(map(str, words))}")

    def offered(self) -> str:
        """Make a new key and offer its certificate, which is returned."""
        said = self.call("request_new", self.store, "/CN=kafka-node", "DNS:a")
        assert "PRIVATE" not in said.output
        chain = self.sign(said.only.detail)
        assert self.call("offer", chain, self.store, USER, GROUP).words == [("ok", "offered")]
        return chain

    @property
    def chain(self) -> str:
        return certificate.read(self.store.read_text())[0].pem

    @property
    def names(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "etc").iterdir())


@pytest.fixture(params=HERE)
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Renewed:
    return Renewed(tmp_path, request.param)


def test_it_is_offered_beside_the_old_one_where_the_service_can_judge_it(host: Renewed) -> None:
    chain = host.offered()
    assert host.chain == host.before
    new = host.folder / "etc/node.pem.new"
    assert mode(new) == "440"
    assert certificate.read(new.read_text())[0].pem == chain


def test_it_takes_the_old_ones_place_which_is_kept_until_it_is_served(host: Renewed) -> None:
    chain = host.offered()
    assert host.call("accept", host.store).words == [("changed", "node-store")]
    assert host.chain == chain
    assert host.names == [".node.pem.key", "node.pem", "node.pem.old"]
    host.call("confirm", host.store)
    assert (host.names, host.chain, mode(host.store)) == (["node.pem"], chain, "440")


def test_it_is_put_back(host: Renewed) -> None:
    host.offered()
    host.call("accept", host.store)
    changed_at = host.store.stat().st_mtime_ns
    host.call("put_back", host.store)
    assert (host.names, host.chain) == (["node.pem"], host.before)
    assert host.store.stat().st_mtime_ns > changed_at, "the process sees that the file is another one"


def test_it_is_withdrawn(host: Renewed) -> None:
    host.offered()
    host.call("withdraw", host.store)
    assert (host.names, host.chain) == (["node.pem"], host.before)


def test_after_a_kill_the_last_one_that_was_served_is_still_kept(host: Renewed) -> None:
    host.offered()
    host.call("accept", host.store)
    # Killed here: the one in place was never proven. The next renewal keeps the one before it.
    (host.folder / "etc/.node.pem.key").unlink()
    host.offered()
    host.call("accept", host.store)
    host.call("put_back", host.store)
    assert host.chain == host.before


def test_a_chain_of_another_key_is_refused(host: Renewed) -> None:
    said = host.call("offer", CA.certificate.pem, host.store, USER, GROUP)
    assert said.only.status == "failed"
    assert host.names == ["node.pem"]
