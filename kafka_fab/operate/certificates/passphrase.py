"""Passphrase: what opens the private key of the cluster's own CA; made once, kept outside the cluster's folder."""

import os
import secrets
from pathlib import Path

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.roles.owner import written_id
from kafka_fab.cluster.schema.problem import ConfigError, Problem
from kafka_fab.cluster.schema.secret_reader import secret
from kafka_fab.cluster.security import stores
from kafka_fab.cluster.values.secret_source import SecretSource
from kafka_fab.cluster.values.secret_value import Secret
from kafka_fab.operate.certificates import pki_files


def source(cluster: Cluster) -> SecretSource:
    """Return where the passphrase comes from: the settings, else a file of the user's own."""
    return cluster.settings.security.certificates.passphrase_from or SecretSource(f"file:{default_file(cluster)}")


def default_file(cluster: Cluster) -> Path:
    """Return the file that holds the passphrase where the settings name no other source."""
    base = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(base).expanduser() / "kafka-fab" / f"{cluster.name}-{written_id(cluster.folder)}.passphrase"


def read(cluster: Cluster) -> Secret:
    """Return the passphrase; raise ConfigError where its source does not give it."""
    return secret(source(cluster), cluster.folder)


def make(cluster: Cluster) -> bool:
    """Make the passphrase's file where it is the default source and not there yet; return whether it was made."""
    file, keys = default_file(cluster), (stores.ca_key(cluster.folder), stores.clients_ca_key(cluster.folder))
    if cluster.settings.security.certificates.passphrase_from or file.exists():
        return False
    closed = next((key for key in keys if key.exists()), None)
    if closed:
        words = f"is missing, and opens pki/{closed.name}: restore it from where you keep a copy"
        raise ConfigError([Problem(str(file), 0, words)])
    try:
        pki_files.write(file, f"{secrets.token_urlsafe(32)}\n", pki_files.PRIVATE)
    except OSError as error:
        words = f"cannot be written ({error.strerror}): set security.certificates.passphrase_from to another source"
        raise ConfigError([Problem(str(file), 0, words)]) from error
    return True
