"""Values on their way into a file: what an encoder writes, a reader of our own and an independent one read back."""

import random
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from shlex import join

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kafka_fab.cluster.encode import Encoded, Unsayable, java_properties, systemd_unit, yaml_scalar
from kafka_fab.cluster.template import TemplateProblem, Templates
from kafka_fab.remote.script import library

JAVA = """
import java.io.*;
import java.nio.charset.StandardCharsets;
import java.util.*;

public class Read {
    public static void main(String[] files) throws Exception {
        for (String file : files) {
            Properties found = new Properties();
            found.load(new FileInputStream(file));
            found.forEach((key, value) -> System.out.println(hex(key) + " " + hex(value)));
            System.out.println("END");
        }
    }
    private static String hex(Object text) {
        return "x" + HexFormat.of().formatHex(text.toString().getBytes(StandardCharsets.UTF_16BE));
    }
}
"""
has_java = pytest.mark.skipif(not shutil.which("java"), reason="no Java on this machine")
# Each of these was lost, cut, or took its neighbour with it.
HARD = (
    "a\\", "a\\d", "Zürich", "x\ry=1", "x\ny=1", " begins", "ends ", "\t", "#no", "!no", "=", ":", "a=b:c", "\\u0041",
    "\\\\", "",
    "😀", "日本", "%p", "${file:/x:y}", "\"a b\"", "'", "\x00", "\x7f", "\u2028", "^\\w+://", "C:\\new\\temp",
)  # fmt: skip
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(HARD)


def independent(text: str) -> dict[str, str]:
    """Read lines that each hold one pair, letter by letter; not as our reader does."""
    found = {}
    for line in text.split("\n")[:-1]:
        letters = re.findall(r"\\u[0-9a-f]{4}|\\.|.", line)
        at = letters.index("=")
        found["".join(map(literal, letters[:at]))] = "".join(map(literal, letters[at + 1 :]))
    return {whole(name): whole(value) for name, value in found.items()}


def literal(letter: str) -> str:
    if len(letter) == 6:
        return chr(int(letter.strip("\\u"), 16))
    return {"\\t": "\t", "\\n": "\n", "\\r": "\r", "\\f": "\f"}.get(letter, letter[-1])


def whole(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16")


def java(folder: Path, *texts: str) -> list[dict[str, str]]:
    """Read texts of properties by java.util.Properties itself."""
    (folder / "Read.java").write_text(JAVA)
    names = [folder / f"{at}.properties" for at in range(len(texts))]
    for name, text in zip(names, texts, strict=True):
        name.write_bytes(text.encode("latin-1"))
    answer = subprocess.run(["java", folder / "Read.java", *names], check=True, capture_output=True, text=True).stdout
    return [dict(map(pair, block.splitlines())) for block in answer.split("END\n")[:-1]]


def pair(line: str) -> tuple[str, str]:
    name, value = (bytes.fromhex(word[1:]).decode("utf-16-be") for word in line.split(" "))
    return name, value


def written(wanted: dict[str, str]) -> str:
    return "".join(f"{java_properties.key(name)}={java_properties.value(value)}\n" for name, value in wanted.items())


@given(st.dictionaries(texts, texts, max_size=4))
def test_properties_come_back(wanted: dict[str, str]) -> None:
    text = written({name: value for name, value in wanted.items() if name})
    wanted.pop("", None)
    assert text.isascii()
    assert java_properties.read(text) == wanted
    assert independent(text) == wanted


@has_java
def test_our_reader_reads_any_text_as_java_does(tmp_path: Path) -> None:
    """And Java reads what we write."""
    wanted = {f"k{at}{hard}": hard for at, hard in enumerate(HARD)}
    texts = [*drawn(), written(wanted)]
    found = java(tmp_path, *texts)
    assert found[-1] == wanted
    for text, expected in zip(texts, found, strict=True):
        assert java_properties.read(text) == expected, repr(text)


def drawn() -> list[str]:
    """Texts of properties of all kinds."""
    draw = random.Random(1)
    letters = [*"aab=:#! \\\t\f\r\n", "\\u00e9", "\\\n  ", "\xfc", "\n#", "\\\\\n"]
    # The JDK has quirks of its own where a file ends in a backslash: none of these does.
    return ["".join(draw.choices(letters, k=draw.randrange(24))) + "\nz\nlast=1\n" for _ in range(800)]


AWKS = [name for name in ("mawk", "gawk", "original-awk", "busybox") if shutil.which(name)]


@pytest.mark.parametrize("awk", AWKS)
def test_the_reader_on_hosts_reads_what_ours_does(awk: str, tmp_path: Path) -> None:
    # Lines of a host's files end as they do on Linux.
    texts = [
        *(text.replace("\r", "") for text in drawn()),
        *(written({f"k{at}{hard}": hard}) for at, hard in enumerate(HARD) if "\0" not in hard),
    ]
    names = [tmp_path / f"{at}.properties" for at in range(len(texts))]
    for name, text in zip(names, texts, strict=True):
        name.write_bytes(text.encode("latin-1"))
    program = """"$PROPERTIES"'
        FNR == 1 { restart_pairs(); print "FILE" }
        next_pair() { print key "\t" value }'"""
    command = "busybox awk" if awk == "busybox" else awk
    text = f"APPLY=1\n{library()}\n{command} {program} {join(map(str, names))}\n"
    answer = subprocess.run(["sh"], input=text.encode(), check=True, capture_output=True).stdout.decode()
    for text, block in zip(texts, answer.split("FILE\n")[1:], strict=True):
        blank = str.maketrans("\t\n\r\f", "    ")
        found = {name: value.translate(blank) for name, value in (line.split("\t") for line in block.split("\n")[:-1])}
        expected = {name.translate(blank): value.translate(blank) for name, value in java_properties.read(text).items()}
        assert found == expected, repr(text)


def systemd(line: str) -> list[str]:
    """Part words as systemd does: quotes anywhere, C escapes within and without them; then specifiers."""
    words: list[str] = []
    word, quote, at = "", "", 0
    while at < len(line):
        letter = line[at]
        if letter == "\\":
            word, at = word + line[at + 1], at + 1
        elif quote:
            word, quote = (word, "") if letter == quote else (word + letter, quote)
        elif letter in "\"'":
            quote = letter
        elif letter == " ":
            words, word = [*words, word], ""
        else:
            word += letter
        at += 1
    assert not quote
    return [re.sub("%(.)", lambda found: {"%": "%", "p": "kafka"}[found[1]], one) for one in [*words, word]]


printable = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=20)


