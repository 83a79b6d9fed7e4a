"""The rehearsal's certificate authority."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from cryptography import x509

from localaws.authority import Authority, aws_names


def test_it_is_made_once_and_its_key_is_private(tmp_path: Path) -> None:
    first = Authority(tmp_path / "ca").certificate.read_bytes()
    assert Authority(tmp_path / "ca").certificate.read_bytes() == first
    assert (tmp_path / "ca" / "ca.key").stat().st_mode & 0o777 == 0o600


def test_it_is_made_again_where_its_key_is_lost(tmp_path: Path) -> None:
    first = Authority(tmp_path / "ca").certificate.read_bytes()
    (tmp_path / "ca" / "ca.key").unlink()
    assert Authority(tmp_path / "ca").certificate.read_bytes() != first


@pytest.mark.parametrize(
    ("host", "is_good"),
    [
        ("secretsmanager.eu-west-2.amazonaws.com", True),
        ("bucket.s3.eu-west-2.amazonaws.com", True),
        ("bucket.s3.amazonaws.com", True),
        ("sts.amazonaws.com", True),
        ("s3.eu-central-1.amazonaws.com", False),
    ],
)
def test_a_strict_client_accepts_it_for_awss_names(tmp_path: Path, host: str, is_good: bool) -> None:
    assert handshake(tmp_path, names=aws_names("eu-west-2"), host=host) is is_good


def test_it_is_good_for_nothing_but_aws(tmp_path: Path) -> None:
    assert not handshake(tmp_path, names=["example.com"], host="example.com")


def handshake(folder: Path, *, names: list[str] | tuple[str, ...], host: str) -> bool:
    """Whether a client as strict as Python 3.13's (Debian 13) takes the server for `host`."""
    authority = Authority(folder / "ca")
    leaf = authority.leaf(names=names, folder=folder)
    accepting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    accepting.load_cert_chain(leaf.certificate, leaf.key)
    asking = ssl.create_default_context(cafile=str(authority.certificate))
    asking.verify_flags |= ssl.VERIFY_X509_STRICT
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = accepting.wrap_bio(to_server, to_client, server_side=True)
    client = asking.wrap_bio(to_client, to_server, server_hostname=host)
    return complete(client, server)


def complete(client: ssl.SSLObject, server: ssl.SSLObject) -> bool:
    for side in (client, server, client, server):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
        except ssl.SSLCertVerificationError:
            return False
    return True


def test_the_leaf_does_not_sign_others(tmp_path: Path) -> None:
    leaf = Authority(tmp_path / "ca").leaf(names=["a.amazonaws.com"], folder=tmp_path)
    certificate = x509.load_pem_x509_certificate(leaf.certificate.read_bytes())
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
