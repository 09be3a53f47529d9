"""Unit names: what services may be called, and where their files are."""

import re

from kafka_fab.cluster.values.validator import Validator

DIRECTORY = "/etc/systemd/system"
# A service has a folder of its name in /run, which systemd hands to its user and removes at its end.
_IN_RUN = """
agetty credentials cryptsetup dbus dhcpcd fsck initctl lock log mount network resolvconf rpcbind screen shm ssh sshd
sudo systemd udev user utmp uuidd
"""
IN_RUN = frozenset(_IN_RUN.split())
CACHES = "/var/cache"
# And one in /var/cache, where packages and kafka-fab have theirs.
_IN_CACHE = """
PackageKit adduser akmods apparmor apt apt-show-versions apt-xapian-index bind cracklib cups debconf dictionaries-common
dnf fontconfig fwupd httpd kafka-fab krb5rcache ldconfig libdnf5 libvirt lxc lxd man nginx pacman pollinate postgresql
private realmd samba snapd swcatalog yum zypp
"""
IN_CACHE = frozenset(_IN_CACHE.split())
WANTED = "a service's name without .service: a letter, then letters, digits, hyphens and underscores"


def _refused(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,63}", name):
        return f"{WANTED} is wanted, found `{name}`"
    taken = name in IN_RUN | IN_CACHE or name.startswith(("systemd-", "kafka-fab-"))
    return f"{name} is the system's or kafka-fab's own: {WANTED} is wanted" if taken else ""


service_name = Validator(WANTED, _refused)


def temporary(unit: str) -> str:
    """Return where a unit's JVM puts its temporary files, libraries of compression codecs among them.

    systemd makes it (CacheDirectory). /tmp is mounted noexec on many a host, /run on most.
    """
    return f"{CACHES}/{unit}"


def unit_file(service: str) -> str:
    """Return where a service's unit is written."""
    return f"{DIRECTORY}/{service}.service"
