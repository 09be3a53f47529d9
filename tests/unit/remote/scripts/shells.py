"""The shells that a script of ours meets as a host's sh."""

import shutil
from pathlib import Path


def _shells() -> list[str]:
    found = {name: Path(path).resolve() for name in ("sh", "bash", "dash") if (path := shutil.which(name))}
    # dash is the same shell by both of its names; bash is another one where it is called sh.
    if found.get("dash") == found.get("sh"):
        found.pop("dash", None)
    return list(found)


SHELLS = _shells()
