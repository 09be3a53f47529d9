"""Users: `fab users.plan`, `fab users.apply` and `fab users.list`."""

from dataclasses import replace

from invoke.context import Context
from invoke.exceptions import Exit

from kafka_fab.cluster.users.scram import LOCKED
from kafka_fab.cluster.users.users_plan import Choices
from kafka_fab.live import scram_users
from kafka_fab.live.admin_client import AdminClient
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.rejection import RequestRejected
from kafka_fab.operate.desired_file import file_task
from kafka_fab.operate.hosts.running import live_fleet
from kafka_fab.operate.users.users_task import UsersTask
from kafka_fab.output import report
from kafka_fab.output.json_document import document

NAME = "users"


def plan(c: Context, check: bool, delete: bool, set_passwords: bool, json: bool) -> None:
    """Show what apply would change; change nothing."""
    file_task.plan(_task(c, Choices(delete, set_passwords)), check, json)


def apply(c: Context, delete: bool, set_passwords: bool, json: bool) -> None:
    """Apply the users of the file."""
    file_task.apply(_task(c, Choices(delete, set_passwords)), json)


def every(c: Context, json: bool) -> None:
    """Print each SCRAM user with its mechanisms and iterations."""
    hosts = live_fleet(c)
    try:
        found = scram_users.read(AdminClient(hosts.cluster))
    except (Unreachable, RequestRejected) as problem:
        raise Exit(str(problem), code=1) from problem
    rows = [
        (user, str(mechanism), count, "locked" if count == LOCKED else "active")
        for user, some in sorted(found.items())
        for mechanism, count in sorted(some.items(), key=str)
    ]
    if json:
        keys = ("user", "mechanism", "iterations", "state")
        users = [dict(zip(keys, row, strict=True)) for row in rows]
        print(document("users.list", hosts.cluster.name, {"users": users}))
    else:
        print(report.table([("user", "mechanism", "iterations", "state"), *rows]))
        print(f"{len(found)} users")


def _task(c: Context, choices: Choices) -> UsersTask:
    hosts = live_fleet(c)
    return UsersTask(hosts, NAME, replace(choices, locks=hosts.cluster.kraft), AdminClient(hosts.cluster))
