"""Executor: Fabric's, but a per-host task runs on all hosts at once, and a cluster's task runs once.

fabric.yaml names it; Program.execute imports that name.
"""

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import fabric
from invoke.exceptions import AmbiguousEnvVar, Exit, UncastableEnvVar
from invoke.tasks import Call

from kafka_fab.cluster.schema.problem import ConfigError
from kafka_fab.cluster.template import TemplateProblem
from kafka_fab.output import streams
from kafka_fab.output.progress import HostProgress
from kafka_fab.remote.fleet import Fleet, run_and_report
from kafka_fab.remote.ssh import fabric_switches
from kafka_fab.remote.ssh.connection import HostFailure


class Executor(fabric.Executor):
    """Runs tasks in order, each on all its hosts; the next one does not start where one failed."""

    _soon = False

    def execute(self, *tasks: Any) -> dict[Any, Any]:
        """Run the tasks and return their values by task."""
        calls = self.normalize(tasks)
        with streams.working():
            try:
                with user_errors():
                    return {call.task: self._run(call) for call in calls}
            finally:
                if "fleet" in vars(self):
                    self.fleet.close()
                # The process ends here: its last garbage collections would walk through all that was imported.
                gc.freeze()

    @cached_property
    def fleet(self) -> Fleet:
        """Return the hosts of -H, or of hosts.ini; read when the first task asks for it."""
        return Fleet(self.config, self.core[0].args.hosts.value, soon=self._soon)

    def connect_ahead(self) -> Fleet:
        """Return the fleet, whose hosts are connected to from now on: for a task that will ask all of them."""
        self._soon = True
        return self.fleet

    def _run(self, call: Call) -> Any:
        self.config.load_collection(self.collection.configuration(call.called_as))
        self._load_environment()
        fabric_switches.check(self.config)
        if isinstance(call.task, fabric.Task):
            return self._on_every_host(call)
        context = call.make_context(self.config)
        context._set(executor=self)  # a Context's other attributes are configuration
        return call.task(context, *call.args, **call.kwargs)

    def _load_environment(self) -> None:
        try:
            self.config.load_shell_env()
        except (ValueError, AmbiguousEnvVar, UncastableEnvVar) as error:
            names = ", ".join(name for name in os.environ if name.startswith("FABRIC_"))
            raise Exit(f"a variable of the environment ({names}) has a value of the wrong kind: {error}") from error

    def _on_every_host(self, call: Call) -> list[HostProgress]:
        """Run a task of Fabric's own kind: one of the user's, for each host with its connection."""
        return run_and_report(
            self.connect_ahead(), lambda c: call.task(c, *call.args, **call.kwargs), str(call.called_as)
        )


@contextmanager
def user_errors() -> Iterator[None]:
    """Turn what the user can mend into a message and an exit code."""
    try:
        try:
            yield
        finally:
            # What is still buffered is part of the run: at the exit nobody could say that it was lost.
            sys.stdout.flush()
    except (ConfigError, TemplateProblem, HostFailure) as error:
        raise Exit(str(error), code=1) from error
    except KeyboardInterrupt as error:
        raise Exit("\ninterrupted", code=streams.INTERRUPTED) from error
    except OSError as error:
        end = streams.lost(error) or streams.OutputLost(streams.about(error), 1)
        raise Exit(end.words or None, code=end.code) from error
