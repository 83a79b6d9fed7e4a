"""IKE and ESP proposals: the cipher, the hash and the Diffie-Hellman group that both ends must name alike.

Written as the engines write them (`aes192-sha1;modp2048`, ipsec.conf(5) `ike=` and `esp=`), held as typed parts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Annotated, Any

from pydantic import GetPydanticSchema
from pydantic_core import PydanticCustomError, core_schema

from model.values import wrong

_GCM = tuple(f"aes_gcm{icv}{bits}" for icv in ("", "_8_", "_12_") for bits in (128, 192, 256))
CHACHA20 = "chacha20_poly1305"
CIPHERS = ("aes128", "aes192", "aes256", *_GCM, CHACHA20, "3des")
"""AES-GCM has a check value of 16 octets (RFC 4106), unless its name says 8 or 12."""
HASHES = ("md5", "sha1", "sha2_256", "sha2_384", "sha2_512")
GROUPS = (
    "modp1024",
    "modp1536",
    "modp2048",
    "modp3072",
    "modp4096",
    "modp6144",
    "modp8192",
    "dh19",
    "dh20",
    "dh21",
    "dh31",
)
ELLIPTIC = tuple(group for group in GROUPS if group.startswith("dh"))
GROUPS_ELSEWHERE = ("modp768", "dh22", "dh23", "dh24", "dh27", "dh28", "dh29", "dh30", "dh32")
"""Groups of other equipment (IANA, IKEv2 transform type 4), which no engine of the gateway has."""
WEAK = frozenset({"3des", "md5", "modp1024"})
_BETTER = {"3des": "aes256", "md5": "sha2_256", "sha1": "sha2_256"}
_BETTER |= dict.fromkeys(("modp1024", "modp1536", *GROUPS_ELSEWHERE), "modp2048")
# Octets that ESP adds: the cipher's IV and block (RFC 3602, RFC 4106, RFC 7634, RFC 2451), the hash's check value (RFC 2404,
# RFC 4868).
_IV_AND_BLOCK = {"aes": (16, 16), "gcm": (8, 4), "3des": (8, 8)}
_CHECK_VALUE = {"md5": 12, "sha1": 12, "sha2_256": 16, "sha2_384": 24, "sha2_512": 32, None: 16}


@dataclass(frozen=True)
class Proposal:
    """One proposal. `integrity` is None where the cipher authenticates by itself (ESP: RFC 4106, RFC 7634)."""

    cipher: str
    integrity: str | None
    group: str | None

    def __str__(self) -> str:
        suite = "-".join(part for part in (self.cipher, self.integrity) if part)
        return f"{suite};{self.group}" if self.group else suite

    @property
    def is_aead(self) -> bool:
        """Whether the cipher brings its own integrity check (AES-GCM, ChaCha20-Poly1305)."""
        return "_gcm" in self.cipher or self.cipher == CHACHA20

    @property
    def weak_parts(self) -> tuple[str, ...]:
        """What no longer counts as safe: 3DES, MD5, and the 1024-bit group (RFC 8221, RFC 8247)."""
        return tuple(part for part in (self.cipher, self.integrity, self.group) if part in WEAK)

    @property
    def better(self) -> Proposal:
        """What to ask the venue for: this one, with another part for each that is weak, or that the gateway does not have."""
        cipher, integrity, group = (_BETTER.get(part or "", part) for part in (self.cipher, self.integrity, self.group))
        return Proposal(cipher or "", integrity, group)

    def inner_mtu(self, outer_mtu: int = 1500) -> int:
        """Octets of the largest IP packet that still passes a path of `outer_mtu` octets as ESP in UDP (RFC 3948)."""
        iv, block = _IV_AND_BLOCK["gcm" if self.is_aead else self.cipher if self.cipher == "3des" else "aes"]
        ip_udp_esp = 20 + 8 + 8
        short = re.search("_gcm_(8|12)_", self.cipher)
        room = outer_mtu - ip_udp_esp - iv - (int(short[1]) if short else _CHECK_VALUE[self.integrity])
        return room // block * block - 2  # the trailer's pad length and next header


def parse(text: Any) -> Proposal:
    """Read `cipher[-hash][;group]`.

    Raises:
        PydanticCustomError: a part is unknown, or missing where the cipher needs it.
    """
    if isinstance(text, Proposal):
        return text
    if not isinstance(text, str):
        raise _no_text(text)
    _refuse_what_no_engine_has(text)
    _refuse_other_notations(text)
    suite, separator, group = text.partition(";")
    cipher, _, integrity = suite.partition("-")
    proposal = Proposal(cipher, integrity or None, group or None)
    _known(cipher, CIPHERS, "cipher")
    if integrity:
        but = f"{cipher} alone in phase 2, and in phase 1 with " if proposal.is_aead else ""
        _known(integrity, HASHES, "hash", but=but)
    if separator:
        _known(group, GROUPS, "group", elsewhere=GROUPS_ELSEWHERE)
    if not proposal.is_aead and not integrity:
        example = replace(proposal, integrity="sha2_256")
        raise wrong("names no hash", f"write {example}, or the hash that the venue's form says")
    return proposal


def _no_text(value: Any) -> PydanticCustomError:
    if not isinstance(value, list | tuple):
        return wrong("is not a proposal", "write it as aes256-sha2_256;modp2048")
    return _several() if len(value) > 1 else wrong("is a list", "write its one proposal without the brackets")


def _several() -> PydanticCustomError:
    remedy = (
        "write one in each place: the one that both of you prefer as proposal, each other as an entry of "
        "alternatives: [aes256-sha1;modp2048]"
    )
    return wrong("is several proposals", remedy)


_NOT_HERE = (
    (
        r"ecp[0-9]+bp|brainpool(?:p?[0-9]+[rt]1)?",
        "a Brainpool group",
        "dh19, dh20 or dh21, the elliptic groups that it has",
    ),
    (r"camellia|blowfish|twofish|cast5|cast128|seed|idea", "another cipher than AES, ChaCha20 and 3DES", "aes256"),
    (r"aes[-_ ]?(?:[0-9]{3}[-_ ]?)?ctr|ctr[-_ ]?aes", "AES in counter mode without a check of its own", "aes_gcm256"),
    (r"xcbc|cmac|gmac", "another hash than SHA and MD5", "sha2_256"),
)


def _refuse_what_no_engine_has(text: str) -> None:
    """What is known by name, and that the gateway does not offer: it is the venue's to change."""
    for pattern, what, instead in _NOT_HERE:
        if re.search(rf"(?<![a-z])(?:{pattern})(?![a-z])", text[:_LONGEST].lower()):
            raise wrong(f"names {what}, which the gateway does not have", f"ask the venue for {instead}")
    prfs, hashes = (
        {_AGAIN.get(one, one) for one in re.findall(pattern, re.sub("sha2[-_]", "sha", text[:_LONGEST].lower()))}
        for pattern in (r"prf[-_]?(sha[0-9]+)", r"(?<!prf)(?<!prf[-_])(?<![a-z])(sha(?:1|256|384|512))(?![0-9])")
    )
    if prfs and hashes and prfs != hashes:
        raise wrong("names another hash for the PRF than for the check", "ask the venue for one hash in both places")


