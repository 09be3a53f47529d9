# Packaged cluster: a host's own configuration out of a package of all its cluster's hosts, written as an install writes it.
# shellcheck shell=sh disable=SC2034,SC2153,SC2154,SC3043  # one script: see library/base.sh
# PACKAGE, CLUSTER_OF, FOLDER_OF and HOSTS_OF come first in the script that this is part of, and the function of_host HOST.
# What the package has put on this host is in $STATE/packaged, a line each: PATH <tab> PACKAGE.
SHARE=/usr/share/$PACKAGE
NAMED=/etc/kafka-fab/host

# package_check [ACTION]: before anything is unpacked: fails where the host's services are another cluster's
package_check() {
    case ${1-} in install | upgrade | 1 | 2) ;; *) return 0 ;; esac
    find_host || return 0
    carry_out check_host
}

# package_configure [HOST]: writes this host's files, by its name in hosts.ini
package_configure() {
    local here
    if ! find_host "${1-}"; then
        here=${asked:-$(uname -n)}
        printf '%s: nothing configured: hosts.ini of cluster %s has no host %s, but %s\n' "$PACKAGE" "$CLUSTER_OF" "$here" "$HOSTS_OF"
        printf '%s: to take one of them, write its name into %s and run %s/configure\n' "$PACKAGE" "$NAMED" "$SHARE"
        # An installation goes on without: the host may not have its name yet.
        [ -z "${1-}" ]
        return
    fi
    beside
    carry_out configure_host || return
    printf '%s: this host is %s of cluster %s; nothing was started or restarted\n' "$PACKAGE" "$host" "$CLUSTER_OF"
}

# package_remove [ACTION]: the units go, if none runs; configuration, data and logs stay; with rpm, which has no purge,
# unchanged configuration goes as well
package_remove() {
    case ${1-} in
    remove | deconfigure | 0) ;;
    *) return 0 ;;
    esac
    find_host || host=$(uname -n)
    beside
    carry_out remove_units || return
    [ "$1" != 0 ] || carry_out remove_files
}

# package_purge [ACTION]: configuration goes, data and logs stay
package_purge() {
    [ "${1-}" = purge ] || return 0
    find_host || host=$(uname -n)
    beside=''
    carry_out remove_files
}

# find_host [NAME]: sets host to this host's name in hosts.ini: the one that is given or written down, else its own; sets
# asked to a name that was given and is none
find_host() {
    local name
    asked=${1-} host=
    [ -n "$asked" ] || value_in "$NAMED" ""
    [ -n "$asked" ] || [ ! -f "$NAMED" ] || asked=$found
    if [ -n "$asked" ]; then
        is_host "$asked"
        return
    fi
    for name in "$(hostname -f 2>/dev/null)" "$(uname -n)" "$(uname -n | cut -d . -f 1)"; do
        ! is_host "$name" || return 0
    done
    return 1
}

is_host() {
    case " $HOSTS_OF " in *" ${1:-/} "*) host=$1 ;; *) return 1 ;; esac
}

# beside: sets the ending of what is put beside a file, or of what is kept of one, by the packager that is at work
beside() {
    if dpkg-query -W "$PACKAGE" >/dev/null 2>&1; then beside=dpkg-dist saved=dpkg-old; else beside=rpmnew saved=rpmsave; fi
}

# carry_out FUNCTION: with what it says in sentences; the first failure ends it
carry_out() {
    local ended said
    said=$("$1" </dev/null 2>&1) && ended=0 || ended=$?
    printf '%s\n' "$said" | awk -F '\t' -v package="$PACKAGE" -v fab="$FAB" '
        $1 == "failed" { print package ": " $2 " " $3 ": " $4; next }
        $1 == "kept" || $1 == "note" || $1 == "foreign" { print package ": " $3 ": " $4; next }
        $1 == "restart" { print package ": " $3 " runs an outdated configuration (" $4 "): apply it by " fab " reconfigure or rolling-restart --changed"; next }
        $1 !~ /^(ok|changed|diff)$/ && NF { print package ": " $0 }'
    return "$ended"
}

check_host() {
    of_host "$host"
}

configure_host() {
    of_host "$host"
    # shellcheck disable=SC1090  # the host of this run
    . "$SHARE/hosts/$host/resources.sh"
    settle_new
    ! unit_changed || [ ! -d /run/systemd/system ] || try units "$PACKAGE" systemctl daemon-reload
}

unit_changed() {
    case $CHANGED_UNITS in '') return 1 ;; esac
}
CHANGED_UNITS=''

