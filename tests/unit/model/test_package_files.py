"""The files that a client file names for OpenSwan: below its folder, unless a person names them; no private key."""

from __future__ import annotations

import base64
import shutil
from pathlib import Path

import pytest

from model.faults import InvalidInput
from model.load import load
from model.private_key import has_private_key, has_public_keys_alone
from tests.paths import ROOT
from tests.unit.model.example import CLIENT, DEB, PUBLIC_KEY, VENUE, edited

PUBLIC = PUBLIC_KEY
SECRET = b"\x95\x00\x03abc"
PEM = b"-----BEGIN %s-----\nAAAA\n-----END %s-----\n"
OUT = "leads out of this file's folder"


def armoured(packets: bytes, *, of: str) -> bytes:
    text = base64.b64encode(packets).decode()
    return f"-----BEGIN PGP {of} KEY BLOCK-----\nComment: ours\n\n{text}\n=abcd\n-----END PGP {of} KEY BLOCK-----\n".encode()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A clients folder, beside a folder that is not its business."""
    for name, text in {"venues/exchange": VENUE, "clients/acme": CLIENT}.items():
        path = tmp_path / f"{name}.yaml"
        path.parent.mkdir()
        path.write_text(text)
    (tmp_path / "other").mkdir()
    for place in (tmp_path / "other", tmp_path / "clients"):
        (place / "openswan.deb").write_bytes(DEB)
        (place / "key.asc").write_bytes(armoured(PUBLIC, of="PUBLIC"))
    return tmp_path


def said(folder: Path, *, deb: str = "", key: str = "", **context: str) -> str:
    """What is said about a client whose file names these."""
    apt = f"{{uri: https://apt.example.com, suite: trixie, key: {key}}}"
    package = f"{{deb: {deb}}}" if deb else f"{{apt: {apt}}}" if key else "null"
    client = edited(CLIENT, {"gateway.engine": "openswan", "gateway.openswan": package})
    (folder / "clients/acme.yaml").write_text(client)
    try:
        load(clients=folder / "clients", venues=folder / "venues", selected=["acme"], overrides=context)
    except InvalidInput as invalid:
        return str(invalid)
    return ""


@pytest.mark.parametrize("way", ["absolute", "up", "up and down again", "link", "linked folder"])
@pytest.mark.parametrize("kind", ["deb", "key"])
def test_a_file_that_is_not_below_the_client_file(folder: Path, way: str, kind: str) -> None:
    name = {"deb": "openswan.deb", "key": "key.asc"}[kind]
    (folder / f"clients/link-{name}").symlink_to(folder / "other" / name)
    (folder / "clients/folder").symlink_to(folder / "other")
    (folder / "clients/below").mkdir()
    ways = {
        "absolute": str(folder / "clients" / name),
        "up": f"../other/{name}",
        "up and down again": f"below/../{name}",
        "link": f"link-{name}",
        "linked folder": f"folder/{name}",
    }
    assert OUT in said(folder, **{kind: ways[way]})


@pytest.mark.parametrize("kind", ["deb", "key"])
def test_a_file_below(folder: Path, kind: str) -> None:
    name = {"deb": "openswan.deb", "key": "key.asc"}[kind]
    (folder / "clients/below").mkdir()
    (folder / f"clients/below/{name}").symlink_to(f"../{name}")
    assert said(folder, **{kind: name}) == ""
    assert said(folder, **{kind: f"below/{name}"}) == ""


def test_what_a_person_names_may_be_anywhere(folder: Path) -> None:
    """`make synth OPENSWAN_DEB=…` and `-c gateway.openswan.deb=…`: no file chose that path."""
    assert said(folder, **{"gateway.openswan.deb": str(folder / "other/openswan.deb")}) == ""
    assert said(folder, deb="openswan.deb", **{"gateway.openswan.deb": "../other/openswan.deb"}) == ""
    assert OUT in said(folder, deb="../other/openswan.deb", **{"gateway.image": "debian-12"})


@pytest.mark.parametrize(
    "content",
    [
        PEM % (b"PRIVATE KEY", b"PRIVATE KEY"),
        PEM % (b"EC PRIVATE KEY", b"EC PRIVATE KEY"),
        PEM % (b"OPENSSH PRIVATE KEY", b"OPENSSH PRIVATE KEY"),
        armoured(SECRET, of="PRIVATE"),
        armoured(PUBLIC + SECRET, of="PUBLIC"),
        armoured(PUBLIC, of="PUBLIC") + armoured(SECRET, of="PUBLIC"),
        armoured(SECRET, of="PUBLIC").replace(b"\n", b"\r\n"),
        SECRET,
        PUBLIC + b"\xc7\x03abc",
        b"\xc6\xc0\x00" + bytes(192) + SECRET,
        b"\xc6\xff\x00\x00\x00\x03abc" + SECRET,
    ],
)
def test_a_private_key_is_refused_and_not_repeated(folder: Path, content: bytes) -> None:
    (folder / "clients/key.gpg").write_bytes(content)
    assert "gateway.openswan.apt.key: 'key.gpg' has a private key in it" in said(folder, key="key.gpg")


PLAIN = armoured(SECRET, of="PUBLIC")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"any text\n",
        PEM % (b"PUBLIC KEY", b"PUBLIC KEY"),
        PLAIN.replace(b"Comment: ours", b"X-Comment: a"),
        PLAIN.replace(b"Comment: ours", b"Comment:"),
        PLAIN.replace(b"BLOCK-----\n", b"BLOCK-----  \n", 1),
        PLAIN.decode().encode("utf-16"),
        armoured(SECRET, of="PRIVATE").decode().encode("utf-16"),
        base64.b64encode(SECRET),
        PUBLIC + b"\0" + SECRET,
        b"\0" + PUBLIC,
        PUBLIC[:-1],
        armoured(PUBLIC, of="PUBLIC") + base64.b64encode(SECRET * 9),
        armoured(PUBLIC + b"\0" + SECRET, of="PUBLIC"),
        armoured(PUBLIC, of="PUBLIC").replace(b"\n\n", b"\n"),
    ],
)
def test_what_is_more_or_other_than_public_keys_is_refused(folder: Path, content: bytes) -> None:
    (folder / "clients/key.gpg").write_bytes(content)
    found = said(folder, key="key.gpg")
    assert "is no OpenPGP public key, or has more in it" in found or "has a private key in it" in found


@pytest.mark.parametrize("content", [PUBLIC, armoured(PUBLIC, of="PUBLIC"), armoured(PUBLIC, of="PUBLIC") * 2])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_public_keys_are_taken_as_gpg_exports_them(content: bytes, end: bytes) -> None:
    assert has_public_keys_alone(content.replace(b"\n", end))


def test_the_keys_that_we_ship_are_public_keys_alone() -> None:
    assert has_public_keys_alone((ROOT / "userdata/agent-keys.asc").read_bytes())


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is no package of Debian's"),
        (PEM % (b"OPENSSH PRIVATE KEY", b"OPENSSH PRIVATE KEY"), "is no package of Debian's"),
        (DEB + PEM % (b"PRIVATE KEY", b"PRIVATE KEY"), "has a private key in it"),
        (None, "is larger than 64 MiB"),
    ],
    ids=["empty", "a key", "a package with a key in the clear", "sparse"],
)
def test_a_deb_that_is_none(folder: Path, content: bytes | None, why: str) -> None:
    with (folder / "clients/other.deb").open("wb") as file:
        if content is None:
            file.truncate(1 << 35)
        else:
            file.write(content)
    assert f"gateway.openswan.deb: 'other.deb' {why}" in said(folder, deb="other.deb")


@pytest.mark.parametrize("content", [PUBLIC, armoured(PUBLIC, of="PUBLIC"), b"", b"\xff", b"\x98", b"\x00a key\xff"])
def test_what_is_no_private_key(content: bytes) -> None:
    assert not has_private_key(content)


def test_the_key_that_we_ship_is_public() -> None:
    assert not has_private_key((ROOT / "userdata/agent-keys.asc").read_bytes())


def test_the_package_that_the_example_shows_lies_below_its_folder(tmp_path: Path) -> None:
    """Whoever takes the comment's marks away is told where to put the file."""
    for kind in ("clients", "venues"):
        shutil.copytree(ROOT / kind, tmp_path / kind)
    path = tmp_path / "clients/lse-proquote-openswan.yaml"
    text = path.read_text()
    shown = text.replace("# openswan:", "openswan:").replace("#   deb:", "  deb:")
    assert shown != text
    path.write_text(shown)
    with pytest.raises(InvalidInput, match="is not there, or cannot be read; put the file at") as invalid:
        load(clients=tmp_path / "clients", venues=tmp_path / "venues", selected=["lse-proquote-openswan"])
    assert OUT not in str(invalid.value)
