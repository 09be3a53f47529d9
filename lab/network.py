"""One bridge a lab, one network namespace and one link a host."""

from __future__ import annotations

import json
from contextlib import suppress
from ipaddress import IPv4Network
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from lab import names
from lab.machine import LabError, run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

FIRST_HOST = 11
NAMESPACES = Path("/run/netns")
INSIDE = "host0"


def candidates() -> Iterator[IPv4Network]:
    """List the subnets that a lab may take by itself."""
    return (IPv4Network(f"10.87.{number}.0/24") for number in range(256))


def choose_subnet(wanted: str, used: Iterable[IPv4Network]) -> IPv4Network:
    """Choose the first free subnet, or refuse the wanted one where it is taken."""
    taken = list(used)
    if not wanted:
        for subnet in candidates():
            if not any(subnet.overlaps(other) for other in taken):
                return subnet
        raise LabError("no free subnet in 10.87.0.0/16: name one of your own with --subnet.")
    try:
        subnet = IPv4Network(wanted)
    except ValueError as wrong:
        raise LabError(f"subnet {wanted!r}: {wrong}. Write it like 10.87.5.0/24.") from wrong
    for other in taken:
        if subnet.overlaps(other):
            raise LabError(f"subnet {subnet} overlaps {other}, which this machine uses already.")
    return subnet


def addresses(subnet: IPv4Network, hosts: tuple[str, ...]) -> dict[str, str]:
    """Give each host its address, in order, from .11 on."""
    free = islice(subnet.hosts(), FIRST_HOST - 1, None)
    given = {name: str(address) for name, address in zip(hosts, free, strict=False)}
    if len(given) < len(hosts):
        raise LabError(f"subnet {subnet} has no room for {len(hosts)} hosts: name a larger one.")
    return given


def bridge_address(subnet: IPv4Network) -> str:
    """Name the machine's own address in a lab's subnet."""
    return str(next(iter(subnet.hosts())))


def used_subnets() -> list[IPv4Network]:
    """List the subnets that this machine has routes to."""
    routes = json.loads(run("ip", "-json", "-4", "route", "show", "table", "all"))
    return [IPv4Network(route["dst"], strict=False) for route in routes if route["dst"] != "default"]


def build(lab: str, subnet: IPv4Network, hosts: Mapping[str, str]) -> None:
    """Make a lab's bridge, namespaces and links."""
    bridge = names.bridge(lab)
    lines = [
        f"link add {bridge} type bridge",
        f"address add {bridge_address(subnet)}/{subnet.prefixlen} dev {bridge}",
        f"link set {bridge} up",
    ]
    for host in hosts:
        run("ip", "netns", "add", names.netns(lab, host))
        veth = names.veth(lab, host)
        lines += [
            f"link add {veth} type veth peer name {INSIDE} netns {names.netns(lab, host)}",
            f"link set {veth} master {bridge} up",
        ]
    run("ip", "-batch", "-", stdin="\n".join(lines) + "\n")
    for host, address in hosts.items():
        inside = [
            "link set lo up",
            f"address add {address}/{subnet.prefixlen} dev {INSIDE}",
            f"link set {INSIDE} up",
        ]
        run("ip", "-netns", names.netns(lab, host), "-batch", "-", stdin="\n".join(inside) + "\n")


def links() -> set[str]:
    """List the bridges and links of all labs."""
    found = {path.name for path in Path("/sys/class/net").iterdir()}
    return {name for name in found if name.startswith(names.LINK_PREFIXES)}


def namespaces() -> set[str]:
    """List the network namespaces of all labs."""
    if not NAMESPACES.is_dir():
        return set()
    return {path.name for path in NAMESPACES.iterdir() if path.name.startswith(names.NETNS_PREFIX)}


def remove(gone_links: Iterable[str], gone_namespaces: Iterable[str]) -> None:
    """Remove links and namespaces."""
    for link in gone_links:
        # The kernel takes a link away by itself some time after its namespace went.
        with suppress(LabError):
            run("ip", "link", "delete", link)
    for name in gone_namespaces:
        try:
            run("ip", "netns", "delete", name)
        except LabError:
            (NAMESPACES / name).unlink(missing_ok=True)
