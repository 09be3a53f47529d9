"""Stores: where keys and certificates are, on hosts and in the cluster's folder."""

from pathlib import Path

# What the 2.8 line's PKCS12 store is opened by, in its file of secrets.
STORE_PASSWORD = "keystore.password"


def node_store(config_dir: str) -> str:
    """Return a service's private key and certificate chain on a host, as PEM: 440, root, the service's group."""
    return f"{config_dir}/node.pem"


def node_pkcs12(config_dir: str) -> str:
    """Return the same as PKCS12, for releases whose brokers take no PEM with a private key."""
    return f"{config_dir}/node.p12"


def secrets_file(config_dir: str) -> str:
    """Return the properties that Kafka's file provider reads: the password of the PKCS12 store."""
    return f"{config_dir}/secrets.properties"


def trust_store(config_dir: str) -> str:
    """Return the certificates of the CA that signs nodes."""
    return f"{config_dir}/ca.pem"


def clients_trust_store(config_dir: str) -> str:
    """Return the certificates of the CA that signs clients."""
    return f"{config_dir}/clients-ca.pem"


def pki(folder: Path) -> Path:
    """Return the folder of keys and certificates beside hosts.ini."""
    return folder / "pki"


def ca_certificate(folder: Path) -> Path:
    """Return the certificates of the CA that signs nodes."""
    return pki(folder) / "ca.pem"


def ca_key(folder: Path) -> Path:
    """Return the private key of the CA that signs nodes, encrypted."""
    return pki(folder) / "ca.key"


def clients_ca_certificate(folder: Path) -> Path:
    """Return the certificates of the CA that signs clients."""
    return pki(folder) / "clients-ca.pem"


def clients_ca_key(folder: Path) -> Path:
    """Return the private key of the CA that signs clients, encrypted."""
    return pki(folder) / "clients-ca.key"


def tool_store(folder: Path) -> Path:
    """Return kafka-fab's own private key and certificate chain."""
    return pki(folder) / "fab.pem"


def node_chain(folder: Path, host: str) -> Path:
    """Return the chain that was issued to a host."""
    return pki(folder) / "nodes" / f"{host}.pem"


def request(folder: Path, host: str) -> Path:
    """Return a host's certificate signing request, for a CA elsewhere."""
    return pki(folder) / "requests" / f"{host}.csr"


def signed(folder: Path, host: str) -> Path:
    """Return the chain that a CA elsewhere has signed for a host."""
    return pki(folder) / "signed" / f"{host}.pem"


def ignore_file(folder: Path) -> Path:
    """Return the file that keeps private keys out of version control."""
    return pki(folder) / ".gitignore"
