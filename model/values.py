"""The small typed values that venue and client files are made of.

Whatever passes here may be written into a file that root reads (`ipsec.conf`, nftables, a unit): no accepted
value can hold a line break, a quote, a brace, a space or a comment sign. See ipsec.conf(5) for what those would do.
"""

from __future__ import annotations

import re
import unicodedata
from functools import partial
from ipaddress import AddressValueError, IPv4Address, IPv4Network, NetmaskValueError
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

_PRIVATE = [IPv4Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")]


def is_private(network: IPv4Network) -> bool:
    """Whether this network is private (RFC 1918, RFC 6598)."""
    return any(network.subnet_of(private) for private in _PRIVATE)


def wrong(problem: str, remedy: str) -> PydanticCustomError:
    """An error that says what is wrong with a value, and what would be right."""
    return PydanticCustomError("wrong", "{problem}; {remedy}", {"problem": problem, "remedy": remedy})


def text_type(pattern: str, problem: str, remedy: str) -> list[Any]:
    """A string type: what it must match in whole, and what to say when it does not."""
    regex = re.compile(pattern)

    def check(value: Any) -> str:
        if not isinstance(value, str):
            raise _not_text(value, remedy, is_right_in_quotes=bool(regex.fullmatch(str(value))))
        if not regex.fullmatch(value):
            raise wrong(problem, remedy)
        return value

    return [BeforeValidator(check), WithJsonSchema({"type": "string", "pattern": f"^({pattern})$"})]


def _not_text(value: Any, remedy: str, *, is_right_in_quotes: bool = False) -> PydanticCustomError:
    if value is None:
        return wrong("has no value", remedy)
    kinds = {bool: "true or false", int | float: "a number", list | tuple: "a list", dict: "a mapping"}
    kind = next((name for kind, name in kinds.items() if isinstance(value, kind)), "something else")
    is_scalar = isinstance(value, bool | int | float)
    return wrong(f"is not text but {kind}", "put it in quotes" if is_scalar and is_right_in_quotes else remedy)


def _address(value: Any) -> IPv4Address:
    try:
        return value if isinstance(value, IPv4Address) else IPv4Address(_string(value))
    except AddressValueError:
        raise wrong("is not an IPv4 address", "write four numbers from 0 to 255, such as 198.51.100.10") from None


def _network(value: Any) -> IPv4Network:
    """An address alone is a /32: the seed wrote `rightsubnet=<address>`, which OpenSwan then silently ignores."""
    if isinstance(value, IPv4Network):
        return value
    text = _string(value)
    try:
        return IPv4Network(text)
    except (AddressValueError, NetmaskValueError):
        raise wrong("is not an IPv4 network", "write an address and a prefix length, such as 192.0.2.0/24") from None
    except ValueError:
        whole, host = IPv4Network(text, strict=False), text.split("/")[0]
        raise wrong("has host bits set", f"write {whole} for the network or {host}/32 for the host") from None


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise _not_text(value, "write an address in dotted form, such as 198.51.100.10")
    return value


_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def _duration(value: Any, *, days: int = 1) -> int:
    """Seconds, from a whole number or from `43200s`, `720m`, `12h`, `1d`."""
    if isinstance(value, int) and not isinstance(value, bool):
        seconds = value
    elif isinstance(value, str) and (match := re.fullmatch(r"([0-9]{1,9})([smhd]?)", value, re.ASCII)):
        seconds = int(match[1]) * _UNITS[match[2] or "s"]
    else:
        raise wrong("is not a duration", "write seconds, or a number with s, m, h or d, such as 12h")
    if not 0 < seconds <= days * 86400:
        most = "one day" if days == 1 else f"{days} days"
        raise wrong("is out of range", f"write a duration of more than nothing and of {most} at most")
    return seconds


_OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"


def _comp_id(value: str) -> str:
    if re.fullmatch(rf"{_OCTET}(\.{_OCTET}){{3}}[/:][0-9]+", value):
        raise wrong("is an address, not a CompID", "write the CompID as the venue gave it, such as ACME1")
    if len(value) > 64:
        raise wrong("is longer than 64 characters", "write the CompID as the venue gave it")
    return value


_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)
"""Letters and marks that show nothing: what is no format character of Default_Ignorable_Code_Point; Braille's blank."""
_MOST_MARKS = 4
"""On one letter: Vietnamese and Hebrew have three."""


def _seen(value: str) -> str:
    """It goes out in forms: no half of a pair, nothing that hides, turns the direction of writing or covers what is near."""
    marks = 0
    for character in value:
        kind = unicodedata.category(character)
        if kind in ("Cf", "Cs") or _UNSEEN.match(character):
            raise wrong(f"has an invisible character (U+{ord(character):04X})", "take it out")
        marks = marks + 1 if kind in ("Mn", "Me") else 0
        if marks > _MOST_MARKS:
            raise wrong(f"has more than {_MOST_MARKS} marks on one letter", "take them out")
    return value


