"""Subject: whose a certificate is, in the order O, OU, CN, so that Java prints it as CN=..,OU=..,O=..."""

from kafka_fab.frozen_value import dataclass

ORGANIZATION = "kafka-fab"


@dataclass(frozen=True)
class Subject:
    """A distinguished name; a part that is empty is left out."""

    common_name: str
    unit: str = ""
    organization: str = ORGANIZATION

    @property
    def parts(self) -> tuple[tuple[str, str], ...]:
        """Return each part with its attribute (RFC 4514), in the order of a certificate."""
        named = (("O", self.organization), ("OU", self.unit), ("CN", self.common_name))
        return tuple((name, value) for name, value in named if value)

    @property
    def principal(self) -> str:
        """Return the principal that Kafka makes of it with its default rule."""
        return f"User:{self}"

    @property
    def openssl(self) -> str:
        """Return it in the form of `openssl req -subj`."""
        return "".join(f"/{name}={value}" for name, value in self.parts)

    def __str__(self) -> str:
        # Java names the last part first.
        return ",".join(f"{name}={value}" for name, value in reversed(self.parts))
