"""Leftovers: what an operation has left on a host that should be gone: records, locks, files, units, processes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

# Prints KIND<TAB>TEXT for each thing: `process` and `saved` are judged below, all else should not be there.
LOOK = r"""
say() { printf '%s\t%s\n' "$1" "$2"; }
each() { while read -r path; do say "$1" "$path"; done; }
for file in /var/lib/kafka-fab/clusters/*/roll/owner /var/lib/kafka-fab/clusters/*/roll/holder \
    /var/lib/kafka-fab/clusters/*/roll/progress; do
    [ ! -e "$file" ] || say record "$file: $(tr '\n' ' ' <"$file")"
done
for lock in /var/lib/kafka-fab/clusters/*/roll/lock /run/kafka-fab.lock; do
    [ ! -e "$lock" ] || flock -n "$lock" true || say lock "$lock is held"
done
find /var/lib/kafka-fab /etc/kafka /etc/zookeeper /etc/systemd/system /run/kafka /run/zookeeper /srv/kafka \
    /var/cache/kafka-fab \( -name '*.new' -o -name '*.partial' \) 2>/dev/null | each file
find /opt /tmp /var/tmp -maxdepth 1 \( -name '*.partial' -o -name '*.new' -o -name 'tmp.*' \) | each file
find /var/cache/kafka-fab -type f 2>/dev/null | each archive
systemctl list-units --all --plain --no-legend 'kafka-fab-*' | each unit
for unit in /var/lib/kafka-fab/clusters/*/before/*; do [ ! -e "$unit" ] || say saved "${unit##*/}"; done
ps -eww -o pid=,cgroup:200=,args= | while read -r pid group words; do say process "$pid $group $words"; done
"""
# What runs on a host by itself, by control group and, where that has more, by how its command begins.
AT_HOME = (
    ("init.scope", ""),
    ("/system.slice/systemd-", ""),
    ("/system.slice/dbus", ""),
    ("/system.slice/console-getty", ""),
    ("/system.slice/kafka.service", ""),
    ("/system.slice/zookeeper.service", ""),
    ("/system.slice/ssh.service", "sshd: /usr/sbin/sshd -D [listener]"),
)


def leftovers(lines: Iterable[str], saved: Sequence[str]) -> list[str]:
    """Return what should not be there; `saved` are the units whose files of before lead back."""
    found = [line.partition("\t") for line in lines if "\t" in line]
    there = sorted(text for kind, _, text in found if kind == "saved")
    wrong = [f"{kind} {text}" for kind, _, text in found if kind not in ("saved", "process")]
    if there != sorted(saved):
        wrong.append(f"files of before the upgrade: {', '.join(there) or 'none'}, not {', '.join(saved) or 'none'}")
    return [*wrong, *_strays(text for kind, _, text in found if kind == "process")]


def _strays(processes: Iterable[str]) -> Iterator[str]:
    for one in processes:
        pid, group, words = (*one.split(maxsplit=2), "")[:3]
        if not _is_at_home(group, words):
            yield f"process {pid} {words} ({group})"


def _is_at_home(group: str, words: str) -> bool:
    path = group.rpartition(":")[2]
    # What looks at the host comes from outside of it.
    if path.startswith("/../"):
        return True
    return any(path.lstrip("/").startswith(home.lstrip("/")) and words.startswith(start) for home, start in AT_HOME)
