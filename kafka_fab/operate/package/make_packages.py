"""Make packages: the task: builds what is asked for, and a repository of it on demand."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from invoke.exceptions import Exit

from kafka_fab.cluster import load
from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.roles import jmx_exporter
from kafka_fab.frozen_value import dataclass
from kafka_fab.operate.hosts import ownership
from kafka_fab.operate.install.install import issuer_of
from kafka_fab.operate.package import (
    apt_repository,
    cluster_package,
    dnf_repository,
    host_part,
    nfpm,
    signing,
    tree_package,
)
from kafka_fab.operate.package import package_version as version_of
from kafka_fab.operate.package.package import Format, Package
from kafka_fab.operate.package.signing import SigningKey
from kafka_fab.output.json_document import document
from kafka_fab.remote import push

FOLDER = "packages"
TREE, CLUSTER = "tree", "cluster"


@dataclass(frozen=True)
class PackageOptions:
    """The switches of the task as typed."""

    format: str = ""
    only: str = ""
    folder: str = ""
    version: str = ""
    release: str = "1"
    key: str = ""
    repository: bool = False
    json: bool = False


@dataclass(frozen=True)
class Built:
    """A package that was made."""

    package: Package
    format: Format
    file: Path

    @property
    def size(self) -> int:
        """Return its size in bytes."""
        return self.file.stat().st_size

    @property
    def checksum(self) -> str:
        """Return its SHA-256."""
        return push.checksum(self.file, "sha256")


def make(options: PackageOptions) -> None:
    """Make the packages of the cluster, and print what was made; raise Exit or ConfigError before any is written."""
    formats, cluster = _formats(options), load.cluster()
    nfpm.find()
    if options.repository and Format.RPM in formats:
        dnf_repository.find()
    key = _key(options.key)
    folder = Path(options.folder) if options.folder else cluster.folder / FOLDER
    with _signer(key) as signer:
        packages = tuple(_packages(cluster, options))
        built = [_build(package, kind, folder, key) for package in packages for kind in formats]
        if options.repository:
            _write_repository(folder, formats, signer)
    print(_as_json(cluster, built, folder, options) if options.json else _as_text(cluster, built, folder, options))


def _formats(options: PackageOptions) -> tuple[Format, ...]:
    if options.format not in ("", *Format):
        raise Exit(f"--format {options.format}: deb or rpm is wanted; both when not given", code=1)
    if options.only not in ("", TREE, CLUSTER):
        raise Exit(f"--only {options.only}: {TREE} or {CLUSTER} is wanted; both when not given", code=1)
    return (Format(options.format),) if options.format else tuple(Format)


def _key(typed: str) -> Path | None:
    if typed and not Path(typed).expanduser().is_file():
        raise Exit(f"--key {typed}: there is no such file: name the file of a private OpenPGP key", code=1)
    return Path(typed).expanduser().absolute() if typed else None


def _signer(key: Path | None) -> AbstractContextManager[SigningKey | None]:
    return signing.signer(key) if key else nullcontext()


def _packages(cluster: Cluster, options: PackageOptions) -> Iterator[Package]:
    """Yield the packages: those of the configuration first, which is refused before a large archive is read."""
    if options.only != TREE:
        # As an install refuses it: services with TLS need the CAs.
        issuer_of(cluster)
        made = version_of.of(cluster.folder, options.version, options.release)
        ownership.ensure_own_id(cluster.folder)
        yield from cluster_package.packages(cluster, made, options.release, _jar(cluster))
    if options.only != CLUSTER:
        yield tree_package.package(cluster, push.archive_here(cluster), options.release)


def _jar(cluster: Cluster) -> Path | None:
    if not host_part.exporter_jar(cluster, cluster.nodes.values()):
        return None
    local = jmx_exporter.local_jar(cluster)
    exporter = cluster.kafka.exporter
    return local or push.asset_here(exporter.jar, host_part.agent_name(cluster), jmx_exporter.checksum(cluster))


def _build(package: Package, kind: Format, folder: Path, key: Path | None) -> Built:
    made = nfpm.build(package, kind, folder / kind, str(key or ""), signing.passphrase())
    return Built(package, kind, made)


def _write_repository(folder: Path, formats: tuple[Format, ...], signer: SigningKey | None) -> None:
    if Format.DEB in formats:
        apt_repository.write(folder / Format.DEB, signer)
    if Format.RPM in formats:
        dnf_repository.write(folder / Format.RPM, signer)
    if signer:
        apt_repository.replace(folder / "packages.asc", signer.public())


def _as_text(cluster: Cluster, built: list[Built], folder: Path, options: PackageOptions) -> str:
    lines = [f"{one.file}  {one.size / 2**20:.1f} MiB  sha256 {one.checksum[:16]}" for one in built]
    if cluster.settings.security.tls and options.only != TREE:
        lines.append("keys and certificates are in no package: install makes them on each host, before its first start")
    if options.repository:
        lines.append(f"repository: {folder.absolute()}{', signed' if options.key else ', not signed: --key FILE'}")
    return "\n".join(lines)


def _as_json(cluster: Cluster, built: list[Built], folder: Path, options: PackageOptions) -> str:
    packages = [
        {
            "name": one.package.name,
            "version": f"{one.package.version}-{one.package.release}",
            "format": str(one.format),
            "file": str(one.file),
            "size_bytes": one.size,
            "sha256": one.checksum,
        }
        for one in built
    ]
    content = {"packages": packages, "repository": str(folder.absolute()) if options.repository else None}
    return document("package", cluster.name, content)
