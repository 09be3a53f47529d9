"""Changes that brokers take while they run: told, applied, proven, and forgotten again after a restart."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import fabric
import pytest

from kafka_fab.cluster import load
from kafka_fab.cluster.dynamic.override_decision import OWN, OverrideStep, Setting
from kafka_fab.live import broker_configs
from kafka_fab.operate.hosts.overrides import forget_overrides
from kafka_fab.remote.fleet import Fleet
from tests.integration.conftest import Site

pytestmark = pytest.mark.lab

HOURS = "    log.retention.hours: 168\n"
PIDS = "systemctl show -p MainPID --value kafka"
OURS = "cat /var/lib/kafka-fab/dynamic/kafka 2>/dev/null || true"


def described(site: Site, host: str) -> dict[str, Setting]:
    """Return a broker's own description of all its settings."""
    model = load.cluster(site.folder)
    return broker_configs.settings(model, model.nodes[host])


def in_force(site: Site, name: str) -> set[str | None]:
    return {described(site, host)[name].value for host in site.hosts}


def config_status(site: Site) -> set[str]:
    lines = json.loads(site.done("status", "--json"))["services"]
    return {line["config"] for line in lines if line["service"] == "kafka"}


@contextmanager
def saying(site: Site, **properties: object) -> Iterator[None]:
    """Let conf say more of the brokers, installed; at the end as it was, and the brokers too."""
    text = "".join(f"    {name.replace('_', '.')}: {value}\n" for name, value in properties.items())
    try:
        with site.changed("conf/cluster.yaml", HOURS, HOURS + text):
            site.done("install")
            yield
    finally:
        site.done("install")
        site.done("reconfigure")


@contextmanager
def set_by_someone(site: Site, host: str, name: str, value: str) -> Iterator[None]:
    """Set an override as kafka-configs.sh would, for a while."""
    model = load.cluster(site.folder)
    node = model.nodes[host]
    broker_configs.override(model, node, [OverrideStep(name, value, None)])
    try:
        yield
    finally:
        broker_configs.override(model, node, [OverrideStep(name, None, value)])


@dataclass
class Run:
    """What each command said of one change, and what brokers and hosts were like after it."""

    installed: str
    planned: str
    due: set[str]
    looked: str
    looked_force: set[str | None]
    done: str
    force: set[str | None]
    lists: set[str | None]
    stepped: set[str]
    second: str
    pids: list[dict[str, str]]
    ours: set[str]


@pytest.fixture(scope="module")
def run(cluster: Site) -> Run:
    before = cluster.everywhere(PIDS)
    with saying(cluster, num_io_threads=12, log_cleanup_policy="'compact, delete'"):
        return Run(
            installed=cluster.done("install"),
            planned=cluster.done("plan"),
            due=config_status(cluster),
            looked=cluster.done("reconfigure", "--plan"),
            looked_force=in_force(cluster, "num.io.threads"),
            done=cluster.done("reconfigure"),
            force=in_force(cluster, "num.io.threads"),
            lists=in_force(cluster, "log.cleanup.policy"),
            stepped=config_status(cluster),
            second=cluster.done("reconfigure"),
            pids=[before, cluster.everywhere(PIDS)],
            ours=set(cluster.everywhere(OURS).values()),
        )


def test_the_table_is_what_a_broker_says(cluster: Site) -> None:
    found = described(cluster, cluster.hosts[0])
    rules = load.cluster(cluster.folder).release
    assert {name for name, setting in found.items() if not setting.read_only} == rules.dynamic_names


def test_install_plan_and_status_tell_what_needs_no_restart(cluster: Site, run: Run) -> None:
    keys = "server.properties: log.cleanup.policy, num.io.threads"
    for host in cluster.hosts:
        line = f"{host}: kafka runs an outdated configuration ({keys}; dynamic change pending: "
        assert f"{line}fab reconfigure)" in run.installed
        assert f"{line}fab reconfigure)" in run.planned
    assert run.due == {"dynamic change pending"}


def test_a_look_tells_the_turns_and_touches_nothing(run: Run) -> None:
    assert "all hosts: dynamic num.io.threads  (8 -> 12)" in run.looked
    assert run.looked_force == {"8"}


def test_brokers_take_it_and_are_not_restarted(run: Run) -> None:
    assert "3 hosts: 6 changes" in run.done
    assert (run.force, run.lists) == ({"12"}, {"compact,delete"})
    before, after = run.pids
    assert before == after
    assert run.stepped == {"current"}
    assert run.ours == {"log.cleanup.policy=compact, delete\nnum.io.threads=12\n"}


def test_a_second_reconfigure_does_nothing(run: Run) -> None:
    assert "3 hosts: nothing to change" in run.second


@pytest.mark.usefixtures("run")
def test_back_at_the_first_value_no_override_is_left(cluster: Site) -> None:
    assert in_force(cluster, "num.io.threads") == {"8"}
    assert not [host for host in cluster.hosts if described(cluster, host)["num.io.threads"].own]
    assert set(cluster.everywhere(OURS).values()) == {""}
    assert config_status(cluster) == {"current"}


