"""Certificates on hosts, without Kafka running: where keys are, what travels, and runs that are cut off."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.integration.conftest import ROOT, TROUBLE, Site, with_zookeeper, write_folder

pytestmark = pytest.mark.lab

SETTINGS = "version: 3.9.1\nname: keys\nsecurity: {internal: mtls, listeners: {clients: {port: 9094, login: scram}}}\n"
# What passes each SSH channel, both ways, is written to a file.
RECORDED = """
import sys, paramiko
record = open(sys.argv.pop(1), "ab", buffering=0)
def recorded(name, is_sent):
    real = getattr(paramiko.Channel, name)
    def call(self, words):
        if is_sent: record.write(bytes(words) + b"\\n")
        answer = real(self, words)
        if not is_sent: record.write(answer + b"\\n")
        return answer
    setattr(paramiko.Channel, name, call)
for name in ("sendall", "send"): recorded(name, True)
for name in ("recv", "recv_stderr"): recorded(name, False)
from fabric.main import program
program.run(["fab", *sys.argv[1:]])
"""
STORES = ("/etc/kafka/node.pem", "/etc/zookeeper/node.pem")
# Of the key of each store, and of the certificate beside it.
HALVES = "\n".join(
    f"openssl pkey -in {path} -pubout; openssl x509 -in {path} -noout -pubkey; stat -c '%U %a' {path}"
    for path in STORES
)
ANOTHER_DATE = """printf '#!/bin/sh\\nexec /usr/bin/date -d "2 minutes" "$@"\\n'"""
LEFT = "ls -A /etc/kafka /etc/zookeeper | grep -E 'node.pem|[.]key' | sort"


@pytest.fixture
def keys(trouble: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Site:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    write_folder(trouble.lab, trouble.folder, with_zookeeper(TROUBLE), SETTINGS)
    return trouble


def is_whole(site: Site) -> None:
    """Assert that every store has a key with its certificate, the one in the folder, and nothing beside it."""
    for host, printed in site.everywhere(HALVES).items():
        key, leaf, modes = [printed.split("-----END PUBLIC KEY-----\n")[at] for at in (0, 1, 2)]
        assert key == leaf
        assert modes.split("\n")[0] == "root 440"
        chain = (site.folder / f"pki/nodes/{host}.pem").read_text()
        assert all(site.on(host, f"cat {path}").endswith(chain) for path in STORES)
    assert set(site.everywhere(LEFT).values()) == {"node.pem\nnode.pem\n"}


def test_keys_stay_on_their_hosts(keys: Site, tmp_path: Path) -> None:
    refused = keys.fab("install")
    assert refused.returncode == 1
    assert "certificates.init" in refused.stderr + refused.stdout
    keys.done("certificates.init")
    assert "issue a certificate: no certificate yet" in keys.done("plan")
    record = tmp_path / "streams"
    command = [sys.executable, "-c", RECORDED, str(record), "install"]
    subprocess.run(command, cwd=ROOT, env=keys.environment, check=True, capture_output=True, timeout=300)
    streams = record.read_bytes()
    assert re.search(rb"csr=M[A-Za-z0-9+/]{200}", streams), "requests come out"
    for host in keys.hosts:
        chain = (keys.folder / f"pki/nodes/{host}.pem").read_text()
        assert chain.splitlines()[1].encode() in streams, "chains go in"
    # The library has the words as a pattern; a key has lines of base64 after them.
    assert b"PRIVATE KEY-----\nM" not in streams
    is_whole(keys)
    for host in keys.hosts:
        key = keys.on(host, "openssl pkey -in /etc/kafka/node.pem -outform DER | base64 -w 0")
        assert key[40:120].encode() not in streams
    assert "nothing would change" in keys.done("plan", "--check")
    # A name is added: another key, another certificate.
    before = (keys.folder / f"pki/nodes/{keys.hosts[0]}.pem").read_text()
    with keys.changed(
        "conf/cluster.yaml", "{internal: mtls", "{certificates: {names: ['{host}.internal']}, internal: mtls"
    ):
        assert f"is not valid for {keys.hosts[0]}.internal" in keys.done("plan")
        keys.done("install")
        is_whole(keys)
    assert (keys.folder / f"pki/nodes/{keys.hosts[0]}.pem").read_text() != before
    # Runs that are killed leave nothing that the next one cannot go on with.
    for _ in range(5):
        keys.everywhere(f"rm -f {' '.join(STORES)}")
        running = keys.start_fab("config")
        time.sleep(random.uniform(0.3, 1.0))
        os.killpg(running.pid, signal.SIGKILL)
        running.communicate()
    keys.done("install")
    is_whole(keys)
    assert "nothing would change" in keys.done("plan", "--check")


def test_a_host_whose_clock_is_wrong_gets_no_certificate(keys: Site) -> None:
    keys.done("certificates.init")
    host = keys.hosts[0]
    # Its clock is the machine's own: another `date` reports it.
    keys.on(host, f"{ANOTHER_DATE} >/usr/local/bin/date; chmod 755 /usr/local/bin/date")
    try:
        refused = keys.fab("config", timeout=200)
    finally:
        keys.on(host, "rm -f /usr/local/bin/date")
    assert refused.returncode == 1
    assert f"{host}: its clock is 1" in refused.stdout
    assert "[T3]" in refused.stdout
    assert not (keys.folder / f"pki/nodes/{host}.pem").exists()
    assert (keys.folder / f"pki/nodes/{keys.hosts[1]}.pem").exists()
