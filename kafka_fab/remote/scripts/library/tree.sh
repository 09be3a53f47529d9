# Trees: an extracted archive, its manifest and the sums of its contents.
# shellcheck shell=sh disable=SC2034,SC2153,SC2154,SC3043  # one script: see base.sh

# A tree's manifest holds a line for each thing in it: NAME|type|owner mode, of what is no directory also size, time
# and link. Left out are logs/, which Kafka's tools make there, and what the samples in config/ say, which no service reads.
MANIFEST=.kafka-fab.manifest CONTENTS=.kafka-fab.sums TREE='' DRIFT=''

# mark TREE: sets found to the checksum of the archive that a finished tree was made from
mark() {
    found=
    [ ! -f "$1/.kafka-fab" ] || read -r found <"$1/.kafka-fab"
}

tree_list() {
    # Without a shell of its own in that folder: this is asked in every run.
    find "$1/." \( -path '*/./logs' -o -path '*/./.kafka-fab' -o -path "*/./$MANIFEST" \) -prune -o \
        \( -type d -o -path '*/./config/*' \) -printf '%P|%y|%U:%G %m\n' -o -printf '%P|%y|%U:%G %m|%s|%Ts|%l\n'
}

# tree_look TREE: sets DRIFT to how a tree differs from its manifest, a line a thing: WHAT|NAME|what it should be
# where WHAT is missing, differs, owner, extra; or to `unlisted` where a tree has no manifest
tree_look() {
    [ "$TREE" != "$1" ] || return 0
    TREE=$1 DRIFT=
    if [ ! -f "$1/$MANIFEST" ]; then
        DRIFT=unlisted
    elif ! tree_list "$1" | cmp -s - "$1/$MANIFEST"; then
        DRIFT=$(tree_list "$1" | tree_drift "$1/$MANIFEST" -)
    fi
}

tree_drift() {
    awk -F '|' -v second="$2" '
        FILENAME != second { order[++all] = $1; line[$1] = $0; next }
        !($1 in line) { if ($1 !~ /^config\//) print "extra|" $1; next }
        { seen[$1] = 1; if ($0 == line[$1]) next
          split(line[$1], was, "|")
          same = $2 == was[2] && $4 == was[4] && $5 == was[5] && $6 == was[6]
          print (same ? "owner|" $1 "|" was[3] : "differs|" $1) }
        END { for (at = 1; at <= all; at++) if (!(order[at] in seen)) print "missing|" order[at] }' "$1" "$2"
}

# drift_in_words PATTERN: the names in DRIFT of what fits, few of many
drift_in_words() {
    printf '%s\n' "$DRIFT" | awk -F '|' -v wanted="$1" '
        $1 !~ wanted { next }
        { name = $2 == "" ? "the directory itself" : $2
          word = $1 == "missing" ? " is missing" : $1 == "differs" ? " differs from the archive" : $1 == "owner" ? " must be " $3 : ""
          if (++count <= 4) printf "%s%s%s", (count > 1 ? ", " : ""), name, word }
        END { if (count > 4) printf ", and %d more", count - 4 }'
}

# tree_is_damaged TREE: whether the archive is needed again for it
tree_is_damaged() {
    [ -f "$1/.kafka-fab" ] || return 1
    tree_look "$1"
    case $NL$DRIFT in
    *"${NL}missing|"* | *"${NL}differs|"*) return 0 ;;
    "${NL}unlisted") lists_its_tree "$1" ;;
    *) return 1 ;;
    esac
}

# lists_its_tree TREE: whether its extraction wrote a manifest, as those of older versions of kafka-fab did not
lists_its_tree() {
    { read -r _ && read -r found; } <"$1/.kafka-fab" && [ "$found" = listed ]
}

# want_tree PATH ARCHIVE: extracted beside its place and renamed, so that it is there as a whole or not at all; what
# is not as it was extracted is mended, thing by thing
want_tree() {
    local broken
    if [ ! -e "$1" ]; then
        intend tree "$1" "from $2" && tree_need "$@" && tree_extract "$@"
    elif tree_is_damaged "$1"; then
        broken=$(drift_in_words '^(missing|differs|owner)$')
        package_of "$1"
        [ -z "$found" ] || { tree_of_package "$1"; return; }
        intend tree "$1" "${broken:-its manifest is missing}" && tree_need "$@" && tree_mend "$@"
    else
        [ "$APPLY" = 0 ] || remove_old "$2" "$2.checked" "$1.partial"
        write_down used "$1" || return 0
        tree_in_place "$1"
    fi
    case $DRIFT in *extra"|"*)
        say foreign tree "$1" "not from the archive: $(drift_in_words '^extra$')$(loaded_by_a_start): move it away, or keep it if it is yours"
        ;;
    esac
}

