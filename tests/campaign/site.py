"""Site: the cluster of a campaign, on three hosts of a lab of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from kafka_fab.cluster.change import key_values
from kafka_fab.live.client.wait import until
from lab import Host, Lab, LabSpec
from lab import faults as make
from tests.campaign import leftovers, outside_view, world
from tests.campaign.troubles import Troubles
from tests.campaign.world import HOSTS, Kind, World
from tests.integration.conftest import Site, lab_of, write_folder
from tests.integration.outside_load import servers

# Of a call of the tool: what takes longer hangs.
LONGEST = 600
# After the last fault: until all are in sync, and until a host that was cut off has noticed that its tool is gone.
RECOVERY, RELEASE = 240.0, 90.0
PAUSE = 1.0
DISKS = {world.DATA: "2g", world.STATE: "32m"}
PORT = 9092
# The interrupted operations of a host, without the product's reading of them.
OWNER = "cat /var/lib/kafka-fab/clusters/*/roll/owner 2>/dev/null; true"


@dataclass(frozen=True)
class Call:
    """A call of the tool: what was typed, its exit code, and all that it said."""

    words: tuple[str, ...]
    code: int
    output: str
    complaints: str

    @property
    def text(self) -> str:
        """Return the call for people: the end of what was said."""
        lines = [line for line in f"{self.output}\n{self.complaints}".splitlines() if line.strip()]
        return "\n    ".join([f"`fab {' '.join(self.words)}` ended with {self.code}:", *lines[-12:]])


@dataclass(frozen=True)
class CampaignSite(Site):
    """The cluster, and what the tool and an outsider say of it."""

    @property
    def servers(self) -> str:
        """The brokers, as librdkafka's setting."""
        return servers(self.hosts, PORT)

    @property
    def machines(self) -> list[Host]:
        """The hosts as the lab has them."""
        return [self.lab.hosts[host] for host in self.hosts]

    def build(self, began: World) -> None:
        """Install and start a cluster, with its topics."""
        self.write(began)
        for words in (("install",), ("start",), ("topics.apply",)):
            self.done(*words, timeout=LONGEST)

    def write(self, wanted: World) -> None:
        """Write the files that an operator has in front of him."""
        self.settings(world.settings(wanted))
        (self.folder / "conf/topics.yaml").write_text(world.topics(wanted))

    def call(self, words: tuple[str, ...], troubles: Troubles | None = None) -> Call:
        """Call the tool, which may be killed meanwhile; one that hangs is killed at last."""
        tool = self.start_fab(*words)
        if troubles:
            troubles.watch(tool)
        try:
            said = tool.communicate(timeout=LONGEST)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(tool.pid, signal.SIGKILL)
            output, complaints = tool.communicate()
            said = output, f"{complaints}\nkilled: it had not ended after {LONGEST} s"
        made = Call(words, tool.returncode, *said)
        with self.log.open("a") as log:
            log.write(f"--- {time.strftime('%T')} fab {' '.join(words)}: {made.code}\n{made.output}{made.complaints}\n")
        return made

    @property
    def log(self) -> Path:
        """The file with all calls of the tool."""
        return self.folder / "campaign.log"

    def interrupted(self) -> str:
        """Return the task that was interrupted and has left its record on a host."""
        # One that is off right now answers when it is asked again.
        owners = [host.run(OWNER).stdout for host in self.machines if host.leader is not None]
        return next(filter(None, (key_values(words.replace("\n", " ")).get("task", "") for words in owners)), "")

    # ---- what must be after each step

    def problems(self, wanted: World) -> tuple[str, ...]:
        """Return what is wrong after a step, when all has had its time to recover."""
        if unlike := _settled(lambda: self._unlike(wanted), RECOVERY):
            return tuple(unlike)
        checks = (*_settled(self._validated, RELEASE), *self._versions(wanted), *self._drifted(wanted))
        return (*checks, *_settled(lambda: self.leftovers(wanted), RELEASE))

    def _unlike(self, wanted: World) -> list[str]:
        return outside_view.differences(outside_view.look(self.servers), wanted)

    def _validated(self) -> list[str]:
        made = self.call(("validate",))
        return [] if made.code == 0 else [made.text]

    def _versions(self, wanted: World) -> list[str]:
        """Return the services that do not run, or would not start, the version of their host."""
        asked = self.call(("upgrade", "--status", "--json"))
        if asked.code:
            return [asked.text]
        services = json.loads(asked.output)["services"]
        must = {host: wanted.version(number) for number, host in enumerate(self.hosts)}
        return [
            f"{one['host']}: {one['service']} runs {one['running']}, starts {one['on_disk']}, not {must[one['host']]}"
            for one in services
            if {one["running"], one["on_disk"]} != {must[one["host"]]}
        ]

    def _drifted(self, wanted: World) -> list[str]:
        if not wanted.is_settled:
            return []
        asked = self.call(("plan", "--check"))
        return [] if asked.code == 0 else [asked.text]

    def leftovers(self, wanted: World) -> list[str]:
        """Return what is left on the hosts and in the folder."""
        notes = [f"canary's notes {file.name}" for file in (self.folder / ".kafka-fab").glob("*.canary")]
        found = self.everywhere(leftovers.LOOK)
        for number, host in enumerate(self.hosts):
            left = leftovers.leftovers(found[host].splitlines(), wanted.saved(number))
            notes += [f"{host}: {one}" for one in left]
        return notes


def _settled(look: Callable[[], list[str]], seconds: float) -> list[str]:
    """Return what is still wrong after some seconds; nothing as soon as nothing is."""
    found: list[str] = []

    def is_right() -> bool:
        found[:] = look()
        return not found

    until(is_right, seconds, PAUSE)
    return found


@contextmanager
def site(kind: Kind, name: str, folder: Path) -> Iterator[CampaignSite]:
    """Boot hosts with disks of their own, and yield the folder of a cluster on them; the hosts go in the end."""
    hosts = tuple(f"{name}{number + 1}" for number in HOSTS)
    (place := folder / "lab").mkdir()
    with lab_of(LabSpec(name, hosts, folder=place), kind.before, kind.after) as lab:
        _give_disks(lab)
        made = CampaignSite(folder / "cluster", hosts, lab)
        write_folder(lab, made.folder, world.groups(kind, hosts), world.settings(World(kind)))
        yield made


def _give_disks(lab: Lab) -> None:
    machines = list(lab.hosts.values())
    make.power_off(*machines)
    for one in machines:
        for path, size in DISKS.items():
            make.own_disk(one, path, size)
    make.power_on(*machines)
