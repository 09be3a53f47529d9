"""ACLs: `fab acls.plan`, `fab acls.apply` and `fab acls.list`."""

from pathlib import Path

from invoke.context import Context
from invoke.exceptions import Exit

from kafka_fab.cluster.acls import acls_file
from kafka_fab.live.admin_client import AdminClient
from kafka_fab.live.client import acls
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.rejection import RequestRejected
from kafka_fab.operate.acls import acls_text, audit
from kafka_fab.operate.acls.acls_task import AclsTask, authorizer_of
from kafka_fab.operate.desired_file import file_task
from kafka_fab.operate.hosts.running import live_fleet
from kafka_fab.output import report
from kafka_fab.output.json_document import document

NAME = "acls"


def plan(c: Context, check: bool, delete: bool, seen: str, json: bool) -> None:
    """Show what apply would change, and who of those that were seen would be denied; change nothing."""
    file_task.plan(_task(c, delete, seen), check, json)


def apply(c: Context, delete: bool, json: bool) -> None:
    """Apply the ACLs of the file."""
    file_task.apply(_task(c, delete, ""), json)


def every(c: Context, json: bool) -> None:
    """Print each ACL."""
    hosts = live_fleet(c)
    try:
        found = sorted(acls.describe(AdminClient(hosts.cluster).ask), key=str)
    except (Unreachable, RequestRejected) as problem:
        raise Exit(str(problem), code=1) from problem
    if json:
        rows = [acls_text.acl_as_dict(acl) for acl in found]
        print(document("acls.list", hosts.cluster.name, {"acls": rows}))
    else:
        print(report.table([acls_text.HEADING, *map(acls_text.row, found)]))
        print(f"{len(found)} ACLs")


def _task(c: Context, delete: bool, seen: str) -> AclsTask:
    requests = audit.read(Path(seen)) if seen else ()
    hosts = live_fleet(c)
    # What is wrong with the file is said first, whether or not a broker answers.
    acls_file.wanted(hosts.cluster)
    return AclsTask(hosts, NAME, AdminClient(hosts.cluster), authorizer_of(hosts), delete, requests)
