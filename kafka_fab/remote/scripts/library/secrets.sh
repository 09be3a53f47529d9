# Secrets: how to find one in a text, and the text without it.
# shellcheck shell=sh disable=SC2034,SC2153,SC2154,SC3043  # one script: see base.sh

# What the awk programs that hide secrets share; the variables SECRET_... are kafka_fab/cluster/values/secret.py's.
# value_at: where the value of a secret key begins in a line of settings, or 0; shaped: the line without what looks
# like a secret; private_key: whether the line is one of a private key.
HIDING='
    BEGIN {
        shapes = split(secret_shapes, shape, "#")
        for (one = 1; one <= shapes; one++) {
            split(shape[one], part, "%")
            lead[one] = part[1]; body[one] = part[2]; tail[one] = part[3]
        }
    }
    function value_at(line,  low, name) {
        low = tolower(line)
        # Of the variables of a unit only those that are known to be harmless are shown.
        if (match(line, /^[ \t]*Environment=["\047]?/)) {
            name = substr(line, RLENGTH + 1)
            if (name !~ harmless && index(name, "=")) return RLENGTH + index(name, "=")
        }
        if (match(low, secret_not)) return 0
        if (match(low, /^[ \t+-]*["\047]?[a-z0-9._-]+["\047]?[ \t]*[:=]/) && is_secret(substr(low, 1, RLENGTH))) return RLENGTH
        return match(low, secret_words "[a-z0-9._-]*[\"\047]?[ \t]*[:=]") ? RSTART + RLENGTH - 1 : 0
    }
    function is_secret(name) {
        name = tolower(name)
        gsub(/^[^a-z0-9]+|[^a-z0-9]+$/, "", name)
        return name ~ secret_name && (name "=") !~ secret_not
    }
    function shaped(line,  one, key) {
        if (match(tolower(line), secret_not)) { key = substr(line, 1, RLENGTH); line = substr(line, RLENGTH + 1) }
        for (one = 1; one <= shapes; one++) line = without_shape(line, lead[one], body[one], tail[one])
        return key line
    }
    function without_shape(line, lead, body, tail,  low, done, at, width) {
        low = tolower(line)
        while (match(low, lead body) && RLENGTH > 0) {
            at = RSTART; width = RLENGTH
            if (lead == "" || !match(substr(low, at, width), "^" lead)) RLENGTH = 0
            done = done substr(line, 1, at - 1 + RLENGTH) "(hidden)" tail
            line = substr(line, at + width); low = substr(low, at + width)
        }
        return done line
    }
    function private_key(line,  was) {
        was = in_private_key; line = tolower(line)
        if (line ~ secret_begins) in_private_key = 1
        if (line ~ secret_ends) in_private_key = 0
        return was || in_private_key
    }'
HARMLESS='^(KAFKA_[A-Z0-9_]*OPTS|GC_LOG_OPTS[A-Z0-9_]*|EXTRA_ARGS|LOG_DIR|JAVA_HOME|JVMFLAGS|SERVER_JVMFLAGS)='

# hiding PROGRAM [VARIABLE=VALUE | FILE]...: awk with the functions that hide secrets
hiding() {
    local program
    program=$1
    shift
    awk -v secret_name="$SECRET_NAME" -v secret_words="$SECRET_WORDS" -v secret_shapes="$SECRET_SHAPES" \
        -v secret_not="$SECRET_NOT" -v secret_begins="$SECRET_BEGINS" -v secret_ends="$SECRET_ENDS" \
        -v harmless="$HARMLESS" "$HIDING$program" "$@"
}

# masked 0|1 OLD NEW [added]: the old or the new text of settings without secrets; a new value that differs from the
# old one says so; `added` makes it the diff of a new file
masked() {
    # shellcheck disable=SC2016  # an awk program
    hiding '
        FILENAME == second && !later { later = 1; in_private_key = 0 }
        inside { value = value $0; inside = /\\$/; if (!inside) tell(); next }
        {   if (private_key($0)) { keep("(hidden)"); next }
            at = value_at($0)
            # A key may also be parted from its value by a blank alone.
            if (!at && $0 !~ /^[ \t]*[#!]/ && match($0, /^[ \t]*[^=: \t]+[ \t]+/) &&
                is_secret(substr($0, 1, RLENGTH))) at = RLENGTH
            if (!at) { keep(shaped($0)); next }
            key = substr($0, 1, at); value = substr($0, at + 1); inside = /\\$/
            if (!inside) tell() }
        function tell() {
            if (value ~ /^[ \t]*$/) keep(key value)
            else keep(key "(hidden)" (later && (key in known) && known[key] != value ? ", changed" : ""))
            if (!later) known[key] = value }
        function keep(line) { if (later == which) show(line) }
        function show(line) { if (added) text[++lines] = line; else print line }
        END { if (added) print "diff\t@@ -0,0 +1" (lines == 1 ? "" : "," lines) " @@"
              for (at = 1; at <= lines; at++) print "diff\t+" text[at] }' \
        which="$1" second="$3" added="${4-}" "$2" "$3"
}
