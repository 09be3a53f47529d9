"""The files of a rotation: a run may be cut off at any write or rename, and the next one goes on."""

from collections.abc import Callable
from pathlib import Path

import pytest

from kafka_fab.cluster.model import Cluster
from kafka_fab.operate.certificates import authorities, pki_files
from kafka_fab.operate.certificates.rotation_files import RECENT, RotationFiles
from tests.unit.operate.certificates.conftest import NOW

STEPS: tuple[Callable[[RotationFiles], object], ...] = (
    lambda files: files.begin(NOW),
    lambda files: files.trust_both(),
    lambda files: files.sign_with_new(),
    lambda files: files.trust_new_alone(),
    lambda files: files.end(),
)


def rotated(cluster: Cluster) -> None:
    for step in STEPS:
        files = RotationFiles(cluster)
        # Each call of the task begins like this.
        if step is not STEPS[-1]:
            files.begin(NOW)
        step(files)


def test_a_whole_rotation(cluster: Cluster) -> None:
    old = authorities.own(cluster).certificate
    rotated(cluster)
    new = authorities.own(cluster).certificate
    assert new != old
    assert authorities.trusted(cluster) == (new,)
    names = sorted(path.name for path in (cluster.folder / "pki").iterdir() if not path.name.startswith("."))
    assert names == ["ca.key", "ca.pem", "fab.pem", "issued.tsv"]


def test_both_are_trusted_while_it_lasts_and_the_old_one_issues_until_it_is_told(cluster: Cluster) -> None:
    old = authorities.own(cluster).certificate
    files = RotationFiles(cluster)
    assert files.begin(NOW)
    assert not files.begin(NOW)
    files.trust_both()
    assert authorities.trusted(cluster) == (old, files.new_certificate)
    assert authorities.own(cluster).certificate == old
    files.sign_with_new()
    assert authorities.own(cluster).certificate == files.new_certificate
    assert files.new_authority().certificate == files.new_certificate
    former = files.old_authority()
    assert former is not None
    assert former.certificate == old


def test_one_call_too_many_begins_no_other_rotation(cluster: Cluster) -> None:
    files = RotationFiles(cluster)
    assert files.ended_recently(NOW) is None, "the first CA comes from no rotation"
    files.begin(NOW)
    assert files.ended_recently(NOW) is None
    rotated(cluster)
    assert files.ended_recently(NOW) == authorities.own(cluster).certificate
    assert files.ended_recently(NOW + RECENT) is None


class Killed(BaseException):
    """The process is gone."""


def counted(monkeypatch: pytest.MonkeyPatch, allowed: int) -> list[str]:
    """Let some writes and renames happen, and none after them."""
    done: list[str] = []

    def counting(real: Callable[..., object]) -> Callable[..., object]:
        def call(*words: object, **more: object) -> object:
            if len(done) >= allowed:
                raise Killed
            done.append(str(words[0]))
            return real(*words, **more)

        return call

    for owner, name in ((pki_files, "write"), (RotationFiles, "_move"), (Path, "unlink")):
        replacement = counting(getattr(owner, name))
        monkeypatch.setattr(owner, name, staticmethod(replacement) if owner is RotationFiles else replacement)
    return done


@pytest.mark.parametrize("step", range(1, len(STEPS) + 1))
@pytest.mark.parametrize("allowed", range(8))
def test_a_kill_at_any_point(step: int, allowed: int, cluster: Cluster) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        counted(monkeypatch, allowed)
        try:
            for one in STEPS[:step]:
                one(RotationFiles(cluster))
        except Killed:
            pass
    files = RotationFiles(cluster)
    if not files.new.exists() and authorities.own(cluster).certificate.subject.startswith("CN=nodes CA 2"):
        return  # it was over
    rotated(cluster)
    new = authorities.own(cluster).certificate
    assert authorities.trusted(cluster) == (new,)
    assert not files.old_key.exists()
    assert not files.new.exists()


@pytest.mark.parametrize("done", range(1, 5))
def test_back_to_the_ca_from_before(done: int, cluster: Cluster) -> None:
    before = authorities.own(cluster).certificate
    for step in STEPS[:done]:
        step(RotationFiles(cluster))
    RotationFiles(cluster).turn_back()
    files = RotationFiles(cluster)
    assert not files.begin(NOW)
    assert files.new_authority().certificate == before
    former = files.old_authority()
    assert former is not None
    assert former.certificate != before
    rotated(cluster)
    assert authorities.own(cluster).certificate == before
    assert authorities.trusted(cluster) == (before,)
    assert not list((cluster.folder / "pki").glob("*-ca.*"))
