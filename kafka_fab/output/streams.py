"""Streams and signals of the command fab: what goes wrong with them is a sentence and an exit code, not a traceback."""

import atexit
import errno
import gc
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, TracebackType
from typing import NoReturn

from kafka_fab.frozen_value import dataclass
from kafka_fab.typed_command import FAB

INTERRUPTED = 130
# As a shell has it for a process that SIGPIPE ended.
PIPE_CLOSED = 141
# Seconds after which a signal comes again that came at the wrong moment.
AGAIN = 0.02
ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
GARBAGE = 50_000
CLOSED = "standard output is closed: nothing was begun; redirect it to /dev/null if nobody reads it"
UNWRITABLE = (errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF)
TRACE = "KAFKA_FAB_TRACEBACK"
HERE = str(Path(__file__).resolve().parents[1])
# Where a command line and a configuration are read, before any task of ours.
READERS = ("/invoke/", "/fabric/")
AROUND = ("/task_names.py", "/task_help.py")
OLD_MODULES = ("tasks", "tasks.remote", "tasks.remote.executor")
OLD_EXECUTOR = (
    "fabric.yaml names the executor of kafka-fab 0.1: write `executor_class: kafka_fab.remote.executor.Executor` "
    "(docs/install.md)"
)
NOBODY = (
    "a password is asked for, and nobody types it here: run this at a terminal; sudo's may be in FABRIC_SUDO_PASSWORD"
)


@dataclass(frozen=True)
class OutputLost:
    """How a run ends that can say no more: its last words, and its exit code."""

    words: str
    code: int


def prepare() -> None:
    """Get ready for a run, as early as possible; in a process that is not the command fab do nothing."""
    if hasattr(sys.modules["__main__"], "program"):
        take_over()


def take_over() -> None:
    """Make this process's signals, streams and last words ours."""
    for number in ENDS:
        _handle(number, _before_work)
    # What a run imports stays to its end: to look through it again and again for garbage takes longer than a host.
    gc.freeze()
    gc.set_threshold(GARBAGE)
    sys.excepthook = _last_word
    _complete()
    atexit.register(_flush_at_exit)


def _complete() -> None:
    """Replace streams that the caller has closed, lest a connection gets their numbers."""
    silent = sys.stdout is None
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(number)
    sys.stdin = sys.stdin or open(os.devnull, encoding="utf-8")  # noqa: SIM115, PTH123  # as long as the process
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
    if silent:
        print(CLOSED, file=sys.stderr)
        os._exit(1)
    # A terminal that lacks a letter gets its number instead.
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def _handle(number: int, handler: object) -> None:
    """Handle a signal, unless this process was started with it ignored, as nohup does."""
    if signal.getsignal(number) is not signal.SIG_IGN:
        signal.signal(number, handler)  # type: ignore[arg-type]


def _before_work(_number: int, _frame: FrameType | None) -> NoReturn:
    os.write(2, b"\ninterrupted: nothing was begun\n")
    os._exit(INTERRUPTED)


def _after_work(_number: int, _frame: FrameType | None) -> NoReturn:
    os._exit(INTERRUPTED)


def _during_work(number: int, frame: FrameType | None) -> None:
    if _importing(frame):
        # There an exception may be lost, and the lock of imports stay held for ever: a moment later.
        later = threading.Timer(AGAIN, os.kill, (os.getpid(), number))
        later.daemon = True
        later.start()
        return
    raise KeyboardInterrupt


def _importing(frame: FrameType | None) -> bool:
    while frame and not frame.f_code.co_filename.startswith("<frozen importlib"):
        frame = frame.f_back
    return frame is not None


@contextmanager
def working() -> Iterator[None]:
    """Let Ctrl-C, a polite kill and a closed terminal end the work by KeyboardInterrupt, and what follows at once."""
    # Where nobody has prepared, the process is somebody else's, and so are its signals.
    mine = [number for number in ENDS if signal.getsignal(number) is _before_work]
    for number in mine:
        signal.signal(number, _during_work)
    try:
        yield
    finally:
        for number in mine:
            signal.signal(number, _after_work)


def lost(error: OSError) -> OutputLost | None:
    """Return how a run ends whose standard output takes no more, if that is what a system call failed at."""
    if error.filename is not None or error.errno not in UNWRITABLE:
        return None
    # What is still buffered must not be tried again at the exit.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if error.errno == errno.EPIPE:
        # Nobody reads on, as in `fab status | head`.
        return OutputLost("", PIPE_CLOSED)
    words = (error.strerror or str(error)).lower()
    return OutputLost(
        f"standard output cannot be written ({words}): what was still to be said is lost, not what was done", 1
    )


def _flush_at_exit() -> None:
    # `fab --list` ends without the executor.
    try:
        sys.stdout.flush()
    except OSError as error:
        _leave(error)


def _leave(error: OSError) -> NoReturn:
    end = lost(error) or OutputLost(about(error), 1)
    if end.words:
        print(end.words, file=sys.stderr, flush=True)
    os._exit(end.code)


def _last_word(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Say what nobody has caught in a sentence; a traceback is for those who ask for it."""
    if os.environ.get(TRACE):
        sys.__excepthook__(kind, error, trace)
        return
    if isinstance(error, OSError):
        _leave(error)
    print(_told(error, " ".join(f"{kind.__name__}: {error}".split()).rstrip(": "), trace), file=sys.stderr)


def _told(error: BaseException, words: str, trace: TracebackType | None) -> str:
    files = _files(trace)
    if isinstance(error, EOFError) and any(file.endswith("/getpass.py") for file in files):
        return NOBODY
    if isinstance(error, ValueError) and any("/invoke/parser" in file for file in files):
        return f"a switch has a value of the wrong kind ({error}): `{FAB} --help TASK` says what it takes"
    if _is_old_executor(error, files):
        return OLD_EXECUTOR
    if any(reader in file for file in files for reader in READERS) and not any(map(_is_ours, files)):
        return (
            f"Fabric does not take this command line, or its configuration (fabric.yaml, -f): {words}: "
            f"see `{FAB} --help`"
        )
    return f"kafka-fab cannot go on, by a fault of its own: {words}; {TRACE}=1 shows where"


def _is_ours(file: str) -> bool:
    """Return whether a file is ours, but for those that only stand around Fabric's reading of a command line."""
    return file.startswith(HERE) and not file.endswith(AROUND)


def _is_old_executor(error: BaseException, files: list[str]) -> bool:
    """Return whether Invoke looked for our executor where 0.1 had it: a user's fabfile comes by its loader."""
    is_named = isinstance(error, ModuleNotFoundError) and error.name in OLD_MODULES
    return is_named and not any(file.endswith("/invoke/loader.py") for file in files)


def _files(trace: TracebackType | None) -> list[str]:
    """Return the files that an error has come through."""
    found = list[str]()
    while trace:
        found.append(trace.tb_frame.f_code.co_filename)
        trace = trace.tb_next
    return found


def about(error: OSError) -> str:
    """Return what a system call on this machine was refused, and for which file."""
    words = (error.strerror or str(error)).lower()
    return f"{error.filename}: {words}: mend that, then run again" if error.filename else f"this machine: {words}"
