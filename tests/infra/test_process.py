from os.path import normpath

from testinfra.host import Host

from kafka_fab.cluster.resource import RunningConfig
from tests.infra.expect import Service
from tests.infra.facts import Process, certificates, open_files


def test_the_process_belongs_to_the_user(service: Service, process: Process) -> None:
    assert process.user == service.user


def test_the_process_runs_the_role_on_its_configuration(service: Service, process: Process) -> None:
    assert process.role == (service.main, service.config)


def test_the_process_has_the_heap_that_conf_gives_it(service: Service, process: Process) -> None:
    assert process.last("-Xms") == f"-Xms{service.heap}"
    assert process.last("-Xmx") == f"-Xmx{service.heap}"


def test_the_process_has_the_options_that_conf_gives_it(service: Service, process: Process) -> None:
    # By their names: a value may be a password.
    missing = [option.partition("=")[0] for option in service.options if option not in process.arguments]
    assert missing == []


def test_the_process_uses_its_log4j_file(service: Service, process: Process) -> None:
    assert process.last(f"{service.log4j.partition('=')[0]}=") == service.log4j


def test_the_process_was_started_from_the_tree_of_the_version(service: Service, process: Process) -> None:
    trees = {normpath(entry).rpartition("/libs/")[0] for entry in process.classpath if "/libs/" in entry}
    assert trees == {service.tree}, f"{service.unit} runs another version: see `fab version`"


def test_the_open_files_limit_is_that_of_conf(host: Host, service: Service, process: Process) -> None:
    # In a container without CAP_SYS_RESOURCE systemd gives what it has itself.
    assert process.open_files >= min(service.open_files, open_files(host, 1))


def test_the_process_runs_on_the_files_that_are_on_disk(host: Host, running_config: RunningConfig) -> None:
    pairs = [(f"{running_config.snapshot}/{file.rpartition('/')[2]}", file) for file in running_config.files]
    changed = [file for copy, file in pairs if _differ(host, copy, file)]
    assert not changed, "changed since the start: restart needed, see `fab status`"


def _differ(host: Host, copy: str, file: str) -> bool:
    # Of a store with a private key the copy has the certificates alone.
    if file.endswith(".pem"):
        return certificates(host, copy) != certificates(host, file)
    return bool(host.run("cmp -s %s %s", copy, file).failed)
