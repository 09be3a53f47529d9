"""Build a lab, keep it whole, take it away."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from lab import access, etchosts, host, names, network, registry, rootfs, serving
from lab.labs import Lab, LabSpec
from lab.machine import CHECKOUT, LabError, raise_limits, require, say
from lab.sweep import sweep

if TYPE_CHECKING:
    from pathlib import Path


def up(spec: LabSpec) -> Lab:
    """Build the lab, or mend the one that is there; return it when all of its hosts answer."""
    names.check_name("lab", spec.name)
    rootfs.java_package(spec.suite)
    require()
    with registry.lock():
        live = registry.live()
        there = live.get(spec.name)
        if there and _is_same(there, spec):
            return _mend(there, live)
        _refuse_clash(spec, live)
        for name in sweep(keep=live):
            say(f"removed what was left of lab {name}")
        lower = rootfs.ensure(spec.suite)
        with ExitStack() as undo:
            # After Ctrl-C too: half a lab is of no use to anybody.
            undo.callback(sweep, keep=live)
            lab = _build(spec, live, lower)
            undo.pop_all()
        return lab


def _is_same(lab: Lab, spec: LabSpec) -> bool:
    asked = (CHECKOUT, spec.hosts, spec.suite, spec.folder.resolve(), spec.subnet or str(lab.subnet))
    return asked == (lab.checkout, tuple(lab.hosts), lab.suite, lab.folder, str(lab.subnet))


def _refuse_clash(spec: LabSpec, live: dict[str, Lab]) -> None:
    for lab in live.values():
        place = f"lab {lab.name} of {lab.checkout} is up"
        how = "take it down first: `fab lab.down` there, or `fab lab.down --all`."
        if lab.name == spec.name:
            raise LabError(f"{place} with {', '.join(lab.hosts)} on {lab.subnet} (folder {lab.folder}): {how}")
        if same := [name for name in spec.hosts if name in lab.hosts]:
            raise LabError(f"{place} and has {', '.join(same)} too: use other names, or {how}")


def _build(spec: LabSpec, live: dict[str, Lab], lower: Path) -> Lab:
    begun = time.monotonic()
    raise_limits()
    subnet = network.choose_subnet(spec.subnet, network.used_subnets())
    hosts = {
        name: host.Host(name, address, spec.name) for name, address in network.addresses(subnet, spec.hosts).items()
    }
    lab = Lab(spec.name, CHECKOUT, spec.folder.resolve(), spec.suite, subnet, hosts)
    registry.save(lab)
    say(f"booting {len(hosts)} hosts on {subnet} ...")
    network.build(lab.name, subnet, lab.addresses)
    _lay_out(lab, lower)
    serving.ensure(lab)
    every = list(hosts.values())
    host.boot(every)
    host.check_reach(every[0], every[-1])
    etchosts.replace(etchosts.with_block(etchosts.read(), lab.name, lab.addresses))
    access.write(lab, set(live))
    lab = replace(lab, ready=True)
    registry.save(lab)
    say(f"{len(hosts)} hosts of lab {lab.name} answer ({time.monotonic() - begun:.1f} s)")
    return lab


def _lay_out(lab: Lab, lower: Path) -> None:
    authorized = access.make_key(lab.key, f"lab {lab.name}")
    lines = []
    for one in lab.hosts.values():
        files, line = access.host_files(lab, one, authorized)
        host.prepare(one, lower, files)
        lines.append(line)
    lab.known_hosts.write_text("".join(lines))


def _mend(lab: Lab, live: dict[str, Lab]) -> Lab:
    dead = [one for one in lab.hosts.values() if one.leader is None]
    serving.ensure(lab)
    if dead:
        say(f"booting {', '.join(one.name for one in dead)} again ...")
        # Its systemd-nspawn may still be about to end, and holds the folder until then.
        host.stop(dead)
        host.boot(dead)
    etchosts.replace(etchosts.with_block(etchosts.read(), lab.name, lab.addresses))
    access.write(lab, set(live))
    say(f"lab {lab.name} is up: {', '.join(lab.hosts)} on {lab.subnet}" + ("" if dead else ", nothing to do"))
    return lab


def down(name: str = "demo", all_labs: bool = False) -> list[str]:
    """Take a lab away, or all of this machine's; name what was removed, leftovers included."""
    require()
    with registry.lock():
        live = registry.live()
        if not all_labs and name in live and live[name].checkout != CHECKOUT:
            raise LabError(
                f"lab {name} belongs to {live[name].checkout}: `fab lab.down` there, or `fab lab.down --all`."
            )
        return sweep(keep={} if all_labs else {key: lab for key, lab in live.items() if key != name})
