"""A bundle's parts, its index and its archive."""

from __future__ import annotations

import base64
import gzip
import os
import stat
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from invoke.exceptions import Exit

from kafka_fab.cluster import load
from kafka_fab.cluster.folder import HOME
from kafka_fab.operate.bundle import bundle, bundle_archive, collect, manifest, parts, task_reports
from kafka_fab.operate.bundle.parts import BundleFile, Collected, Skipped
from kafka_fab.remote.ssh.connection import HostFailure
from tests.unit.folders import written

PASSWORDS = {
    "ssl.keystore.password": "st0re-word",
    "sasl.jaas.config": 'x.Plain required username="ana" password="ja4s-word" user_ana="us3r-word";',
    "num.partitions": "12345678",
}


def test_parts_are_read_as_they_were_written() -> None:
    data = b"part\ta/b.log\t/x/b.log\n|first\n||second\n|\nend\t1\nskipped\t/y\tmay hold secrets\npart\tc\tc\nend\t0\n"
    assert parts.parsed("k1", data) == Collected(
        "k1",
        (BundleFile("a/b.log", "/x/b.log", b"first\n|second\n\n", 1), BundleFile("c", "c", b"")),
        (Skipped("/y", "may hold secrets"),),
    )


@settings(deadline=None)
@given(st.lists(st.binary().map(lambda line: line.replace(b"\n", b""))))
def test_any_bytes_come_through(lines: list[bytes]) -> None:
    data = b"part\tx\ty\n" + b"".join(b"|" + line + b"\n" for line in lines) + b"end\t0\n"
    assert parts.parsed("k1", data).parts[0].content == b"".join(line + b"\n" for line in lines)


def test_the_secrets_of_settings() -> None:
    found = parts.secrets(PASSWORDS.items())
    assert found == {"st0re-word", "ja4s-word", "us3r-word", PASSWORDS["sasl.jaas.config"].rstrip('";')}
    assert not parts.secrets([("sasl.jaas.config", 'Krb5 required serviceName="kafka"'), ("password", "kafka")]) & {
        "kafka"
    }


@settings(deadline=None)
@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8))
def test_no_secret_is_left(secret: str) -> None:
    known = parts.secrets([("ssl.key.password", secret)])
    taken = Collected("k1", (BundleFile("x", "x", f"a {secret}b\n{secret}\n".encode()),))
    found = parts.without(taken, known).parts[0]
    assert secret.encode() not in found.content or secret in "(hidden)"


def test_a_part_without_secrets_is_left_as_it_is() -> None:
    taken = Collected("k1", (BundleFile("x", "x", b"all (hidden) before\n", 7),))
    assert parts.without(taken, {"s3cret"}) == taken


def test_the_password_of_jmx_is_known_also_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = load.cluster(HOME)
    jmx = replace(cluster.kafka.jmx, port=9, password_from="WATCH_WORD")
    monkeypatch.setenv("WATCH_WORD", "fr0m-outside")
    kafka = replace(cluster.kafka, jmx=jmx, properties=PASSWORDS)
    found = collect.secrets(replace(cluster, settings=replace(cluster.settings, kafka=kafka)))
    assert {"fr0m-outside", "st0re-word", "ja4s-word"} <= found


def test_secrets_on_a_line_of_hosts_ini_are_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    hosts = "[kafka]\na id=1 ssl.key.password=l1ne-word vars.db_password=v4r-word\n[zookeeper]\na id=1\n"
    found = collect.secrets(written(tmp_path, hosts, "version: 3.9.1\nvars: {token: t0ken-word}\n"))
    assert {"l1ne-word", "v4r-word", "t0ken-word"} <= found


def test_what_came_cut_off_is_a_failure() -> None:
    whole = base64.b64encode(gzip.compress(b"part\tx\ty\nend\t0\n" * 99)).decode()
    assert collect.unpacked(whole).startswith(b"part")
    with pytest.raises(HostFailure, match="its output is incomplete"):
        collect.unpacked(whole[:40])


