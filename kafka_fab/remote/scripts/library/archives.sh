# Archives and single files, fetched or pushed, and taken only with the right checksum.
# shellcheck shell=sh disable=SC2034,SC2153,SC2154,SC3043  # one script: see base.sh

# want_download URL PATH TREE SHA512-OR-NOTHING
want_download() {
    local sum
    sum=$4
    [ ! -e "$3" ] || download_of_tree "$@" || return 0
    if [ -n "$sum" ] && [ -f "$2" ] && [ "$(sha_of 512 "$2")" = "$sum" ]; then
        say ok download "$2"
    elif [ -z "$sum" ] && [ -f "$2" ] && [ -f "$2.checked" ]; then
        say ok download "$2"
    elif [ -f "$2.pushed" ]; then
        download_pushed "$@"
    elif intend download "$1" "to $2"; then
        download_fetch "$1" "$2" "$sum"
    fi
}

# download_of_tree URL PATH TREE SHA512: succeeds where the archive is needed again, to mend its tree
download_of_tree() {
    local made
    mark "$3"
    made=$found
    if [ -z "$made" ]; then
        fail download "$3" "exists, but kafka-fab did not extract it: move it away, or adopt it (echo adopted >$3/.kafka-fab)"
    elif [ -n "$4" ] && [ "$made" != "$4" ] && [ ${#made} = 128 ]; then
        fail download "$3" "was extracted from an archive with the SHA-512 $made, but conf/cluster.yaml has sha512: $4"
    elif tree_is_damaged "$3" && package_of "$3" && [ -n "$found" ]; then
        # Its package repairs it, see want_tree.
        say ok download "$1" "of the package $found"
    elif tree_is_damaged "$3"; then
        # Of the very archive that it was made from, whatever the mirror has by now.
        case ${#made} in 128 | 64 | 40 | 32) sum=${sum:-$made} ;; esac
        return 0
    else
        say ok download "$1" "extracted already"
    fi
    return 1
}

# sha_of BITS FILE: by OpenSSL where it is, which needs half the time of the coreutils of many a distribution
sha_of() {
    local digest
    digest=$(openssl dgst -r "-sha$1" <"$2" 2>/dev/null) || digest=$(sha"$1"sum <"$2") || return
    printf '%s' "${digest%% *}"
}

download_fetch() {
    local url path sum words
    url=$1 path=$2 sum=$3
    [ -n "$sum" ] || published_sum "$url" || { fail download "$url" "$words"; return; }
    remove_old "$path.part" "$path.checked"
    words=$(fetch "$url" "$path.part" 2>&1) ||
        { rm -f "$path.part"; fail download "$url" "$words"; return; }
    download_accept "$url" "$path" "$path.part" "$sum"
}

download_pushed() {
    local url path expected
    url=$1 path=$2 expected=$4
    [ -n "$expected" ] || expected=$(cat "$path.pushed")
    intend download "$path" "pushed" || return 0
    download_accept "$path" "$path" "$path.part" "$expected" && rm -f "$path.pushed"
}

# download_accept NAME PATH PART EXPECTED: renamed into place only if it is what it should be
download_accept() {
    local kind got
    case ${#4} in 128) kind=512 ;; 64) kind=256 ;; 40) kind=1 ;; *) kind=md5 ;; esac
    if [ "$kind" = md5 ]; then got=$(md5sum <"$3") got=${got%% *}; else got=$(sha_of "$kind" "$3"); fi
    if [ "$got" != "$4" ]; then
        rm -f "$3"
        fail download "$1" "wrong checksum: expected $4, got $got; nothing was extracted"
        return 1
    fi
    printf '%s\n' "$got" >"$2.checked" && mv -f "$3" "$2" && say changed download "$1" "checksum matches"
}

# fetch URL FILE: the URL over standard input, as it may hold a password and every user sees a process's arguments
fetch() {
    if command -v curl >/dev/null; then
        printf 'url = "%s"\n' "$1" |
            curl -fsSL --retry 2 --connect-timeout 10 --speed-limit 1000 --speed-time 60 -o "$2" -K -
    elif command -v wget >/dev/null; then
        printf '%s\n' "$1" | wget -q -t 3 -T 60 -O "$2" -i - || { echo "wget failed with status $?"; return 1; }
    else
        echo "neither curl nor wget is installed: install one, or set download: push in conf/cluster.yaml"
        return 1
    fi
}

# published_sum URL: sets sum to the checksum beside it, in whatever form Apache wrote it at the time
published_sum() {
    local kind
    for kind in sha512 sha1 md5; do
        words=$(fetch "$1.$kind" - 2>&1) && sum=$(printf '%s\n' "$words" | read_sum "${1##*/}") && return
        case $words in *404*) ;; *) return 1 ;; esac
    done
    words="has no .sha512, .sha1 or .md5 file ($words): correct version or mirror in conf/cluster.yaml, or set sha512 there"
    return 1
}

# read_sum FILE <TEXT: `hex  FILE`, or gpg's `FILE: AB CD ...` over several lines, in upper case with blanks
read_sum() {
    local hex name
    hex=$(awk -v name="$1" '
        $1 ~ /^[0-9a-fA-F]+$/ && length($1) >= 32 && (NF == 1 || index($2, name)) { all = $1; found = 1; exit }
        { all = all " " $0 }
        END { if (!found) sub(".*" name "\\)? *[:=]", "", all); gsub(/[ \t\r]/, "", all); print tolower(all) }')
    case ${#hex} in 32 | 40 | 64 | 128) ;; *) return 1 ;; esac
    case $hex in *[!0-9a-f]*) return 1 ;; esac
    printf '%s' "$hex"
}

# want_asset PATH SOURCE CHECKSUM: one file, fetched or pushed, that is in its place only if it is what it should be
want_asset() {
    local kind got
    if [ ${#3} = 64 ]; then kind=256 && sum_of "$1"; else kind=512 found=$(sha_of 512 "$1" 2>/dev/null); fi
    if [ "$found" = "$3" ]; then
        say ok asset "$1"
    elif intend asset "$1" "from $2"; then
        [ -f "$1.pushed" ] || asset_fetch "$@" || return
        got=$(sha_of "$kind" "$1.part")
        rm -f "$1.pushed"
        if [ "$got" != "$3" ]; then
            rm -f "$1.part"
            fail asset "$2" "wrong checksum: expected $3, got $got"
        elif try asset "$1" chmod 644 "$1.part" && settle "$1.part" && try asset "$1" mv -f -T "$1.part" "$1"; then
            say changed asset "$1" "checksum matches"
        fi
    fi
}

asset_fetch() {
    local words
    rm -f "$1.part"
    words=$(fetch "$2" "$1.part" 2>&1) && return
    rm -f "$1.part"
    fail asset "$2" "$words"
    return 1
}
