"""Names and subnets of labs."""

from ipaddress import IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab import LabError, names, network

NAME = st.from_regex(names.NAME, fullmatch=True)


@given(NAME, NAME)
def test_link_names_fit_the_kernel(lab: str, host: str) -> None:
    assert len(names.bridge(lab)) <= 15
    assert len(names.veth(lab, host)) <= 15
    assert names.veth(lab, host) == names.veth(lab, host)
    assert names.veth(lab, host) != names.veth(lab, host + "x")
    assert len(names.netns(lab, host)) <= 64


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kafka1,kafka2", ("kafka1", "kafka2")),
        (" a , b,", ("a", "b")),
        ("kafka*3", ("kafka1", "kafka2", "kafka3")),
    ],
)
def test_host_names_are_listed_or_counted(text: str, expected: tuple[str, ...]) -> None:
    assert names.host_names(text) == expected


@pytest.mark.parametrize("text", ["", "a,a", "kafka*", "kafka*0", "Kafka1", "a b", "a/../b", "-a", "a" * 27])
def test_wrong_host_names_are_refused(text: str) -> None:
    with pytest.raises(LabError):
        names.host_names(text)


def test_the_first_free_subnet_is_taken() -> None:
    used = [IPv4Network("10.87.0.0/24"), IPv4Network("10.87.1.7/32"), IPv4Network("192.0.2.0/24")]
    assert network.choose_subnet("", used) == IPv4Network("10.87.2.0/24")


@given(st.sets(st.integers(0, 255), max_size=255))
def test_the_chosen_subnet_is_free(numbers: set[int]) -> None:
    used = [IPv4Network(f"10.87.{number}.0/24") for number in numbers]
    assert not any(network.choose_subnet("", used).overlaps(other) for other in used)


@pytest.mark.parametrize("wanted", ["10.87.5.0/24", "10.0.0.0/8", "10.87.5.1/24", "nonsense"])
def test_a_taken_or_malformed_subnet_is_refused(wanted: str) -> None:
    with pytest.raises(LabError, match=r"overlaps|subnet"):
        network.choose_subnet(wanted, [IPv4Network("10.87.5.128/25")])


def test_no_subnet_left() -> None:
    with pytest.raises(LabError, match="--subnet"):
        network.choose_subnet("", [IPv4Network("10.0.0.0/8")])


def test_hosts_get_addresses_in_order() -> None:
    subnet = IPv4Network("10.87.9.0/24")
    assert network.addresses(subnet, ("a", "b")) == {"a": "10.87.9.11", "b": "10.87.9.12"}
    assert network.bridge_address(subnet) == "10.87.9.1"


def test_too_many_hosts_for_a_subnet() -> None:
    with pytest.raises(LabError, match="no room for 300 hosts"):
        network.addresses(IPv4Network("10.87.9.0/24"), tuple(f"h{number}" for number in range(300)))