# tree_of_package TREE: fails: what is a package's is repaired by its manager
tree_of_package() {
    fail tree "$1" "$broken; the tree belongs to the package $found, which repairs it: $(manager_of "$found" "install --reinstall" reinstall)"
}

# loaded_by_a_start: what becomes of what is in DRIFT and not from the archive
loaded_by_a_start() {
    case $NL$DRIFT in
    *"${NL}extra|libs/"*) printf '; Kafka loads every file in libs' ;;
    *) printf '; a new version will not contain it' ;;
    esac
}

tree_in_place() {
    local broken
    case $NL$DRIFT in
    "${NL}unlisted")
        intend manifest "$1" "recorded for the tree as it is" && tree_open "$1" && tree_write_down "$1" "$1" &&
            tree_marked "$1" "$1" && say changed manifest "$1" "recorded for the tree as it is"
        ;;
    *"${NL}owner|"*)
        broken=$(drift_in_words '^owner$')
        package_of "$1"
        [ -z "$found" ] || { tree_of_package "$1"; return; }
        intend tree "$1" "$broken" && tree_owners "$1" && say changed tree "$1" "$broken"
        ;;
    *) say ok tree "$1" ;;
    esac
}

# tree_open TREE: for root to write and for all to read, as it would be extracted
tree_open() {
    try tree "$1" chown -Rh "$(id -u):$(id -g)" "$1" && try tree "$1" chmod -R u+rwX,go+rX,go-w "$1"
}

tree_need() {
    [ -f "$2" ] || { fail tree "$1" "the archive $2 does not exist: run $FAB download first"; return 1; }
}

# tree_write_down PLACE TREE: the sums of all that PLACE holds, and its manifest; by many at a time, to the disk as well
tree_write_down() {
    local place name
    place=$1 name=$2
    if command -v openssl >/dev/null; then set -- openssl dgst -r -sha256; else set -- sha256sum; fi
    {
        (cd "$place" && find . \( -path ./logs -o -path './config/*' -o -name '.kafka-fab*' \) -prune -o -type f -print0 |
            xargs -0 "$@" >"$CONTENTS" && touch -d @0 "$CONTENTS") && tree_list "$place" >"$place/$MANIFEST"
    } 2>/dev/null ||
        { fail tree "$name" "cannot write its manifest: is the disk full?"; return 1; }
}

# tree_marked PLACE TREE: what it was made from stays the first word, as older versions of kafka-fab read it
tree_marked() {
    mark "$1"
    { printf '%s\nlisted\n' "${found:-unknown}" >"$1/.kafka-fab.new" && mv -f "$1/.kafka-fab.new" "$1/.kafka-fab"; } 2>/dev/null ||
        { fail tree "$2" "cannot write its mark: is the disk full?"; return 1; }
}

# tree_stage TREE ARCHIVE: a whole tree, on the disk, beside its place
tree_stage() {
    local made words
    remove_old "$1.partial"
    value_in "$2.checked" ""
    made=$found
    words=$(umask 022 && install -d -m 755 "$1.partial" && tar -xzf "$2" -C "$1.partial" --strip-components=1 --no-same-owner --no-same-permissions 2>&1) ||
        { rm -rf "$1.partial"; fail tree "$1" "cannot be extracted: $words"; return 1; }
    # Many at a time: the disk then commits them together. It writes while their sums are made.
    find "$1.partial" -type f -print0 | xargs -0 -n 12 -P 8 sync 2>/dev/null &
    tree_write_down "$1.partial" "$1" || return 1
    printf '%s\nlisted\n' "${made:-unknown}" >"$1.partial/.kafka-fab" || { fail tree "$1" "cannot write its mark: is the disk full?"; return 1; }
    wait $! || sync
    settle "$1.partial/.kafka-fab" "$1.partial/$MANIFEST" "$1.partial/$CONTENTS"
}

tree_extract() {
    tree_stage "$@" && write_down used "$1" && try tree "$1" mv -T "$1.partial" "$1" && settle "${1%/*}" && rm -f "$2" "$2.checked" &&
        TREE='' && say changed tree "$1" "extracted"
}

