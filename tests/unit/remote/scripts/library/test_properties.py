"""properties.sh: in which keys two files differ."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.remote.scripts.library.host import LIBRARY, Host


@pytest.mark.parametrize(
    ("old", "new", "keys"),
    [
        ("a=1\n", "a=1\n", ""),
        ("a=1\n", "a=2\n", "~ a"),
        ("a=1\n", "", "- a"),
        ("", "a=1\nb=2\n", "+ a\n+ b"),
        ("a=1\nb=1\n", "b=2\nc=3\n", "- a\n~ b\n+ c"),
        ("# x\n\n! y\na=1\n", "a=1\n", ""),
        ("a=1=2\n", "a=1=3\n", "~ a"),
        ('Environment="H=1"\nUser=a\n', 'Environment="H=2"\nUser=a\n', "~ H"),
    ],
)
def test_changed_keys(old: str, new: str, keys: str, host: Host) -> None:
    (host / "old").write_text(old)
    (host / "new").write_text(new)
    assert host.run(f"changed_keys {host / 'old'} {host / 'new'}").output.strip() == keys


@pytest.mark.parametrize(
    ("old", "new", "keys"),
    [
        ("a=1\n", "# other words\n a : 1\n", ""),
        ("a=x\\\n  y\n", "a=xy\n", ""),
        ("a=Zürich\n", "a=Z\\u00fcrich\n", "~ a"),
        ("a=1\\\nb=2\n", "a=1\\\\\nb=2\n", "~ a\n+ b"),
        ("a 1\n", "a 2\nb\\ c=1\n", "~ a\n+ b c"),
        ("a=1\nb=1\na=2\n", "b=1\na=2\n", ""),
    ],
)
def test_changed_properties_are_those_that_java_reads(old: str, new: str, keys: str, host: Host) -> None:
    (host / "old.properties").write_text(old)
    (host / "new.properties").write_text(new)
    assert host.run(f"changed_keys {host / 'old.properties'} {host / 'new.properties'}").output.strip() == keys


properties = st.dictionaries(st.from_regex(r"[a-z][a-z.]{0,6}", fullmatch=True), st.sampled_from("123"), max_size=6)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(properties, properties)
def test_changed_keys_is_what_dictionaries_say(tmp_path: Path, old: dict[str, str], new: dict[str, str]) -> None:
    for name, pairs in (("old", old), ("new", new)):
        (tmp_path / name).write_text("".join(f"{key}={value}\n" for key, value in pairs.items()))
    text = f"APPLY=1\n{LIBRARY}\nchanged_keys {tmp_path / 'old'} {tmp_path / 'new'}"
    said = subprocess.run(["sh"], input=text, capture_output=True, text=True, check=True, timeout=10).stdout
    expected = {f"+ {key}" for key in new.keys() - old.keys()} | {f"- {key}" for key in old.keys() - new.keys()}
    assert set(said.splitlines()) == expected | {f"~ {key}" for key in old.keys() & new.keys() if old[key] != new[key]}
