"""Resources rendered as one shell script: the library, and a call per resource."""

import threading
from collections.abc import Iterable, Sequence
from functools import cache, singledispatch
from hashlib import sha256
from itertools import chain
from pathlib import Path
from shlex import join, quote

from kafka_fab.cluster import resource
from kafka_fab.cluster.resource import Resource
from kafka_fab.cluster.values import secret
from kafka_fab.typed_command import FAB

SCRIPTS = Path(__file__).with_name("scripts")
LIBRARY = SCRIPTS / "library"
# One script: what a file sets at its top, those after it may read at theirs.
PARTS = (
    "base", "lock", "ownership", "secrets", "properties", "files", "directories", "places", "users", "packages", "java",
    "certificates", "archives", "tree", "links", "sysctl", "units", "ports", "logs", "kafka", "versions",
    "extras",
)  # fmt: skip
PREFLIGHT = SCRIPTS / "preflight.sh"
DYNAMIC = SCRIPTS / "dynamic.sh"
ROLL = SCRIPTS / "roll.sh"
SECURITY = SCRIPTS / "security.sh"
STATUS = SCRIPTS / "status.sh"
RENEWAL = SCRIPTS / "renewal.sh"
PLACEMENT = SCRIPTS / "placement.sh"
BUNDLE = SCRIPTS / "bundle.sh"
AUDIT = SCRIPTS / "audit.sh"
HOOK = SCRIPTS / "hook.sh"
ASKED = "asked"
GO = "go"


def converge(
    resources: Iterable[Resource],
    apply: bool,
    over: str = "",
    otherwise: Sequence[str] = (),
    mine: tuple[str, str] = ("", ""),
) -> str:
    """Return the script that brings resources about, or with apply=False says what it would do.

    It stays away from a host that an operation of another name holds; `mine` is its own name, and who does it.

    On a host without the folder `over` it first asks the questions `otherwise`, says ASKED, and does nothing
    unless the word is GO.
    """
    wanted = list(resources)
    whose = next((item.arguments for item in wanted if isinstance(item, resource.Owner)), ())
    body = "\n".join([join(("lock_host", *mine, *whose)), *lookups(wanted), *map(call, wanted), "settle_new"])
    if not over:
        return with_library(body, apply)
    questions = "\n".join(["{", *otherwise, "} </dev/null"])
    first = f"[ ! -d {quote(over)} ] || return 0\n{questions}\nawait {ASKED} {GO}"
    return with_library(body, apply, extra=PREFLIGHT, first=first)


def lookups(wanted: list[Resource]) -> list[str]:
    """Return the calls that ask in few processes most of what the resources will ask one by one."""
    files = [item.path for item in wanted if isinstance(item, resource.File)]
    stores = [path for item in wanted if isinstance(item, resource.NodeStore) for path, *_ in item.stores]
    stores += [path for item in wanted if isinstance(item, resource.Pkcs12) for path in (item.path, item.secrets)]
    directories = [item.path for item in wanted if isinstance(item, resource.Directory)]
    running = [item for item in wanted if isinstance(item, resource.RunningConfig)]
    snapshots = [f"{item.snapshot}/{Path(path).name}" for item in running for path in item.files]
    assets = [item.path for item in wanted if isinstance(item, resource.Asset)]
    asked = {
        "look_paths": files + stores + directories,
        "look_sums": files + snapshots + assets,
        "look_users": [item.name for item in wanted if isinstance(item, resource.User)],
        "look_units": [item.unit for item in running],
        "look_kept": _kept(wanted),
    }
    return [join((function, *names)) for function, names in asked.items() if names]


def _kept(wanted: Iterable[Resource]) -> list[str]:
    files = [file for item in wanted if isinstance(item, resource.Data) for file in (item.snapshot, item.file)]
    return list(dict.fromkeys(files))