# tree_mend TREE ARCHIVE: each thing that differs is replaced by rename: a service that runs keeps what it has open
tree_mend() {
    local broken what name
    tree_stage "$@" || return
    DRIFT=$(tree_list "$1" | tree_drift "$1.partial/$MANIFEST" -)
    broken=$(drift_in_words '^(missing|differs|owner)$')
    while IFS='|' read -r what name _; do
        case $what in missing | differs) tree_replace "$1" "$name" || return ;; esac
    done <<DRIFT
$DRIFT
DRIFT
    tree_owners "$1" || return
    for name in "$CONTENTS" "$MANIFEST" .kafka-fab; do
        [ ! -e "$1.partial/$name" ] || try tree "$1" mv -f "$1.partial/$name" "$1/$name" || return
    done
    sync -f "$1" 2>/dev/null || sync
    remove_old "$1.partial" "$2" "$2.checked"
    say changed tree "$1" "${broken:-its manifest was missing}"
}

tree_replace() {
    # What lay in a folder came with it.
    [ -e "$1.partial/$2" ] || [ -L "$1.partial/$2" ] || return 0
    # A folder cannot take the place of a file by rename, nor a file that of a folder.
    if [ -d "$1/$2" ] || [ -d "$1.partial/$2" ]; then try tree "$1" rm -rf "${1:?}/$2" || return; fi
    try tree "$1" mv -f -T "$1.partial/$2" "$1/$2"
}

# tree_owners TREE: owners and modes as DRIFT has them
tree_owners() {
    local what name state
    while IFS='|' read -r what name state; do
        [ "$what" = owner ] || continue
        try tree "$1" chown -h "${state% *}" "$1/$name" || return
        [ -L "$1/$name" ] || try tree "$1" chmod "${state#* }" "$1/$name" || return
    done <<DRIFT
$DRIFT
DRIFT
}

# tree_contents TREE: says which files have other contents than their extraction had: size and time tell nothing of a
# disk that forgets
tree_contents() {
    local broken
    if [ ! -s "$1/$CONTENTS" ]; then
        fail contents "$1" "the checksums of its contents are missing: run $FAB install"
        return
    fi
    broken=$(cd "$1" && sha256sum -c --quiet "$CONTENTS" 2>/dev/null | awk -F ': ' '
        { sub("^\\./", "", $1); if (++count <= 4) printf "%s%s", (count > 1 ? ", " : ""), $1 }
        END { if (count) printf "%s from what was extracted", (count > 4 ? " and " count - 4 " more differ" : count > 1 ? " differ" : " differs") }')
    if [ -n "$broken" ]; then
        fail contents "$1" "$broken: remove these files, then run $FAB install to extract them again"
    else
        say ok contents "$1"
    fi
}

# made_by_us TREE: whether it was extracted by kafka-fab
made_by_us() {
    mark "$1"
    [ -n "$found" ]
}

# want_tree_absent PATH: a tree may be that of several clusters
want_tree_absent() {
    if [ ! -e "$1" ]; then
        say ok absent "$1"
        return
    elif ! made_by_us "$1"; then
        say note absent "$1" "kept: kafka-fab did not extract it"
        return
    fi
    package_of "$1"
    if [ -n "$found" ]; then
        say note absent "$1" "kept: it belongs to the package $found: $(manager_of "$found" remove remove)"
        [ "$APPLY" = 0 ] || strike_out "$1"
        return
    fi
    others "$1"
    [ -n "$found" ] || running_from "$1"
    [ -n "$found" ] || named_by_unit "$1"
    if [ -n "$found" ]; then
        say ok absent "$1" "kept: $found also uses it"
        [ "$APPLY" = 0 ] || strike_out "$1"
    elif intend absent "$1" remove; then
        try absent "$1" rm -rf "$1" && strike_out "$1" && say changed absent "$1" removed
    fi
}

# want_trees_absent FOLDER TREE: that one, and each other of this cluster in the folder: an upgrade leaves older ones
want_trees_absent() {
    local path
    want_tree_absent "$2"
    for path in "$1"/kafka_*-*/; do
        path=${path%/}
        [ "$path" = "$2" ] || ! recorded "$path" || want_tree_absent "$path"
    done
}

# running_from TREE: sets found to a process that was started from it, or to nothing
running_from() {
    local process
    found=
    for process in /proc/[0-9]*; do
        grep -qaF "$1/" "$process/cmdline" 2>/dev/null || continue
        found="process ${process#/proc/}"
        return
    done
}

# named_by_unit TREE: sets found to a unit of this host, whoever's, that starts from it, or to nothing
named_by_unit() {
    found=$(grep -lF "$1/" /etc/systemd/system/*.service 2>/dev/null | head -n 1)
    found=${found##*/}
}
