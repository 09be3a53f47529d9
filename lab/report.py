"""Tell which labs are on this machine and how they are."""

from __future__ import annotations

import json
from typing import Any

from lab import processes, registry


def labs() -> list[dict[str, Any]]:
    """Describe each lab and each of its hosts."""
    running = processes.leaders()
    return [
        {
            "name": lab.name,
            "checkout": str(lab.checkout),
            "subnet": str(lab.subnet),
            "mirror": lab.mirror_url,
            "hosts": [
                {"name": host.name, "address": host.address, "up": (lab.name, host.name) in running}
                for host in lab.hosts.values()
            ],
        }
        for lab in registry.known().values()
    ]


def as_json() -> str:
    """Write the labs for programs."""
    return json.dumps(labs(), indent=2)


def as_text() -> str:
    """Write the labs as a table, a line a host."""
    rows = [
        (lab["name"], host["name"], host["address"], "up" if host["up"] else "down", lab["checkout"])
        for lab in labs()
        for host in lab["hosts"]
    ]
    if not rows:
        return "no lab on this machine: `fab lab.up` makes one"
    table = [("lab", "host", "address", "state", "checkout"), *rows]
    widths = [max(len(row[column]) for row in table) for column in range(5)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table
    )
