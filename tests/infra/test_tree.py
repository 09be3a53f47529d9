from testinfra.host import Host

from infra.facts import stat, text
from tasks.cluster.resource import Tree


def test_the_tree_is_complete(host: Host, tree: Tree) -> None:
    assert text(host, f"{tree.path}/.kafka-fab").strip(), "no mark of a finished extraction: see `fab plan`"


def test_the_tree_is_owned_by_root(host: Host, tree: Tree) -> None:
    assert stat(host, tree.path) == "directory root:root 755"


def test_nobody_but_root_can_change_the_tree(host: Host, tree: Tree) -> None:
    question = "find %s ! -type l '(' ! -user root -o -perm /022 ')' -print -quit"
    assert host.check_output(question, tree.path) == ""


def test_nothing_is_left_of_an_extraction_that_was_cut_off(host: Host, tree: Tree) -> None:
    assert not host.file(f"{tree.path}.partial").exists
