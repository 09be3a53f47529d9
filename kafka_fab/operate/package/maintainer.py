"""Maintainer scripts: what dpkg and rpm run of a package, each complete in itself."""

from collections.abc import Mapping
from shlex import join, quote

from kafka_fab.frozen_value import dataclass
from kafka_fab.remote import script
from kafka_fab.typed_command import FAB

TREE, CLUSTER = (script.SCRIPTS / f"packaged_{name}.sh" for name in ("tree", "cluster"))
HEAD = "#!/bin/sh\nset -e\n"


@dataclass(frozen=True)
class Packaged:
    """A package of a cluster's configuration: whose it is, and by host the calls that tell the library so."""

    name: str
    cluster: str
    folder: str
    hosts: Mapping[str, str]


def of_tree(package: str, tree: str) -> str:
    """Return the script that runs before a tree is removed."""
    values = _values(PACKAGE=package, TREE=tree, FAB=FAB)
    return f'{HEAD}{values}{script.sent(TREE)}refuse_removal "$@"\n'


def of_cluster(packaged: Packaged) -> dict[str, str]:
    """Return the scripts of a cluster's package by the step that runs them."""
    share = quote(f"/usr/share/{packaged.name}/configure")
    # The new version's files are there by then; an aborted removal or upgrade has changed nothing.
    after = f'{HEAD}case "${{1-}}" in configure | 1 | 2) exec {share} ;; esac\n'
    return {
        "preinstall": _script(packaged, 'package_check "$@"'),
        "postinstall": after,
        "preremove": _script(packaged, 'package_remove "$@"'),
        "postremove": _script(packaged, 'package_purge "$@"'),
    }


def configure(packaged: Packaged) -> str:
    """Return the program that writes a host's own configuration: after an installation, or when it is run by hand."""
    return _script(packaged, 'package_configure "$@"')


def _script(packaged: Packaged, call: str) -> str:
    values = _values(
        PACKAGE=packaged.name,
        CLUSTER_OF=packaged.cluster,
        FOLDER_OF=packaged.folder,
        HOSTS_OF=" ".join(packaged.hosts),
    )
    whose = "".join(f"{quote(host)})\n{calls}\n;;\n" for host, calls in packaged.hosts.items())
    of_host = f'of_host() {{\ncase "$1" in\n{whose}esac\n}}\n'
    return f"#!/bin/sh\nAPPLY=1\n{script.library()}{values}{script.sent(CLUSTER)}{of_host}{call}\n"


def _values(**values: str) -> str:
    return "".join(f"{name}={quote(value)}\n" for name, value in values.items())


def call(*words: object) -> str:
    """Return the call of a function of the library."""
    return join(map(str, words))
