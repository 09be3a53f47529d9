# Extra files: the user's own files of a service, recorded as file:UNIT:PATH, so that they go when the settings lose them.
# shellcheck shell=sh disable=SC2034,SC2153,SC2154,SC3043  # one script: see base.sh

# want_extra_files UNIT PATH...: none of the paths is somebody else's; each is recorded before its file is written
want_extra_files() {
    local unit path
    unit=$1
    shift
    for path in "$@"; do
        ! recorded "file:$unit:$path" || continue
        other_claim "$unit" "$path"
        if [ -n "${found#"$CLUSTER"}" ]; then
            fail extra-file "$path" "is a file of cluster $found: name another path under \`files\` in conf/cluster.yaml"
            return
        fi
        if { [ -e "$path" ] || [ -L "$path" ]; } && ! ours "$path"; then
            fail extra-file "$path" "is there already, and kafka-fab did not write it: move it away, or take it out of \`files\` in conf/cluster.yaml; nothing was changed"
            return
        fi
        write_down made "file:$unit:$path" || return
    done
}

# other_claim UNIT PATH: sets found to the cluster that has recorded a path for another unit, or to nothing
other_claim() {
    found=
    case $MADE in *":$2$TAB"*) ;; *) return ;; esac
    found=$(printf '%s' "$MADE" | awk -F '\t' -v end=":$2" -v mine="file:$1:$2" -v folder="$FOLDER" '
        index($2, "file:") == 1 && substr($2, length($2) - length(end) + 1) == end && ($2 != mine || $3 != folder) { print $4; exit }')
}

# want_extra_files_absent UNIT PATH...: what is recorded for a unit and is none of the paths does not exist
want_extra_files_absent() {
    local unit path
    unit=$1
    shift
    case $MADE in *"${TAB}file:$unit:"*) ;; *) return 0 ;; esac
    # The start of a service that stays at another version still reads them.
    ! kept_back "/etc/systemd/system/$unit.service" || return 0
    for path in $(printf '%s' "$MADE" | awk -F '\t' -v start="file:$unit:" -v folder="$FOLDER" '
        index($2, start) == 1 && $3 == folder { print substr($2, length(start) + 1) }'); do
        is_among "$path" "$@" || extra_file_absent "$unit" "$path"
    done
}

extra_file_absent() {
    local detail
    other_claim "$1" "$2"
    if [ -n "$found" ] || { [ ! -e "$2" ] && [ ! -L "$2" ]; }; then
        [ "$APPLY" = 0 ] || strike_out "file:$1:$2"
        return
    fi
    detail=remove
    ours "$2" || detail="remove; edited by hand, a copy is kept"
    intend extra-file "$2" "$detail" || return 0
    ours "$2" || try extra-file "$2" cp -p "$2" "$2.$(date +%Y%m%dT%H%M%S).kept" || return
    try extra-file "$2" rm -f "$2" && forget "$2" && strike_out "file:$1:$2" && say changed extra-file "$2" "$detail"
}
