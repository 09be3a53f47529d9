"""The tasks, a module per noun that an operator thinks in."""

from fabric import Config


def _left_to_ssh(_: Config) -> None:
    """Read no ssh_config, as `ssh -G` does it (kafka_fab/remote/ssh/openssh.py)."""


# Fabric reads the files before any task runs, has no switch for the one of -S, and ends at what it does not know.
Config._load_ssh_files = _left_to_ssh
