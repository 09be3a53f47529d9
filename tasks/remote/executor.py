"""Executor: Fabric's, but a per-host task runs on all hosts at once, and a cluster's task runs once.

fabric.yaml names it; Program.execute imports that name.
"""

import gc
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import fabric
from invoke.exceptions import Exit
from invoke.tasks import Call

from tasks.cluster.problem import Refused
from tasks.cluster.template import TemplateProblem
from tasks.remote import report
from tasks.remote.connection import HostFailure
from tasks.remote.fleet import Fleet
from tasks.remote.progress import Progress

INTERRUPTED = 130
# As a shell has it for a process that SIGPIPE ended.
PIPE_CLOSED = 141


class Executor(fabric.Executor):
    """Runs tasks in order, each on all its hosts; the next one does not start where one failed."""

    def execute(self, *tasks: Any) -> dict[Any, Any]:
        """Run the tasks and return their values by task."""
        calls = self.normalize(tasks)
        try:
            with plain_words():
                return {call.task: self._run(call) for call in calls}
        finally:
            if "fleet" in vars(self):
                self.fleet.close()
            # The process ends here: its last garbage collections would walk through all that was imported.
            gc.freeze()

    @cached_property
    def fleet(self) -> Fleet:
        """Return the hosts of -H, or of hosts.ini; read when the first task asks for it."""
        return Fleet(self.config, self.core[0].args.hosts.value)

    def _run(self, call: Call) -> Any:
        self.config.load_collection(self.collection.configuration(call.called_as))
        self.config.load_shell_env()
        if isinstance(call.task, fabric.Task):
            return self._on_every_host(call)
        context = call.make_context(self.config)
        context._set(executor=self)  # a Context's other attributes are configuration
        return call.task(context, *call.args, **call.kwargs)

    def _on_every_host(self, call: Call) -> list[Progress]:
        began, as_json = time.monotonic(), bool(call.kwargs.get("json"))
        self.fleet.quiet = as_json
        done = self.fleet.run(lambda c: call.task(c, *call.args, **call.kwargs), str(call.called_as))
        seconds = time.monotonic() - began
        print(report.as_json(done, task=call.called_as) if as_json else report.hosts(done, seconds))
        if any(progress.error for progress in done):
            raise Exit(code=1)
        return done


@contextmanager
def plain_words() -> Iterator[None]:
    """Turn what the user can mend into a message and an exit code."""
    try:
        yield
    except (Refused, TemplateProblem, HostFailure) as error:
        raise Exit(str(error), code=1) from error
    except KeyboardInterrupt as error:
        print(file=sys.stderr)
        raise Exit(code=INTERRUPTED) from error
    except BrokenPipeError as error:
        # Nobody reads on, as in `fab status | head`; what is still buffered must not be tried again at the exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise Exit(code=PIPE_CLOSED) from error
