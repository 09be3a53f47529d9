from testinfra.host import Host

from kafka_fab.cluster.resource import User


def test_the_user_is_there_with_a_group_of_its_own(host: Host, user: User) -> None:
    account = host.user(user.name)
    assert account.exists
    assert account.group == user.name


def test_the_user_cannot_log_in(host: Host, user: User) -> None:
    assert host.user(user.name).shell.rpartition("/")[2] in ("nologin", "false")


def test_the_user_has_no_power_over_the_host(host: Host, user: User) -> None:
    mighty = {"root", "wheel", "sudo", "admin", "adm", "docker", "lxd", "libvirt", "disk", "shadow", "kmem"}
    assert not mighty & set(host.user(user.name).groups)
