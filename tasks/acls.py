"""ACLs: from a file that is planned and applied, and an audit of who would be denied."""

from invoke.collection import Collection
from invoke.context import Context
from invoke.tasks import task

JSON = {"json": "print JSON"}
DELETE = {"delete": "also delete ACLs that are not in the file, of the principals that it names"}


@task(
    help={
        "check": "exit with 2 if something would change",
        **DELETE,
        "seen": "also show who would be denied of the requests in this file of acls.audit",
        **JSON,
    }
)
def plan(c: Context, check: bool = False, delete: bool = False, seen: str = "", json: bool = False) -> None:
    """Show what acls.apply would change; change nothing."""
    from kafka_fab.operate.acls import acls

    acls.plan(c, check, delete, seen, json)


@task(help={**DELETE, **JSON})
def apply(c: Context, delete: bool = False, json: bool = False) -> None:
    """Apply the ACLs of conf/acls.yaml, so that nobody is locked out on the way."""
    from kafka_fab.operate.acls import acls

    acls.apply(c, delete, json)


@task(name="list", help=JSON)
def every(c: Context, json: bool = False) -> None:
    """List all ACLs."""
    from kafka_fab.operate.acls import acls

    acls.every(c, json)


@task(
    help={
        "seconds": "listen to each broker this long, one after the other; 0 only takes back what an audit has left",
        "seen": "keep the requests in this file, with those of earlier audits",
        "check": "exit with 2 if somebody would be denied",
        **JSON,
    }
)
def audit(c: Context, seconds: int = 60, seen: str = "", check: bool = False, json: bool = False) -> None:
    """Show who asks for what, who would be denied by conf/acls.yaml, and which ACLs nobody uses."""
    from kafka_fab.operate.acls import audit as auditing

    auditing.audit(c, seconds, seen, check, json)


namespace = Collection("acls", plan, apply, every, audit)
