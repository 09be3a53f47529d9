"""secrets.sh: no secret is in a diff."""

import pytest

from tests.unit.remote.scripts.library.host import Host

PEM = "".join(f"LINE{n}SECRET{n} \\\n" for n in range(9))
JAAS = 'sasl.jaas.config=org.apache.Plain required \\\n  username="admin" \\\n  user_alice="%s";\nlast=1\n'


@pytest.mark.parametrize(
    "key",
    ["ssl.key.password", "sasl.jaas.config", "ssl.keystore.key", "my.secret", "token", "db.PASSWD", "x.credential"],
)
def test_values_of_secret_keys_are_hidden(key: str, host: Host) -> None:
    diff = host.differ(f"a=1\n{key}=hunter1\nb=2\n", f"a=1\n{key}=hunter2\nb=3\n")
    assert "hunter" not in diff
    assert f"-{key}=(hidden)" in diff
    assert "+b=3" in diff


def test_values_that_go_on_over_lines_are_hidden(host: Host) -> None:
    diff = host.differ("a=1\n", 'a=1\nsasl.jaas.config=x \\\n  user_bob="hunter2" \\\n  and=hunter3;\nb=3\n')
    assert "hunter" not in diff
    assert diff.splitlines()[-1] == "+b=3"


def test_unchanged_secrets_beside_a_change_are_hidden(host: Host) -> None:
    assert "hunter" not in host.differ("ssl.key.password=hunter1\na=1\n", "ssl.key.password=hunter1\na=2\n")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(JAAS % "hunter1", JAAS % "hunter2", id="the last line of a value alone differs"),
        pytest.param(
            f"ssl.keystore.key={PEM}\nb=1\n", f"ssl.keystore.key={PEM.replace('SECRET8', 'hunter')}\nb=1\n",
            id="the key stands above the diff's context",
        ),
        pytest.param("ssl.key.password: hunter1\n", "ssl.key.password=x\n", id="a colon instead of ="),
        pytest.param("ssl.key.password hunter1\n", "ssl.key.password=x\n", id="a blank instead of ="),
        pytest.param(
            'Environment="KAFKA_OPTS=-Djavax.net.ssl.keyStorePassword=hunter1"\n', "Environment=\n", id="a -D of a unit"
        ),
    ],
)  # fmt: skip
def test_other_forms_of_secrets_are_hidden(old: str, new: str, host: Host) -> None:
    assert "hunter" not in host.differ(old, new).replace("SECRET", "hunter")


def test_of_a_secret_file_the_keys_alone_are_shown(host: Host) -> None:
    diff = host.differ("# c\na=hunter1\nb=hunter2\nsame=hunter3\n", "b=hunter4\nc=hunter5\nsame=hunter3\n", secret=True)
    assert diff.splitlines() == ["- a", "~ b", "+ c"]


def test_of_a_new_secret_file_the_keys_alone_are_shown(host: Host) -> None:
    change = host.file(host / "new", "b=hunter1\na=hunter2\n", secret=True)
    assert change.diff == ("+ a", "+ b")


@pytest.mark.parametrize(
    "text", ["key=x \\\nhunter2\n", "-----BEGIN KEY-----\nhunter2\n"], ids=["continued", "no keys"]
)
def test_lines_without_keys_are_not_shown(text: str, host: Host) -> None:
    assert "hunter" not in host.differ("", text, secret=True)
