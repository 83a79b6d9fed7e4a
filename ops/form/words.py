"""Settings in the words of a venue's form, and as which addresses the venue sees us."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network

from model.calendar import DAYS, Break, Day, Special, WeeklySession, Window
from model.client import MappedHosts
from model.deployment import Connection
from model.identity import kind_of
from model.proposal import Proposal
from model.values import is_private
from model.venue import Contact

_CIPHERS = {
    "aes128": "AES-128-CBC",
    "aes192": "AES-192-CBC",
    "aes256": "AES-256-CBC",
    **{
        f"aes_gcm{name}{bits}": f"AES-{bits}-GCM ({octets}-octet ICV)"
        for name, octets in (("", 16), ("_12_", 12), ("_8_", 8))
        for bits in (128, 192, 256)
    },
    "chacha20_poly1305": "ChaCha20-Poly1305",
    "3des": "3DES-CBC",
}
_HASHES = {"md5": "MD5", "sha1": "SHA-1", "sha2_256": "SHA-256", "sha2_384": "SHA-384", "sha2_512": "SHA-512"}
# The groups' numbers: RFC 3526, RFC 5903, RFC 8031.
_GROUPS = {
    "modp1024": "2 (MODP 1024)",
    "modp1536": "5 (MODP 1536)",
    "modp2048": "14 (MODP 2048)",
    "modp3072": "15 (MODP 3072)",
    "modp4096": "16 (MODP 4096)",
    "modp6144": "17 (MODP 6144)",
    "modp8192": "18 (MODP 8192)",
    "dh19": "19 (ECP 256)",
    "dh20": "20 (ECP 384)",
    "dh21": "21 (ECP 521)",
    "dh31": "31 (Curve25519)",
}


def cipher(proposal: Proposal) -> str:
    """The cipher."""
    return _CIPHERS[proposal.cipher]


def integrity(proposal: Proposal) -> str:
    """The hash; of AES-GCM in phase 1 it serves the key derivation alone (RFC 5282)."""
    if proposal.integrity is None:
        return "none: the cipher authenticates"
    return _HASHES[proposal.integrity] + (" (PRF)" if proposal.is_aead else "")


def group(name: str | None) -> str | None:
    """A Diffie-Hellman group by its number."""
    return _GROUPS[name] if name else None


def proposals(several: tuple[Proposal, ...]) -> str:
    """Whole proposals, in their order."""
    return "; ".join(_proposal(one) for one in several)


def _proposal(one: Proposal) -> str:
    parts = [
        cipher(one),
        *([integrity(one)] if one.integrity else []),
        *([f"group {group(one.group)}"] if one.group else []),
    ]
    return ", ".join(parts)


def identity(one: str) -> str:
    """An IKE identity as forms have it: what is sent, and which kind it is."""
    kind = kind_of(one)
    if kind == "FQDN":
        return f"{one[1:]} (FQDN)"
    if kind == "key id":
        return f"{one[2:-1]} (key id)" if one.startswith("@[") else f"{one[2:]} (key id, hexadecimal)"
    return f"{one} ({kind})"


def seconds(number: int) -> str:
    """A lifetime as forms have it: in seconds, with hours where they are whole."""
    return f"{number} s ({number // 3600} h)" if number % 3600 == 0 else f"{number} s"


_WEEK: dict[str, str] = dict(
    zip(DAYS, ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"), strict=True)
)


def week(days: Sequence[Day]) -> str:
    """Days in words: three or more in a row as a span."""
    if len(set(days)) == len(DAYS):
        return "every day"
    runs: list[list[int]] = []
    for number in sorted({DAYS.index(day) for day in days}):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    names = [name for run in runs for name in _run([_WEEK[DAYS[number]] for number in run])]
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _run(names: list[str]) -> list[str]:
    return [f"{names[0]} to {names[-1]}"] if len(names) > 2 else names


def window(span: Window) -> str:
    """A span of the week."""
    return f"{week(span.days)}, {span.start} to {span.end} ({span.timezone})"


def session(one: Window | WeeklySession) -> str:
    """A session of the week."""
    if isinstance(one, WeeklySession):
        return f"{_moment(one.from_)} to {_moment(one.to)} ({one.timezone})"
    return window(one)


def _moment(of_week: str) -> str:
    day, time = of_week.split()
    return f"{_WEEK[day]} {time}"


def pause(one: Break) -> str:
    """A break, in the sessions' time zone."""
    return f"{week(one.days)}, {one.start} to {one.end}"


def special(one: Special) -> str:
    """Hours of one date, in the sessions' time zone."""
    return f"{one.date}, {one.start} to {one.end}"


def contact(person: Contact) -> str | None:
    """A contact; None where nothing but the role is known."""
    return ", ".join(part for part in (person.name, person.email, person.phone) if part) or None


def domain(tunnel: Connection) -> str:
    """Whose address our encryption domain is."""
    if tunnel.venue.encryption_domain == "elastic-ip":
        return "our public address itself"
    if tunnel.venue.encryption_domain == "assigned":
        return "assigned by the venue"
    network = tunnel.local_network
    return f"our own {'private' if network is None or is_private(network) else 'public'} address"


_TRANSLATED = "{own} (translated by the gateway)"
KEPT = "each host's own (not translated)"
NO_HOST = "the gateway's own: no host has it"
_GATEWAY = "{own} (the gateway's own, not translated)"


def sources(
    domain: tuple[IPv4Network, ...],
    hosts: tuple[IPv4Network, ...],
    mapped: tuple[MappedHosts, ...],
    *,
    own: IPv4Address | None,
    probes: bool,
) -> Iterator[tuple[str, str]]:
    """Whose traffic it is, and as what the venue sees it, with `{own}` for the address that the gateway owns.

    The gateway's firewall decides (`userdata/templates/guard.nft.j2`, chain `translate`): mapped hosts get the addresses that
    the venue assigned for them; what comes from inside our encryption domain keeps its address; all else is translated to
    the address that the gateway owns. `domain` is our encryption domain without the Elastic IP and what hosts are mapped to:
    no trading host has an address in those. `own` is the gateway's, None where that is the Elastic IP; `probes`: whether it
    connects to the venue by itself.
    """
    for network in hosts:
        if any(network.subnet_of(part) for part in domain):
            yield f"our hosts in {network}", _kept(network, own)
            continue
        parts = [(part, _kept(part, own)) for part in domain if part.subnet_of(network)]
        parts += [(one.hosts, _one_to_one(one)) for one in mapped if one.hosts.subnet_of(network)]
        yield from ((str(part) if seen == NO_HOST else f"our hosts in {part}", seen) for part, seen in parts)
        if network not in dict(parts):
            yield f"our {'other ' if parts else ''}hosts in {network}", _TRANSLATED
    if probes or not hosts:
        yield ("our gateway's probes" if hosts else "our traffic"), _GATEWAY


def _kept(part: IPv4Network, own: IPv4Address | None) -> str:
    """As what hosts there are seen. What the gateway owns is no host's: an answer to it ends there."""
    if own is None or own not in part:
        return KEPT
    return NO_HOST if part.num_addresses == 1 else f"{KEPT}, but {own}, which is the gateway's"


def _one_to_one(mapped: MappedHosts) -> str:
    seen = mapped.seen_as[0] if mapped.seen_as.num_addresses == 1 else mapped.seen_as
    return f"{seen} (translated one to one by the gateway)"
