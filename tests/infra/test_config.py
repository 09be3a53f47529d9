from testinfra.host import Host

from tests.infra.expect import Written
from tests.infra.facts import stat


def test_the_file_has_the_content_that_conf_gives_it(host: Host, file: Written) -> None:
    found = host.run("sha256sum %s", file.path).stdout[:64]
    assert found == file.sha256, f"{file.path} differs from conf/: see `fab plan`"


def test_the_file_has_its_owner_and_mode(host: Host, file: Written) -> None:
    assert stat(host, file.path) == file.state
