"""Values as people copy them out of a form, in the spelling that a file has. What is not understood stays as it is."""

from __future__ import annotations

import re
from ipaddress import IPv4Network
from zoneinfo import available_timezones

from model.identity import respelled as respelled_identity
from model.ports import respelled as respelled_ports
from model.proposal import respelled

_UNITS = {"s": "s(ec(ond)?s?)?", "m": "m(in(ute)?s?)?", "h": "h((ou)?rs?)?", "d": "d(ays?)?"}
_VOLUME = re.compile(r"\s*[/,;]\s*[0-9][0-9,.]*\s*([kmg]b|(kilo|mega|giga)?bytes)$")
_REMARK = re.compile(r"\s*\([^()]*\)$")


def number(text: str) -> int | str:
    """`9001` as a number."""
    return int(text) if re.fullmatch("[0-9]{1,9}", text, re.ASCII) else text


def ports(text: str) -> int | str:
    """`5000-5010/UDP` and `UDP 5000 to 5010` as `udp/5000-5010`, `9001` as a number."""
    return number(respelled_ports(text) or text)


def yes_or_no(text: str) -> bool | str:
    """`yes`, `off`, `enabled`."""
    words = {"true": True, "yes": True, "on": True, "enabled": True}
    words |= {"false": False, "no": False, "off": False, "none": False, "disabled": False, "no pfs": False}
    return words.get(text.lower(), text)


def duration(text: str) -> str:
    """`28800 seconds`, `28,800 s (8 h)` and `8 hours` as `28800s` and `8h`; without a volume."""
    plain = re.sub(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))", "", _REMARK.sub("", _VOLUME.sub("", text.lower())))
    found = re.fullmatch(r"([0-9]+)\s*([a-z]*)", plain, re.ASCII)
    unit = found and next((letter for letter, word in _UNITS.items() if re.fullmatch(word, found[2])), "")
    return f"{found[1]}{unit}" if found and (unit or not found[2]) else text


def network(text: str) -> str:
    """`10.201.0.0 255.255.255.0`, or a Cisco's `10.201.0.0 0.0.0.255`, as `10.201.0.0/24`."""
    address, _, mask = re.sub(r"^host\s+", "", text).replace("/", " ").partition(" ")
    try:
        return f"{address}/{IPv4Network(f'{address}/{mask.strip()}', strict=False).prefixlen}" if mask else address
    except ValueError:
        return text


def proposal(text: str) -> str:
    """`AES-256-CBC, SHA-1, group 14` as `aes256-sha1;modp2048`."""
    return respelled(text) or text


def identity(text: str) -> str:
    """`FQDN vpn.example.com` as `@vpn.example.com`."""
    return respelled_identity(text) or text


def address(text: str) -> str:
    """`198.51.100.10/32` without its length."""
    return text.removesuffix("/32")


def fix_version(text: str) -> str:
    """`4.4` as `FIX.4.4`, `FIX 5.0 SP2` as `FIXT.1.1`."""
    plain = re.sub(r"^(FIXT?)?[. ]?(?=[0-9])", lambda begin: "FIXT." if begin[1] == "FIXT" else "FIX.", text.upper())
    return "FIXT.1.1" if plain.startswith("FIX.5.0") else plain


def ike_version(text: str) -> int | str:
    """`IKEv2` as 2."""
    return number(re.sub(r"^(ike)?[ -]?v?", "", text.lower()))


def word(text: str) -> str:
    """`Elastic_IP` as `elastic-ip`."""
    return text.lower().replace("_", "-")


def selector(text: str) -> str:
    """`TCP 9001` and `tcp:9001` as `tcp/9001`."""
    return re.sub("[ :/]+", "/", text.lower())


def time(text: str) -> str:
    """`8:00` as `08:00`."""
    return f"0{text}" if re.match("[0-9]:", text) else text


def time_zone(text: str) -> str:
    """`New York` as `America/New_York`, if one zone of the IANA database is of that city."""
    city = text.strip().lower().replace(" ", "_")
    found = [zone for zone in available_timezones() if zone.count("/") and zone.rsplit("/", 1)[1].lower() == city]
    return found[0] if len(found) == 1 else text


def pfs(text: str) -> tuple[bool | str, str]:
    """Whether, and with which group: `yes, group 20 (ECP 384)`."""
    named = re.sub(r"^(yes|true|on|enabled)?[\s,:]*(phase 1's group.*)?", "", text.lower())
    group = respelled(f"aes256-sha1;{named}").partition(";")[2] if named else ""
    return (True, group) if group or not named else (yes_or_no(text), "")
