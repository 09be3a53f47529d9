"""Hooks: the user's commands around the stop and start of services, as one operation runs them."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from kafka_fab.cluster.settings.hook_settings import Hook, HookPlace
from kafka_fab.cluster.values.role import Role
from kafka_fab.operate.hooks import host_command, local_command
from kafka_fab.operate.hooks.command_end import CommandEnd
from kafka_fab.remote.fleet import Fleet

BEFORE, AFTER = "before", "after"
# As the user's command reads it: in hosts.ini's words a broker is of [kafka].
ROLES = {Role.BROKER: "broker", Role.CONTROLLER: "controller", Role.ZOOKEEPER: "zookeeper"}
# Gets the host and the text of each command that has succeeded.
Report = Callable[[str, str], None]


class HookTarget(Protocol):
    """A service that is stopped or started."""

    @property
    def host(self) -> str:
        """Return its host."""

    @property
    def role(self) -> Role:
        """Return its role."""

    @property
    def unit(self) -> str:
        """Return its systemd unit."""

    @property
    def id(self) -> int:
        """Return its id."""


@dataclass(frozen=True)
class HookedOperation:
    """The operation that hooks belong to: its task and the id of its run."""

    task: str
    run: str


class HookFailed(Exception):
    """A command of a hook that failed or timed out, in a sentence; the service it was run for."""

    def __init__(self, host: str, text: str) -> None:
        self.host, self.text = host, text
        super().__init__(f"{host}: {text}")


class Hooks:
    """The hooks of one operation, and what they have prepared: services whose stop has not come yet."""

    def __init__(self, commands: Mapping[str, Hook], hosts: Fleet, operation: HookedOperation, report: Report) -> None:
        self._commands, self._hosts, self._operation, self._report = dict(commands), hosts, operation, report
        self._prepared: dict[HookTarget, list[str]] = {}

    def __bool__(self) -> bool:
        """Return whether there is any hook."""
        return bool(self._commands)

    def before(self, group: Iterable[HookTarget]) -> bool:
        """Run the commands before each stop of a group, once; return whether any ran; raise HookFailed."""
        ran = False
        for target in [one for one in group if one not in self._prepared] if self._commands else ():
            done = self._prepared[target] = []
            for name, hook in self._commands.items():
                if self._run(target, name, hook, BEFORE):
                    ran = True
                    done.append(name)
        return ran

    def stopping(self, group: Iterable[HookTarget]) -> None:
        """Take note that services are stopped from now on: what was prepared for them is not taken back."""
        for target in group:
            self._prepared.pop(target, None)

    def after(self, group: Iterable[HookTarget]) -> bool:
        """Run the commands after each start of a group, the last hook first; return whether any ran."""
        ran = False
        for target in group:
            for name in reversed(self._commands):
                ran |= self._run(target, name, self._commands[name], AFTER)
        return ran

    def release(self) -> Iterator[HookFailed]:
        """Run the commands after a start for services that were prepared and not stopped; yield what fails."""
        while self._prepared:
            target, done = self._prepared.popitem()
            for name in reversed(done):
                try:
                    self._run(target, name, self._commands[name], AFTER)
                except HookFailed as failed:
                    yield failed

    def _run(self, target: HookTarget, name: str, hook: Hook, phase: str) -> bool:
        command = hook.before if phase == BEFORE else hook.after
        if not command:
            return False
        began, label = time.monotonic(), f"hook {name} ({phase})"
        environment = self._environment(target, name, phase)
        if failure := self._ended(target, command, hook, environment).failure(hook.timeout):
            raise HookFailed(target.host, f"{label} failed: {failure}")
        self._report(target.host, f"{label}: done, {time.monotonic() - began:.1f} s")
        return True

    def _ended(self, target: HookTarget, command: str, hook: Hook, environment: dict[str, str]) -> CommandEnd:
        folder = self._hosts.cluster.folder
        if hook.where is HookPlace.LOCAL:
            return local_command.run(command, folder, environment | {"KAFKA_FAB_CLUSTER": str(folder)}, hook.timeout)
        (done,) = self._hosts.run(
            lambda c: host_command.run(c, command, environment, hook.timeout), self._operation.task, [target.host]
        )
        if done.error:
            return CommandEnd(1, done.error)
        ended: CommandEnd = done.value
        return ended

    def _environment(self, target: HookTarget, name: str, phase: str) -> dict[str, str]:
        return {
            "KAFKA_FAB_HOOK": name,
            "KAFKA_FAB_PHASE": phase,
            "KAFKA_FAB_OPERATION": self._operation.task,
            "KAFKA_FAB_RUN": self._operation.run,
            "KAFKA_FAB_NAME": self._hosts.cluster.name,
            "KAFKA_FAB_HOST": target.host,
            "KAFKA_FAB_ADDRESS": self._hosts.cluster.nodes[target.host].address,
            "KAFKA_FAB_SERVICE": target.unit,
            "KAFKA_FAB_ROLE": ROLES[target.role],
            "KAFKA_FAB_ID": str(target.id),
        }
