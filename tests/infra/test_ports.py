from testinfra.host import Host

from tests.infra.expect import Service
from tests.infra.facts import Process, listeners


def test_the_service_listens_on_its_ports(host: Host, service: Service, process: Process) -> None:
    listening = {port for port, pids in listeners(host).items() if process.pid in pids}
    assert service.ports <= listening
