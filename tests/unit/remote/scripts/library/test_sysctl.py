"""sysctl.sh: how the kernel is brought to what a file gives it at the next boot."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from kafka_fab.cluster.change import Change, ChangeReader
from kafka_fab.remote import script
from tests.unit.remote.scripts.library.host import HERE, SHELLS


@pytest.fixture(params=HERE)
def kernel(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., list[Change]]:
    """Run want_sysctl against a folder in the place of /proc/sys; writing goes to its files."""
    (tmp_path / "vm").mkdir()
    (tmp_path / "vm/one").write_text("60\n")
    (tmp_path / "vm/three").write_text("4096\t87380\t1\n")

    def run(
        *words: str,
        apply: bool = True,
        container: bool = False,
        writes: str = "works",
        dirty: int = 0,
        file: str = "FILE",
    ) -> list[Change]:
        place = f'{tmp_path}/$(echo "${{pair%%=*}}" | tr . /)'
        works = f'for pair; do :; done; printf "%s\\n" "${{pair#*=}}" >"{place}"'
        stub = works if writes == "works" else f"echo '{writes}' >&2; return 1"
        stubs = f"sysctl() {{ {stub}; }}\nin_container() {{ {str(container).lower()}; }}\n"
        body = f"SYSCTLS={tmp_path}\nDIRTY={dirty}\n{stubs}"
        text = f"APPLY={int(apply)}\n{script.library()}\n{body}want_sysctl {file} {' '.join(words)}\n"
        done = subprocess.run(
            [*SHELLS[request.param], "-s"], input=text, capture_output=True, text=True, check=False, timeout=20
        )
        assert done.stderr == ""
        return list(filter(None, map(ChangeReader().feed, done.stdout.splitlines())))

    return run


ONE = ("vm.one", "vm/one", "1")
THREE = ("vm.three", "vm/three", "'4096 87380 1'")


def test_a_value_is_set_once(kernel: Callable[..., list[Change]]) -> None:
    assert kernel(*ONE, *THREE, apply=False) == [Change("would", "sysctl", "FILE", "vm.one=1")]
    assert kernel(*ONE, *THREE) == [Change("changed", "sysctl", "FILE", "vm.one=1")]
    assert kernel(*ONE, *THREE) == [Change("ok", "sysctl", "FILE")]


def test_what_the_kernel_refuses_is_a_failure_with_its_words(kernel: Callable[..., list[Change]]) -> None:
    [change] = kernel(*ONE, writes="sysctl: Invalid argument")
    assert (change.status, change.name) == ("failed", "vm.one=1")
    assert change.detail.startswith("sysctl: Invalid argument; correct it under tuning in conf/cluster.yaml")


def test_a_name_that_no_kernel_has_is_a_failure_on_a_machine(kernel: Callable[..., list[Change]]) -> None:
    [change] = kernel("vm.oen", "vm/oen", "1", writes="sysctl: cannot stat vm/oen")
    assert (change.status, change.name) == ("failed", "vm.oen=1")


def test_a_container_is_no_failure_and_no_change(kernel: Callable[..., list[Change]]) -> None:
    words = ("vm.none", "vm/none", "1")
    [told, change] = kernel(*words, container=True, dirty=1)
    assert (told.status, change.status) == ("note", "ok")
    assert "vm.none cannot be set" in told.detail
    assert [change.status for change in kernel(*words, container=True)] == ["ok"], "once is enough"
    assert [change.status for change in kernel(*words, container=True, apply=False)] == ["ok"]


def test_what_another_cluster_of_the_host_has_otherwise_is_named(
    kernel: Callable[..., list[Change]], tmp_path: Path
) -> None:
    mine, other = (str(tmp_path / f"90-kafka-fab{name}.conf") for name in ("", "-orders"))
    Path(mine).write_text("vm.one = 1\n")
    Path(other).write_text("# Written by kafka-fab.\nvm.one = 10\nvm.three = 4096 87380 1\nvm.more = 3\n")
    [told, _] = kernel(*ONE, *THREE, file=mine)
    assert (told.status, told.name) == ("foreign", mine)
    assert f"{other}: vm.one (1 here, 10 there); set the same `tuning`" in told.detail
    Path(other).write_text("vm.one = 1\n")
    assert [change.status for change in kernel(*ONE, *THREE, file=mine)] == ["ok"]


@pytest.mark.parametrize("shell", HERE)
def test_what_the_real_kernel_has_is_read_whole(shell: str) -> None:
    running = Path("/proc/sys/vm/max_map_count").read_text().strip()
    call = f"want_sysctl FILE vm.max_map_count vm/max_map_count {running}"
    text = f"APPLY=0\n{script.library()}\nin_container() {{ false; }}\n{call}\n"
    said = subprocess.run(
        [*SHELLS[shell], "-s"], input=text, capture_output=True, text=True, check=True, timeout=20
    ).stdout
    assert said == "ok\tsysctl\tFILE\t\n"
