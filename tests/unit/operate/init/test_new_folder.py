"""A new cluster folder: valid for every version line, with the metadata store that the version has."""

from pathlib import Path

import pytest
from invoke.exceptions import Exit

from kafka_fab.cluster import load
from kafka_fab.cluster.folder import HOME
from kafka_fab.cluster.release.release import RELEASES
from kafka_fab.operate.certificates import pki_files
from kafka_fab.operate.init import new_folder
from kafka_fab.operate.init.new_folder import Wishes

EVERY = [
    (line.tested, zookeeper) for line in RELEASES for zookeeper in (False, True) if line.zookeeper or not zookeeper
]


@pytest.mark.parametrize(("version", "zookeeper"), EVERY)
def test_the_samples_fit_every_tested_version(version: str, zookeeper: bool, tmp_path: Path) -> None:
    new_folder.make(str(tmp_path / "prod"), Wishes(version=version, zookeeper=zookeeper))
    cluster = load.cluster(tmp_path / "prod")
    assert (cluster.name, cluster.settings.version, cluster.warnings) == ("prod", version, ())
    assert cluster.kraft == (not zookeeper and version not in {"0.8.0", "2.8.2"})


@pytest.mark.parametrize(("version", "zookeeper"), EVERY)
def test_security_is_one_comment_away_where_the_version_has_it(version: str, zookeeper: bool, tmp_path: Path) -> None:
    new_folder.make(str(tmp_path), Wishes(version=version, zookeeper=zookeeper))
    file = tmp_path / "conf/cluster.yaml"
    text = file.read_text()
    assert ("# security:" in text) == (version != "0.8.0")
    file.write_text(text.replace("# security:", "security:"))
    assert load.cluster(tmp_path).settings.security.mtls == (version != "0.8.0")


@pytest.mark.parametrize("version", ["0.8.0", "4.3.1"])
def test_the_page_of_a_folder_says_what_of_pki_is_committed(version: str, tmp_path: Path) -> None:
    new_folder.make(str(tmp_path), Wishes(version=version))
    ignored = [line for line in pki_files.IGNORED.splitlines() if not line.startswith(("#", "."))]
    assert ignored == ["*.key", "fab.pem", "clients/", "requests/"]
    rows = [(tmp_path / "README.md").read_text(), (HOME / "docs/cluster-folder.md").read_text()]
    said = [
        line.replace("`", "") for text in rows for line in text.splitlines() if "pki/fab.pem" in line and "|" in line
    ]
    assert len(said) == (1 if version == "0.8.0" else 2)
    assert all(f"pki/{name}" in line and "| no |" in f"{line} |" for line in said for name in ignored)


def test_zookeeper_alone_means_the_newest_version_that_has_it(tmp_path: Path) -> None:
    new_folder.make(str(tmp_path), Wishes(zookeeper=True))
    assert load.cluster(tmp_path).settings.version == "3.9.1"


@pytest.mark.parametrize(
    ("version", "zookeeper", "said"),
    [
        ("4.3.1", True, "Kafka 4.0 and newer have no ZooKeeper"),
        ("4.3", False, "--version: a version such as 3.9.1 is wanted, found `4.3`"),
        ("0.7.2", False, "--version: 0.7.2 is not supported; 0.8.0, "),
    ],
)
def test_a_version_that_cannot_be_is_refused_and_nothing_is_written(
    version: str, zookeeper: bool, said: str, tmp_path: Path
) -> None:
    with pytest.raises(Exit) as refused:
        new_folder.make(str(tmp_path / "prod"), Wishes(version=version, zookeeper=zookeeper))
    assert said in str(refused.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("version", "warned"), [("9.9.9", True), ("4.3.1", False), ("3.9.0", False), ("", False)])
def test_a_version_that_was_not_tested_is_said_so_as_the_settings_say_it(
    version: str, warned: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new_folder.make(str(tmp_path), Wishes(version=version))
    said = capsys.readouterr().err
    assert (
        f"warning: --version: {version} is taken by the rules of 4.3.1, with which it was not tested" in said
    ) is warned
    assert [warning.text.removeprefix("version: ") in said for warning in load.cluster(tmp_path).warnings] == [
        True
    ] * warned


@pytest.mark.parametrize(("folder", "name"), [("prod", "prod"), ("a b", "kafka"), ("-x", "kafka")])
def test_the_cluster_is_named_as_its_folder_where_that_is_a_name(folder: str, name: str, tmp_path: Path) -> None:
    new_folder.make(str(tmp_path / folder))
    assert load.cluster(tmp_path / folder).name == name
    assert (tmp_path / folder / "README.md").read_text().startswith(f"# Kafka cluster {name}\n")


def test_a_readme_of_ones_own_stays(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine\n")
    new_folder.make(str(tmp_path))
    assert (tmp_path / "README.md").read_text() == "mine\n"


def test_a_checkout_names_a_folder_elsewhere_since_fab_does_not_find_itself_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    new_folder.make(str(tmp_path / "prod"))
    assert f"next: export KAFKA_FAB_CLUSTER={tmp_path / 'prod'}, write your hosts" in capsys.readouterr().out
    monkeypatch.setattr(new_folder, "HOME", tmp_path)
    new_folder.make(str(tmp_path / "clusters/prod"))
    assert f"next: cd {tmp_path / 'clusters/prod'}, write your hosts" in capsys.readouterr().out
