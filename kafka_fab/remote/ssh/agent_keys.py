"""Agent keys: the keys of an ssh-agent that ssh would ask for a host."""

import os
import socket
from pathlib import Path

from paramiko.agent import AgentKey, AgentSSH
from paramiko.ssh_exception import SSHException

from kafka_fab.remote.ssh.openssh import SshConfig

SECONDS = 10


class Agent(AgentSSH):
    """The agent of one host's ssh_config; one that does not answer has no keys."""

    def __init__(self, answer: SshConfig, asked: bool = False) -> None:
        super().__init__()
        self._answer = answer
        self._asked = asked

    def get_keys(self) -> tuple[AgentKey, ...]:
        """Return its keys."""
        if not self._asked:
            self._asked = True
            self._ask()
        keys: tuple[AgentKey, ...] = self._keys
        return keys

    def _ask(self) -> None:
        path = where(self._answer)
        if not path:
            return
        try:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.settimeout(SECONDS)
            connection.connect(path)
            self._connect(connection)  # type: ignore[attr-defined]
        except (OSError, SSHException):
            self._keys = ()

    def close(self) -> None:
        """Hang up; whoever wants its keys again asks it again."""
        if self._keys:
            self._asked = False
        self._close()  # type: ignore[attr-defined]


def where(answer: SshConfig) -> str:
    """Return the path of the agent's socket, nothing where none is to be asked."""
    named = str(answer.get("identityagent", "SSH_AUTH_SOCK"))
    if named.lower() == "none":
        return ""
    if named == "SSH_AUTH_SOCK":
        return os.environ.get("SSH_AUTH_SOCK", "")
    if named.startswith("$"):
        return os.environ.get(named.strip("${}"), "")
    return str(Path(answer.expanded(named)).expanduser())
