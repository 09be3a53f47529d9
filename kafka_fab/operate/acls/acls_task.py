"""ACLs task: conf/acls.yaml compared with the cluster's ACLs, and applied."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from invoke.exceptions import Exit

from kafka_fab.cluster.acls import acls_file, acls_plan, authorizer
from kafka_fab.cluster.acls.acls_plan import AclsPlan
from kafka_fab.cluster.acls.authorizer import Authorizer
from kafka_fab.cluster.acls.desired_acls import DesiredAcls
from kafka_fab.cluster.acls.seen_requests import Seen
from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.schema.problem import Problem
from kafka_fab.cluster.security import principals
from kafka_fab.live import live_acls
from kafka_fab.live.admin_client import AdminClient
from kafka_fab.live.client import acls
from kafka_fab.operate.acls import acls_text, prediction
from kafka_fab.operate.acls.prediction import Denials
from kafka_fab.operate.desired_file.file_task import FileTask
from kafka_fab.operate.hosts import running
from kafka_fab.remote.fleet import Fleet


@dataclass(frozen=True)
class AclsOutline:
    """A plan, the number of rows in the file, and which requests that were seen would be denied."""

    plan: AclsPlan
    listed: int
    denials: Denials

    @property
    def names(self) -> Sequence[str]:
        """Return each row that changes."""
        return [str(acl) for acl in (*self.plan.creates, *self.plan.deletes)]

    @property
    def subjects(self) -> Sequence[str]:
        """Return the principals whose rows change."""
        return sorted({acl.principal for acl in (*self.plan.creates, *self.plan.deletes)})


@dataclass(frozen=True)
class AclsTask(FileTask[DesiredAcls, AclsOutline]):
    """ACLs, as the authorizer of the brokers has them."""

    admin: AdminClient
    authorizer: Authorizer
    delete: bool = False
    seen: tuple[Seen, ...] = ()

    def wanted(self) -> tuple[DesiredAcls, tuple[Problem, ...]]:
        """Return the rows of the file, and warnings; raise ConfigError."""
        return acls_file.wanted(self.hosts.cluster)

    def plan(self, wanted: DesiredAcls) -> AclsOutline:
        """Return what would change, and who would be denied; raise Unreachable or RequestRejected."""
        there, tool = live_acls.read(self.admin, self.authorizer.open), principals.tool_principal(self.hosts.cluster)
        found = acls_plan.plan(wanted, there, self.authorizer, tool, self.delete)
        denials = prediction.predict(self.seen, found.after, self.authorizer)
        return AclsOutline(found, len(wanted.rows), denials)

    def apply(self, plan: AclsOutline) -> dict[str, str]:
        """Send the requests of a plan in order; end at the first that is rejected: later ones rely on it."""
        for request in plan.plan.requests:
            send = acls.delete if request.deletes else acls.create
            if rejected := send(self.admin.ask, request.acls):
                return {str(acl): reason for acl, reason in rejected.items()}
        return {}

    def lines(self, plan: AclsOutline) -> Iterator[str]:
        """Yield the lines of a plan, and who would be denied."""
        yield from acls_text.lines(plan.plan)
        yield from prediction.lines(plan.denials)

    def summary(self, plan: AclsOutline, would: bool) -> str:
        """Return a plan in one line."""
        text = acls_text.summary(plan.plan, plan.listed, would)
        if not self.seen:
            return text
        return f"{text}; of {len(self.seen)} requests that were seen {prediction.count(plan.denials)} would be denied"

    def as_dict(self, plan: AclsOutline) -> dict[str, Any]:
        """Return a plan as JSON has it."""
        return {**acls_text.as_dict(plan.plan), "denied": acls_text.denials_as_dict(plan.denials)}


def authorizer_of(hosts: Fleet) -> Authorizer:
    """Return how the brokers authorize, by what they run with; raise Exit where no host can be asked."""
    reasons = running.read(hosts)
    if not authorizer.is_known(hosts.cluster):
        raise Exit(f"cannot read the configuration of any broker: {_told(reasons)}", code=1)
    return authorizer.of(hosts.cluster)


def _told(reasons: dict[str, str]) -> str:
    return "; ".join(f"{host}: {reason}" for host, reason in reasons.items()) or "no broker runs: start them"


def tool_of(cluster: Cluster) -> str:
    """Return kafka-fab's own principal."""
    return principals.tool_principal(cluster)
