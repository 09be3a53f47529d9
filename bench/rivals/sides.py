"""Sides: each tool's commands for the same work on the same hosts, and the wire's floor."""

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.place import ROOT
from bench.rivals import wanted
from bench.timing import OURS, Action, command
from kafka_fab.cluster import load
from lab import Lab
from lab.machine import CACHE

HERE = Path(__file__).parent
VENV = CACHE / "rivals"
FAB = str(Path(sys.executable).with_name("fab"))
ANSIBLE, MITOGEN, PYINFRA = "Ansible", "Ansible with Mitogen", "pyinfra"
# The same property with two values: each variant is a whole cluster folder of its own.
VARIANTS = {"a": "168", "b": "24"}
CHANGED = "log.retention.hours: "


@dataclass(frozen=True)
class Sides:
    """The commands of all sides on one lab, or of kafka-fab and the floor alone."""

    lab: Lab
    folders: Mapping[str, Path]
    data: Mapping[str, Path]
    sums: Mapping[str, str]
    url: str
    alone: bool = False

    def install(self, variant: str, plan: bool = False) -> dict[str, Action]:
        """Return the command of each tool that installs, or plans to install, a variant."""
        words = [FAB, "plan" if plan else "install"]
        ours = {OURS: command(words, str(ROOT), KAFKA_FAB_CLUSTER=str(self.folders[variant]))}
        if self.alone:
            return ours
        mitogen = {"ANSIBLE_STRATEGY_PLUGINS": _strategies(), "ANSIBLE_STRATEGY": "mitogen_linear"}
        return ours | {
            PYINFRA: self._pyinfra(variant, plan),
            MITOGEN: self._ansible(variant, plan, **mitogen),
            ANSIBLE: self._ansible(variant, plan),
        }

    def floor(self, script: str) -> Action:
        """Return the floor: connections in parallel, and one script on each host."""
        return command(
            [sys.executable, "-m", "bench.floor", self.ssh_config, ",".join(self.lab.hosts), script], str(ROOT)
        )

    def floor_of_install(self) -> Action:
        """Return the floor of a first install: the archive fetched and extracted."""
        return self.floor(f"mkdir -p /opt/floor && curl -fsS {self.url} | tar xz -C /opt/floor")

    @property
    def ssh_config(self) -> str:
        """How the hosts are reached."""
        return str(self.lab.folder / "ssh_config")

    def _ansible(self, variant: str, plan: bool, **more: str) -> Action:
        values = ["-e", f"variant={self.data[variant]}", "-e", f"sha512={self.sums['sha512']}"]
        return playbook(self.lab, "playbook.yml", *values, *(["--check", "--diff"] if plan else []), **more)

    def _pyinfra(self, variant: str, plan: bool) -> Action:
        words = [str(VENV / "bin/pyinfra"), "--dry" if plan else "-y", "inventory.py", "deploy.py"]
        here = {"BENCH_VARIANT": str(self.data[variant]), "BENCH_SSH_CONFIG": self.ssh_config}
        return command(words, str(HERE / "pyinfra"), BENCH_SHA256=self.sums["sha256"], **here)


def playbook(lab: Lab, name: str, *words: str, **more: str) -> Action:
    """Return the command that runs one of the playbooks on all hosts of a lab."""
    first = [str(VENV / "bin/ansible-playbook"), "-i", ",".join([*lab.hosts, ""]), name]
    # The connections persist for 60 s, as Ansible's own default has it.
    ssh = f"-F {lab.folder}/ssh_config -o ControlMaster=auto -o ControlPersist=60s"
    return command([*first, *words], str(HERE / "ansible"), ANSIBLE_SSH_ARGS=ssh, ANSIBLE_NOCOLOR="1", **more)


def _strategies() -> str:
    return f"{sysconfig.get_path('purelib', vars={'base': str(VENV)})}/ansible_mitogen/plugins/strategy"


def made(lab: Lab, archive: Path, alone: bool = False) -> Sides:
    """Write down for each tool, in two variants, what the lab's hosts are to have."""
    if not alone:
        ready()
    folders, data = {}, {}
    for variant, value in VARIANTS.items():
        folders[variant] = _variant(lab, variant, value)
        data[variant] = lab.folder / f"wanted-{variant}"
        cluster = load.cluster(folders[variant])
        wanted.write(cluster, data[variant])
    sums = {name: hashlib.new(name, archive.read_bytes()).hexdigest() for name in ("sha256", "sha512")}
    return Sides(lab, folders, data, sums, cluster.archive_url, alone)


def _variant(lab: Lab, variant: str, value: str) -> Path:
    folder = lab.folder / f"variant-{variant}"
    shutil.copytree(lab.folder / "conf", folder / "conf")
    for name in ("hosts.ini", "ssh_config"):
        shutil.copy(lab.folder / name, folder)
    file = folder / "conf/cluster.yaml"
    before = file.read_text()
    assert CHANGED + VARIANTS["a"] in before
    file.write_text(before.replace(CHANGED + VARIANTS["a"], CHANGED + value))
    return folder


def ready() -> None:
    """Make the rivals' virtual environment unless it is there."""
    asked, mark = ROOT / "bench/requirements.txt", VENV / "made-from"
    if mark.exists() and mark.read_text() == asked.read_text():
        return
    subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
    words = [str(VENV / "bin/pip"), "install", "-q", "--disable-pip-version-check", "-r", str(asked)]
    subprocess.run(words, check=True, env=os.environ)
    mark.write_text(asked.read_text())
