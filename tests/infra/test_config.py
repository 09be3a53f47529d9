from hashlib import sha256

from testinfra.host import Host

from infra.facts import stat
from tasks.cluster.resource import File


def test_the_file_has_the_content_that_conf_gives_it(host: Host, file: File) -> None:
    # Sums and not texts, so that no password of a configuration stands in a report.
    wanted = sha256(f"{file.content.rstrip(chr(10))}\n".encode()).hexdigest()
    found = host.run("sha256sum %s", file.path).stdout[:64]
    assert found == wanted, f"{file.path} is not what conf/ makes of it: see `fab plan`"


def test_the_file_has_its_owner_and_mode(host: Host, file: File) -> None:
    assert stat(host, file.path) == f"regular file {file.owner}:{file.group} {file.mode}"
