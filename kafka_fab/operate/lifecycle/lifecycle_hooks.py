"""Lifecycle hooks: the user's hooks around stop and start of chosen hosts."""

import sys
from collections.abc import Callable, Iterable, Sequence

from invoke.exceptions import Exit

from kafka_fab.locking.run_record import Run
from kafka_fab.operate.hooks.hooks import HookedOperation, HookFailed, Hooks
from kafka_fab.operate.hosts import services
from kafka_fab.operate.roll.runs import WITH_ZOOKEEPER
from kafka_fab.operate.roll.service_ref import ServiceRef, targets
from kafka_fab.output.progress import HostProgress
from kafka_fab.remote.fleet import Fleet, require_success
from kafka_fab.remote.ssh.connection import Connection
from kafka_fab.runbook.codes import RollCode, coded


class LifecycleHooks:
    """The hooks of one stop, start or restart."""

    def __init__(self, hosts: Fleet, run: Run) -> None:
        self._hosts = hosts
        self._hooks = Hooks(hosts.cluster.settings.hooks, hosts, HookedOperation(run.task, run.id), self._report)

    def before_stop(self, judge: Callable[[], None]) -> None:
        """Run the commands before the stops of the services that run; end the run where one fails.

        They take time: whether the stop is safe is judged again after them.
        """
        running = self._running() if self._hooks else ()
        try:
            if self._hooks.before(running):
                judge()
        except HookFailed as failed:
            text = "\n".join([str(failed), *self._taken_back(), "nothing was stopped; fix the hook, then run it again"])
            raise Exit(coded(text, RollCode.HOOK_FAILED), code=1) from failed
        except Exit:
            for line in self._taken_back():
                print(coded(line, RollCode.HOOK_FAILED), file=sys.stderr)
            raise
        self._hooks.stopping(running)

    def _taken_back(self) -> list[str]:
        """Take back what was prepared, and return what fails at that."""
        return [f"{failed}; run it by hand" for failed in self._hooks.release()]

    def after_start(self, done: Iterable[HostProgress]) -> None:
        """Run the commands after the starts of the services that were started; end the run where one fails."""
        started = {
            (progress.host, change.name)
            for progress in done
            for change in progress.changes
            if (change.kind, change.status) == ("start", "changed")
        }
        new = [one for one in self._chosen() if (one.host, one.unit) in started] if self._hooks else []
        try:
            self._hooks.after(new)
        except HookFailed as failed:
            text = f"{failed}\nthe services are started; fix the hook, then run its command by hand"
            raise Exit(coded(text, RollCode.HOOK_FAILED), code=1) from failed

    def _running(self) -> Sequence[ServiceRef]:
        """Return the chosen services that run."""
        chosen = self._chosen()

        def states(c: Connection) -> list[ServiceRef]:
            mine = (one for one in chosen if one.host == c.original_host)
            return [one for one in mine if services.unit_state(c, one.unit).startswith("active")]

        asked = require_success(self._hosts.run(states, "hooks"))
        running = {one for progress in asked for one in progress.value}
        return [one for one in chosen if one in running]

    def _chosen(self) -> tuple[ServiceRef, ...]:
        return targets(self._hosts.cluster, self._hosts.hosts, WITH_ZOOKEEPER)

    def _report(self, host: str, text: str) -> None:
        if not self._hosts.quiet:
            print(f"{host}: {text}", flush=True)
