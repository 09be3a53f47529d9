"""Consent: what cannot be taken back is said with the cluster's name before it is done, and asked for."""

import sys

from invoke.exceptions import Exit

from kafka_fab.cluster.model import Cluster


def agree(cluster: Cluster, deed: str, task: str, yes: bool, answer: str = "yes") -> None:
    """Return where the deed is agreed to, by --yes or by an answer on the terminal; raise Exit otherwise."""
    sentence = f"cluster {cluster.name} ({cluster.folder}): {deed}"
    if yes:
        # JSON goes to standard output.
        print(sentence, file=sys.stderr, flush=True)
        return
    if not sys.stdin.isatty():
        raise Exit(f"{sentence}: {task} asks first, and there is no terminal: use --yes", code=1)
    if input(f"{sentence}. Type {answer}: ").strip() != answer:
        raise Exit("nothing was done", code=1)
