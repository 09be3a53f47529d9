"""Screen: what is seen while hosts work: a live line per host on a terminal, else plain lines."""

import sys
from collections.abc import Iterator
from types import TracebackType

from kafka_fab.cluster.values.secret import hidden
from kafka_fab.output import paint
from kafka_fab.output.progress import HostProgress
from kafka_fab.output.report import grouped
from kafka_fab.typed_command import FAB

SHOWN = ("changed", "failed", "restart", "reconfigure", "note", "says")
SECONDS_UNTIL_LIVE = 0.3


class Screen:
    """Shows hosts' progress; in a pipe each change is one line, host first."""

    def __init__(self, title: str, progresses: list[HostProgress], quiet: bool = False) -> None:
        self.title = title
        self.progresses = progresses
        self.quiet = quiet
        self.live = sys.stdout.isatty() and not quiet
        self._block = paint.Block()
        self._told = dict.fromkeys((progress.host for progress in progresses), 0)

    def __enter__(self) -> "Screen":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._block.erase()
        if self.live:
            # Many hosts say the same: each change once, with the hosts that it is for.
            for hosts, change in grouped(self.progresses, SHOWN, with_diff=False):
                print(f"{hosts}  {change}")
        elif not self.quiet:
            self._tell()
        if kind is KeyboardInterrupt:
            self.interrupted()

    def refresh(self) -> None:
        """Bring what is seen up to date."""
        if self.live and any(progress.seconds > SECONDS_UNTIL_LIVE for progress in self.progresses):
            self._paint()
        elif not self.live and not self.quiet:
            self._tell()

    def interrupted(self) -> None:
        """Say what was under way on which host."""
        busy = [progress for progress in self.progresses if not progress.ended]
        for progress in busy:
            print(f"{progress.host}: interrupted in {hidden(progress.at)}", file=sys.stderr)
        if busy:
            print(f"A command under way may end on its host; run `{FAB} {self.title}` again to go on.", file=sys.stderr)

    def _tell(self) -> None:
        for progress in self.progresses:
            for change in progress.changes[self._told[progress.host] :]:
                if change.status in SHOWN:
                    print(f"{progress.host}  {change}", flush=True)
                self._told[progress.host] += 1

    def _paint(self) -> None:
        width, height = paint.size()
        self._block.paint([line[: width - 1] for line in self._lines(height - 2)])

    def _lines(self, room: int) -> Iterator[str]:
        busy = [progress for progress in self.progresses if not progress.ended]
        shown = self.progresses if len(self.progresses) <= room else busy[:room]
        wide = max(len(progress.host) for progress in self.progresses)
        for progress in shown:
            state = progress.result if progress.ended else hidden(progress.at)
            yield f"{progress.host:<{wide}}  {progress.seconds:5.1f} s  {state}"
        if len(shown) < len(self.progresses):
            yield f"{len(self.progresses) - len(busy)} of {len(self.progresses)} hosts done"
