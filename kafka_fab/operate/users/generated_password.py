"""Generated password: made once, kept in a file of mode 600 in the cluster's folder."""

import os
import secrets
from pathlib import Path
from urllib.parse import quote

from kafka_fab.cluster.users.scram import Mechanism
from kafka_fab.cluster.values.secret_source import SecretSource

FOLDER = "passwords"
IGNORED = "# Passwords that kafka-fab has generated: never in version control.\n*\n"
LETTERS = 32


def source(user: str, mechanism: Mechanism) -> SecretSource:
    """Return the source of a user's generated password, which may not be there yet."""
    name = quote(user, safe="@")
    # A name must not be one of the file system's own.
    name = f"%2E{name[1:]}" if name.startswith(".") else name
    return SecretSource(f"file:{FOLDER}/{mechanism}/{name}")


def is_there(folder: Path, user: str, mechanism: Mechanism) -> bool:
    """Return whether a user's password has been generated before."""
    return os.path.lexists(folder / source(user, mechanism).place)


def generate(folder: Path, user: str, mechanism: Mechanism) -> None:
    """Write a new password, unless one is there; nobody else can read it at any moment."""
    file = folder / source(user, mechanism).place
    for place in (folder / FOLDER, file.parent):
        place.mkdir(mode=0o700, exist_ok=True)
    ignore = folder / FOLDER / ".gitignore"
    if not ignore.exists():
        ignore.write_text(IGNORED)
    draft = file.with_name(f".{file.name}.new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "w") as content:
        os.fchmod(content.fileno(), 0o600)
        content.write(f"{secrets.token_urlsafe(LETTERS)}\n")
        content.flush()
        os.fsync(content.fileno())
    try:
        # Not replaced: of two runs at once the first one's stays.
        os.link(draft, file)
    except FileExistsError:
        return
    finally:
        draft.unlink()