def _refuse_other_notations(text: str) -> None:
    ours = respelled(text)
    if any(len(parts) > 1 for parts in _parts(_words(text))) or ("," in text and not ours):
        raise _several()
    if text.rstrip().endswith(";"):
        raise wrong(
            "names no group behind its semicolon", "write the group of the venue's form there, such as modp2048"
        )
    if ours and ours != text:
        raise wrong("is written in another notation", f"write {ours}")


def _known(part: str, parts: tuple[str, ...], what: str, *, but: str = "", elsewhere: tuple[str, ...] = ()) -> None:
    if part not in (*parts, *elsewhere):
        # The part itself is not repeated: the whole value is shown beside the message already.
        raise wrong(f"has no {what} that we know", f"write {but}one of {', '.join(parts)}")


_AGAIN = {
    "sha": "sha1",
    "sha256": "sha2_256",
    "sha384": "sha2_384",
    "sha512": "sha2_512",
    "des3": "3des",
    "ecp256": "dh19",
    "ecp384": "dh20",
    "ecp521": "dh21",
    "curve25519": "dh31",
    "x25519": "dh31",
    # The groups' numbers: RFC 2409, RFC 3526.
    "dh1": "modp768",
    "dh2": "modp1024",
    "dh5": "modp1536",
    "dh14": "modp2048",
    "dh15": "modp3072",
    "dh16": "modp4096",
    "dh17": "modp6144",
    "dh18": "modp8192",
    # RFC 5114, section 3, as strongSwan calls them.
    "modp1024s160": "dh22",
    "modp2048s224": "dh23",
    "modp2048s256": "dh24",
}
# As others join what we write as one word, in small letters.
_JOINED = (
    # What our own form says beside a name: the check value, and what a hash or a group's number is; and for want of a hash.
    (r"[-_ ]*\((8|12|16)[- ]octets?(?: icv)?\)", r"-\1"),
    (r"\s*\(prf\)|none: the cipher authenticates", ""),
    (r"[()]", " "),
    (r"aes[-_ ]?(128|192|256)[-_ ]?gcm[-_ ]?(?:8|64)(?![0-9])", r"aes_gcm_8_\1"),
    (r"aes[-_ ]?(128|192|256)[-_ ]?gcm[-_ ]?(?:12|96)(?![0-9])", r"aes_gcm_12_\1"),
    (r"aes[-_ ]?(128|192|256)[-_ ]?gcm(?:[-_ ]?(?:16|128))?(?![0-9])", r"aes_gcm\1"),
    (r"aes[-_ ]gcm[-_ ](?:16[-_ ])?(128|192|256)(?![0-9])", r"aes_gcm\1"),
    (r"chacha20[-_ ]?poly1305", "chacha20_poly1305"),
    (r"aes[-_ ]?(128|192|256)(?:[-_ ]?cbc)?(?![0-9])", r"aes\1"),
    (r"3des[-_]cbc", "3des"),
    (r"(?:hmac[-_])?sha-?(?:2[-_])?(?=(?:1|256|384|512)(?![0-9]))", "sha"),
    (r"(modp|ecp)[-_ ](?=[0-9])", r"\1"),
    (r"(?:dh[-_ ]?group|dh|group)[-_ ]?(?=[0-9])", "dh"),
)
_NOTHING = ("none", "null")
_LONGEST = 200
"""Of what is read word by word: a longer text is no proposal."""


