"""What a lab is: what was asked for, and what came of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from pathlib import Path

from lab import names, network
from lab.host import STATE, Host
from lab.machine import CHECKOUT
from lab.rootfs import ADMIN_PASSWORD

MIRROR_PORT = 8000


@dataclass(frozen=True)
class LabSpec:
    """A lab as asked for; an empty subnet means the first free one."""

    name: str = "demo"
    hosts: tuple[str, ...] = ("kafka1", "kafka2", "kafka3")
    subnet: str = ""
    suite: str = "bookworm"
    folder: Path = CHECKOUT


@dataclass(frozen=True)
class Lab:
    """A lab as it stands on this machine, perhaps built by another checkout."""

    name: str
    checkout: Path
    folder: Path
    suite: str
    subnet: IPv4Network
    hosts: dict[str, Host] = field(default_factory=dict)
    ready: bool = False
    admin_password = ADMIN_PASSWORD

    @property
    def state(self) -> Path:
        """Where its running state is kept."""
        return STATE / self.name

    @property
    def key(self) -> Path:
        """The private key that opens all of its hosts."""
        return self.state / "key"

    @property
    def known_hosts(self) -> Path:
        """The hosts' public keys, by name and by address."""
        return self.state / "known_hosts"

    @property
    def addresses(self) -> dict[str, str]:
        """Addresses by host name."""
        return {name: host.address for name, host in self.hosts.items()}

    @property
    def bridge_address(self) -> str:
        """The address of this machine as the hosts see it."""
        return network.bridge_address(self.subnet)

    @property
    def mirror(self) -> str:
        """What the hosts download from, without a path."""
        return f"http://{self.bridge_address}:{MIRROR_PORT}"

    @property
    def mirror_url(self) -> str:
        """Where the hosts find Kafka archives."""
        return f"{self.mirror}/kafka"

    def to_json(self) -> str:
        """Write it down for whoever asks later."""
        known = {
            "name": self.name,
            "checkout": str(self.checkout),
            "folder": str(self.folder),
            "suite": self.suite,
            "subnet": str(self.subnet),
            "bridge": names.bridge(self.name),
            "mirror": self.mirror_url,
            "hosts": self.addresses,
            "ready": self.ready,
        }
        return json.dumps(known, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Lab:
        """Read what to_json wrote."""
        known = json.loads(text)
        return cls(
            name=known["name"],
            checkout=Path(known["checkout"]),
            folder=Path(known["folder"]),
            suite=known["suite"],
            subnet=IPv4Network(known["subnet"]),
            hosts={name: Host(name, address, known["name"]) for name, address in known["hosts"].items()},
            ready=known["ready"],
        )
