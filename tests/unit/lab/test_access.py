"""Files that lead to a lab's hosts."""

from ipaddress import IPv4Network
from pathlib import Path

import pytest
import yaml
from paramiko import SSHConfig

from lab import Host, access
from lab.labs import Lab


def make(folder: Path, name: str = "demo") -> Lab:
    hosts = {"kafka1": Host("kafka1", "10.87.0.11", name), "kafka2": Host("kafka2", "10.87.0.12", name)}
    return Lab(name, Path("/checkout"), folder, "bookworm", IPv4Network("10.87.0.0/24"), hosts)


def test_ssh_config_checks_host_keys_strictly(tmp_path: Path) -> None:
    config = SSHConfig.from_text(access.ssh_config(make(tmp_path)))
    assert config.lookup("kafka2") == {
        "hostname": "10.87.0.12",
        "user": "root",
        "identityfile": ["/run/kafka-fab-lab/demo/key"],
        "userknownhostsfile": "/run/kafka-fab-lab/demo/known_hosts",
        "stricthostkeychecking": "yes",
        "identitiesonly": "yes",
    }


def test_local_yaml_names_the_mirror_and_little_memory(tmp_path: Path) -> None:
    assert yaml.safe_load(access.local_yaml(make(tmp_path))) == {
        "mirror": "http://10.87.0.1:8000/kafka",
        "kafka": {"heap": "256m"},
        "zookeeper": {"heap": "128m"},
    }


def test_a_lab_reads_what_it_wrote(tmp_path: Path) -> None:
    assert Lab.from_json(make(tmp_path).to_json()) == make(tmp_path)


def test_only_the_lab_s_own_files_are_removed(tmp_path: Path) -> None:
    lab = make(tmp_path)
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf/local.yaml").write_text("mirror: mine\n")
    (tmp_path / "ssh_config").write_text(access.ssh_config(lab))
    access.remove(lab)
    assert not (tmp_path / "ssh_config").exists()
    assert (tmp_path / "conf/local.yaml").read_text() == "mirror: mine\n"


@pytest.mark.parametrize(("text", "owner"), [("Host a\n", None), ("", None), ("# Written by lab x-1: ...\n", "x-1")])
def test_the_owner_of_a_file(tmp_path: Path, text: str, owner: str | None) -> None:
    path = tmp_path / "ssh_config"
    path.write_text(text)
    assert access.owner(path) == owner


def test_files_of_others_are_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lab = make(tmp_path)
    monkeypatch.setattr("lab.labs.STATE", tmp_path / "state")
    lab.state.mkdir(parents=True)
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf/local.yaml").write_text("mirror: mine\n")
    (tmp_path / "ssh_config").write_text(access.first_line(make(tmp_path, "other")))
    access.write(lab, {"other"})
    assert access.owner(tmp_path / "ssh_config") == "other"
    assert (tmp_path / "conf/local.yaml").read_text() == "mirror: mine\n"
    assert "mirror: http://10.87.0.1:8000/kafka" in capsys.readouterr().out
    access.write(lab, set())
    assert access.owner(tmp_path / "ssh_config") == "demo"
