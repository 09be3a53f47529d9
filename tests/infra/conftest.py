"""Parameters: each spec runs once per host and per resource; a host without a broker has no broker specs."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from testinfra.host import Host

from kafka_fab.cluster.model import Cluster
from tests.infra import facts
from tests.infra.expect import EXPECTED, Service
from tests.infra.reach import AT_ONCE, CLUSTER, TARGETS


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    cluster, targets = metafunc.config.stash[CLUSTER], metafunc.config.stash[TARGETS]
    asked = next((name for name in EXPECTED if name in metafunc.fixturenames), "")
    rows = EXPECTED[asked] if asked else lambda *_: [("", None)]
    names = [name for name in ("host", asked) if name and name in metafunc.fixturenames]
    if not names:
        return
    values, ids = [], []
    for target in targets:
        for label, value in rows(cluster, target):
            row = {"host": target.host, asked: value}
            values.append([row[name] for name in names])
            ids.append("-".join(filter(None, (target.node.host, label))))
    metafunc.parametrize(names, values, ids=ids, indirect=["host"] if "host" in names else False)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out a spec that is about nobody here: of controllers in a cluster with ZooKeeper, say."""
    items[:] = [item for item in items if not any(map(_is_about_nobody, item.iter_markers("skip")))]


def _is_about_nobody(mark: pytest.Mark) -> bool:
    return "got empty parameter set" in mark.kwargs.get("reason", "")


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest) -> Cluster:
    """What should be."""
    return request.config.stash[CLUSTER]


@pytest.fixture(scope="session")
def refusals(request: pytest.FixtureRequest) -> dict[Host, str]:
    """Why a host lets nobody look, nothing where it does; asking all at once opens the connections, too."""
    hosts = [target.host for target in request.config.stash[TARGETS]]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(hosts, pool.map(_refusal, hosts), strict=True))


def _refusal(host: Host) -> str:
    try:
        answer = host.run("id -u")
    except RuntimeError as error:
        # What testinfra raises where ssh itself fails: the result of the command.
        return str(error.args[0].stderr.strip())
    if answer.failed:
        return f"{answer.stderr.strip()} (the specs need root, or sudo without a password)"
    return "" if answer.stdout.strip() == "0" else "the specs need root: add ?sudo=true to the URL"


@pytest.fixture
def host(request: pytest.FixtureRequest, refusals: dict[Host, str]) -> Host:
    """A live host, as testinfra's: in place of testinfra's own fixture, which knows no roles."""
    chosen: Host = request.param
    if refusals[chosen]:
        pytest.fail(f"{chosen.backend.get_pytest_id()}: {refusals[chosen]}", pytrace=False)
    return chosen


@pytest.fixture
def process(host: Host, service: Service) -> facts.Process:
    """The main process of a service."""
    return facts.process(host, service.unit)


@pytest.fixture(scope="session")
def messages(cluster: Cluster) -> dict[str, str]:
    """How each broker passed a message on, by host: ok, or why not."""
    from invoke.exceptions import Exit

    from kafka_fab.operate.validate import smoke

    try:
        return {one.host: one.result for one in smoke.test_all(cluster)}
    except Exit as error:
        return {node.host: str(error.message) for node in cluster.brokers}
