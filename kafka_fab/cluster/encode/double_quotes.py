"""Double quotes: a word as a shell, the `java` launcher and systemd (systemd.exec(5), EnvironmentFile=) read it."""


def quoted(word: str) -> str:
    """Return a word in double quotes, with what they do not take literally escaped."""
    return '"' + "".join(f"\\{letter}" if letter in '"\\$`' else letter for letter in word) + '"'
