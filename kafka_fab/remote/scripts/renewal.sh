# shellcheck shell=sh disable=SC2034,SC2154,SC3043  # local: see library/base.sh
# Renewal of a host's certificate, added to the library: the new one lies beside the old until it is served.
OLD=.old

# request_new STORE SUBJECT NAMES: a new key, unless an earlier run has made one, and the request for its certificate
request_new() {
    local subject names
    subject=$2 names=$3
    request_certificate "$1"
}

# offer CHAIN (STORE OWNER GROUP)...: the new store beside each store, readable for its service, which is to judge it
offer() {
    local chain key
    chain=$1
    shift
    key_of_chain "$@" || { fail node-store "$1" "the key of the new certificate is not on this host: run again"; return; }
    key=$found
    while [ $# -gt 0 ]; do
        write_store "$1.new" "$2" "$3" || return
        settle "$1.new"
        say ok offered "$1.new"
        shift 3
    done
}

# offer_pkcs12 STORE P12 SECRETS OWNER GROUP: the same as PKCS12
offer_pkcs12() {
    put_pkcs12 "$2.new" "$1.new" "$3" "$4" "$5" && say ok offered "$2.new"
}

# accept STORE...: the new store in the place of each old one, which is kept until the new one is served
accept() {
    local store
    for store in "$@"; do
        # One that is kept already is the last one that was served.
        [ ! -e "$store" ] || [ -e "$store$OLD" ] || try node-store "$store" ln "$store" "$store$OLD" || return
        try node-store "$store" mv -f -T "$store.new" "$store" || return
        say changed node-store "$store" "the renewed certificate"
    done
    settle "${1%/*}"
}

# put_back STORE...: the old store again
put_back() {
    local store
    for store in "$@"; do
        rm -f "$store.new"
        [ ! -e "$store$OLD" ] || { try node-store "$store" mv -f -T "$store$OLD" "$store" && touch "$store"; } || return
        say changed node-store "$store" "the old certificate was put back"
    done
    forget_key "$1"
}

# withdraw STORE...: the offered store is removed
withdraw() {
    local store
    for store in "$@"; do rm -f "$store.new"; done
    forget_key "$1"
    say ok withdrawn "$1"
}

# confirm STORE...: the old store and the pending key are removed
confirm() {
    local store
    for store in "$@"; do rm -f "$store$OLD" "$store.new"; done
    forget_key "$1"
    say ok confirmed "$1"
}

forget_key() {
    pending_key "$1"
    rm -f "$found"
}
