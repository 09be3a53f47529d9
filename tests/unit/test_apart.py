"""Streams of tests: no two of them use the same hosts."""

import re

from kafka_fab.cluster.folder import HOME
from tests.apart import stream


def test_the_cluster_that_is_rolled_belongs_to_one_stream() -> None:
    """Each stream is a process with fixtures of its own: two of them would build one lab twice."""
    files = list((HOME / "tests/integration").glob("test_*.py"))
    using = {file.name for file in files if re.search(r"\brolled(_cluster)?: Rolls\b", file.read_text())}
    assert using == {file.name for file in files if stream(f"tests/integration/{file.name}::test") == "rolls"}
    assert using


def test_what_needs_no_host_is_a_stream_and_what_shares_the_lab_another() -> None:
    assert stream("tests/unit/gate/test_gate.py::test_a") == "unit"
    assert stream("tests/integration/test_kraft.py::test_a") == "kraft"
    assert stream("tests/integration/test_services.py::test_a") == "lab"


def test_what_has_a_lab_of_its_own_needs_no_host_of_the_others() -> None:
    """Fixtures of tests/integration/conftest.py that build the main lab would build it twice."""
    apart = [
        file
        for file in (HOME / "tests/integration").glob("test_*.py")
        if stream(f"tests/integration/{file.name}::test") == "secured"
    ]
    shared = re.compile(r"\b(trouble|old_cluster|cluster|lab|installed|make_site)\b: ")
    assert [file.name for file in apart if shared.search(file.read_text())] == []
    assert len(apart) == 3
