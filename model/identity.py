"""IKE identities: who an end of a tunnel says it is (RFC 2407, section 4.6.2; RFC 7296, section 3.5).

Written as the engines write them (ipsec.conf(5), `leftid`): an IPv4 address, `@name` (FQDN), `user@name` (user FQDN),
`@[text]` or `@#hexadecimal` (key id), or a distinguished name such as `C=GB, O=Exchange, CN=gw`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError

from model.values import text_type, wrong

Kind = Literal["IPv4 address", "FQDN", "user FQDN", "key id", "distinguished name"]
_BYTE = r"(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_NAME = r"[A-Za-z0-9_]([A-Za-z0-9._-]{0,126}[A-Za-z0-9_])?"
_WORD = r"[A-Za-z0-9._@&-]+"
# What the engines know of X.500, and mean alike: SN is a surname to some equipment, a serial number to others.
_PART = rf"(C|ST|L|O|OU|CN|E|DC|serialNumber)={_WORD}( {_WORD})*"
_PATTERNS: dict[Kind, str] = {
    "IPv4 address": rf"{_BYTE}(\.{_BYTE}){{3}}",
    # Without the @ an engine would look the name up, at a time when it may have no answer (ipsec.conf(5), leftid).
    "FQDN": rf"@{_NAME}",
    "user FQDN": rf"[A-Za-z0-9][A-Za-z0-9._+-]{{0,63}}@{_NAME}",
    "key id": r"@\[[A-Za-z0-9._-]{1,64}\]|@#([0-9A-Fa-f]{2}){1,64}",
    "distinguished name": rf"{_PART}(, ?{_PART})*",
}
_LONGEST = 200
_REMEDY = (
    "write an IPv4 address, '@vpn.example.com', 'user@example.com', a key id as '@[name]' or '@#' and its hexadecimal "
    "digits, or a distinguished name such as 'C=GB, O=Example, CN=gw', in quotes"
)


_OTHERWISE = "agree on another identity with the venue, such as the gateway's public address"


@dataclass(frozen=True)
class Meaning:
    """What is sent: two identities are the same where this is equal. Engines compare names in any case, key ids byte by byte."""

    kind: Kind
    text: str


def kind_of(identity: str) -> Kind:
    """Which kind an accepted identity is."""
    (kind,) = (kind for kind, pattern in _PATTERNS.items() if re.fullmatch(pattern, identity))
    return kind


def meaning(identity: str) -> Meaning:
    """What an accepted identity means, however it is written."""
    kind = kind_of(identity)
    text = with_hexadecimal(identity) if kind == "key id" else without_spaces(identity)
    return Meaning(kind, text.lower())


def with_hexadecimal(identity: str) -> str:
    """A key id as `@#` and hexadecimal digits, which strongSwan reads too; any other identity as it is."""
    is_text = kind_of(identity) == "key id" and identity.startswith("@[")
    return f"@#{identity[2:-1].encode('ascii').hex()}" if is_text else identity


def as_engines_read(identity: str) -> str:
    """An identity in ipsec.conf and ipsec.secrets, where a value ends at a space that is not in quotes."""
    plain = without_spaces(identity)
    return f'"{plain}"' if " " in plain else plain


def without_spaces(identity: str) -> str:
    """A distinguished name without the spaces between its parts; those in a part's value stay."""
    return identity.replace(", ", ",")


def is_reordered(one: str, other: str) -> bool:
    """Whether both are distinguished names of the same parts, in another order."""
    parts = [sorted(re.split(r", ?", text.lower())) for text in (one, other)]
    return "=" in one and one != other and parts[0] == parts[1]


def _check(value: Any) -> Any:
    if isinstance(value, str) and not _accepted(value) and (ours := respelled(value)):
        if value == ours[1:]:
            key_id = "" if "." in value else f", or '@[{value}]' if it is a key id"
            raise wrong("has no @ before it, so an engine would look it up", f"write '{ours}' in quotes{key_id}")
        raise wrong("is written in another notation", f"write '{ours}' in quotes")
    if isinstance(value, str) and not _accepted(value) and (part := _odd_part(value)):
        parts = "C, ST, L, O, OU, CN, E, DC and serialNumber, of letters, digits and . _ @ & -"
        remedy = f"a distinguished name here has {parts}; {_OTHERWISE}"
        raise wrong(f"has the part {part!r}, which an engine may read in another way", remedy)
    return value


