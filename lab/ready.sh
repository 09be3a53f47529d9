# shellcheck shell=sh
# What ./demo and ./check need before Python can take over: Debian packages and the virtual environment.

heading() {
    printf '\n\033[1m== %s\033[0m\n' "$1"
}

refuse() {
    printf '%s\n' "$@" >&2
    exit 1
}

# need_packages PACKAGE...: installed where missing
need_packages() {
    missing=
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    [ "$(id -u)" = 0 ] || refuse "These packages are missing:$missing" "Install them, or run this as root."
    heading "Debian packages:$missing"
    apt-get -q update </dev/null >/dev/null || refuse "apt-get update failed: is the network up?"
    # shellcheck disable=SC2086  # a list of words
    DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends $missing </dev/null >/dev/null ||
        refuse "apt-get could not install$missing"
}

# need_venv FILE...: .venv with these requirements, made again where they have changed
need_venv() {
    wanted=$(cat constraints.txt "$@" | sha256sum)
    for last in "$@"; do :; done
    [ "$(cat ".venv/made-from-$last" 2>/dev/null)" != "$wanted" ] || return 0
    heading "Virtual environment .venv"
    [ -x .venv/bin/python ] || python3 -m venv .venv || refuse "python3 could not make .venv: is python3-venv installed?"
    for file in "$@"; do set -- "$@" -r "$file"; shift; done
    .venv/bin/pip install -q --disable-pip-version-check -c constraints.txt "$@" || refuse "pip could not install $*"
    printf '%s\n' "$wanted" >".venv/made-from-$last"
}

# compile_tasks: what Python writes beside a module when it reads it, here also where it was told to write nothing
# (PYTHONDONTWRITEBYTECODE): each run of fab would spend a fifth of its time on it anew
compile_tasks() {
    .venv/bin/python -m compileall -q fabfile.py tasks kafka_fab lab tools bench >/dev/null 2>&1 || :
}

# need_lab_machine VERSION...: says at once what the lab cannot do without, to boot hosts and get these archives
need_lab_machine() {
    [ "$(uname -s)" = Linux ] || refuse "The lab boots Linux hosts by systemd-nspawn: it needs Linux."
    [ "$(id -u)" = 0 ] || refuse "The lab makes network namespaces and mounts: run this as root."
    command -v apt-get >/dev/null || refuse "The lab builds its hosts with Debian's tools: it needs Debian, or a system like it, with apt-get."
    # Where root may not make namespaces (in most containers) no host can boot; better said before anything is built.
    unshare --mount --net --pid --fork --uts --ipc true 2>/dev/null ||
        refuse "Root may not make namespaces here (a container?): systemd-nspawn cannot boot hosts on this machine."
    need_packages mmdebstrap systemd-container iproute2 openssh-client python3 python3-venv curl
    # Maven is for machines that cannot reach Apache's mirror.
    for version in "$@"; do
        [ -d ".cache/mirror/kafka/$version" ] || lacks=$version
    done
    if [ "${lacks-}" ] && ! curl -fsIL -m 5 -o /dev/null https://archive.apache.org/dist/kafka/; then
        need_packages maven
    fi
}