_PORT = "([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
Name = Annotated[
    str,
    *text_type(r"[a-z][a-z0-9-]{0,30}[a-z0-9]", "is not a name", "write 2 to 32 of a-z, 0-9 and '-', a letter first"),
]
TunnelName = Annotated[
    str,
    *text_type(
        r"[A-Za-z][A-Za-z0-9_-]{0,31}",
        "is not a tunnel name",
        "write 1 to 32 of A-Z, a-z, 0-9, '_', '-', a letter first",
    ),
]
Line = Annotated[
    str,
    *text_type(
        r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]{1,200}", "is not one line of text", "write 1 to 200 characters on one line"
    ),
    AfterValidator(_seen),
]
CompId = Annotated[
    str,
    *text_type(r"[A-Za-z0-9_.:/+-]+", "is not a CompID", "write letters, digits and . _ : / + - only"),
    AfterValidator(_comp_id),
]
Email = Annotated[
    str,
    *text_type(
        r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+",
        "is not a mail address",
        "write one address, such as fix-ops@example.com",
    ),
]
Phone = Annotated[
    str, *text_type(r"\+?[0-9][0-9 ()-]{3,30}", "is not a telephone number", "write it as '+44 20 7946 0000'")
]
TimeOfDay = Annotated[
    str,
    *text_type(r"([01][0-9]|2[0-3]):[0-5][0-9]", "is not a time of day", "write hours and minutes, such as '07:50'"),
]
EndOfDay = Annotated[
    str,
    *text_type(
        r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00",
        "is not a time of day",
        "write hours and minutes, such as '07:50', or 24:00 for midnight",
    ),
]
Target = Annotated[
    str,
    *text_type(
        rf"(gateway|{_OCTET}(\.{_OCTET}){{3}}):{_PORT}",
        "is not a host with a port",
        "write a trading host with its port, such as 10.64.1.10:9001, or gateway:9001 if the engine runs on the gateway",
    ),
]
AccountId = Annotated[
    str, *text_type(r"[0-9]{12}", "is not an AWS account", "write its twelve digits in quotes, such as '123456789012'")
]
Region = Annotated[
    str, *text_type(r"[a-z]{2,4}(-[a-z]+)+-[0-9]", "is not an AWS region", "write one such as eu-west-2")
]
Zone = Annotated[
    str, *text_type(r"[a-z]{2,4}(-[a-z]+)+-[0-9][a-z]", "is not an availability zone", "write one such as eu-west-2a")
]
SecretArn = Annotated[
    str,
    *text_type(
        r"arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]{1,512}",
        "is not the ARN of a secret in Secrets Manager",
        "write the ARN; the PSK itself belongs in the secret, never in a file",
    ),
]
SecretKey = Annotated[
    str,
    *text_type(
        r"[A-Za-z0-9_.:/@+-]{1,64}",
        "is not the name of a key",
        "write the name that the PSK has in the secret's JSON object, such as psk: letters, digits and _.:/@+- only",
    ),
]
KmsKeyArn = Annotated[
    str,
    *text_type(
        r"arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})",
        "is not the ARN of a KMS key",
        "write the key's own ARN (arn:aws:kms:…:key/ and its id, such as 0a1b2c3d-…), not an alias",
    ),
]


def aws_id(prefix: str, what: str) -> Any:
    """The type of an AWS resource id, such as `subnet-0a1b2c3d`."""
    remedy = f"write {prefix}- and 8 or 17 hexadecimal digits"
    return Annotated[str, *text_type(rf"{prefix}-([0-9a-f]{{8}}|[0-9a-f]{{17}})", f"is not the id of {what}", remedy)]


_DOTTED = PlainSerializer(str, return_type=str)
Address = Annotated[
    IPv4Address, BeforeValidator(_address), _DOTTED, WithJsonSchema({"type": "string", "format": "ipv4"})
]
Network = Annotated[
    IPv4Network,
    BeforeValidator(_network),
    _DOTTED,
    WithJsonSchema({"type": "string", "pattern": r"^[0-9.]+(/[0-9]{1,2})?$"}),
]
_JSON_OF_SECONDS = WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^[0-9]+[smhd]?$"}]})
Seconds = Annotated[int, BeforeValidator(_duration), _JSON_OF_SECONDS]
Lifetime = Annotated[int, BeforeValidator(partial(_duration, days=2)), _JSON_OF_SECONDS]
"""Of an SA."""
Selector = Annotated[
    str,
    *text_type(
        rf"(tcp|udp)(/{_PORT})?",
        "is not a protocol with a port",
        "write tcp or udp, with the venue's port if it names one, such as tcp/9100; for all traffic leave it out",
    ),
]
"""What of a network's traffic an SA is for (RFC 4301, section 4.4.1.1)."""
