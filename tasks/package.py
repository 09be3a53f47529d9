"""Packages of Kafka and of the cluster's configuration."""

from invoke.context import Context
from invoke.tasks import task


@task(
    help={
        "format": "deb or rpm; both when not given",
        "only": "tree (Kafka itself) or cluster (the configuration); both when not given",
        "folder": "where the packages go; packages/ beside hosts.ini when not given",
        "version": "of the cluster's packages; the time of the folder's last commit when not given",
        "release": "a number that grows when the same version is packaged again",
        "key": "the file of a private OpenPGP key: RPMs and the repository are signed",
        "repository": "also write the metadata that apt and dnf read",
        "json": "print JSON",
    },
)
def package(  # noqa: PLR0913, PLR0917 - its switches
    _: Context,
    format: str = "",  # noqa: A002  # --format
    only: str = "",
    folder: str = "",
    version: str = "",
    release: str = "1",
    key: str = "",
    repository: bool = False,
    json: bool = False,
) -> None:
    """Make DEBs and RPMs of Kafka and of the cluster's configuration, for sites that install by packages."""
    from kafka_fab.operate.package.make_packages import PackageOptions, make

    make(PackageOptions(format, only, folder, version, release, key, repository, json))
