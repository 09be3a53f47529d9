# Packages: installed by the host's package manager, whose lock is waited for; and what on a host is a package's.
# shellcheck shell=sh disable=SC2034,SC2153,SC2154,SC3043  # one script: see base.sh
LEAVE_PACKAGED=0

package_install() {
    if command -v apt-get >/dev/null; then
        DEBIAN_FRONTEND=noninteractive
        export DEBIAN_FRONTEND
        patiently apt-get install -y -q --no-install-recommends "$1" && return
        [ "$ended" != "$LOCKED" ] || return "$LOCKED"
        [ "${UPDATED-}" ] || patiently apt-get update -q || [ "$ended" != "$LOCKED" ] || return "$LOCKED"
        UPDATED=1
        patiently apt-get install -y -q --no-install-recommends "$1"
    elif command -v dnf >/dev/null; then
        patiently dnf install -y -q --setopt=exit_on_lock=True "$1"
    else
        echo "neither apt-get nor dnf is here"
        return 1
    fi
}

# patiently COMMAND...: runs a package manager, again and again while another one holds the lock (unattended upgrades, say),
# for ten minutes at most; returns LOCKED, and sets ended to it, where that was not enough
patiently() {
    local tries
    tries=0
    while :; do
        # In a session of their own: a package manager is never killed, even if our connection ends.
        told=$(setsid -w "$@" 2>&1 5>&-) && ended=0 || ended=$?
        is_locked "$1" || break
        if [ $tries = 120 ]; then
            printf '%s\ntimed out after 10 min: another package manager is running on this host\n' "$told"
            ended=$LOCKED
            return "$LOCKED"
        fi
        [ $tries != 0 ] ||
            say note lock "$(hostname)" "another package manager is running on this host$(holder); waiting for it, at most 10 min" >&5
        tries=$((tries + 1))
        # These are locks of fcntl(2), which a shell cannot wait for.
        sleep 5
    done
    printf '%s\n' "$told"
    return "$ended"
}

is_locked() {
    [ "$ended" != 0 ] || return 1
    # What dnf ends with by exit_on_lock.
    [ "$1$ended" != dnf200 ] || return 0
    case $told in *"Could not get lock"* | *"Unable to lock "* | *"locked by another process"*) ;; *) return 1 ;; esac
}

# holder: the process that apt names
holder() {
    printf '%s' "$told" | sed -n 's/.*held by process \([0-9]*\) (\(.*\)).*/ (\2, process \1)/p' | head -n 1
}

# package_of PATH: sets found to the package that owns a path, or to nothing; a host may have both managers
package_of() {
    found=
    if command -v dpkg-query >/dev/null; then
        found=$(dpkg-query -S "$1" 2>/dev/null | head -n 1) found=${found%%:*}
    fi
    if [ -z "$found" ] && command -v rpm >/dev/null; then
        found=$(rpm -qf --qf '%{NAME}\n' "$1" 2>/dev/null | head -n 1) || found=
        # A path that no package has is named in the answer.
        case $found in *" "*) found= ;; esac
    fi
}

# packaged PATH: sets found to the package of a cluster's configuration that has put a file on this host, or to nothing
packaged() {
    found=
    [ ! -f "$STATE/packaged" ] || found=$(awk -F '\t' -v path="$1" '$1 == path { print $2; exit }' "$STATE/packaged")
}

# want_packaged_kept: from here on nothing is removed that a package has put here: its removal takes it
want_packaged_kept() {
    LEAVE_PACKAGED=1
    say ok packaged-kept packages
}

# left_to_package PATH: whether it is left to its package, and then says so
left_to_package() {
    [ "$LEAVE_PACKAGED" = 1 ] || return 1
    packaged "$1"
    [ -n "$found" ] || return 1
    say note absent "$1" "kept: it belongs to the package $found: $(manager_of "$found" purge remove)"
}

# manager_of PACKAGE APT-WORDS DNF-WORDS: the command for a package
manager_of() {
    if dpkg-query -W "$1" >/dev/null 2>&1; then printf 'apt-get %s %s' "$2" "$1"; else printf 'dnf %s %s' "$3" "$1"; fi
}
