# Java: the one in use, or one from a package.
# shellcheck shell=sh disable=SC2034,SC2153,SC2154,SC3043  # one script: see base.sh

# java_version HOME-OR-NOTHING: sets found to the feature version (8, 11, 17) of the Java in use, or to nothing
java_version() {
    local binary release
    binary=$1/bin/java found=
    [ -n "$1" ] || binary=$(command -v java) || return 0
    binary=$(readlink -f "$binary")
    [ -x "$binary" ] || return 0
    # The release file beside it spares the start of a JVM.
    release=${binary%/bin/java}/release
    [ -f "$release" ] || release=${binary%/jre/bin/java}/release
    [ ! -f "$release" ] || value_in "$release" JAVA_VERSION
    [ -n "$found" ] || found=$("$binary" -version 2>&1 </dev/null | sed -n 's/.*version \("[^"]*"\).*/\1/p')
    found=${found#\"} found=${found#1.}
    found=${found%%[!0-9]*}
}

# want_java LOWEST HIGHEST HOME PACKAGE...: a Java in the range, installed from a package where there is none
want_java() {
    local lowest highest home wanted
    lowest=$1 highest=$2 home=$3
    shift 3
    java_version "$home"
    wanted="Java $lowest to $highest"
    if [ -n "$found" ] && [ "$found" -ge "$lowest" ] && [ "$found" -le "$highest" ]; then
        say ok java "$found"
    elif [ -n "$found" ]; then
        fail java "$found" "Java $found is ${home:-installed}, but $wanted is required: install one and set java.home in conf/cluster.yaml"
    elif [ -n "$home" ]; then
        fail java "$home" "there is no Java: change java.home in conf/cluster.yaml"
    elif intend java "$wanted" "from the first of these packages: $*"; then
        java_install "$@" 5>&1
    fi
}

java_install() {
    local package words untried
    for package in "$@"; do
        words=$(package_install "$package" 2>&1) || { [ $? != "$LOCKED" ] || break; continue; }
        java_version ""
        [ -n "$found" ] || continue
        untried=
        command -v apt-get >/dev/null || untried=", by dnf, which was not tested on a real host"
        say changed java "$found" "package $package$untried"
        return
    done
    fail java "$*" "is missing and could not be installed: $(flat "$(printf '%s' "$words" | tail -n 2)"); install Java by hand, or set java.home in conf/cluster.yaml"
}
