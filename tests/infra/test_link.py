from testinfra.host import Host

from kafka_fab.cluster.resource import Link


def test_the_link_leads_to_the_tree_of_the_version(host: Host, link: Link) -> None:
    assert host.run("readlink %s", link.path).stdout.strip() == link.target
