"""Consent: a question, with the cluster's name, before something that cannot be undone."""

import sys

from invoke.exceptions import Exit

from kafka_fab.cluster.model import Cluster


def agree(cluster: Cluster, action: str, task: str, yes: bool, answer: str = "yes") -> None:
    """Return if --yes or an answer on the terminal confirms the action; raise Exit otherwise."""
    sentence = f"cluster {cluster.name} ({cluster.folder}): {action}"
    if yes:
        # JSON goes to standard output.
        print(sentence, file=sys.stderr, flush=True)
        return
    if not sys.stdin.isatty():
        raise Exit(f"{sentence}: {task} asks for confirmation, and there is no terminal: use --yes", code=1)
    if input(f"{sentence}. Type {answer}: ").strip() != answer:
        raise Exit("nothing was done", code=1)
