"""The package archive that a gateway installs from: a few of Debian's packages under the archive's own paths."""

from __future__ import annotations

import gzip
import hashlib
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOSTS = ("deb.debian.org", "cdn-aws.deb.debian.org")
_LIFE = timedelta(days=3650)


@dataclass(frozen=True)
class Archive:
    """An archive in a folder: `www/` is what is served; `tls.pem` and `tls.key` prove the server to apt, and to apt alone."""

    folder: Path

    @property
    def root(self) -> Path:
        """What is served."""
        return self.folder / "www"

    @property
    def certificate(self) -> Path:
        """The server's certificate, which signs itself."""
        return self.folder / "tls.pem"

    @property
    def key(self) -> Path:
        """The server's private key."""
        return self.folder / "tls.key"

    @property
    def pool(self) -> Path:
        """Where the packages lie."""
        return self.root / "debian/pool"

    def index(self, *, suite: str) -> None:
        """Write the indexes of the suite, and empty ones of those that Debian's sources name beside it."""
        packages = subprocess.run(
            ["dpkg-scanpackages", "--multiversion", "pool"],
            cwd=self.pool.parent,
            check=True,
            capture_output=True,
            text=True,
        )
        _write_suite(self.root / "debian", suite, packages.stdout)
        for name in (f"{suite}-updates", f"{suite}-backports"):
            _write_suite(self.root / "debian", name, "")
        _write_suite(self.root / "debian-security", f"{suite}-security", "")

    def certify(self) -> None:
        """Make the server's key and certificate."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "package archive (rehearsal)")])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=2))
            .not_valid_after(now + _LIFE)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in HOSTS]), critical=False)
            .sign(key, hashes.SHA256())
        )
        self.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        self.key.touch(mode=0o600)
        self.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )


def _write_suite(archive: Path, suite: str, packages: str) -> None:
    """Write the packages' index and Release (https://wiki.debian.org/DebianRepository/Format)."""
    folder = archive / "dists" / suite
    plain = folder / "main/binary-amd64/Packages"
    plain.parent.mkdir(parents=True)
    plain.write_text(packages)
    packed = plain.with_suffix(".gz")
    packed.write_bytes(gzip.compress(packages.encode(), mtime=0))
    fields = {
        "Origin": "fixtunnel rehearsal",
        "Date": datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S UTC"),
        "Suite": suite,
        "Codename": suite,
        "Architectures": "amd64",
        "Components": "main",
        # apt leaves an index out that is not listed in its plain form too.
        "SHA256": "".join(f"\n {_digest(path)} {path.relative_to(folder)}" for path in (plain, packed)),
    }
    (folder / "Release").write_text("".join(f"{field}: {value}\n" for field, value in fields.items()))


def _digest(path: Path) -> str:
    return f"{hashlib.sha256(path.read_bytes()).hexdigest()} {path.stat().st_size}"
