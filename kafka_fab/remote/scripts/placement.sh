# shellcheck shell=sh disable=SC3043  # local: see library/base.sh
# What lies on a host's log directories, laid over the library. Each function looks, and changes nothing.

# ask_sizes DIRECTORY...: each one's volume, and of each partition in it the bytes of its segments
ask_sizes() {
    local path
    for path in "$@"; do
        if [ -d "$path" ]; then
            say ok directory "$path" "$(stat -L -f -c 'block=%S blocks=%b free=%a' "$path")"
            sizes_in "$path"
        else
            say note directory "$path" "is not there"
        fi
    done
}

# sizes_in DIRECTORY: what vanishes meanwhile is not there
sizes_in() {
    find -H "$1" -mindepth 1 -maxdepth 2 \( -type d -o -type f -name '*.log' \) -printf '%y %s %P\n' 2>/dev/null |
        awk -v path="$1" '
            $1 == "d" && !index($3, "/") { size[$3] += 0 }
            $1 == "f" && index($3, "/") { split($3, part, "/"); size[part[1]] += $2 }
            END { for (name in size) printf "ok\treplica\t%s\tfolder=%s size=%.0f\n", path, name, size[name] }'
}

# ask_files DIRECTORY PARTITION: the files of a partition's log, and of the one that is to take its place
ask_files() {
    find -H "$1" -mindepth 2 -maxdepth 2 -type f \( -path "$1/$2/*" -o -path "$1/$2.*-future/*" \) \
        -printf "ok\tfile\t$1\tsize=%s path=%P\n" 2>/dev/null
}
