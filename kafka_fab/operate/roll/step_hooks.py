"""Step hooks: the user's hooks in a roll, and how the roll ends where one fails."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from kafka_fab.cluster.settings import Hook
from kafka_fab.locking.lock_refusal import continuation
from kafka_fab.locking.operation_error import GATE, OperationError
from kafka_fab.operate.hooks.hooks import HookedOperation, HookFailed, Hooks
from kafka_fab.operate.roll.roll_context import RollContext
from kafka_fab.operate.roll.service_ref import ServiceRef
from kafka_fab.runbook.codes import RollCode


class StepHooks:
    """The hooks around the steps of a roll."""

    def __init__(self, context: RollContext, commands: Mapping[str, Hook]) -> None:
        self._context, self._finished = context, set[ServiceRef]()
        operation = HookedOperation(context.run.task, context.run.id) if commands else HookedOperation("", "")
        self._hooks = Hooks(commands, context.fleet, operation, self._report)

    def __bool__(self) -> bool:
        """Return whether there is any hook."""
        return bool(self._hooks)

    def before(self, group: Iterable[ServiceRef], resumable: bool) -> bool:
        """Run the commands before the stops of a group, once; return whether any ran; raise OperationError."""
        try:
            return self._hooks.before(group)
        except HookFailed as failed:
            following = f"continue with `{self._continuation}`" if resumable else "run it again"
            what = "that service was not" if resumable else "nothing was"
            text = f"{failed}\n{what} stopped; fix the hook, then {following}"
            raise OperationError(GATE, text, RollCode.HOOK_FAILED) from failed

    def stopping(self, group: Iterable[ServiceRef]) -> None:
        """Take note that services are stopped from now on."""
        self._hooks.stopping(group)

    def after(self, group: Iterable[ServiceRef]) -> bool:
        """Run the commands after the starts of a group, once; return whether any ran; raise OperationError."""
        ran, new = False, [one for one in group if one not in self._finished] if self._hooks else []
        for one in new:
            try:
                ran |= self._hooks.after((one,))
            except HookFailed as failed:
                text = (
                    f"{failed}\n{one.name} is in sync, and nothing else was stopped; fix the hook, then continue with "
                    f"`{self._continuation}`, which runs it again"
                )
                raise OperationError(GATE, text, RollCode.HOOK_FAILED) from failed
            self._finished.add(one)
        return ran

    @contextmanager
    def released(self) -> Iterator[None]:
        """Take back at the end of the steps what was prepared for services that were not stopped."""
        try:
            yield
        except OperationError:
            self._release()
            raise
        self._release()

    def _release(self) -> None:
        for failed in self._hooks.release():
            self._context.events.warn(failed.host, f"{failed.text}; run it by hand", RollCode.HOOK_FAILED)

    @property
    def _continuation(self) -> str:
        return continuation(self._context.run.task)

    def _report(self, host: str, text: str) -> None:
        self._context.events.emit(host, "hook", text)
