# Directories: made, taken or left alone, emptied or removed.
# shellcheck shell=sh disable=SC2034,SC2153,SC2154,SC3043  # one script: see base.sh
MOUNTS=/proc/self/mountinfo

# want_directory PATH OWNER GROUP MODE [shared|scratch]: never changed with what is in it, and only if it is ours, see ownership.sh
want_directory() {
    local detail
    if strayed "$1"; then
        fail directory "$1" "$found, which kafka-fab does not manage: restore the original, or name another directory in conf/cluster.yaml"
        return
    fi
    recorded "$1" || take_directory "$@" || return 0
    stat_of "$1"
    if [ "$found" = "directory|$2 $3 $4" ]; then
        if [ -w "$1" ]; then say ok directory "$1"; else directory_closed "$1"; fi
        return
    fi
    case $found in
    "")
        detail="$2:$3 $4"
        ! recorded "$1" || detail="$detail, it was deleted"
        found=
        ;;
    directory*) detail="${found#*|} -> $2 $3 $4" ;;
    *)
        fail directory "$1" "is a ${found%%|*}, not a directory: move it away"
        return
        ;;
    esac
    intend directory "$1" "$detail" || return 0
    if [ -z "$found" ]; then
        real_place "$1"
        write_down made "$1" "$to" && try directory "$1" install -d -o "$2" -g "$3" -m "$4" "$1"
    else
        try directory "$1" chown "$2:$3" "$1" && try directory "$1" chmod "$4" "$1"
    fi && say changed directory "$1" "$detail"
}

# directory_closed PATH: what even root cannot write to
directory_closed() {
    case $(lsattr -d "$1" 2>/dev/null) in
    -*i*" $1") fail directory "$1" "is immutable: run chattr -i $1" ;;
    *) fail directory "$1" "is on a read-only file system: see dmesg for the reason, and remount it" ;;
    esac
}

# is_among DIRECTORY OTHER...: whether it is one of the others, also by another path
is_among() {
    local wanted_dir other
    wanted_dir=$1
    shift
    for other in "$@"; do
        # shellcheck disable=SC3013  # known to dash and busybox, too
        if [ "$wanted_dir" = "$other" ] || [ "$wanted_dir" -ef "$other" ]; then return 0; fi
    done
    return 1
}

# no_room MIB DIRECTORY...: names each whose file system has less than that free, or no inodes
no_room() {
    local least path
    least=$1
    shift
    for path in "$@"; do
        stat -L -f -c '%S %b %a %c %d' "$path" 2>/dev/null | awk -v path="$path" -v least="$least" '
            { free = $1 * $3 / 1048576 }
            free < least { printf "%s has %d of %d MiB free\n", path, free, $1 * $2 / 1048576; next }
            $4 > 0 && $5 == 0 { printf "%s has no inodes free\n", path }'
    done
}

# content_of DIRECTORY: sets found to the first things in it, or to nothing; a file system's own is none
content_of() {
    found=$(find "$1/" -mindepth 1 -maxdepth 1 ! -name lost+found 2>/dev/null | sort | head -n 3 | sed 's|.*/||' | tr '\n' ' ')
    found=${found% }
}

# is_mount DIRECTORY
is_mount() {
    [ "$(stat -L -c %m "$1" 2>/dev/null)" = "$(readlink -f "$1")" ]
}

# mounted_below DIRECTORY: sets found to what is mounted in it, from the same device too; find -xdev tells other ones only
mounted_below() {
    local above
    found=$(awk -v above="$(readlink -f "$1")/" 'index($5, above) == 1 { print $5; exit }' "$MOUNTS")
    [ -n "$found" ]
}

# take_directory PATH OWNER GROUP MODE [shared|scratch]: one that no record of ours knows; fails where it must be left
# alone. A scratch one of our owner is as if we had made it: systemd has, at an earlier start.
take_directory() {
    local path user group kind there taken
    path=$1 user=$2 group=$3 kind=${5-}
    real_place "$1"
    others "$1"
    if [ -n "$found" ]; then
        [ "$kind" = shared ] || { fail directory "$1" "belongs to $found: name another in conf/cluster.yaml"; return 1; }
        write_down used "$1" "$to"
        return
    fi
    stat_of "$1"
    case $found in directory*) ;; *) return 0 ;; esac
    there=${found#*|} there=${there% *}
    if [ "$OLDER" = 1 ] && [ "$there" = "$user $group" ]; then write_down made "$path" "$to"; return; fi
    package_of "$path"
    if [ -n "$found" ]; then
        refuse_directory "belongs to the package $found"
    elif [ "$there" = "$user $group" ] && [ "$there" != "root root" ]; then
        taken=took
        [ "$kind" != scratch ] || taken=made
        write_down "$taken" "$path" "$to"
    else
        content_of "$path"
        if [ -n "$found" ]; then
            refuse_directory "exists, owned by $there, and contains $found: kafka-fab neither created it nor found it empty"
        elif [ "${there%% *}" != root ] && [ "${there%% *}" != "$user" ]; then
            refuse_directory "belongs to ${there%% *}"
        else
            write_down took "$path" "$to"
        fi
    fi
}

refuse_directory() {
    local remedy
    remedy="name a directory that nothing else uses in conf/cluster.yaml"
    [ "$user" = root ] || remedy="$remedy, or, if its content is this service's, run chown $user:$group $path"
    [ "$kind" != scratch ] || remedy="each start of the service would delete the files in it: move it away, or set another \`service\` name in conf/cluster.yaml"
    fail directory "$path" "$1: $remedy"
    return 1
}

# remove_directory PATH: with all that is in it, if it is ours; one that we did not make, and a mount point, is emptied
remove_directory() {
    local kept
    if ! recorded "$1" && ! { [ "$OLDER" = 1 ] && adopted "$1"; }; then
        content_of "$1"
        say note absent "$1" "kept: ${found:+it has content, and }kafka-fab neither created it nor found it empty"
        return
    fi
    others "$1"
    if [ -n "$found" ]; then
        say ok absent "$1" "kept: $found also uses it"
        [ "$APPLY" = 0 ] || strike_out "$1"
    elif mounted_below "$1"; then
        fail absent "$1" "$found is mounted inside it; nothing was deleted: run umount $found, then retry"
    elif [ "$how" = made ] && [ ! -L "$1" ] && ! is_mount "$1"; then
        intend absent "$1" remove && try absent "$1" find "$1" -xdev -depth -delete && forget "$1" && strike_out "$1" && say changed absent "$1" removed
    else
        kept="a mount point"
        is_mount "$1" || kept="kafka-fab did not create it"
        intend absent "$1" "empty" && try absent "$1" find "$1/" -xdev -mindepth 1 ! -path "$1/lost+found*" -delete &&
            forget "$1" && strike_out "$1" && say changed absent "$1" "emptied and kept: $kept"
    fi
}

# adopted DIRECTORY: whether one of an older kafka-fab's is ours by its owner; sets how
adopted() {
    how=made
    [ "$(stat -L -c %U "$1")" != root ] || { content_of "$1"; [ -z "$found" ]; }
}
