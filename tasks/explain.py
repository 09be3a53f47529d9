"""What a message means, by the code at its end."""

from invoke.context import Context
from invoke.tasks import task

from .optional import optional


@task(
    positional=optional("explain", "code"),
    help={"code": "such as R4, from the end of a message; without one all codes", "json": "as JSON, for programs"},
)
def explain(_: Context, code: str | None = None, json: bool = False) -> None:
    """Explain the code at the end of a message: meaning, causes, commands."""
    from kafka_fab.operate.explain.explain_code import explain

    explain(code or "", json)