# want_packaged_file PATH OWNER GROUP MODE SHA256 SOURCE [LEVEL...]: as want_file; one that was edited by hand is kept, and
# the package's lies beside it
want_packaged_file() {
    local path owner group mode sum source before
    path=$1 owner=$2 group=$3 mode=$4 sum=$5 source=$6
    shift 6
    own_packaged "$path" || return
    sum_of "$path"
    before=$found
    if [ -n "$before" ] && [ "$before" != "$sum" ] && ! kept_back "$path" && ! ours "$path"; then
        try file "$path" cp "$source" "$path.$beside" && try file "$path" chmod "$mode" "$path.$beside" &&
            try file "$path" chown "$owner:$group" "$path.$beside" &&
            say kept file "$path" "was edited on this host and is kept; the packaged one is $path.$beside"
        return
    fi
    rm -f "$path.$beside"
    # One that was there just so is the package's from now on: the next one replaces it.
    [ "$before" != "$sum" ] || remember "$sum" "$path"
    want_file "$path" "$owner" "$group" "$mode" 0 "$sum" "$(cat "$source")$NL" "$@"
    case $path in /etc/systemd/system/*) sum_of "$path"; [ "$found" = "$before" ] || CHANGED_UNITS="$CHANGED_UNITS $path" ;; esac
}

# want_packaged_link LINK TREE: only where nothing is: an upgrade moves it
want_packaged_link() {
    [ -d "$2" ] && [ ! -L "$1" ] && [ ! -e "$1" ] || return 0
    own_packaged "$1" && want_link "$@"
}

# want_packaged_asset PATH SOURCE CHECKSUM
want_packaged_asset() {
    own_packaged "$1" || return
    [ -e "$1" ] || { try asset "$1" cp "$2" "$1.part" && : >"$1.pushed"; }
    want_asset "$@"
}

# want_packaged_sysctl FILE (NAME PATH VALUE)...: the values of a host that runs; one that is being built gets them at its boot
want_packaged_sysctl() {
    [ ! -d /run/systemd/system ] || want_sysctl "$@"
}

# own_packaged PATH: written down before it is made
own_packaged() {
    ! grep -qxF "$1$TAB$PACKAGE" "$STATE/packaged" 2>/dev/null || return 0
    mkdir -p "$STATE" && printf '%s\t%s\n' "$1" "$PACKAGE" >>"$STATE/packaged" && settle "$STATE/packaged"
}

# packaged_paths: sets found to what the package has put on this host, a line each
packaged_paths() {
    found=
    [ ! -f "$STATE/packaged" ] || found=$(awk -F '\t' -v package="$PACKAGE" '$2 == package { print $1 }' "$STATE/packaged")
}

# disown_packaged PATH
disown_packaged() {
    awk -F '\t' -v path="$1" -v package="$PACKAGE" '$1 != path || $2 != package' "$STATE/packaged" >"$STATE/packaged.new" &&
        mv -f "$STATE/packaged.new" "$STATE/packaged"
    [ -s "$STATE/packaged" ] || rm -f "$STATE/packaged"
}

remove_units() {
    local paths path name
    set_owner "$CLUSTER_OF" "$FOLDER_OF" "$host" "$(printf '%s' "$HOSTS_OF" | tr ' ' ,)" "$PACKAGE"
    packaged_paths
    paths=$found
    for path in $paths; do
        case $path in /etc/systemd/system/*.service) name=${path##*/} name=${name%.service} ;; *) continue ;; esac
        ! systemctl is-active --quiet "$name" 2>/dev/null ||
            fail unit "$name" "is running, so $PACKAGE is not removed: stop it first ($FAB stop)"
    done
    for path in $paths; do
        case $path in /etc/systemd/system/*.service) name=${path##*/} name=${name%.service} ;; *) continue ;; esac
        keep_edited "$path"
        [ ! -e "$path" ] || want_unit_absent "$name"
        disown_packaged "$path"
    done
}

# remove_files: those of this package that no other has; one that was edited is kept beside its place
remove_files() {
    local paths path
    set_owner "$CLUSTER_OF" "$FOLDER_OF" "$host" "$(printf '%s' "$HOSTS_OF" | tr ' ' ,)" "$PACKAGE"
    packaged_paths
    paths=$found
    for path in $paths; do
        disown_packaged "$path"
        packaged "$path"
        [ -z "$found" ] || continue
        if [ -L "$path" ]; then want_link_absent "$path"; continue; fi
        keep_edited "$path"
        rm -f "$path.dpkg-dist" "$path.rpmnew"
        want_absent "$path" 0
    done
    for path in $paths; do
        path=${path%/*}
        case $path in /etc/sysctl.d | /etc/systemd/system) ;; *) [ ! -d "$path" ] || [ -L "$path" ] || want_absent "$path" 0 ;; esac
    done
}

# keep_edited PATH: a copy of a file with changes by hand, as rpm keeps one; a purge keeps none
keep_edited() {
    [ -z "$beside" ] || [ ! -f "$1" ] || ours "$1" || { try file "$1" cp -p "$1" "$1.$saved" &&
        say kept file "$1" "was edited on this host; a copy is kept as $1.$saved"; }
}
