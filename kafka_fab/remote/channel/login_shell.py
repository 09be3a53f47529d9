"""Login shell: the command for any login shell that starts a root shell in an environment of its own."""

from shlex import quote

# What systemd gives its services, and what sudo and su give root.
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Of the login's own variables those alone that a download needs; any other may change what a command does.
KEPT = ("http_proxy", "https_proxy", "no_proxy", "all_proxy", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY")


def framed(mark: str, command: str) -> str:
    """Return shell words that run a command in an environment of our own, its output between two marks."""
    said = f'printf "\\n%s\\n" {mark}; printf "\\n%s\\n" {mark} >&2'
    told = f'printf "\\n%s\\n" "{mark} $ended"; printf "\\n%s\\n" "{mark} $ended" >&2'
    return f"umask 022; cd /; {said}; {_bare(command)}; ended=$?; {told}; exit $ended"


def _bare(command: str) -> str:
    kept = " ".join(f'${{{name}+"{name}=${name}"}}' for name in KEPT)
    return f'env -i PATH={PATH} LC_ALL=C HOME="${{HOME:-/root}}" SHELL=/bin/sh {kept} {command}'


def as_root(mark: str, command: str) -> str:
    """Return the command for a login as root."""
    return f"sh -c {quote(framed(mark, command))}"


def by_sudo(mark: str, command: str, with_password: bool, with_terminal: bool = False) -> str:
    """Return the command for a login that becomes root by sudo.

    The root shell skips the lines up to one that is the mark. With a password its line comes first, for sudo;
    where sudo asks for none, the mark is how to skip it. Each time that sudo asks it says `prompt(mark)`.
    """
    skip = f'while IFS= read -r line; do [ "$line" = {mark} ] && break; done'
    shell = f'{skip}; [ "$line" = {mark} ] || exit 97; exec {command}'
    inner = framed(mark, f"sh -c {quote(shell)}")
    sudo = f"sudo -S -p {quote(prompt(mark))}" if with_password else "sudo -n"
    become = f"{sudo} -- sh -c {quote(inner)}"
    become = _on_a_terminal(become) if with_terminal else f"exec {become}"
    # In English: what sudo refuses is told by its words.
    ours = f"LC_ALL=C PATH={PATH}:$PATH; export LC_ALL PATH; unset LANGUAGE; umask 022"
    chosen = f'if [ "$(id -u)" = 0 ]; then exec sh -c {quote(inner)}; else {become}; fi'
    return f"sh -c {quote(f'{ours}; {chosen}')}"


def _on_a_terminal(command: str) -> str:
    """Return the words that give a command a terminal, as `requiretty` demands, and leave its three streams alone."""
    inner = f"exec {command} <&3 >&4 2>&5 3<&- 4>&- 5>&-"
    return f"SHELL=/bin/sh; export SHELL; exec 3<&0 4>&1 5>&2; exec script -qec {quote(inner)} /dev/null </dev/null >&2"


def prompt(mark: str) -> str:
    """Return what sudo says when it asks for the password."""
    return f"{mark}?"
