from testinfra.host import Host

from kafka_fab.cluster.resource import Tree
from tests.infra.facts import stat, text

MANIFEST, SUMS = ".kafka-fab.manifest", ".kafka-fab.sums"
# Kafka's tools log into logs/; what the samples in config/ say is read by no service.
LEFT_OUT = "-path ./logs -o -path ./.kafka-fab -o -path ./.kafka-fab.manifest"
STATE = "%%P|%%y|%%U:%%G %%m"
FORMATS = f"'(' -type d -o -path './config/*' ')' -printf '{STATE}\\n' -o -printf '{STATE}|%%s|%%Ts|%%l\\n'"


def test_the_tree_is_complete(host: Host, tree: Tree) -> None:
    assert text(host, f"{tree.path}/.kafka-fab").strip(), "the extraction was not finished: see `fab plan`"


def test_the_tree_is_as_it_was_extracted(host: Host, tree: Tree) -> None:
    extracted = set(text(host, f"{tree.path}/{MANIFEST}").splitlines())
    assert extracted, "no manifest: see `fab plan`"
    found = set(host.run(f"cd %s && find . '(' {LEFT_OUT} ')' -prune -o {FORMATS}", tree.path).stdout.splitlines())
    different = {line.partition("|")[0] or tree.path for line in extracted ^ found}
    known = {line.partition("|")[0] for line in extracted}
    different = {name for name in different if name in known or not name.startswith("config/")}
    assert not different, "missing, changed, or not from the archive: see `fab plan`"


def test_every_file_of_the_tree_has_the_contents_of_the_archive(host: Host, tree: Tree) -> None:
    checked = host.run("cd %s && sha256sum -c --quiet %s 2>&1", tree.path, SUMS)
    assert checked.rc == 0, f"{checked.stdout.strip()}: remove these files, then run `fab install`"


def test_the_tree_is_owned_by_root(host: Host, tree: Tree) -> None:
    assert stat(host, tree.path) == "directory root:root 755"


def test_only_root_can_change_the_tree(host: Host, tree: Tree) -> None:
    question = "find %s ! -type l '(' ! -user root -o -perm /022 ')' -print -quit"
    assert host.check_output(question, tree.path) == ""


def test_nothing_is_left_of_an_extraction_that_was_cut_off(host: Host, tree: Tree) -> None:
    assert not host.file(f"{tree.path}.partial").exists
