"""Tree package: one version of Kafka in its own folder, beside other versions; no configuration, unit or link."""

from pathlib import Path

from invoke.exceptions import Exit

from kafka_fab.cluster.model import Cluster
from kafka_fab.operate.package import documents, maintainer, tree_listing
from kafka_fab.operate.package.package import Format, Package, PackageEntry
from kafka_fab.operate.package.tree_listing import Item
from kafka_fab.remote import push

PROVIDES = "kafka-tree"


def name(cluster: Cluster) -> str:
    """Return the name: with the version, so that several are installed at once."""
    return f"kafka-{cluster.settings.version}"


def package(cluster: Cluster, archive: Path, release: str) -> Package:
    """Return the package of an archive; raise Exit where that is not the one of the settings, or no archive."""
    checksum = push.checksum(archive, "sha512")
    wanted = cluster.settings.sha512.lower()
    if wanted and wanted != checksum:
        raise Exit(f"{archive}: wrong checksum: expected {wanted}, got {checksum}; nothing was packaged", code=1)
    try:
        tree = tree_listing.items(archive)
    except ValueError as error:
        raise Exit(f"{archive} cannot be read: {error}", code=1) from error
    epoch, own, version = tree_listing.newest(tree), name(cluster), cluster.settings.version
    root = PackageEntry(cluster.tree, mode=0o755, kind="dir")
    files = (_entry(cluster.tree, item) for item in tree_listing.listed(tree, checksum))
    return Package(
        name=own,
        version=version,
        release=release,
        summary=f"Apache Kafka {version}, beside other versions",
        details=(
            f"The files of Apache's archive {cluster.archive}\nin {cluster.tree}.\n"
            "The package has no configuration and no service, and starts, stops and\nrestarts nothing."
        ),
        epoch=epoch,
        entries=(root, *files, *documents.entries(own, f"{version}-{release}", epoch)),
        scripts={"preremove": maintainer.of_tree(own, cluster.tree)},
        provides=(PROVIDES,),
        depends={Format.RPM: ("/bin/sh",)},
        recommends=_java(cluster),
    )


def _entry(root: str, item: Item) -> PackageEntry:
    path = f"{root}/{item.name}"
    if item.type == "d":
        return PackageEntry(path, mode=item.mode, kind="dir")
    if item.type == "l":
        return PackageEntry(path, mtime=item.mtime, kind="symlink", target=item.target)
    return PackageEntry(path, item.content, item.mode, item.mtime)


def _java(cluster: Cluster) -> dict[Format, tuple[str, ...]]:
    """Return the Java that a manager offers along; none where the settings name one that no package may have."""
    if cluster.settings.java.home:
        return {}
    if cluster.settings.java.package:
        return dict.fromkeys(Format, (cluster.settings.java.package,))
    of_debian = " | ".join(name for name in cluster.release.java_packages if name.startswith("openjdk"))
    of_fedora = next(
        (name for name in cluster.release.java_packages if not name.startswith("openjdk")), "java-headless"
    )
    return {Format.DEB: (of_debian,), Format.RPM: (of_fedora,)}
