# Certificates: a private key that is made on this host and never leaves it, with the chain that was issued to it.
# shellcheck shell=sh disable=SC2034,SC2153,SC2154,SC3043  # one script: see base.sh

# chain_in FILE: sets found to the certificates of a file, without its key; by the shell itself, without a process
chain_in() {
    local line inside
    found='' inside=0
    [ -r "$1" ] || return 0
    while IFS= read -r line || [ -n "$line" ]; do
        case $line in "-----BEGIN CERTIFICATE-----") inside=1 ;; esac
        [ $inside = 0 ] || found=$found$line$NL
        case $line in "-----END CERTIFICATE-----") inside=0 ;; esac
    done <"$1"
}

# pending_key STORE: sets found to where a key is kept until its certificate is here
pending_key() {
    found=${1%/*}/.${1##*/}.key
}

# want_node_store CHAIN REASON SUBJECT NAMES (STORE OWNER GROUP)...: each store has the chain with its private key. Without a
# chain, or where its key is not here, a key is made, and the line `ok certificate-request` has the request for its certificate.
want_node_store() {
    local chain reason subject names wrong first key
    chain=$1 reason=$2 subject=$3 names=$4 first=$5 wrong=''
    shift 4
    wrong_stores "$@"
    [ -n "$chain$reason" ] || reason="no certificate yet"
    if [ -n "$chain" ] && [ -z "$wrong" ]; then
        say ok node-store "$first"
    elif [ -n "$chain" ] && key_of_chain "$@"; then
        key=$found
        intend node-store "$first" "install the issued certificate" || return 0
        put_stores "$@" && say changed node-store "$first" "the issued certificate"
    elif intend node-store "$first" "issue a certificate: ${reason:-the key of the issued one is not on this host}"; then
        request_certificate "$first"
    fi
}

