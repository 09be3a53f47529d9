"""What the `java` launcher takes: a heap, and options beside it."""

import re

from kafka_fab.cluster.values.validator import Validator

MIB = {"m": 1, "g": 1024}
# No service of Kafka's starts in less; no host has more.
LEAST, MOST = 32, 16384 * 1024
SIZE = "a size such as 512m or 6g"
# What says the same as `heap`, which the unit writes.
OF_THE_HEAP = re.compile(r"-(Xm[sx]|m[sx]|XX:(Max|Initial)HeapSize=|XX:(Max|Min|Initial)RAM(Percentage|Fraction)=)\S*")
# What would run something else, or nothing at all.
NO_SERVICE = re.compile(
    r"-jar|--?(version|help|help-extra|showversion)|-fullversion|-\?|-h|-X|--?dry-run|-m|--module(=.*)?"
)
# Those whose value may be a word of its own.
_WITH_VALUE = """
-cp -classpath --class-path -p --module-path --upgrade-module-path --add-modules --add-exports --add-opens --add-reads
--patch-module --limit-modules --enable-native-access --illegal-native-access
"""
WITH_VALUE = frozenset(_WITH_VALUE.split())


def _wrong_heap(text: str) -> str:
    if not re.fullmatch("[1-9][0-9]*[mgMG]", text):
        return f"{SIZE} is wanted, found `{text}`"
    # A number of thousands of digits is not read.
    fits = len(text) < 10 and LEAST <= int(text[:-1]) * MIB[text[-1].lower()] <= MOST
    return "" if fits else f"{LEAST}m to {MOST // 1024}g is wanted, found `{text}`"


def _wrong_words(text: str) -> str:
    """Return why options cannot reach the JVM by Kafka's start script, or nothing.

    The script leaves them to the shell as they are: parted at blanks, quotes taken for letters, and a word that is
    a pattern of files replaced by their names. Java reads them in the system's alphabet.
    """
    bad = next((letter for letter in text if letter in "\"'" or not (letter == "\n" or " " <= letter <= "~")), "")
    if bad:
        remedy = "write such options into a file on the hosts, and here @FILE (Java 9 and later)"
        return f"{bad!r} cannot reach the JVM: the start script parts options at blanks and knows no quotes; {remedy}"
    words = text.split()
    return next(filter(None, map(_wrong_word, words, ["", *words])), "")


def _wrong_word(word: str, before: str) -> str:
    if set(word) & set("*?[") and not word.startswith("-"):
        return f"{word} would be replaced by the names of files: options begin with -"
    if OF_THE_HEAP.fullmatch(word):
        return f"{word} is the heap's size: remove it, and use `heap`, which sets both of its bounds"
    if NO_SERVICE.fullmatch(word):
        return f"{word} would start something else than the service: remove it"
    if re.fullmatch("--?[^A-Za-z]*|@", word):
        return f"{word} is no option: write one such as -XX:+UseZGC, or @FILE"
    if not word.startswith(("-", "@")) and before not in WITH_VALUE:
        return f"{word} would be taken for the program to start: options begin with -, or are @FILE"
    return ""


heap_size = Validator(SIZE, _wrong_heap)
jvm_options = Validator("options of the JVM, parted by blanks", _wrong_words)
