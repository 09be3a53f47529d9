"""Metadata version: the names that Kafka gives the levels of the feature metadata.version."""

# From MetadataVersion of Kafka 4.3: each release with its metadata versions, in the order of their levels.
RELEASES = {
    "3.0": (1,),
    "3.1": (0,),
    "3.2": (0,),
    "3.3": (0, 1, 2, 3),
    "3.4": (0,),
    "3.5": (0, 1, 2),
    "3.6": (0, 1, 2),
    "3.7": (0, 1, 2, 3, 4),
    "3.8": (0,),
    "3.9": (0,),
    "4.0": (0, 1, 2, 3),
    "4.1": (0, 1),
    "4.2": (0, 1),
    "4.3": (0,),
    "4.4": (0,),
}
NAMES = tuple(f"{release}-IV{number}" for release, numbers in RELEASES.items() for number in numbers)


def name_of(level: int) -> str:
    """Return the name of a level, such as 4.3-IV0; of one that is not in the table, its number."""
    return NAMES[level - 1] if 0 < level <= len(NAMES) else f"level {level}"


def newest(release: str) -> int:
    """Return the highest level of a release, such as 4.3; 0 where the table does not have it."""
    levels = [number for number, name in enumerate(NAMES, 1) if name.startswith(f"{release}-")]
    return max(levels, default=0)
