# Properties as Java reads them, and the keys in which two files differ.
# shellcheck shell=sh disable=SC2034,SC2153,SC2154,SC3043  # one script: see base.sh

# Awk's reader of properties, as java.util.Properties reads them: `next_pair()` takes a line of the file, and says whether
# it has ended a pair: then `key` and `value` are what Java finds, as UTF-8. `restart_pairs()` between two files.
# shellcheck disable=SC2016  # a program of awk
PROPERTIES='
    function restart_pairs() { pending = ""; open_pair = 0 }
    function next_pair(  line, end) {
        line = $0
        sub(/\r$/, "", line)
        sub(/^[ \t\f]+/, "", line)
        if (pending == "" && (line == "" || line ~ /^[#!]/)) return 0
        end = length(line)
        while (end && substr(line, end, 1) == "\\") end--
        open_pair = (length(line) - end) % 2
        pending = pending (open_pair ? substr(line, 1, length(line) - 1) : line)
        if (open_pair) return 0
        part_pair(pending)
        pending = ""
        return 1
    }
    function part_pair(line,  at, letter) {
        for (at = 1; at <= length(line); at++) {
            letter = substr(line, at, 1)
            if (letter == "\\") at++
            else if (index("=: \t\f", letter)) break
        }
        key = plain(substr(line, 1, at - 1))
        line = substr(line, at)
        sub(/^[ \t\f]*[=:]?[ \t\f]*/, "", line)
        value = plain(line)
    }
    function plain(text,  out, at, letter, code) {
        while (at = index(text, "\\")) {
            letter = substr(text, at + 1, 1)
            out = out latin(substr(text, 1, at - 1))
            text = substr(text, at + 2)
            if (letter == "u") {
                code = hex(text)
                text = substr(text, 5)
                if (code >= 55296 && code < 56320 && text ~ /^\\u[dD][c-fC-F]/) {
                    code = 65536 + (code - 55296) * 1024 + hex(substr(text, 3)) - 56320
                    text = substr(text, 7)
                }
                letter = utf8(code)
            } else if (letter == "n" || letter == "r" || letter == "t" || letter == "f") {
                # The lines that we say end there: no value of ours has them.
                letter = " "
            } else letter = latin(letter)
            out = out letter
        }
        return out latin(text)
    }
    function hex(text,  at, sum) {
        for (at = 1; at <= 4; at++) sum = 16 * sum + index("123456789abcdef", tolower(substr(text, at, 1)))
        return sum
    }
    function utf8(code) {
        if (code < 128) return sprintf("%c", code)
        if (code < 2048) return sprintf("%c%c", 192 + int(code / 64), 128 + code % 64)
        if (code < 65536) return sprintf("%c%c%c", 224 + int(code / 4096), 128 + int(code / 64) % 64, 128 + code % 64)
        return sprintf("%c%c%c%c", 240 + int(code / 262144), 128 + int(code / 4096) % 64, 128 + int(code / 64) % 64, 128 + code % 64)
    }
    # Java reads bytes as Latin-1.
    function latin(text,  out, at, letter) {
        gsub(/[\t\f]/, " ", text)
        if (text !~ /[^ -~]/) return text
        if (!("\351" in of_latin)) for (at = 128; at < 256; at++) of_latin[sprintf("%c", at)] = utf8(at)
        for (at = 1; at <= length(text); at++) {
            letter = substr(text, at, 1)
            out = out (letter in of_latin ? of_latin[letter] : letter)
        }
        return out
    }'

# changed_keys OLD NEW [SECRET]: the names of properties that differ: + new, - gone, ~ changed
changed_keys() {
    case $2 in *.properties) changed_pairs "$1" "$2" ;; *) changed_lines "$@" ;; esac | sort -k 2
}

# changed_pairs OLD NEW: as Java reads both, whatever form they are written in
changed_pairs() {
    awk -v second="$2" "$PROPERTIES"'
        FILENAME == second && !later { later = 1; restart_pairs() }
        next_pair() { if (later) new[key] = value; else old[key] = value }'"$CHANGED" "$1" "$2"
}

CHANGED='
        END { for (key in new) if (!(key in old)) print "+ " key; else if (old[key] != new[key]) print "~ " key
              for (key in old) if (!(key in new)) print "- " key }'

# changed_lines OLD NEW [SECRET]: of files of other kinds, by the words before a =
changed_lines() {
    awk -v second="$2" -v secret="${3-}" '
        # Of a secret line only a word before a separator is a name, and only if something comes after it.
        function name_of(line) { sub(/^[ \t]+/, "", line)
            return match(line, /^[A-Za-z0-9._-]+[ \t]*[=: \t][^=]/) ? substr(line, 1, match(line, /[=: \t]/) - 1) : "(a line)" }
        FILENAME == second { later = 1 }
        inside { text = text $0; inside = /\\$/; if (!inside) keep(); next }
        /^[ \t]*([#!]|$)/ { next }
        { sub(/^Environment="?/, ""); at = index($0, "="); if (!at && !secret) next
          key = secret ? name_of($0) : substr($0, 1, at - 1); text = $0; inside = /\\$/; if (!inside) keep() }
        function keep() { if (later) new[key] = text; else old[key] = text }'"$CHANGED" "$1" "$2"
}