def with_library(
    body: str, apply: bool = True, watched: bool = True, extra: Path | None = None, first: str = "true"
) -> str:
    """Return a script with the library, perhaps a second one, and a body; it ends where what comes first fails.

    The body is a function, read to its end before it starts: a script cut off on its way does nothing, and
    no command in it can eat the rest of the script from standard input. A watched one ends when its input
    does before it is done: the connection is gone then.
    """
    functions = f"{library()}{sent(extra)}\nfirst() {{\n{first}\n}}\n"
    text = f"APPLY={int(apply)}\n{functions}main() {{\n{body}\n}}\n"
    if not watched:
        return f"{text}main </dev/null\n"
    # On one line: the shell must have read to the end before the watch takes over its input. In a shell of
    # its own: a `wait` in the body must not wait for the watch.
    run = "exec 3<&0; first || exit; watch & exec 3<&-; (main) </dev/null; ended=$?; kill $! 2>/dev/null; exit $ended"
    return f"{text}{run}\n"


def while_connected(body: str, extra: Path | None = None) -> str:
    """Return a script that lasts as long as its connection, which it knows by descriptor 3."""
    return f"APPLY=1\n{library()}{sent(extra)}\nmain() {{\n{body}\n}}\nmain 3<&0 </dev/null\n"


def detached(body: str, extra: Path) -> str:
    """Return a script that a host runs by itself, without a connection."""
    return f"APPLY=1\n{library()}{sent(extra)}\n{body}\n"


_ONE = threading.Lock()


def library() -> str:
    """Return the shell library, after the typed command's name and the rule of what is secret."""
    # Read by the first host's thread: the others wait for it.
    with _ONE:
        return _library()


@cache
def _library() -> str:
    given = {"FAB": FAB} | secret.for_shell()
    rule = "".join(f"{name}={quote(text)}\n" for name, text in given.items())
    return rule + "".join(sent(LIBRARY / f"{name}.sh") for name in PARTS)


@cache
def sent(file: Path | None) -> str:
    """Return a script as it is sent: without comments and blank lines, which are a third of it."""
    return "".join(line for line in _lines(file) if (text := line.strip()) and not text.startswith("#"))


def _lines(file: Path | None) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines(keepends=True) if file else []


@singledispatch
def call(item: Resource) -> str:
    """Return the call of the library's function for a resource."""
    raise TypeError(f"no function for {item!r}")


def _command(function: str, *words: object) -> str:
    return " ".join([f"want_{function}", *(quote(str(word)) for word in words)])


@call.register
def _(item: resource.User) -> str:
    return _command("user", item.name, item.home)


@call.register
def _(item: resource.Java) -> str:
    return _command("java", item.lowest, item.highest, item.home, *item.packages)


@call.register
def _(item: resource.Directory) -> str:
    kinds = (name for name, is_so in (("shared", item.shared), ("scratch", item.scratch)) if is_so)
    return _command("directory", item.path, item.owner, item.group, item.mode, *kinds)


@call.register
def _(item: resource.Owner) -> str:
    return _command("owner", *item.arguments)


@call.register
def _(item: resource.Places) -> str:
    return _command("places", " ".join(sorted(item.closed)), " ".join(sorted(item.shared)), *item.paths)


@call.register
def _(item: resource.LinkAbsent) -> str:
    return _command("link_absent", item.path)


@call.register
def _(item: resource.TreeAbsent) -> str:
    return _command("tree_absent", item.path)


@call.register
def _(item: resource.TreesAbsent) -> str:
    return _command("trees_absent", item.folder, item.tree)


@call.register
def _(_: resource.PackagedKept) -> str:
    return "want_packaged_kept"


@call.register
def _(_: resource.RecordsAbsent) -> str:
    return "want_records_absent"


@call.register
def _(item: resource.File) -> str:
    content = item.content.rstrip("\n") + "\n"
    checksum = sha256(content.encode()).hexdigest()
    # As a word, not as standard input: the function is the shell's own, so no process has to hand it over.
    words = (item.path, item.owner, item.group, item.mode, int(item.secret), checksum, content)
    return _command("file", *words, *item.levels)


@call.register
def _(item: resource.ExtraFiles) -> str:
    return _command("extra_files", item.unit, *item.paths)


