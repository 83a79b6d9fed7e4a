"""The venue's words: proposals into strongSwan's and back, SAs as vici tells them, complaints from a log."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from model.proposal import CIPHERS, GROUPS, HASHES, Proposal, parse
from rehearsal.world.venue.charon import ike_sa
from rehearsal.world.venue.journal import last_complaint
from rehearsal.world.venue.terms import esp_suite, ike_suite, negotiated


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("aes192-sha1;modp2048", "aes192-sha1-modp2048"),
        ("aes256-sha2_256;dh19", "aes256-sha256-ecp256"),
        ("aes128-sha2_512;dh31", "aes128-sha512-curve25519"),
        ("3des-md5;modp1024", "3des-md5-modp1024"),
        ("aes_gcm256-sha2_384;dh20", "aes256gcm16-prfsha384-ecp384"),
        ("aes_gcm128;dh21", "aes128gcm16-prfsha256-prfsha384-prfsha512-ecp521"),
    ],
)
def test_phase_1_in_strongswans_words(ours: str, theirs: str) -> None:
    assert ike_suite(parse(ours)) == theirs


@pytest.mark.parametrize(
    ("ours", "group", "theirs"),
    [
        ("aes192-sha1", "modp2048", "aes192-sha1-modp2048"),
        ("aes192-sha1", None, "aes192-sha1"),
        ("aes_gcm256", "dh19", "aes256gcm16-ecp256"),
        ("aes_gcm256-sha2_256", None, "aes256gcm16"),
    ],
)
def test_phase_2_in_strongswans_words(ours: str, group: str | None, theirs: str) -> None:
    assert esp_suite(parse(ours), pfs_group=group) == theirs


def test_every_part_that_a_venue_file_may_name_is_known() -> None:
    for cipher in CIPHERS:
        for integrity in HASHES:
            for group in GROUPS:
                assert ike_suite(Proposal(cipher, integrity, group)).count("-") == 2


def test_what_was_negotiated_is_told_in_the_venue_files_words() -> None:
    seen = {"encr-alg": "AES_CBC", "encr-keysize": "192", "integ-alg": "HMAC_SHA1_96", "dh-group": "MODP_2048"}
    assert str(negotiated(seen)) == "aes192-sha1;modp2048"
    modern = {"encr-alg": "AES_GCM_16", "encr-keysize": "256", "prf-alg": "PRF_HMAC_SHA2_256", "dh-group": "ECP_256"}
    assert str(negotiated(modern)) == "aes_gcm256-sha2_256;dh19"
    assert negotiated({}) is None


def test_an_sa_that_is_still_connecting_has_no_identity_and_no_child() -> None:
    told = {
        "version": b"1",
        "uniqueid": b"7",
        "state": b"CONNECTING",
        "remote-host": b"203.0.113.7",
        "local-id": b"%any",
        "remote-id": b"%any",
        "initiator": b"yes",
    }
    sa = ike_sa("x", told)
    assert sa.remote_address == IPv4Address("203.0.113.7")
    assert (sa.remote_id, sa.proposal, sa.children, sa.is_up, sa.client_started) == (None, None, (), False, False)


STAMP = "2026-11-23T00:35:11.150 02"
REFUSED = (
    f"{STAMP}[CFG] received proposals: ESP:AES_CBC_128/HMAC_SHA1_96/NO_EXT_SEQ",
    f"{STAMP}[CFG] configured proposals: ESP:AES_CBC_192/HMAC_SHA1_96/NO_EXT_SEQ",
    f"{STAMP}[IKE] no matching proposal found, sending NO_PROPOSAL_CHOSEN",
)
UP = f"{STAMP}[IKE] CHILD_SA T{{1}} established with SPIs c1_i c2_o and TS 192.0.2.0/24 === 203.0.113.7/32"


def test_a_complaint_has_its_evidence_in_the_engines_words() -> None:
    complaint = last_complaint(REFUSED)
    assert complaint is not None
    assert complaint.kind == "proposal"
    assert complaint.words == (
        "received proposals: ESP:AES_CBC_128/HMAC_SHA1_96/NO_EXT_SEQ",
        "configured proposals: ESP:AES_CBC_192/HMAC_SHA1_96/NO_EXT_SEQ",
        "no matching proposal found, sending NO_PROPOSAL_CHOSEN",
    )


def test_a_tunnel_that_came_up_since_settles_it() -> None:
    assert last_complaint((*REFUSED, UP)) is None
    assert last_complaint((UP, *REFUSED)) is not None
    assert last_complaint(()) is None


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("[IKE] tried 1 shared key for '198.51.100.10' - '203.0.113.7', but MAC mismatched", "psk"),
        ("[ENC] could not decrypt payloads", "psk"),
        ("[IKE] received AUTHENTICATION_FAILED notify error", "authentication"),
        ("[IKE] no proposal found", "proposal"),
        ("[IKE] received INVALID_ID_INFORMATION error notify", "selectors"),
        ("[IKE] traffic selectors 192.0.2.0/24 === 203.0.113.8/32 unacceptable", "selectors"),
        ("[CFG] no matching peer config found", "identity"),
        ("[IKE] IDir 'gw.example.com' does not match to '203.0.113.7'", "identity"),
        ("[IKE] no IKE config found for 198.51.100.10...203.0.113.7, sending NO_PROPOSAL_CHOSEN", "unknown-peer"),
        ("[IKE] giving up after 5 retransmits", "no-answer"),
    ],
)
def test_each_saying_means_one_fault(line: str, fault: str) -> None:
    complaint = last_complaint([f"{STAMP}{line}"])
    assert complaint is not None
    assert complaint.kind == fault
