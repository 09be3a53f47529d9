"""Frame: what a script says, told apart from all that a login prints before it, after it and beside it."""

import re
from collections.abc import Iterator


class FrameReader:
    """Reads one stream of a channel: only what stands between its two marks is the script's."""

    def __init__(self, mark: str) -> None:
        self._mark = mark.encode()
        self._first = re.compile(rb"(?:^|\n)%s\r?\n" % mark.encode())
        self._last = re.compile(rb"%s ([0-9]+)\r?" % mark.encode())
        self._rest = b""
        self._blank = False
        self.foreign = b""
        self.begun = False
        self.status: int | None = None

    def feed(self, data: bytes) -> Iterator[str]:
        """Yield the script's lines that the data completes."""
        self._rest += data
        if not self.begun and not self._begin():
            return
        *whole, self._rest = self._rest.split(b"\n")
        for raw in whole:
            yield from self._line(raw)

    def _begin(self) -> bool:
        found = self._first.search(self._rest)
        self.begun = bool(found)
        self.foreign = self._rest[: found.start()] if found else self._rest
        self._rest = self._rest[found.end() :] if found else self._rest
        return self.begun

    def _line(self, raw: bytes) -> Iterator[str]:
        if self.status is not None:
            return
        found = self._last.fullmatch(raw)
        if found:
            self.status = int(found[1])
            return
        if raw.rstrip(b"\r") == self._mark:
            # That of standard error, which the login has led here.
            self._blank = False
            return
        # The last mark stands on a line of its own: an empty line may be what ends the line before it.
        if self._blank:
            yield ""
        self._blank = not raw
        if raw:
            yield raw.decode(errors="replace")

    @property
    def end(self) -> list[str]:
        """Return what comes after the last whole line: nothing, or the part of a line."""
        if self.status is None:
            blank = [""] if self._blank else []
            return [*blank, self._rest.decode(errors="replace")] if self.begun else [""]
        return [""] if self._blank else []
