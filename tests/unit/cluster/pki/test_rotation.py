"""Rotation: the pass that is due, from probes alone."""

from hypothesis import given
from hypothesis import strategies as st

from kafka_fab.cluster.pki.rotation import ListenerProbe, Pass, Probe, ProcessProbe, due, incomplete

LISTENERS = st.builds(ListenerProbe, st.just("l"), st.booleans(), st.none() | st.booleans(), st.none() | st.booleans())
PROCESSES = st.builds(ProcessProbe, st.just("p"), st.booleans(), st.booleans(), st.booleans())
PROBES: st.SearchStrategy[list[Probe]] = st.lists(LISTENERS | PROCESSES, max_size=6)


def before(name: str = "p") -> list[Probe]:
    return [ListenerProbe("l", False, False, True), ListenerProbe("c", False), ProcessProbe(name, False, False, True)]


def test_the_three_passes_in_their_order() -> None:
    trusting: list[Probe] = [
        ListenerProbe("l", False, True, True),
        ListenerProbe("c", False),
        ProcessProbe("p", False, True, True),
    ]
    issued: list[Probe] = [
        ListenerProbe("l", True, True, True),
        ListenerProbe("c", True),
        ProcessProbe("p", True, True, True),
    ]
    after: list[Probe] = [
        ListenerProbe("l", True, True, False),
        ListenerProbe("c", True),
        ProcessProbe("p", True, True, False),
    ]
    assert [due(probes) for probes in (before(), trusting, issued, after)] == list(Pass)


def test_a_process_that_was_not_restarted_holds_a_pass_back() -> None:
    reloaded: list[Probe] = [ListenerProbe("l", False, True, True), ProcessProbe("broker", False, False, True)]
    assert due(reloaded) is Pass.TRUST
    assert incomplete(reloaded, Pass.TRUST) == ("broker",)


@given(PROBES)
def test_no_pass_is_due_before_those_before_it_are_complete_everywhere(probes: list[Probe]) -> None:
    step = due(probes)
    assert all(not incomplete(probes, earlier) for earlier in Pass if earlier < step)
    assert step is Pass.DONE or incomplete(probes, step)


@given(PROBES, LISTENERS | PROCESSES)
def test_one_more_probe_never_leads_further(probes: list[Probe], more: Probe) -> None:
    assert due([*probes, more]) <= due(probes)
