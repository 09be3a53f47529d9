"""SCRAM credentials: read without their secrets (DescribeUserScramCredentials), set and deleted (Alter...)."""

from collections.abc import Collection, Sequence
from typing import Any

from kafka_fab.cluster.users.scram import Deletion, Mechanism, Upsertion
from kafka_fab.live.client.protocol import Ask, kafka_python
from kafka_fab.live.client.rejection import Rejection, RequestRejected, accept, reason, rejections

VERSION = 0
NOT_FOUND = 91
# Each mechanism of a user with its iterations.
Credentials = dict[str, dict[Mechanism, int]]


def describe(ask: Ask, users: Collection[str] | None = None) -> Credentials:
    """Return the credentials of some users (None: all); users without any are left out; raise RequestRejected."""
    request = kafka_python().protocol.admin.DescribeUserScramCredentialsRequest
    named = None if users is None else [request.UserName(version=VERSION, name=name) for name in sorted(users)]
    answer = ask(request(version=VERSION, users=named))
    accept(answer, "cannot read the SCRAM users")
    for result in answer.results:
        if result.error_code not in (0, NOT_FOUND):
            raise RequestRejected(f"cannot read SCRAM user {result.user}: {reason(result)}")
    return {result.user: _mechanisms(result) for result in answer.results if not result.error_code}


def alter(ask: Ask, upsertions: Sequence[Upsertion] = (), deletions: Sequence[Deletion] = ()) -> dict[str, Rejection]:
    """Set and delete credentials; return which users were rejected.

    A user may be in a request only once: Kafka rejects the second mechanism of a user, too (DUPLICATE_RESOURCE).
    """
    request = kafka_python().protocol.admin.AlterUserScramCredentialsRequest
    set_, deleted = request.ScramCredentialUpsertion, request.ScramCredentialDeletion
    answer = ask(
        request(
            version=VERSION,
            deletions=[deleted(version=VERSION, name=one.user, mechanism=one.mechanism.number) for one in deletions],
            upsertions=[
                set_(
                    version=VERSION,
                    name=one.user,
                    mechanism=one.mechanism.number,
                    iterations=one.iterations,
                    salt=one.salt,
                    salted_password=bytes.fromhex(one.salted_password.reveal()),
                )
                for one in upsertions
            ],
        )
    )
    return rejections(answer.results, "user")


def _mechanisms(result: Any) -> dict[Mechanism, int]:
    return {Mechanism.of(info.mechanism): info.iterations for info in result.credential_infos}
