"""Where an upgrade is, by what its services report."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafka_fab.cluster.upgrade import level, pins
from kafka_fab.cluster.upgrade.upgrade_state import Contradiction, Phase, ServiceLevel, UpgradeState
from kafka_fab.cluster.values.role import Role

OLD, NEW = "2.8.2", "3.9.1"
PIN = {pins.PROTOCOL: "2.8"}
FEATURES = {"metadata.version": 21}


def before(name: str, role: Role = Role.BROKER) -> ServiceLevel:
    return ServiceLevel(name, role, OLD, OLD)


def after(name: str, pinned: bool = True, saved: bool = True, role: Role = Role.BROKER) -> ServiceLevel:
    found = PIN if pinned and role is Role.BROKER else {}
    return ServiceLevel(name, role, NEW, NEW, OLD if saved else "", found, found)


def with_zookeeper(*services: ServiceLevel) -> UpgradeState:
    return UpgradeState(services, NEW, kraft=False)


def test_the_phases_with_zookeeper() -> None:
    assert with_zookeeper(before("a"), before("b")).phase is Phase.NOT_BEGUN
    assert with_zookeeper(after("z", role=Role.ZOOKEEPER), before("a")).phase is Phase.IN_PROGRESS
    assert with_zookeeper(after("a"), before("b")).phase is Phase.IN_PROGRESS
    assert with_zookeeper(after("a"), after("b")).phase is Phase.SOAKING
    assert with_zookeeper(after("a", pinned=False), after("b")).phase is Phase.FINALIZING
    assert with_zookeeper(after("a", pinned=False, saved=False), after("b", pinned=False, saved=False)).phase is (
        Phase.FINALIZED
    )


def test_a_pin_that_left_the_file_holds_until_the_restart() -> None:
    left = replace(after("a"), pins={})
    assert with_zookeeper(left, after("b")).phase is Phase.SOAKING
    assert with_zookeeper(left, after("b")).rollback_refusal == ""


def test_a_service_that_was_not_restarted_is_in_progress() -> None:
    state = with_zookeeper(replace(after("a"), running=OLD, running_pins={}), after("b"))
    assert state.phase is Phase.IN_PROGRESS
    assert [one.name for one in state.behind] == ["a"]


def test_a_message_format_that_is_left_is_no_soak() -> None:
    kept = {pins.FORMAT: "0.8.0"}
    one = ServiceLevel("a", Role.BROKER, "2.8.2", "2.8.2", pins=kept, running_pins=kept)
    assert UpgradeState((one,), "2.8.2", kraft=False).phase is Phase.FINALIZING


def test_what_the_settings_say_is_no_pin_but_counts_as_spoken() -> None:
    own = replace(after("a", saved=False), own=frozenset(pins.KEYS))
    assert with_zookeeper(own, replace(own, name="b")).phase is Phase.FINALIZED
    assert with_zookeeper(own, before("b")).phase is Phase.IN_PROGRESS


def kraft(version: str, finalized: int | None, saved: str = "", wanted: str = "4.3.1") -> UpgradeState:
    one = ServiceLevel("a", Role.BROKER, version, version, saved)
    return UpgradeState((one,), wanted, True, None if finalized is None else {"metadata.version": finalized})


def test_the_phases_in_kraft() -> None:
    assert kraft("3.9.1", 21).phase is Phase.NOT_BEGUN
    assert kraft("4.3.1", 21, "3.9.1").phase is Phase.SOAKING
    assert kraft("4.3.1", None, "3.9.1").phase is Phase.SOAKING
    assert kraft("4.3.1", 30, "3.9.1").phase is Phase.SOAKING
    assert kraft("4.3.1", 30).phase is Phase.FINALIZED


def test_no_way_back_after_finalize() -> None:
    assert kraft("4.3.1", 21, "3.9.1").rollback_refusal == ""
    assert "metadata.version 4.3-IV0. 3.9.1 would not start" in kraft("4.3.1", 30, "3.9.1").rollback_refusal
    assert "no host has the files" in kraft("4.3.1", 21).rollback_refusal
    assert "cannot be read" in kraft("4.3.1", None, "3.9.1").rollback_refusal
    assert with_zookeeper(after("a"), after("b")).rollback_refusal == ""
    assert "finalized on a" in with_zookeeper(after("a", pinned=False), after("b")).rollback_refusal


def test_kraft_version_is_no_reason() -> None:
    state = kraft("4.3.1", 21, "3.9.1")
    dynamic = replace(state, finalized={"metadata.version": 21, "kraft.version": 1})
    assert dynamic.rollback_refusal == ""


def test_an_earlier_upgrade_that_is_not_finalized() -> None:
    pinned = ServiceLevel("a", Role.BROKER, OLD, OLD, "0.8.0", {pins.PROTOCOL: "0.8.0"}, {pins.PROTOCOL: "0.8.0"})
    assert with_zookeeper(pinned).unfinalized == "the upgrade from 0.8.0 to 2.8.2"
    assert kraft("3.9.1", 14).unfinalized == "the upgrade to 3.9.1"
    assert kraft("3.9.1", 21).unfinalized == ""
    assert with_zookeeper(before("a")).unfinalized == ""


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (UpgradeState((after("a"),), OLD, kraft=False), "a: at 3.9.1, newer than 2.8.2 in conf/cluster.yaml"),
        (
            UpgradeState((after("a"), before("b"), ServiceLevel("c", Role.BROKER, "3.6.0")), NEW, kraft=False),
            "more than two versions at once: 2.8.2, 3.6.0, 3.9.1",
        ),
        (with_zookeeper(after("a", pinned=False), before("b")), "a: without the pin of 2.8.2, which others still run"),
        (kraft("3.9.1", 30), "metadata.version 4.3-IV0 is finalized, but services are at 3.9.1"),
    ],
)
def test_what_contradicts(state: UpgradeState, words: str) -> None:
    with pytest.raises(Contradiction) as caught:
        _ = state.phase
    assert words in str(caught.value)


SERVICES = st.lists(
    st.builds(
        ServiceLevel,
        st.sampled_from("abc"),
        st.sampled_from(Role),
        st.sampled_from([OLD, NEW]),
        st.sampled_from(["", OLD, NEW]),
        st.sampled_from(["", OLD]),
        st.sampled_from([{}, PIN]),
        st.sampled_from([{}, PIN]),
    ),
    max_size=5,
)
LEVELS = st.one_of(st.none(), st.sampled_from([{}, {"metadata.version": 20}, FEATURES, {"metadata.version": 30}]))


@given(SERVICES, st.booleans(), LEVELS)
def test_every_report_has_a_phase_or_contradicts(
    services: list[ServiceLevel], in_kraft: bool, finalized: dict[str, int] | None
) -> None:
    state = UpgradeState(tuple(services), NEW, in_kraft, finalized)
    try:
        phase = state.phase
    except Contradiction:
        return
    at = [one.is_at(NEW) for one in services]
    assert (phase in (Phase.NOT_BEGUN, Phase.IN_PROGRESS)) == (not all(at))
    if phase is Phase.FINALIZED:
        assert state.rollback_refusal
        assert not any(one.saved or one.pins for one in state.brokers)
    if phase is Phase.NOT_BEGUN:
        assert not any(NEW in one.versions for one in services)


@given(SERVICES, LEVELS)
def test_the_way_back_is_open_only_while_the_old_version_understands_everybody(
    services: list[ServiceLevel], finalized: dict[str, int] | None
) -> None:
    in_kraft = UpgradeState(tuple(services), NEW, True, finalized)
    if not in_kraft.rollback_refusal:
        assert finalized is not None
        assert finalized.get(level.METADATA, 0) <= level.features(OLD).get(level.METADATA, 99)
    zookeeper = UpgradeState(tuple(services), NEW, False, {})
    saved = [one for one in services if one.saved and one.role is Role.BROKER and one.versions == {NEW}]
    if not zookeeper.rollback_refusal:
        assert all(one.in_force for one in saved)


def test_another_java_alone_is_an_upgrade_too() -> None:
    def at(*javas: str, saved: str = "") -> UpgradeState:
        services = tuple(
            ServiceLevel(f"b{at}", Role.BROKER, "4.3.1", "4.3.1", saved, javas=frozenset(found.split()), java="/jdk21")
            for at, found in enumerate(javas)
        )
        return UpgradeState(services, "4.3.1", kraft=True, finalized=level.features("4.3.1"))

    assert at("/jdk21", "/jdk21").phase is Phase.FINALIZED
    assert at("/jdk17", "/jdk17").phase is Phase.NOT_BEGUN
    assert at("/jdk17", "/jdk17").unfinalized == ""
    assert [one.name for one in at("/jdk21", "/jdk17 /jdk21").behind] == ["b1"], "its unit alone is changed"
    assert at("/jdk21", "/jdk17", saved="4.3.1").phase is Phase.IN_PROGRESS
    soaking = at("/jdk21", "/jdk21", saved="4.3.1")
    assert (soaking.phase, soaking.rollback_refusal) == (Phase.SOAKING, "")
