"""Plans: the same seed gives the same steps, each possible where the one before has led, of every kind by and by."""

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.campaign import plan
from tests.campaign.plan import Step, Trouble
from tests.campaign.world import HOSTS, KINDS, LOADED, MOVED, Kind, World

KIND = st.sampled_from(list(KINDS.values()))
SEED = st.integers(1, 10**6)


def taken(seed: int, kind: Kind, number: int = 40) -> list[Step]:
    return list(islice(plan.steps(seed, kind), number))


@given(SEED, KIND)
def test_a_seed_gives_the_same_steps_each_time(seed: int, kind: Kind) -> None:
    assert taken(seed, kind) == taken(seed, kind)


def test_other_seeds_give_other_steps() -> None:
    assert len({tuple(step.operation.name for step in taken(seed, KINDS["kraft"])) for seed in range(100)}) == 100


@given(SEED, KIND)
def test_a_longer_campaign_begins_with_the_steps_of_a_shorter_one(seed: int, kind: Kind) -> None:
    assert taken(seed, kind, 60)[:10] == taken(seed, kind, 10)


@given(SEED, KIND)
def test_each_step_is_possible_where_the_one_before_has_led(seed: int, kind: Kind) -> None:
    world = World(kind)
    for step in taken(seed, kind):
        name, after = step.operation.name, step.operation.after
        if name in ("upgrade", "upgrade of one", "rest of the upgrade"):
            assert world.upgraded < after.upgraded
        elif name == "rollback":
            assert world.upgraded
            assert (after.upgraded, after.is_later_wanted) == (frozenset(), False)
        else:
            assert (after.upgraded, after.is_later_wanted) == (world.upgraded, world.is_later_wanted)
        if (after.io_threads, after.partitions) != (world.io_threads, world.partitions):
            # Files of services that stay at another version are left alone.
            assert world.is_settled
        assert set(LOADED) <= after.topics.keys()
        world = after


@given(SEED, KIND)
def test_the_last_files_of_a_step_are_those_of_its_end(seed: int, kind: Kind) -> None:
    for step in taken(seed, kind):
        last, after = step.operation.commands[-1].world, step.operation.after
        assert last.is_later_wanted == after.is_later_wanted
        assert (last.io_threads, last.partitions) == (after.io_threads, after.partitions)
        gone = {name for name, topic in last.topics.items() if topic.absent}
        assert {name: topic for name, topic in last.topics.items() if name not in gone} == after.topics


@given(SEED, KIND)
def test_a_fault_comes_while_its_operation_is_at_work(seed: int, kind: Kind) -> None:
    for step in taken(seed, kind):
        for fault in step.faults:
            assert 0 <= fault.after <= step.operation.seconds
            assert fault.host in HOSTS
            assert fault.unit in ("", *kind.units)
            assert (fault.trouble is Trouble.LINK_CUT) == (
                fault.other != fault.host and fault.trouble is Trouble.LINK_CUT
            )
        # The second one, if any, is the loss of the control machine.
        assert [fault.trouble for fault in step.faults[1:]] in ([], [Trouble.TOOL_KILLED])


@given(SEED, KIND)
def test_a_replica_is_moved_to_another_broker_of_the_cluster(seed: int, kind: Kind) -> None:
    for step in taken(seed, kind):
        for pair in step.operation.after.topics[MOVED].placement:
            assert len(set(pair)) == 2
            assert set(pair) <= {1, 2, 3}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_operation_and_every_fault_has_its_turn(kind: Kind) -> None:
    steps = [step for seed in range(30) for step in taken(seed, kind)]
    made = {step.operation.name.split(" -")[0] for step in steps}
    assert len(made) == len(plan.OPERATIONS) - (kind.beside != "controller") + 1, (
        "an upgrade has a name for its rest, too"
    )
    assert {fault.trouble for step in steps for fault in step.faults} == set(Trouble)
    assert any(not step.faults for step in steps)
    assert any(len(step.faults) == 2 for step in steps)


def test_words_name_the_hosts() -> None:
    world = World(KINDS["kraft"])
    command = plan.Command(("-H", "{1}", "stop"), world, ("upgrade", "--resume"))
    assert command.typed(["a", "b", "c"]) == ("-H", "b", "stop")
    assert command.typed(["a", "b", "c"], resumed=True) == ("upgrade", "--resume")


@given(SEED, KIND)
def test_a_campaign_ends_with_the_end_of_an_open_upgrade(seed: int, kind: Kind) -> None:
    for step in taken(seed, kind, 15):
        world = step.operation.after
        last = plan.finale(world)
        assert (last is None) == (not world.upgraded)
        if last:
            typed = [command.words[0] for command in last.commands]
            assert typed == ["upgrade", "finalize"][not world.is_mixed :]
            assert [last.after.saved(host) for host in HOSTS] == [()] * 3
            assert all((host in world.upgraded) == bool(world.saved(host)) for host in HOSTS)
