"""docs/refresh: write down what the commands in the pages print, or look whether all is well with them."""

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

from lab.archive import ArchiveError, ensure
from lab.machine import CACHE, CHECKOUT, LabError
from tools.pages import check, page
from tools.pages.site import Differs, site

# That of conf/, and the one from which docs/upgrade.md comes to it.
VERSIONS = ("3.9.1", "2.8.2")


def main(words: list[str]) -> int:
    """Do what was typed and return the exit code."""
    parser = argparse.ArgumentParser("docs/refresh", description=__doc__)
    parser.add_argument("--check", action="store_true", help="only look, without hosts; exit with 1 where it differs")
    parser.add_argument("--generated", action="store_true", help="only make the pages of the code, without hosts")
    parser.add_argument("pages", nargs="*", type=Path, help="only these; all when not given")
    typed = parser.parse_args(words)
    if typed.check:
        return _told(check.problems())
    missing = [str(file) for file in typed.pages if not file.is_file()]
    if missing:
        parser.error(f"there is no page {', '.join(missing)}: see docs/")
    for file, (_, made) in check.GENERATED.items():
        place = CHECKOUT / file
        place.write_text(made(place.read_text()))
    if typed.generated:
        return 0
    return _refreshed([file.resolve() for file in typed.pages] or check.pages())


def _told(problems: Iterable[str]) -> int:
    found = list(problems)
    print("\n".join(found) or "the pages agree with the code")
    return int(bool(found))


def _refreshed(files: list[Path]) -> int:
    try:
        for version in VERSIONS:
            ensure(version, CACHE)
        for file in files:
            refresh(file)
    except (LabError, ArchiveError) as refused:
        print(f"docs/refresh: {refused}", file=sys.stderr)
        return 1
    except Differs as differs:
        print(f"docs/refresh: {file.relative_to(CHECKOUT)} was not changed: {differs}", file=sys.stderr)
        return 1
    return 0


def refresh(file: Path) -> None:
    """Run a page's commands on hosts of its own, in their order, and write the page with what they print."""
    text = file.read_text()
    if not page.blocks(text):
        return
    print(f"{file.relative_to(CHECKOUT)}:", flush=True)
    with site(page.lab(text)) as made:
        filled = page.filled(text, made.answer)
    if file.read_text() != text:
        raise Differs("it was changed meanwhile")
    file.write_text(filled)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
