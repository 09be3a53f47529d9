"""Templates without an end, or without a bound: each is told in a sentence, in little time and memory."""

import time
from pathlib import Path

import pytest

from kafka_fab.cluster.schema.bounded_template import STEPS
from kafka_fab.cluster.template import TemplateProblem, Templates
from tests.unit.cluster.odd_input import peak_mib

NAME = "server.properties.j2"
STEPS_LIMIT = f"takes more than {STEPS} steps: give its loops and macros an end"
LONG = "makes more than 4 MiB, the limit for a file"


def rendered(folder: Path, text: str, **values: object) -> str:
    (folder / NAME).write_text(text)
    return Templates([folder]).render(NAME, **values)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{% for i in range(10**9) %}x{% endfor %}", f"{STEPS} steps are the limit"),
        ("{% for i in range(10**30) %}x{% endfor %}", f"{STEPS} steps are the limit"),
        ("{{ range(10**9) | list }}", f"{STEPS} steps are the limit"),
        ("{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}", STEPS_LIMIT),
        ("{% set a = [1] %}{% for i in a %}{% set x = a.append(i) %}{% endfor %}", STEPS_LIMIT),
        ("{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(60) }}", STEPS_LIMIT),
        ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "extends, includes or calls itself without an end"),
        ("{% for i in range(99999) %}" + "x" * 100 + "{% endfor %}", LONG),
        ("{{ 'a' * 10**10 }}", LONG),
        ("{{ 10**10 * 'a' }}", LONG),
        ("{{ [1] * 9999999999 }}", LONG),
        ("{{ 9 ** 99999999 }}", LONG),
        ("{% set n = namespace(x=3) %}{% for i in range(99) %}{% set n.x = n.x * n.x %}{% endfor %}", LONG),
        ("{% set n = namespace(x='a') %}{% for i in range(99) %}{% set n.x = n.x ~ n.x %}{% endfor %}", LONG),
        ("{% set n = namespace(x='a') %}{% for i in range(99) %}{% set n.x = n.x + n.x %}{% endfor %}", LONG),
        ("{{ 'a' | center(9999999999) }}", LONG),
        ("{{ 'a' | indent(width=9999999999, first=true) }}", LONG),
        ("{{ 'a'.ljust(9999999999) }}", LONG),
    ],
)
def test_a_template_without_an_end(text: str, words: str, tmp_path: Path) -> None:
    began, before = time.process_time(), peak_mib()
    with pytest.raises(TemplateProblem) as caught:
        rendered(tmp_path, f"# first\n{text}\n")
    assert words in str(caught.value)
    assert str(caught.value).startswith(f"{tmp_path / NAME}:")
    assert time.process_time() - began < 20
    assert peak_mib() - before < 500


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "{% for i in range(3) %}{{ loop.index }}/{{ loop.length }}{{ ',' if not loop.last }}{% endfor %}",
            "1/3,2/3,3/3",
        ),
        ("{% for k, v in d.items() if v %}{{ k }}={{ v }}{% else %}none{% endfor %}", "b=1"),
        ("{% for x in [] %}{% else %}none{% endfor %}", "none"),
        ("{% for x in t recursive %}{{ x.n }}{{ loop(x.c) }}{% endfor %}", "12"),
        ("{% macro f(n) %}<{{ n }}>{% endmacro %}{{ f(1) ~ f(2) }}", "<1><2>"),
        ("{{ 'a' * 3 }}{{ 2 ** 40 * 3 }}{{ 7 % 4 }}{{ '%05d' % 42 }}{{ [1] + [2] }}", "aaa3298534883328300042[1, 2]"),
        ("{{ 'a' | center(3) }}{{ [1, 2, 3] | batch(2) | list | length }}", "\\ a 2"),
    ],
)
def test_what_templates_do_otherwise_is_as_it_was(text: str, expected: str, tmp_path: Path) -> None:
    values = {"d": {"a": 0, "b": 1}, "t": [{"n": 1, "c": [{"n": 2, "c": []}]}]}
    assert rendered(tmp_path, text, **values) == expected


def test_thousands_of_hosts_are_not_too_many(tmp_path: Path) -> None:
    text = "{% for one in hosts %}{{ one.upper() }}\n{% endfor %}"
    assert rendered(tmp_path, text, hosts=[f"kafka{at}" for at in range(10_000)]).count("\n") == 10_000
