"""Editing /etc/hosts: a lab's lines come and go, the rest stays byte for byte."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from lab import etchosts, names

NAME = st.from_regex(names.NAME, fullmatch=True)
ADDRESSES = st.dictionaries(NAME, st.ip_addresses(v=4).map(str), max_size=4)
REST = st.one_of(st.binary(max_size=200), st.text(alphabet="# kaf1\n.\r\t", max_size=200).map(str.encode))


@given(REST, NAME, ADDRESSES)
def test_a_block_taken_out_leaves_the_rest_as_it_was(rest: bytes, lab: str, addresses: dict[str, str]) -> None:
    before = etchosts.without_blocks(rest, {lab})
    text = etchosts.with_block(rest, lab, addresses)
    assert text.endswith(before)
    assert etchosts.labs_in(text) >= {lab}
    assert etchosts.without_blocks(text, {lab}) == before


@given(REST, st.lists(st.tuples(NAME, ADDRESSES), max_size=4, unique_by=lambda pair: pair[0]))
def test_blocks_of_several_labs_do_not_disturb_each_other(rest: bytes, labs: list[tuple[str, dict[str, str]]]) -> None:
    text = rest
    for name, addresses in labs:
        text = etchosts.with_block(text, name, addresses)
    for name, _ in labs:
        text = etchosts.without_blocks(text, {name})
    assert text == rest


@given(REST, NAME, ADDRESSES)
def test_a_second_time_changes_nothing(rest: bytes, lab: str, addresses: dict[str, str]) -> None:
    once = etchosts.with_block(rest, lab, addresses)
    assert etchosts.with_block(once, lab, addresses) == once


def test_the_block_reads_as_documented() -> None:
    text = etchosts.with_block(b"127.0.0.1 localhost", "demo", {"kafka1": "10.87.0.11"})
    assert text == (b"# kafka-fab lab demo begin\n10.87.0.11 kafka1\n# kafka-fab lab demo end\n127.0.0.1 localhost")


def test_the_file_is_replaced_with_its_mode_kept(tmp_path: Path) -> None:
    path = tmp_path / "hosts"
    path.write_bytes(b"old")
    path.chmod(0o640)
    etchosts.replace(b"new", path)
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_a_copy_left_by_an_interrupted_run_goes(tmp_path: Path) -> None:
    path = tmp_path / "hosts"
    path.write_bytes(b"same")
    (tmp_path / "hosts.kafka-fab-lab").write_bytes(b"half")
    etchosts.replace(b"same", path)
    assert list(tmp_path.iterdir()) == [path]
    assert etchosts.read(tmp_path / "missing") == b""
