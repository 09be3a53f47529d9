# Packaged tree: the removal of a package with one version's folder, which is refused while something starts from it.
# shellcheck shell=sh disable=SC2034,SC2153,SC2154,SC3043  # one script: see library/base.sh
# PACKAGE and TREE come first in the script that this is part of; its arguments are those of dpkg's prerm or rpm's %preun.

# refuse_removal ACTION: an upgrade of the package puts the same files in their places again
refuse_removal() {
    case ${1-} in remove | deconfigure | 0) ;; *) return 0 ;; esac
    runs_from_tree
    [ -n "$found" ] || starts_from_tree
    [ -n "$found" ] || leads_back_to_tree
    [ -n "$found" ] || return 0
    printf '%s: not removed: %s: upgrade it to another version first (%s upgrade, finalize), or remove its cluster from this host\n' \
        "$PACKAGE" "$found" "$FAB" >&2
    # Else a later run of apt would try again.
    [ "$1" = 0 ] ||
        printf '%s: to keep it, also run: echo %s install | dpkg --set-selections\n' "$PACKAGE" "$PACKAGE" >&2
    return 1
}

# runs_from_tree: sets found to a Java process with the tree's files in its command line, or to nothing; an editor in that
# folder is none
runs_from_tree() {
    local process
    found=
    for process in /proc/[0-9]*; do
        case $(readlink "$process/exe" 2>/dev/null) in */java | */java' (deleted)') ;; *) continue ;; esac
        grep -qaF "$TREE/" "$process/cmdline" 2>/dev/null || continue
        found="process ${process#/proc/} runs from $TREE"
        return
    done
}

# starts_from_tree: sets found to a unit that names the tree, or to nothing: after a reboot it could not start
starts_from_tree() {
    found=$(grep -lF "$TREE/" /etc/systemd/system/*.service 2>/dev/null | head -n 1)
    found=${found##*/}
    [ -z "$found" ] || found="$found starts from $TREE"
}

# leads_back_to_tree: sets found to a service whose files of before an upgrade are of the tree, or to nothing
leads_back_to_tree() {
    found=$(grep -lxF "$TREE" /var/lib/kafka-fab/clusters/*/before/*/tree 2>/dev/null | head -n 1)
    found=${found%/tree} found=${found##*/}
    [ -z "$found" ] || found="the way back of $found leads to $TREE"
}