def test_a_broker_that_needs_a_restart_for_another_key_is_left_as_it_is_and_named(cluster: Site) -> None:
    with saying(cluster, num_io_threads=12, log_roll_hours=24):
        ended, as_json = cluster.fab("reconfigure"), cluster.fab("reconfigure", "--json")
        assert in_force(cluster, "num.io.threads") == {"8"}
    assert (ended.returncode, as_json.returncode) == (1, 1)
    assert "(server.properties: log.roll.hours; restart needed: fab rolling-restart --changed; " in ended.stdout
    assert ended.stdout.count("the restart also applies num.io.threads)") == 3, "one line for each broker"
    hosts = json.loads(as_json.stdout)["hosts"]
    assert [[change["status"] for change in host["changes"]] for host in hosts] == [["restart"]] * 3


def test_a_refusal_is_told_in_the_broker_s_words_and_nothing_is_applied(cluster: Site) -> None:
    with saying(cluster, num_io_threads=100, background_threads=12):
        ended = cluster.fab("reconfigure")
        assert in_force(cluster, "background.threads") == {"10"}
        assert config_status(cluster) == {"dynamic change pending"}
    assert ended.returncode == 1
    assert "value should not be greater than double the current value 8" in ended.stdout
    assert "or run fab rolling-restart --changed" in ended.stdout
    assert set(cluster.everywhere(OURS).values()) == {""}


def test_what_someone_has_set_is_told_and_left_to_them(cluster: Site) -> None:
    first, *others = cluster.hosts
    with set_by_someone(cluster, first, "num.io.threads", "10"), saying(cluster, num_io_threads=12):
        ended = cluster.fab("reconfigure")
        assert described(cluster, first)["num.io.threads"].value == "10"
        assert {described(cluster, host)["num.io.threads"].value for host in others} == {"12"}
    assert ended.returncode == 1
    assert "someone has set num.io.threads to 10 dynamically; the file says 12" in ended.stdout


def restarted(site: Site, host: str) -> None:
    """Restart a broker past fab, as systemd does after a crash, and wait until it serves."""
    site.on(host, "systemctl restart kafka", timeout=90)
    site.done("-H", host, "start")


def forget(site: Site, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_FAB_CLUSTER", str(site.folder))
    load.cluster.cache_clear()
    hosts = Fleet(fabric.Config(), host, quiet=True)
    [done] = hosts.run(lambda c: forget_overrides(hosts.cluster, hosts.cluster.nodes[host], c), "forget")
    hosts.close()
    assert not done.error


# Restarts in a row: now and then a broker of 3.9.1 that is stopped seconds after its start hangs in it.
@pytest.mark.slow
def test_what_hides_the_file_after_a_start_past_fab_is_ended_by_the_next_reconfigure(cluster: Site) -> None:
    first = cluster.hosts[0]
    with saying(cluster, num_io_threads=12):
        cluster.done("reconfigure")
        with cluster.changed("conf/cluster.yaml", "num.io.threads: 12", "num.io.threads: 30"):
            cluster.done("-H", first, "install")
            restarted(cluster, first)
            cluster.done("-H", first, "reconfigure")
            found = described(cluster, first)["num.io.threads"]
            assert (found.value, found.own, cluster.on(first, OURS)) == ("30", None, "")
        cluster.done("-H", first, "install")
        restarted(cluster, first)


# Restarts in a row: now and then a broker of 3.9.1 that is stopped seconds after its start hangs in it.
@pytest.mark.slow
def test_overrides_are_forgotten_after_a_restart_and_do_not_hide_the_file(
    cluster: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = cluster.hosts[0]
    name = "num.io.threads"
    try:
        with saying(cluster, num_io_threads=12, log_retention_ms=5000000):
            cluster.done("reconfigure")
            forget(cluster, first, monkeypatch)
            assert described(cluster, first)[name].value == "12", "without a restart the override is what counts"
            # More than a broker takes at once: it needs a restart, and so does the end of the override.
            with cluster.changed("conf/cluster.yaml", "num.io.threads: 12", "num.io.threads: 50"):
                cluster.done("-H", first, "install")
                assert cluster.fab("-H", first, "reconfigure").returncode == 1
                restarted(cluster, first)
                forget(cluster, first, monkeypatch)
                found = described(cluster, first)
                assert (found[name].value, found["log.retention.ms"].value) == ("50", "5000000")
                assert not [one for one in (name, "log.retention.ms") if OWN in dict(found[one].layers)]
                assert cluster.on(first, OURS) == ""
            cluster.done("-H", first, "install")
            restarted(cluster, first)
        # The first broker's file had it at its start: an end of an override would not bring the default.
        assert described(cluster, first)["log.retention.ms"].value == str(168 * 3_600_000)
    finally:
        restarted(cluster, first)
        forget(cluster, first, monkeypatch)
    assert described(cluster, first)[name].value == "8"
