from testinfra.host import Host

from tests.infra.expect import Service

PLACES = "/etc/systemd /run/systemd /usr/local/lib/systemd /usr/lib/systemd"


def test_the_service_starts_with_the_host(host: Host, service: Service) -> None:
    assert host.service(service.unit).is_enabled


def test_the_service_runs(host: Host, service: Service) -> None:
    assert host.service(service.unit).is_running


def test_systemd_has_loaded_the_unit_that_is_on_disk(host: Host, service: Service) -> None:
    assert host.service(service.unit).systemd_properties["NeedDaemonReload"] == "no"


def test_systemd_reads_nothing_else_for_the_unit(host: Host, service: Service) -> None:
    read = host.service(service.unit).systemd_properties
    assert read["FragmentPath"] == f"/etc/systemd/system/{service.unit}.service"
    assert not host.file(f"/etc/systemd/system/{service.unit}.service").is_symlink
    every = ("/usr/lib/systemd/system/service.d/", "/lib/systemd/system/service.d/", "/run/systemd/system/service.d/")
    own = {path for path in read.get("DropInPaths", "").split() if not path.startswith(every)}
    # Of a new folder systemd knows nothing before its next reload.
    own.update(host.run(f"find {PLACES} -path %s", f"*/{service.unit}.service.d/*.conf").stdout.split())
    assert not own, "drop-ins override conf/: see `fab plan`"
