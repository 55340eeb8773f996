"""IP addresses: what Go's netip.ParseAddr takes, and why it refuses the rest."""

import ipaddress
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pullproof.model.ipaddr import InvalidAddress, check_address


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("::", 6),
        ("::1", 6),
        ("1::", 6),
        ("1:2:3:4:5:6:7:8", 6),
        ("1:2:3:4:5:6:7::", 6),
        ("fd00::1.2.3.4", 6),
        ("1:2:3:4:5:6:1.2.3.4", 6),
        ("::ffff:10.0.0.1", 6),
        ("fe80::1%eth0", 6),
        ("10.0.0.1", 4),
        ("ABCD::", 6),
    ],
)
def test_addresses_are_taken(text: str, version: int) -> None:
    assert check_address(text) == version


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "unable to parse IP"),
        ("localhost", "unable to parse IP"),
        ("%eth0", "missing IPv6 address"),
        ("::%", "zone must be a non-empty string"),
        ("1.2.3", "IPv4 address too short"),
        ("1.2.3.4.5", "IPv4 address too long"),
        ("1..2.3", 'IPv4 field must have at least one digit (at ".2.3")'),
        ("1.2.3.", 'IPv4 field must have at least one digit (at ".")'),
        ("01.2.3.4", "IPv4 field has octet with leading zero"),
        ("1.2.3.256", "IPv4 field has value >255"),
        ("1.2.3.x", 'unexpected character (at "x")'),
        (":", 'each colon-separated field must have at least one digit (at ":")'),
        ("1:", 'colon must be followed by more characters (at ":")'),
        ("1:2", "address string too short"),
        ("12345::", 'each group must have 4 or less digits (at "12345::")'),
        ("g::", 'each colon-separated field must have at least one digit (at "g::")'),
        ("::1::", 'multiple :: in address (at ":")'),
        (":::", 'each colon-separated field must have at least one digit (at ":")'),
        ("1:2:3:4:5:6:7:8:9", 'trailing garbage after address (at "9")'),
        ("1:2:3:4:5:6:7::8", "the :: must expand to at least one field of zeros"),
        (
            "1:2:3:4:1.2.3.4",
            'embedded IPv4 address must replace the final 2 fields of the address (at "1.2.3.4")',
        ),
        (
            "1:2:3:4:5:6:7:1.2.3.4",
            'embedded IPv4 address must replace the final 2 fields of the address (at "1.2.3.4")',
        ),
        (
            "1:2:3:4:5:6::7:1.2.3.4",
            'too many hex fields to fit an embedded IPv4 at the end of the address (at "1.2.3.4")',
        ),
        ("::1.2.3", "IPv4 address too short"),
        ("1:2x", 'unexpected character, want colon (at "x")'),
        ("1::2:3:4:5:6:7:8", "the :: must expand to at least one field of zeros"),
    ],
)
def test_refusals_carry_gos_reason(text: str, reason: str) -> None:
    with pytest.raises(InvalidAddress) as caught:
        check_address(text)
    assert str(caught.value) == f'ParseAddr("{text}"): {reason}'


@given(st.ip_addresses())
def test_every_address_is_taken(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    assert check_address(str(address)) == address.version


@given(st.text(alphabet="0123456789af:.%", max_size=24))
def test_only_an_invalid_address_is_refused(text: str) -> None:
    with suppress(InvalidAddress):
        assert check_address(text) in (4, 6)