# wrong_stores (STORE OWNER GROUP)...: sets wrong to those that are not as they must be
wrong_stores() {
    while [ $# -gt 0 ]; do
        stat_of "$1"
        [ "${found#*|}" = "$2 $3 440" ] || wrong=$wrong$1$NL
        chain_in "$1"
        [ "$found" = "$chain" ] || wrong=$wrong$1$NL
        shift 3
    done
}

# key_of_chain (STORE OWNER GROUP)...: sets found to the file with the private key of the chain, or fails
key_of_chain() {
    local public
    public=$(printf '%s' "$chain" | openssl x509 -noout -pubkey 2>/dev/null) && [ -n "$public" ] || return 1
    pending_key "$1"
    ! has_key "$found" "$public" || return 0
    while [ $# -gt 0 ]; do
        found=$1
        ! has_key "$found" "$public" || return 0
        shift 3
    done
    return 1
}

# has_key FILE PUBLIC: whether a file has the private half of a key
has_key() {
    [ -s "$1" ] && [ "$(openssl pkey -in "$1" -pubout 2>/dev/null </dev/null)" = "$2" ]
}

# put_stores (STORE OWNER GROUP)...: those that are wrong, with the key in $key and the chain in $chain
put_stores() {
    local path
    pending_key "$1"
    path=$found
    while [ $# -gt 0 ]; do
        case $NL$wrong in
        *"$NL$1$NL"*)
            write_store "${1%/*}/.${1##*/}.new" "$2" "$3" && settle "${1%/*}/.${1##*/}.new" &&
                try node-store "$1" mv -f -T "${1%/*}/.${1##*/}.new" "$1" || return 1
            ;;
        esac
        shift 3
    done
    rm -f "$path"
}

# write_store FILE OWNER GROUP: the key in $key with the chain in $chain, in the form that Kafka reads (PKCS#8)
write_store() {
    if ! (umask 077 && rm -f "$1" && openssl pkey -in "$key" </dev/null >"$1" && printf '%s' "$chain" >>"$1") 2>/dev/null; then
        rm -f "$1"
        fail node-store "$1" "cannot be written: is the disk full, or the directory missing?"
        return 1
    fi
    try node-store "$1" chown "$2:$3" "$1" && try node-store "$1" chmod 440 "$1"
}

# request_certificate STORE: a key, unless an earlier run has made one, and the request for $subject and $names
request_certificate() {
    local key request
    command -v openssl >/dev/null || { fail node-store "$1" "openssl is not installed on this host: install the package openssl"; return; }
    pending_key "$1"
    key=$found
    if ! openssl pkey -in "$key" -noout </dev/null 2>/dev/null && ! new_key; then
        rm -f "$key.new"
        fail node-store "$key" "no key could be made: is the disk full, or the directory missing?"
        return
    fi
    request=$(openssl req -new -key "$key" -subj "$subject" ${names:+-addext "subjectAltName=$names"} -outform DER 2>/dev/null </dev/null | base64 | tr -d '\n')
    [ -n "$request" ] || { fail node-store "$1" "openssl made no certificate request: see what openssl req prints on this host"; return; }
    say ok certificate-request "$1" "clock=$(date +%s) csr=$request"
}

# new_key: a private key in the file $key
new_key() {
    (umask 077 && openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$key.new") 2>/dev/null </dev/null &&
        settle "$key.new" && mv -f -T "$key.new" "$key"
}

# want_pkcs12 P12 STORE SECRETS OWNER GROUP SHA256-OF-CHAIN: the store as PKCS12, opened by a password in the file of secrets
want_pkcs12() {
    found=
    [ ! -f "$3" ] || value_in "$3" keystore.chain
    stat_of_pair "$1" "$3"
    if [ -s "$1" ] && [ "$found" = "$4 $5 440 $4 $5 440 $6" ]; then
        say ok pkcs12 "$1"
    elif intend pkcs12 "$1" "from ${2##*/}"; then
        put_pkcs12 "$1" "$2" "$3" "$4" "$5" && remember_chain "$3" "$4" "$5" "$6" && say changed pkcs12 "$1" "from ${2##*/}"
    fi
}

# stat_of_pair FILE FILE: sets found to owner, group and mode of both, and what found was
stat_of_pair() {
    local was one
    was=$found
    stat_of "$1"
    one=${found#*|}
    stat_of "$2"
    found="$one ${found#*|} $was"
}

# put_pkcs12 P12 STORE SECRETS OWNER GROUP
put_pkcs12() {
    local password new
    new=${1%/*}/.${1##*/}.new
    found=
    [ ! -f "$3" ] || value_in "$3" keystore.password
    password=${found:-$(od -An -v -tx1 -N24 /dev/urandom | tr -d ' \n')}
    # The password first: a store whose password is not written down opens for nobody.
    write_secrets "$3" "$4" "$5" "keystore.password=$password" || return 1
    # By standard input, never as an argument, which every user of the host could read.
    if ! (umask 077 && printf '%s\n' "$password" | openssl pkcs12 -export -in "$2" -name node -passout stdin -out "$new") 2>/dev/null; then
        rm -f "$new"
        fail pkcs12 "$1" "openssl could not make it from $2"
        return 1
    fi
    try pkcs12 "$1" chown "$4:$5" "$new" && try pkcs12 "$1" chmod 440 "$new" && settle "$new" && try pkcs12 "$1" mv -f -T "$new" "$1"
}

# remember_chain SECRETS OWNER GROUP SHA256: which chain the PKCS12 store was made from
remember_chain() {
    value_in "$1" keystore.password
    write_secrets "$1" "$2" "$3" "keystore.password=$found${NL}keystore.chain=$4"
}

# write_secrets FILE OWNER GROUP LINES
write_secrets() {
    local new
    new=${1%/*}/.${1##*/}.new
    (umask 077 && printf '%s\n' "$4" >"$new") 2>/dev/null ||
        { rm -f "$new"; fail file "$1" "cannot be written: is the disk full, or the directory missing?"; return 1; }
    try file "$1" chown "$2:$3" "$new" && try file "$1" chmod 440 "$new" && settle "$new" && try file "$1" mv -f -T "$new" "$1"
}

# held_certificate ROLE SNAPSHOT STORE: the leaf that a service has started with, and the one on disk, in base64
held_certificate() {
    leaf_in "$2"
    [ -z "$found" ] || say ok certificate-held "$1" "$found"
    leaf_in "$3"
    [ -z "$found" ] || say ok certificate-on-disk "$1" "$found"
}

# held_trust ROLE FILE: each CA that a service has started with, in base64, one a line
held_trust() {
    local line all
    chain_in "$2"
    all=
    for line in $found; do
        case $line in
        *BEGIN) all='' ;;
        *END) say ok trust-held "$1" "$all" ;;
        *CERTIFICATE*) ;;
        *) all=$all$line ;;
        esac
    done
}

# other_certificates FILE FILE: whether two files have different certificates; a key in one of them does not count
other_certificates() {
    local one
    chain_in "$1"
    one=$found
    chain_in "$2"
    [ "$one" != "$found" ]
}

# leaf_in FILE: sets found to the first certificate of a file, in base64 on one line
leaf_in() {
    local line all
    chain_in "$1"
    found=${found#*"-----BEGIN CERTIFICATE-----$NL"} found=${found%%"-----END CERTIFICATE-----"*}
    all=
    for line in $found; do all=$all$line; done
    found=$all
}

# want_shared_ca PATH TEXT: another folder's CA never replaces the one that the services of this host trust
want_shared_ca() {
    local body bodies wanted
    [ -f "$1" ] || { say ok shared-ca "$1"; return; }
    wanted=$(printf '%s' "$2" | tr -d '\n')
    bodies=$(awk '/BEGIN CERTIFICATE/ { body = ""; next } /END CERTIFICATE/ { print body; next } { body = body $0 }' "$1")
    while IFS= read -r body; do
        case $wanted in *"$body"*) say ok shared-ca "$1"; return ;; esac
    done <<BODIES
$bodies
BODIES
    fail shared-ca "$1" "has none of the CAs in the folder's pki/ca.pem (or security.certificates.ca): the folder from which $FAB runs is another cluster's, or has a new CA. Restore its pki/ from version control; a CA is replaced by $FAB certificates.rotate-ca [T7]"
}