@given(printable, st.sampled_from(['"', "'", ""]))
def test_a_word_of_a_unit_comes_back(value: str, quote: str) -> None:
    value = value if quote else value.replace(" ", "")
    assert systemd(f"a {quote}X={systemd_unit.text(value)}{quote} b") == ["a", f"X={value}", "b"]


@given(printable)
def test_a_word_of_a_shell_within_a_command_of_a_unit_comes_back(value: str) -> None:
    line = f"/bin/sh -c 'exec run {systemd_unit.argument(shlex.quote(value))}'".replace("$$", "\0")
    assert "$" not in line, "systemd fills nothing in"
    assert shlex.split(systemd(line)[2].replace("\0", "$")) == ["exec", "run", value]


@pytest.mark.parametrize("control", ["\n", "\r", "\0", "\x1b", "\x85", "\u2028"])
def test_no_end_of_a_line_gets_into_a_unit(control: str) -> None:
    with pytest.raises(Unsayable, match="control character"):
        systemd_unit.text(f"a{control}ExecStartPre=/bin/false")


@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from([*HARD, "yes", "null", "1", "- a"])
)
def test_a_scalar_of_yaml_comes_back(value: str) -> None:
    assert yaml.safe_load(f"key: {yaml_scalar.scalar(value)}\n") == {"key": value}


@given(st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=12))
def test_a_part_of_a_scalar_comes_back_or_is_refused(value: str) -> None:
    try:
        part = yaml_scalar.part(value)
    except Unsayable:
        return
    assert yaml.safe_load(f"key: /a{part}b\n") == {"key": f"/a{value}b"}


def rendered(folder: Path, name: str, template: str, **values: object) -> str:
    (folder / name).write_text(template)
    return Templates([folder]).render(name, **values)


LOOP = "{% for name, value in properties.items() %}\n{{ name }}={{ value }}\n{% endfor %}\n"
JOINED = "{% for name, value in properties.items() %}\n{{ name ~ '=' ~ value }}\n{% endfor %}\n"
MACRO = "{% macro line(name, value) %}\n{{ name }}={{ value }}\n{% endmacro %}\n" + LOOP.replace(
    "{{ name }}={{ value }}\n", "{{ line(name, value) }}"
)
SET = LOOP.replace("{{ name }}={{ value }}", "{% set line %}{{ name }}={{ value }}{% endset %}\n{{ line }}")
FILTERED = "{% for name, value in properties.items() %}\n{{ name | key }}={{ value }}\n{% endfor %}\n"


@pytest.mark.parametrize(
    "template", [LOOP, JOINED, MACRO, SET, FILTERED], ids=["loop", "join", "macro", "set", "filter"]
)
def test_a_template_of_a_users_own_cannot_forget_to_encode(template: str, tmp_path: Path) -> None:
    wanted = {f"k{at}": hard for at, hard in enumerate(HARD) if not hard.startswith(" ")}
    text = rendered(tmp_path, "server.properties.j2", template, properties=wanted)
    assert java_properties.read(text) == wanted


def test_what_a_template_says_itself_is_ascii_too(tmp_path: Path) -> None:
    text = rendered(tmp_path, "server.properties.j2", "# für\nrack=Zürich {{ '&<>\"' }} {{ 3 }}\n")
    assert java_properties.read(text) == {"rack": 'Zürich &<>"  3'.replace("  ", " ")}
    assert text.isascii()


def test_a_unit_of_a_users_own(tmp_path: Path) -> None:
    line = "Environment=\"A={{ a }}\"\nExecStart=/bin/sh -c '{{ before }}exec {{ a | sh | argument }}'\n"
    text = rendered(tmp_path, "kafka.service.j2", line, a='%p "$x" \\', before=Encoded("$(a) "))
    first, second = text.splitlines()
    assert systemd(first.partition("=")[2]) == ['A=%p "$x" \\']
    assert second.startswith("ExecStart=/bin/sh -c '$(a) exec ")
    with pytest.raises(TemplateProblem, match=r"kafka.service.j2:1: .* control character"):
        rendered(tmp_path, "kafka.service.j2", line, a="a\nExecStartPre=/bin/false", before="")


def test_a_yaml_file_of_a_users_own(tmp_path: Path) -> None:
    line = "name: {{ a | yaml }}\nfile: {{ b }}.log\n"
    assert yaml.safe_load(rendered(tmp_path, "log4j2.yaml.j2", line, a="a: b", b="/x")) == {
        "name": "a: b",
        "file": "/x.log",
    }
    with pytest.raises(TemplateProblem, match=r"log4j2.yaml.j2:2: .* print the whole value by"):
        rendered(tmp_path, "log4j2.yaml.j2", line, a="", b="x: y")