def _odd_part(value: str) -> str:
    """The first part of a distinguished name that is none that we take; empty for what is no such name."""
    parts = re.split(r", ?(?=[A-Za-z]+=)", value)
    is_name = all(re.match(r"[A-Za-z]+=", part) for part in parts) and any(re.fullmatch(_PART, part) for part in parts)
    odd = next((part for part in parts if not re.fullmatch(_PART, part)), "")
    return odd[:40] if is_name else ""


_NO_NAMES = re.compile(
    r"@?(ike(v?[12])?|isakmp|ipsec|none|any|same|yes|no|tbd|tbc|default|main|aggressive)", re.IGNORECASE
)
"""What stands in a form where an identity is not asked for, or not known: an answer to another question."""


def _meant(value: str) -> str:
    """Words that an engine takes for something else, or a person wrote for something else."""
    if _NO_NAMES.fullmatch(value):
        raise wrong("names a protocol or is a word of a form, not an identity", _REMEDY)
    if value == "0.0.0.0":  # noqa: S104
        raise _not_one("means any identity to an engine, so anybody with the PSK would do")
    if value.startswith("0t"):
        raise _not_one("begins with 0t, which an engine reads as a secret (ipsec.secrets(5))")
    if len(value) > _LONGEST:
        raise _not_one(f"is longer than {_LONGEST} characters")
    return value


def _not_one(problem: str) -> PydanticCustomError:
    return wrong(problem, _OTHERWISE)


Identity = Annotated[
    str,
    *text_type("|".join(_PATTERNS.values()), "is not an IKE identity", _REMEDY),
    BeforeValidator(_check),
    AfterValidator(_meant),
]

# As equipment and forms write it, and the kind that they mean.
_CALLED: tuple[tuple[str, Kind], ...] = (
    (r"(ip(v4)?([-_ ]?addr(ess)?)?|address)", "IPv4 address"),
    (r"(user|u|mail)[-_ @]?fqdn|e?-?mail|rfc822", "user FQDN"),
    (r"fqdn|dns|(host|domain)[-_ ]?name", "FQDN"),
    (r"key[-_ ]?id|group([-_ ]?name)?|opaque", "key id"),
    (r"(asn1)?dn|distinguished name|subject", "distinguished name"),
)
_BEFORE = re.compile(r"([A-Za-z][A-Za-z0-9 _-]*): *(.+)|((?i:key[-_ ]?id|u?fqdn)) +(.+)")
"""The kind in front of an identity: `keyid: Desk_7`, `KEY ID Desk_7`."""
_ATTRIBUTES = {"emailaddress": "E", "email": "E", "serialnumber": "serialNumber"}


def respelled(text: str) -> str:
    """The identity in our notation, of another equipment's or a form's; empty where it is none that we know.

    `fqdn:vpn.example.com`, `vpn.example.com (FQDN)`, `keyid: Desk_7`, `/C=GB/O=Example/CN=gw`.
    """
    plain = text.strip() if len(text) <= 2 * _LONGEST else ""
    if found := re.fullmatch(r"(.+?) *\(([A-Za-z0-9 _-]+?)(, hexadecimal)?\)", plain):
        value, name = f"#{found[1]}" if found[3] else found[1], found[2]
    elif found := _BEFORE.fullmatch(plain):
        name, value = filter(None, found.groups())
    else:
        return _accepted(_guessed(plain))
    kind = next((kind for pattern, kind in _CALLED if re.fullmatch(pattern, name.lower())), None)
    return _accepted(_as_kind(value, kind)) if kind else ""


def _accepted(text: str) -> str:
    return text if any(re.fullmatch(pattern, text) for pattern in _PATTERNS.values()) else ""


def _guessed(text: str) -> str:
    if "=" in text:
        return _as_kind(text, "distinguished name")
    return f"@{text}" if re.search("[A-Za-z]", text) and "@" not in text else text


def _as_kind(text: str, kind: Kind) -> str:
    if kind == "FQDN":
        return f"@{text.removeprefix('@')}"
    if kind == "key id" and not text.startswith("@"):
        digits = re.fullmatch(r"(?:#|0x)([0-9A-Fa-f]+)", text)
        return f"@#{digits[1]}" if digits else f"@[{text}]"
    if kind != "distinguished name":
        return text
    parts = [part.partition("=") for part in re.split(r" */ *| *, *", text.strip("/ ")) if part]
    return ", ".join(f"{_attribute(name)}={value.strip()}" for name, _, value in parts)


def _attribute(name: str) -> str:
    plain = name.strip()
    return _ATTRIBUTES.get(plain.lower(), plain.upper())
