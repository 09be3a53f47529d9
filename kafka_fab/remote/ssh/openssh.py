"""OpenSSH: what `ssh -G HOST` answers, its own reading of ssh_config, is what a connection is made by."""

import os
import pwd
import re
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from getpass import getuser
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import paramiko

from kafka_fab.remote.ssh.failure import HostFailure
from kafka_fab.runbook.codes import HostCode

SECONDS = 30
HOME = pwd.getpwuid(os.getuid()).pw_dir
# Those of which a host may have several.
LISTS = ("identityfile", "certificatefile")
NO_SSH = "`ssh` is not on this machine, which reads ssh_config for us: install OpenSSH's client (openssh-client)"


class SshConfig(dict[str, Any]):
    """The answer of `ssh -G` for one host, by keyword in lower case; identityfile is a list, the rest are words.

    `file` is the ssh_config that a user names by -F to get the same answer, nothing where it is the user's own.
    """

    def __init__(self, name: str, text: str, file: str = "") -> None:
        super().__init__({key: [] for key in LISTS})
        self.name, self.file = name, file
        for line in text.splitlines():
            key, _, value = line.partition(" ")
            key = key.lower()
            if key in LISTS:
                self[key].append(value)
            else:
                self.setdefault(key, value)

    def word(self, key: str) -> str:
        """Return a keyword's value; nothing where it is not set, or set to none."""
        value = str(self.get(key, ""))
        return "" if value.lower() == "none" else value

    def is_on(self, key: str) -> bool:
        """Return whether a keyword says yes."""
        return self.word(key).lower() in ("yes", "true")

    def is_off(self, key: str) -> bool:
        """Return whether a keyword says no."""
        return self.word(key).lower() in ("no", "false", "off")

    def number(self, key: str) -> int:
        """Return a keyword's number, 0 where there is none."""
        value = self.word(key)
        return int(value) if value.isdecimal() else 0

    @property
    def known_as(self) -> str:
        """Return the name that a host's key is looked up by, without a port."""
        return (self.word("hostkeyalias") or str(self["hostname"])).lower()

    def files(self, key: str) -> list[Path]:
        """Return the files that a keyword names, those alone that are there."""
        value = self.get(key, "")
        if isinstance(value, list):
            return [path for word in value if word.lower() != "none" and (path := self.path(word)).is_file()]
        return list(self._in_a_row(value.split(" ")))

    def _in_a_row(self, words: list[str]) -> Iterator[Path]:
        """Yield the files that words name; what `ssh -G` prints has no quotes, and a name may have blanks."""
        while words:
            ends = range(len(words), 0, -1)
            found = next((end for end in ends if self.path(" ".join(words[:end])).is_file()), 0)
            if found and words != ["none"]:
                yield self.path(" ".join(words[:found]))
            words = words[found or 1 :]

    def paths(self, key: str) -> list[Path]:
        """Return the paths that a keyword names, whether they are there or not."""
        return [self.path(word) for word in str(self.get(key, "")).split() if word.lower() != "none"]

    def path(self, word: str) -> Path:
        """Return the path that a word means."""
        text = self.expanded(os.path.expandvars(word.strip('"')))
        # As OpenSSH has it: the home of who runs it, not $HOME.
        return Path(HOME, text[2:]) if text.startswith("~/") else Path(text).expanduser()

    def expanded(self, text: str) -> str:
        """Return a text with its percent tokens replaced, as TOKENS of ssh_config(5) has them."""
        tokens = {
            "%": "%", "h": self["hostname"], "n": self.name, "p": self["port"], "r": self.get("user", ""),
            "u": getuser(), "d": HOME, "i": str(os.getuid()), "k": self.known_as,
            "l": socket.gethostname(), "L": socket.gethostname().partition(".")[0], "j": self.word("proxyjump"),
        }  # fmt: skip
        return re.sub("%(.)", lambda found: str(tokens.get(found[1], found[0])), text)


class FixedSshConfig(paramiko.SSHConfig):
    """Stands where Fabric expects paramiko's own reading of files, and has one answer."""

    def __init__(self, answer: SshConfig) -> None:
        super().__init__()
        self._answer = answer

    def lookup(self, _hostname: str) -> Any:
        """Return what is to be known of the host."""
        return {key: value for key, value in self._answer.items() if key != "forwardagent"}


class OpenSSH:
    """Asks the real `ssh` about hosts, each once."""

    def __init__(self, folder: Path, given: str = "") -> None:
        self._given = Path(given).expanduser() if given else None
        self._own = folder / "ssh_config"
        self._file: Any = None
        self._answers: dict[tuple[str, ...], SshConfig | HostFailure] = {}
        self._writing = threading.Lock()

    def ask(self, name: str, user: str = "", port: str = "", jump: str = "") -> SshConfig:
        """Return what `ssh [-l USER] [-p PORT] [-J JUMP] NAME` would do; raise HostFailure in ssh's words."""
        given = {"-l": user, "-p": port, "-J": jump}
        more = [word for pair in given.items() if pair[1] for word in pair]
        return self._once((name, *more), lambda: self._asked(name, [*self.options(), *more]))

    def usual(self) -> SshConfig:
        """Return what `ssh` does where no ssh_config says anything."""
        return self._once((), lambda: self._asked("localhost", ["-F", "none"]))

    def _once(self, key: tuple[str, ...], ask: Callable[[], SshConfig | HostFailure]) -> SshConfig:
        if key not in self._answers:
            self._answers[key] = ask()
        found = self._answers[key]
        if isinstance(found, HostFailure):
            raise found
        return found

    def _asked(self, name: str, options: list[str]) -> SshConfig | HostFailure:
        argv = ["ssh", *options, "-T", "-G", "--", name]
        try:
            ended = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=False)
        except FileNotFoundError:
            return HostFailure(NO_SSH, HostCode.SSH_CONFIG)
        except subprocess.TimeoutExpired:
            return HostFailure(
                f"`ssh -G {name}` has not ended within {SECONDS} s: see the Match exec lines of ssh_config",
                HostCode.SSH_CONFIG,
            )
        if ended.returncode:
            told = ended.stderr.decode(errors="replace").split("\n")
            said = "; ".join(line.strip() for line in told if line.strip())
            return HostFailure(f"its ssh_config does not work, `ssh -G {name}` says: {said}", HostCode.SSH_CONFIG)
        # Names of files and users are bytes to OpenSSH.
        return SshConfig(name, os.fsdecode(ended.stdout), self._named_file())

    def _named_file(self) -> str:
        if self._own.is_file():
            return str(self._own.absolute())
        return str(self._given) if self._given else ""

    def options(self) -> list[str]:
        """Return the options that lay the cluster's own file over the given one, or over the usual ones."""
        if not self._own.is_file():
            return ["-F", str(self._given)] if self._given else []
        with self._writing:
            if self._file is None:
                # OpenSSH may read it twice, so that it has to be a file.
                self._file = NamedTemporaryFile("w", prefix="kafka-fab-", suffix=".ssh_config")  # noqa: SIM115
                self._file.write(self._included())
                self._file.flush()
        return ["-F", self._file.name]

    def _included(self) -> str:
        usual = [self._given.absolute()] if self._given else ["~/.ssh/config", "/etc/ssh/ssh_config"]
        return "".join(f'Include "{file}"\n' for file in (self._own.absolute(), *usual))

    def close(self) -> None:
        """Remove the file of this run."""
        if self._file is not None:
            self._file.close()
