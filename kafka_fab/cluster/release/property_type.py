"""The types of Kafka's properties, as Kafka's own ConfigDef names them: what a value must be, before any connection."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from kafka_fab.frozen_value import dataclass

NAMES = Path(__file__).with_name("names")
BITS = {"SHORT": 16, "INT": 32, "LONG": 64}
# Kafka fills it in from a config provider at the start.
REFERENCE = re.compile(r"\$\{[^}]*\}")
WHOLE = re.compile(r"[+-]?[0-9]+")
DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
WORDS = {
    "BOOLEAN": "true or false",
    "SHORT": "a whole number of 16 bits",
    "INT": "a whole number of 32 bits",
    "LONG": "a whole number of 64 bits",
    "DOUBLE": "a number",
}


@dataclass(frozen=True)
class PropertyType:
    """A property's type, and the values that its validator accepts: `[1,...]` of a Range, `[a, b]` of the others."""

    type: str
    validator: str = ""
    accepts: str = ""

    def refuses(self, value: str, strict: bool = True) -> str:
        """Return what is wanted in place of a value, or nothing; without `strict` only the type counts."""
        text = value.strip()
        if REFERENCE.search(text) or (self._reads(text) and not (strict and self._outside(text))):
            return ""
        return self._wanted(strict)

    def _reads(self, text: str) -> bool:
        if self.type in BITS:
            return bool(WHOLE.fullmatch(text)) and _fits(text, BITS[self.type])
        if self.type == "DOUBLE":
            return bool(DECIMAL.fullmatch(text))
        return self.type != "BOOLEAN" or text.lower() in ("true", "false")

    def _outside(self, text: str) -> bool:
        if self.validator == "Range":
            least, most = self._bounds()
            return not least <= float(text) <= most
        known = [word.lower() for word in self._words()] if self.validator.startswith("Case") else self._words()
        if self.validator == "ValidList":
            return any(word.strip() not in known for word in text.split(",") if text)
        return bool(known) and (text.lower() if self.validator.startswith("Case") else text) not in known

    def _bounds(self) -> tuple[float, float]:
        least, _, most = self.accepts.strip("[]").partition(",...")
        return float(least), float(most.lstrip(",") or "inf")

    def _words(self) -> list[str]:
        return [word.strip() for word in self.accepts.strip("[]").split(",") if word.strip()]

    def _wanted(self, strict: bool) -> str:
        kind = WORDS.get(self.type, "")
        if not strict or not self.accepts:
            return kind
        if self.validator != "Range":
            return ("a list of " if self.validator == "ValidList" else "one of ") + ", ".join(self._words())
        least, _, most = self.accepts.strip("[]").partition(",...")
        return f"{kind} from {least} to {most.lstrip(',')}" if most else f"{kind} from {least} on"


def _fits(text: str, bits: int) -> bool:
    # A number of thousands of digits is not read.
    return len(text) < 22 and -(2 ** (bits - 1)) <= int(text) < 2 ** (bits - 1)


@cache
def read(file: str) -> Mapping[str, PropertyType]:
    """Return the types in a table below names/, by the properties' names."""
    rows = (line.split("\t") for line in (NAMES / file).read_text(encoding="utf-8").splitlines())
    return {name: PropertyType(*columns) for name, *columns in rows}