@call.register
def _(item: resource.ExtraFilesAbsent) -> str:
    return _command("extra_files_absent", item.unit, *item.kept)


@call.register
def _(item: resource.NodeStore) -> str:
    return _command("node_store", item.chain, item.reason, item.subject, item.names, *chain.from_iterable(item.stores))


@call.register
def _(item: resource.Pkcs12) -> str:
    return _command("pkcs12", item.path, item.store, item.secrets, item.owner, item.group, item.chain_sum)


@call.register
def _(item: resource.Download) -> str:
    return _command("download", item.url, item.path, item.tree, item.sha512)


@call.register
def _(item: resource.Tree) -> str:
    return _command("tree", item.path, item.archive)


@call.register
def _(item: resource.Link) -> str:
    return _command("link", item.path, item.target, *item.units)


@call.register
def _(item: resource.Units) -> str:
    return _command("units", *item.names)


@call.register
def _(item: resource.Identity) -> str:
    return _command("identity", item.path, item.key, item.value, item.meaning, int(item.kept))


@call.register
def _(item: resource.Data) -> str:
    given_up = ",".join(item.abandoned)
    return _command("data", item.role, item.setting, item.snapshot, item.file, given_up, *item.directories)


@call.register
def _(item: resource.MetadataStore) -> str:
    return _command("metadata_store", item.snapshot, item.file, item.where, *item.directories)


@call.register
def _(item: resource.FixedKey) -> str:
    return _command("fixed_key", item.role, item.snapshot, item.file, item.key, item.pattern, item.setting)


@call.register
def _(item: resource.ConnectsBy) -> str:
    return _command(
        "connects_by", item.unit, item.snapshot, item.key, item.default, item.value, item.file, item.metadata
    )


@call.register
def _(item: resource.ListenerLogin) -> str:
    return _command(
        "listener_login",
        item.unit,
        item.snapshot,
        item.name,
        item.prefix,
        item.protocol,
        item.mechanism,
        item.client_auth,
    )


@call.register
def _(item: resource.SharedCa) -> str:
    return _command("shared_ca", item.path, item.authorities)


@call.register
def _(item: resource.Members) -> str:
    ids = map(str, item.ids)
    return _command("members", item.role, item.group, item.file, item.key, *ids, "--", *item.directories)


@call.register
def _(item: resource.Version) -> str:
    return _command("version", item.link, item.tree, item.java, item.unit, *item.files, "--", *item.directories)


@call.register
def _(item: resource.VersionRecord) -> str:
    return _command("version_record", item.tree)


@call.register
def _(item: resource.Saved) -> str:
    return _command("saved", item.unit, item.link, item.tree, item.java, *item.files)


@call.register
def _(item: resource.Restored) -> str:
    return _command("restored", item.unit, item.link, *item.units)


@call.register
def _(item: resource.SavedAbsent) -> str:
    return _command("saved_absent", item.unit)


@call.register
def _(item: resource.Port) -> str:
    return _command("port", item.number, item.unit)


@call.register
def _(item: resource.Asset) -> str:
    return _command("asset", item.path, item.source, item.checksum)


@call.register
def _(item: resource.Sysctl) -> str:
    words = ((name, _sysctl_path(name), value) for name, value in item.values)
    return _command("sysctl", item.file, *chain.from_iterable(words))


def _sysctl_path(name: str) -> str:
    """Return a name's path below /proc/sys; its first separator tells which one parts it, as sysctl.d(5) has it."""
    separators = [letter for letter in name if letter in "./"]
    return name if separators[:1] == ["/"] else name.translate(str.maketrans("./", "/."))


@call.register
def _(item: resource.RunningConfig) -> str:
    return _command("running_config", item.unit, item.snapshot, item.link, item.log, *item.files)


@call.register
def _(item: resource.Absent) -> str:
    return _command("absent", item.path, int(item.with_content))


@call.register
def _(item: resource.UnitAbsent) -> str:
    return _command("unit_absent", item.name)
