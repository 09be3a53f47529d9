# Users: the service's own, and its group.
# shellcheck shell=sh disable=SC2034,SC2153,SC2154,SC3043  # one script: see base.sh
USERS=''

# look_users NAME...: kept only if each is there with its group; an older id, which takes one name, keeps nothing
look_users() {
    local users first mighty name account own more id shell
    users=$NL first=$NL mighty=''
    for name in "$@"; do users=$users$name$NL; done
    account=$users
    while read -r own more; do
        account=${account#*"$NL"}
        first=$first$own$NL
        for name in $more; do
            case $name in root | wheel | sudo | admin | adm | docker | lxd | libvirt | disk | shadow | kmem) mighty="$mighty ${account%%"$NL"*}:$name" ;; esac
        done
    done <<GROUPS
$(id -Gn "$@" 2>/dev/null)
GROUPS
    [ "$first" = "$users" ] || return 0
    USERS=$users
    for name in $mighty; do
        say foreign user "${name%:*}" "is a member of the group ${name#*:}, which grants more rights than a service needs: $(mending "${name%:*}" "gpasswd -d ${name%:*} ${name#*:}")"
    done
    while IFS=: read -r name _ id _ _ _ shell; do
        case $id:$shell in
        # That of root is refused as a whole.
        0:* | *:*/nologin | *:*/false | :) ;;
        *) say foreign user "$name" "has the login shell $shell: $(mending "$name" "usermod -s /usr/sbin/nologin $name")" ;;
        esac
    done <<ACCOUNTS
$(getent passwd "$@" 2>/dev/null)
ACCOUNTS
}

# want_user NAME HOME: a system user, and a group of its name
want_user() {
    local account
    case $USERS in *"$NL$1$NL"*) if [ -z "$CLUSTER" ] || recorded "user:$1"; then say ok user "$1" && return; fi ;; esac
    if ! account=$(getent passwd "$1"); then
        intend user "$1" "without login" && write_down made "user:$1" && add_user "$1" "$2" &&
            say changed user "$1" "without login"
        return
    fi
    take_user "$1" "$2" "$account" || return 0
    if ! getent group "$1" >/dev/null; then
        intend user "$1" "the group, which is missing" && add_group "$1" && say changed user "$1" "the group, which was missing"
    else
        say ok user "$1"
    fi
}

# In a session of their own, as a package manager: killed, they would leave a user without its group.

add_user() {
    local shell name home
    shell=/usr/sbin/nologin
    [ -x "$shell" ] || shell=/sbin/nologin
    set -- "$1" "$2" --user-group
    # A group of that name may be there already: from a package, say.
    getent group "$1" >/dev/null && set -- "$1" "$2" --gid "$1"
    name=$1 home=$2
    shift 2
    try user "$name" setsid -w useradd --system --no-create-home --home-dir "$home" --shell "$shell" "$@" "$name"
}

# add_group NAME: for a user whose host lost power while it was made, with the id that the user already names
add_group() {
    local name id
    name=$1 id=${account#*:*:*:} id=${id%%:*}
    set -- --gid "$id"
    ! getent group "$id" >/dev/null || set --
    try user "$name" setsid -w groupadd --system "$@" "$name"
}

# mending USER COMMAND: what to do about a user; one that we have not made may be a person's, who needs it as it is
mending() {
    read_records
    case $MADE in
    *"${NL}made${TAB}user:$1$TAB"*) printf 'run %s' "$2" ;;
    *) printf 'kafka-fab did not create it; name a user for this service only in conf/cluster.yaml' ;;
    esac
}

# take_user NAME HOME ACCOUNT: one that is there; fails where it cannot serve
take_user() {
    local number
    ! recorded "user:$1" || return 0
    number=${3#*:*:} number=${number%%:*}
    if [ "$number" = 0 ]; then
        fail user "$1" "has the id of root (0): name another user in conf/cluster.yaml"
        return 1
    fi
    case $(getent group "$1") in *:*:0:*)
        fail user "$1" "its group $1 has the id of root (0): name another user in conf/cluster.yaml"
        return 1
        ;;
    esac
    others "user:$1"
    [ -n "$found" ] || [ "$OLDER" = 1 ] || [ -z "$CLUSTER" ] || tell_user "$@"
    write_down used "user:$1"
}

# tell_user NAME HOME ACCOUNT: what an account is that we would have made otherwise
tell_user() {
    local home shell differences own
    home=${3#*:*:*:*:*:} shell=${home##*:} home=${home%%:*} differences=
    own=$(id -gn "$1" 2>/dev/null)
    [ "$own" = "$1" ] || differences=", group ${own:-unknown}"
    [ "$home" = "$2" ] || differences="$differences, home $home"
    case $shell in */nologin | */false) ;; *) differences="$differences, shell $shell" ;; esac
    [ "$number" -lt 1000 ] || differences="$differences, an id of login accounts"
    [ -z "$differences" ] ||
        say note user "$1" "already exists (id $number$differences) and is used unchanged; to use another one, name it in conf/cluster.yaml"
}
