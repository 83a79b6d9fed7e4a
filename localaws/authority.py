"""The rehearsal's certificate authority: the one thing the gateway's image trusts that a gateway on AWS does not."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DOMAIN = "amazonaws.com"
_CA_LIFE = timedelta(days=3650)
_LEAF_LIFE = timedelta(days=30)
_RENEW_BEFORE = timedelta(days=60)
# A guest whose clock runs behind the host's must not find the certificate "not yet valid".
_CLOCK_SLACK = timedelta(days=2)


@dataclass(frozen=True, kw_only=True)
class Leaf:
    """A server's certificate and its private key, as files."""

    certificate: Path
    key: Path


def aws_names(region: str) -> tuple[str, ...]:
    """The names under which the gateway may ask for AWS: a wildcard covers one label only (RFC 6125, 6.4.3)."""
    return (f"*.{region}.{DOMAIN}", f"*.s3.{region}.{DOMAIN}", f"*.s3.{DOMAIN}", f"*.{DOMAIN}")


class Authority:
    """A certificate authority in a folder: made once, then read, so that an image which trusts it stays good.

    It can sign for `amazonaws.com` only (RFC 5280, 4.2.1.10): a key that leaks signs for nothing else.

    Args:
        folder: where `ca.pem` (for the image) and `ca.key` (0600, never leaves the host) lie.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.certificate = folder / "ca.pem"
        self._key_file = folder / "ca.key"
        with _alone(folder):
            if not self._is_good():
                self._make()

    def leaf(self, *, names: Sequence[str], folder: Path, stem: str = "front") -> Leaf:
        """A certificate for these names, written to `folder` as `<stem>.pem` and `<stem>.key`."""
        issuer = x509.load_pem_x509_certificate(self.certificate.read_bytes())
        key = ec.generate_private_key(ec.SECP256R1())
        alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        builder = (
            _dated(key.public_key(), _name(names[0]), issuer.subject, life=_LEAF_LIFE)
            .add_extension(alternatives, critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(_issuer_of(issuer), critical=False)
        )
        leaf = Leaf(certificate=folder / f"{stem}.pem", key=folder / f"{stem}.key")
        _write_secret(leaf.key, _pem(key))
        leaf.certificate.write_bytes(_certificate(builder, self._key()))
        return leaf

    def _is_good(self) -> bool:
        """Whether both files are there, belong together, and last for a while yet."""
        if not (self.certificate.exists() and self._key_file.exists()):
            return False
        certificate = x509.load_pem_x509_certificate(self.certificate.read_bytes())
        lasts = certificate.not_valid_after_utc - datetime.now(UTC) > _RENEW_BEFORE
        return lasts and certificate.public_key() == self._key().public_key()

    def _make(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name("fixtunnel rehearsal (test only)")
        constraints = x509.NameConstraints(permitted_subtrees=[x509.DNSName(DOMAIN)], excluded_subtrees=None)
        builder = (
            _dated(key.public_key(), name, name, life=_CA_LIFE)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(constraints, critical=True)
        )
        _write_secret(self._key_file, _pem(key))
        self.certificate.write_bytes(_certificate(builder, key))

    def _key(self) -> ec.EllipticCurvePrivateKey:
        key = serialization.load_pem_private_key(self._key_file.read_bytes(), password=None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return key


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _dated(
    key: ec.EllipticCurvePublicKey, subject: x509.Name, issuer: x509.Name, *, life: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SLACK)
        .not_valid_after(now + life)
        # Python 3.13 (Debian 13) verifies strictly and refuses a certificate without key identifiers.
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _issuer_of(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    identifier = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _certificate(builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey) -> bytes:
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _write_secret(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder against a rehearsal that starts at the same time."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
