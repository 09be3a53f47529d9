"""Names that reach a command line of a host: of packages and of users."""

import re

from kafka_fab.cluster.values.validator import Validator, matching

# apt takes a name that begins with a hyphen for an option, and one that ends in one for something to remove.
package_or_none = matching(r"([A-Za-z0-9]([A-Za-z0-9.+_-]*[A-Za-z0-9.+_])?)?", "a package name")
USER = "a user name"
# Users of the base systems (Debian's base-passwd, Fedora's setup) and of their daemons: what is theirs would be open to
# Kafka, and Kafka's data to it.
_OF_THE_SYSTEM = """
_apt adm avahi backup bin chrony daemon dbus dnsmasq ftp games gnats halt irc list lp mail man messagebus mysql news
nobody nfsnobody ntp operator polkitd postfix postgres proxy root rpc rpcuser shutdown sshd sssd sync sys syslog tcpdump
tss unscd uucp uuidd www-data
"""
OF_THE_SYSTEM = frozenset(_OF_THE_SYSTEM.split())


def _refused_user(name: str) -> str:
    if not re.fullmatch(r"[a-z_][a-z0-9_-]{0,31}", name):
        return f"{USER} is wanted, found `{name}`"
    taken = name in OF_THE_SYSTEM or name.startswith("systemd-")
    remedy = "name one that is the service's alone, such as kafka; it is made where it is missing"
    return f"{name} is a user of the system, for other things: {remedy}" if taken else ""


user_name = Validator(USER, _refused_user)