def respelled(text: str) -> str:
    """The proposal in our notation, of another equipment's or a form's; empty where a word of it is not in our notation.

    `AES256-SHA256-MODP2048`, `aes256gcm16-prfsha256-ecp256`, `AES-256-CBC, SHA-1, group 14`.
    """
    words = _words(text)
    ciphers, hashes, groups = _parts(words)
    if (
        len(ciphers) + len(hashes) + len(groups) != len(words)
        or len(ciphers) != 1
        or len(hashes) > 1
        or len(groups) > 1
    ):
        return ""
    found = Proposal(ciphers[0], next(iter(hashes), None), next(iter(groups), None))
    return str(found) if found.integrity or found.is_aead else ""


def _words(text: str) -> list[str]:
    """What it names, each once and as we write it. We write no PRF beside a hash: it is the same one."""
    plain = text.lower().strip(" !\r\n\t") if len(text) <= _LONGEST else ""
    for theirs, ours in _JOINED:
        plain = re.sub(theirs, ours, plain)
    first, *others = [word for word in re.split(r"[-;!/+,\s]+", plain) if word] or [""]
    # A number alone is a group's.
    others = [re.sub(r"^(?=[0-9]{1,2}$)", "dh", word) for word in others if word not in _NOTHING]
    words = [_AGAIN.get(word, word) for word in (first, *others)]
    hashes = [word for word in words if word in HASHES]
    prfs = [_AGAIN.get(word[3:].strip("_"), word) for word in words if word.startswith("prf")]
    if hashes in ([], prfs):
        words = [word for word in words if not word.startswith("prf")] + prfs
    return list(dict.fromkeys(words))


def _parts(words: list[str]) -> tuple[list[str], list[str], list[str]]:
    kinds = (CIPHERS, HASHES, (*GROUPS, *GROUPS_ELSEWHERE))
    ciphers, hashes, groups = ([word for word in words if word in kind] for kind in kinds)
    return ciphers, hashes, groups


_PATTERN = rf"^({'|'.join(CIPHERS)})(-({'|'.join(HASHES)}))?(;({'|'.join(GROUPS)}))?$"
ProposalText = Annotated[
    Proposal,
    GetPydanticSchema(
        lambda _source, _handler: core_schema.no_info_plain_validator_function(
            parse, serialization=core_schema.to_string_ser_schema()
        ),
        lambda _schema, _handler: {"type": "string", "pattern": _PATTERN},
    ),
]
