from testinfra.host import Host

from infra.expect import Service


def test_the_service_starts_with_the_host(host: Host, service: Service) -> None:
    assert host.service(service.unit).is_enabled


def test_the_service_runs(host: Host, service: Service) -> None:
    assert host.service(service.unit).is_running


def test_systemd_knows_the_unit_as_it_is_on_disk(host: Host, service: Service) -> None:
    assert host.service(service.unit).systemd_properties["NeedDaemonReload"] == "no"
