import re

from testinfra.host import Host

from kafka_fab.cluster.resource import Identity
from tests.infra.facts import text


def test_the_data_belongs_to_this_node_of_hosts_ini(host: Host, identity: Identity) -> None:
    said = text(host, identity.path)
    found = re.findall(rf"^{re.escape(identity.key)}=(.*)$", said, re.MULTILINE) if identity.key else [said.strip()]
    assert found == [identity.value], f"{identity.path} does not have {identity.meaning}"