def test_a_host_is_asked_for_all_that_it_has() -> None:
    cluster = load.cluster(HOME)
    asked = list(collect.commands(cluster, cluster.nodes["kafka1"], 50))
    assert asked[0].startswith("learn /etc/zookeeper/* /etc/kafka/* ")
    assert "take_logs 50 /var/log/zookeeper /var/log/kafka" in asked
    assert "take_journals 50 zookeeper kafka" in asked
    assert "take_settings /etc/zookeeper /etc/kafka /run/zookeeper /run/kafka" in asked


def test_a_task_that_breaks_does_not_spoil_the_rest() -> None:
    def complains() -> None:
        print("half")
        raise Exit("k1: no\nk2: no", code=1)

    def breaks() -> None:
        raise KeyError("oh")

    assert task_reports.report_of("x.json", "fab x", complains) == BundleFile(
        "x.json", "fab x", b"half\n", note="exit code 1: k1: no k2: no"
    )
    assert task_reports.report_of("y.json", "fab y", breaks).note == "ended with KeyError: 'oh'"
    assert task_reports.report_of("z.json", "fab z", lambda: print("{}")) == BundleFile("z.json", "fab z", b"{}\n")


def test_the_versions_are_told() -> None:
    text = task_reports.versions().content.decode()
    assert text.startswith("kafka-fab 0.")
    assert "\nparamiko " in text


TAKEN = [
    Collected("here", (BundleFile("hosts.ini", "/c/hosts.ini", b"[kafka]\n"),)),
    Collected("state", (BundleFile("plan.json", "fab plan --json", b"{}", note="exit code 1"),)),
    Collected(
        "k1", (BundleFile("etc/x", "/etc/x", b"a=(hidden)\n", 1),), (Skipped("/etc/jmx.password", "may hold secrets"),)
    ),
    Collected("k2", error="k2 port 22 cannot be reached"),
]


def test_the_manifest_names_what_is_in_it_what_is_not_and_why() -> None:
    text = manifest.manifest("2026-01-01", TAKEN).content.decode()
    assert "Could not be read:\n    k2: k2 port 22 cannot be reached\n" in text
    assert "state/plan.json      2                    0  fab plan --json (exit code 1)\n" in text
    assert "k1/etc/x            11                    1  /etc/x\n" in text
    assert "Skipped:\n    k1  /etc/jmx.password  may hold secrets\n" in text


def test_the_archive_is_its_owners_alone_and_whole(tmp_path: Path) -> None:
    file = tmp_path / "b.tar.gz"
    os.umask(0o022)
    bundle_archive.write(file, "b", [Collected("", (BundleFile("MANIFEST", "", b"index\n"),)), *TAKEN])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with tarfile.open(file) as read:
        assert read.getnames() == ["b/MANIFEST", "b/here/hosts.ini", "b/state/plan.json", "b/k1/etc/x"]
        assert all(entry.mode == 0o600 for entry in read)
        content = read.extractfile("b/k1/etc/x")
        assert content
        assert content.read() == b"a=(hidden)\n"
    assert [one.name for one in tmp_path.iterdir()] == ["b.tar.gz"]


def test_a_failure_leaves_the_old_archive_and_no_draft(tmp_path: Path) -> None:
    file = tmp_path / "b.tar.gz"
    file.write_text("old")
    with pytest.raises(AttributeError):
        bundle_archive.write(file, "b", [None])  # type: ignore[list-item]
    assert (file.read_text(), len(list(tmp_path.iterdir()))) == ("old", 1)


def test_a_place_that_cannot_be_written_is_refused_first(tmp_path: Path) -> None:
    with pytest.raises(Exit, match="cannot write this file in"):
        bundle._file(str(tmp_path / "none/b.tar.gz"))
    with pytest.raises(Exit, match="cannot write this file in"):
        bundle._file(str(tmp_path))
    with pytest.raises(Exit, match="--lines 0: must be at least 1"):
        bundle.bundle(None, "", 0)  # type: ignore[arg-type]
