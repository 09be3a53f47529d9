"""New folder: samples of the files in which an operator says what a cluster should be."""

import os
from pathlib import Path

from invoke.exceptions import Exit

SAMPLES = Path(__file__).with_name("samples")
# A cluster is there where one of these is.
CLUSTER = {"hosts.ini": "hosts.ini", "conf/cluster.yaml": "cluster.yaml"}
GITIGNORE = ".gitignore"


def make(folder: str) -> None:
    """Write a cluster's folder and say what to do next; raise Exit where it holds a cluster already."""
    if not folder:
        # An unset variable in a script would otherwise mean another folder.
        raise Exit("the folder's name is empty: name one, or leave it out for the working directory", code=1)
    place = Path(folder)
    for name in CLUSTER:
        if os.path.lexists(place / name):
            words = "is there already, nothing was written: name another folder, or edit what this one holds"
            raise Exit(f"{place / name} {words}", code=1)
    (place / "conf").mkdir(parents=True, exist_ok=True)
    for name, sample in CLUSTER.items():
        _write(place / name, sample)
    _ignore(place / GITIGNORE)
    first = "" if place.resolve() == Path.cwd() else f"cd {place}, "
    print(f"next: {first}write your hosts into hosts.ini, the version and the disks into conf/cluster.yaml; then plan")


def _ignore(file: Path) -> None:
    if not os.path.lexists(file):
        _write(file, "gitignore")
        return
    lines = (SAMPLES / "gitignore").read_text().splitlines()
    wanted = " ".join(line for line in lines if line and not line.startswith("#"))
    print(f"kept {file}; it should name: {wanted}")


def _write(file: Path, sample: str) -> None:
    with file.open("x", encoding="utf-8") as made:
        made.write((SAMPLES / sample).read_text(encoding="utf-8"))
    print(f"made {file}")
