"""Jump: the way to a host by ssh's ProxyJump and ProxyCommand."""

import re

from kafka_fab.frozen_value import dataclass
from kafka_fab.remote.ssh.failure import HostFailure
from kafka_fab.remote.ssh.openssh import SshConfig
from kafka_fab.runbook.codes import HostCode

DESTINATION = re.compile(
    r"(?:ssh://)?(?:(?P<user>.*)@)?(?:\[(?P<six>[^]]+)\]|(?P<host>[^@:/]+))(?::(?P<port>[0-9]+))?/?"
)
DEEPEST = 16


@dataclass(frozen=True)
class Hop:
    """A host on the way to another, and those before it that the same ProxyJump names, in ssh's words."""

    host: str
    user: str = ""
    port: str = ""
    before: str = ""
    depth: int = 1


def way(answer: SshConfig, hop: Hop | None) -> Hop | str:
    """Return the last hop before a host, the command that leads to it, or nothing; raise HostFailure."""
    jumps, command = answer.word("proxyjump"), answer.word("proxycommand")
    if jumps:
        return _last(answer, jumps, hop.depth + 1 if hop else 1)
    return answer.expanded(command)


def _last(answer: SshConfig, jumps: str, depth: int) -> Hop:
    before, _, last = jumps.rpartition(",")
    found = DESTINATION.fullmatch(last.strip())
    if not found:
        raise HostFailure(
            f"ProxyJump {jumps} of {answer.name} names no host in {last!r}: correct ssh_config", HostCode.SSH_CONFIG
        )
    host = found["six"] or found["host"]
    if depth > DEEPEST:
        raise HostFailure(
            f"the ProxyJump of {answer.name} leads to {host} again and again: give one ProxyJump none",
            HostCode.SSH_CONFIG,
        )
    return Hop(host, found["user"] or "", found["port"] or "", before, depth)
