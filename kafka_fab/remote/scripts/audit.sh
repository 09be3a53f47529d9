# shellcheck shell=sh disable=SC2154,SC3043  # local, found: see library/base.sh
# What `acls.audit` asks a host: the decisions that the authorizer logs, and the level of its logger that is to be set
# back. Sourced after the library; lines are those of `say`.
LEVELS=$STATE/authorizer-level

# note_level UNIT LEVEL: records the level of the authorizer's logger before it is changed
note_level() {
    { mkdir -p "$LEVELS" && printf '%s\n' "$2" >"$LEVELS/$1.new" && mv -f "$LEVELS/$1.new" "$LEVELS/$1" &&
        settle "$LEVELS/$1" "$LEVELS"; } 2>/dev/null ||
        { fail level "$1" "cannot write to $LEVELS: is the disk full?"; return; }
    say ok noted "$1" "$2"
}

# noted_level UNIT: the level that an interrupted audit has recorded
noted_level() {
    [ ! -f "$LEVELS/$1" ] || { value_in "$LEVELS/$1" ''; say ok level "$1" "$found"; }
}

# forget_level UNIT: the level has been set back
forget_level() {
    rm -f "$LEVELS/$1" && say ok forgotten "$1"
}

# decisions SECONDS MOST FILE: the decisions that are appended to a log in that time, each once with its number; from
# MOST different ones on only those that are known are counted. A busy broker logs tens of thousands a second.
decisions() {
    timeout "$1" tail -n 0 -F "$3" 2>/dev/null | awk -v most="$2" -v OFS='\t' '
        { from = index($0, "Principal = "); to = index($0, " with resourceRefCount = ") }
        !from || to < from { next }
        {
            text = substr($0, from, to - from); gsub(/\t/, " ", text); all++
            if (text in count) count[text]++
            else if (kinds < most) { count[text] = 1; kinds++ }
            else left++
        }
        END {
            for (text in count) print "ok", "decision", count[text], text
            print "ok", "decisions", all + 0, "left=" left + 0
        }'
}
