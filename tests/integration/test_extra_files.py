"""Files and variables of the user's on a real host: planned, written, removed with their settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.integration.conftest import Site

pytestmark = pytest.mark.lab

EXTRAS = """
  environment: {TZ: UTC, MY_TOKEN: s3cret}
  files: {/etc/kafka/x.conf: {from: x.conf}}
"""
LOOK = "cat /etc/kafka/environment /etc/kafka/x.conf 2>&1; stat -c %U:%G:%a /etc/kafka/x.conf"


def test_files_come_and_go_with_their_settings(trouble: Site) -> None:
    host = trouble.hosts[0]
    (trouble.folder / "hosts.ini").write_text(f"[kafka]\n{host} id=1\n[zookeeper]\n{host} id=1\n")
    (trouble.folder / "x.conf").write_text("mine\n")
    before = "version: 3.9.1\nkafka:\n  heap: 256m\n"
    trouble.settings(before + EXTRAS)
    planned = trouble.done("plan")
    assert "file /etc/kafka/x.conf" in planned
    assert "s3cret" not in planned
    trouble.done("install")
    assert trouble.on(host, LOOK).splitlines() == ['MY_TOKEN="s3cret"', "mine", "root:kafka:640"]
    assert "nothing to change" in trouble.done("install")

    trouble.settings(before)
    assert "extra-file /etc/kafka/x.conf  (remove)" in trouble.done("plan")
    trouble.done("install")
    assert trouble.on(host, "ls /etc/kafka").split() == ["log4j.properties", "server.properties"]

    trouble.settings(before + "  files: {/etc/hostname: {from: x.conf}}\n")
    refused = trouble.fab("install")
    assert refused.returncode == 1
    assert "/etc/hostname: is there already, and kafka-fab did not write it" in refused.stdout + refused.stderr
    assert trouble.on(host, "cat /etc/hostname").strip() != "mine"
