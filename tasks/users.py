"""SCRAM users: from a file that is planned and applied; passwords stay on this machine."""

from invoke.collection import Collection
from invoke.context import Context
from invoke.tasks import task

JSON = {"json": "print JSON"}
CHOICES = {
    "delete": "also delete users that are `absent: true`, and credentials that are not in the file",
    "set-passwords": "also set passwords of which no login can tell whether they are those of the file",
}


@task(help={"check": "exit with 2 if something would change", **CHOICES, **JSON})
def plan(
    c: Context, check: bool = False, delete: bool = False, set_passwords: bool = False, json: bool = False
) -> None:
    """Show what users.apply would change; change nothing."""
    from kafka_fab.operate.users import users

    users.plan(c, check, delete, set_passwords, json)


@task(help={**CHOICES, **JSON})
def apply(c: Context, delete: bool = False, set_passwords: bool = False, json: bool = False) -> None:
    """Apply the SCRAM users of conf/users.yaml, and their quotas."""
    from kafka_fab.operate.users import users

    users.apply(c, delete, set_passwords, json)


@task(name="list", help=JSON)
def every(c: Context, json: bool = False) -> None:
    """List all SCRAM users."""
    from kafka_fab.operate.users import users

    users.every(c, json)


namespace = Collection("users", plan, apply, every)
