"""java.sh and packages.sh: a Java in the range, and the packages that it comes from."""

from pathlib import Path

import pytest

from kafka_fab.cluster.change import Change
from tests.unit.remote.scripts.library.host import Host


def java(host: Host, version: str, home: str = "jdk") -> Path:
    (host / home / "bin").mkdir(parents=True)
    binary = host / home / "bin/java"
    binary.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n")
    binary.chmod(0o755)
    return host / home


@pytest.mark.parametrize("source", ["release", "binary"])
@pytest.mark.parametrize(("version", "feature"), [("17.0.9", "17"), ("1.8.0_392", "8"), ("21", "21"), ("11-ea", "11")])
def test_java_versions(source: str, version: str, feature: str, host: Host) -> None:
    home = java(host, version if source == "binary" else "99")
    if source == "release":
        (home / "release").write_text(f'IMPLEMENTOR="x"\nJAVA_VERSION="{version}"\n')
    assert host.run(f'java_version {home}\nprintf %s "$found"').output == feature


def test_a_java_in_the_range(host: Host) -> None:
    assert host.want("java", 8, 23, java(host, "17.0.9"), "package") == Change("ok", "java", "17")


def test_a_java_at_home_that_is_too_old(host: Host) -> None:
    home = java(host, "1.7.0")
    assert host.want("java", 8, 23, home).detail == (
        f"Java 7 is {home}, but Java 8 to 23 is required: install one and set java.home in conf/cluster.yaml"
    )


def test_a_home_without_java(host: Host) -> None:
    change = host.want("java", 8, 23, host / "nowhere")
    assert change.detail == "there is no Java: change java.home in conf/cluster.yaml"


def with_java(host: Host, found: str, *packages: str, apply: bool = True) -> Change:
    """want_java where `java` on the PATH is of some version, or of the one in a file that apt-get writes."""
    known = f"java_version() {{ found={found}; [ ! -f {host / 'installed'} ] || found=17; }}"
    return host.run(f"{known}\nwant_java 8 23 '' {' '.join(packages)}", apply).only


def test_a_java_on_the_path_that_is_too_new(host: Host) -> None:
    assert with_java(host, "24", "p").detail == (
        "Java 24 is installed, but Java 8 to 23 is required: install one and set java.home in conf/cluster.yaml"
    )


def test_java_from_the_first_package_that_there_is(host: Host) -> None:
    host.stub("apt-get", f'case "$*" in *" install"*|install*two*) touch {host / "installed"} ;; *) exit 1 ;; esac')
    assert with_java(host, "", "one", "two") == Change("changed", "java", "17", "package two")


def test_java_by_dnf_where_there_is_no_apt_get(host: Host) -> None:
    host.stub("dnf", f'[ "$*" = "install -y -q --setopt=exit_on_lock=True one" ] && touch {host / "installed"}')
    known = f"java_version() {{ found=; [ ! -f {host / 'installed'} ] || found=17; }}\ncommand() {{ [ $2 = dnf ]; }}"
    change = host.run(f"{known}\nwant_java 8 23 '' one").only
    assert (change.status, change.detail) == ("changed", "package one, by dnf, which was not tested on a real host")


def test_java_that_cannot_be_installed(host: Host) -> None:
    host.stub("apt-get", "echo 'E: Unable to locate package'; exit 100")
    detail = with_java(host, "", "one").detail
    assert detail.startswith("is missing and could not be installed: E: Unable to locate package")


LOCKS = {
    "install": "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 4711 (unattended-upgr)",
    "older": "E: Could not get lock /var/lib/dpkg/lock - open (11: Resource temporarily unavailable)",
    "lists": "E: Unable to lock directory /var/lib/apt/lists/",
    "dpkg": "dpkg: error: dpkg frontend lock was locked by another process with pid 4711",
}


@pytest.mark.parametrize("form", LOCKS)
def test_java_waits_for_another_package_manager(form: str, host: Host) -> None:
    """It says so once, and goes on as soon as the lock is free."""
    host.stub("sleep", f"echo >>{host / 'slept'}")
    free = f'[ "$(wc -l <{host / "slept"})" -ge 3 ]'
    host.stub(
        "apt-get",
        f"touch {host / 'slept'}; {free} || {{ echo '{LOCKS[form]}' >&2; exit 100; }}; touch {host / 'installed'}",
    )
    known = f"java_version() {{ found=; [ ! -f {host / 'installed'} ] || found=17; }}"
    note, change = host.run(f"{known}\nwant_java 8 23 '' one").changes
    assert (note.status, note.kind) == ("note", "lock")
    holder = " (unattended-upgr, process 4711)" if form == "install" else ""
    assert note.detail.startswith(
        f"another package manager is running on this host{holder}; waiting for it, at most 10 min"
    )
    assert change == Change("changed", "java", "17", "package one")


@pytest.mark.parametrize("manager", ["apt-get", "dnf"])
def test_java_waits_for_another_package_manager_within_limits(manager: str, host: Host) -> None:
    """And not once more for each package that could be taken."""
    host.stub("sleep", f"echo >>{host / 'slept'}")
    host.stub(manager, f"echo '{LOCKS['install']}' >&2; exit 200")
    known = f"java_version() {{ found=; }}\ncommand() {{ [ $2 = {manager} ]; }}"
    note, change = host.run(f"{known}\nwant_java 8 23 '' one two").changes
    assert (note.kind, change.status) == ("lock", "failed")
    assert "timed out after 10 min: another package manager is running on this host" in change.detail
    assert len((host / "slept").read_text()) == 120


def test_java_in_a_plan(host: Host) -> None:
    host.stub("apt-get", f"touch {host / 'touched'}")
    change = with_java(host, "", "one", "two", apply=False)
    assert (change.status, change.detail) == ("would", "from the first of these packages: one two")
    assert not (host / "touched").exists()
