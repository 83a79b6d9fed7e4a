"""Building a gateway's image, once for each recipe."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from model.client import Release
from rehearsal.fix.bundle import fix_bundle
from rehearsal.fix.channel import GUEST_FOLDER
from rehearsal.world.image.archive import Archive
from rehearsal.world.image.disk import PARTUUID, write_disk
from rehearsal.world.image.kernel import unpack
from rehearsal.world.image.recipe import DISK_GIB, PYTHONS, Recipe
from rehearsal.world.image.stand_in import StandIn

# What the gateway's user data installs, whatever the engine.
OFFERED = ("gpgv", "libreswan", "nftables", "python3-boto3")
_CACHED_DEBS = "var/cache/apt/archives"


class ImageFailed(Exception):
    """An image could not be built: what failed, its own words, and what to do."""


@dataclass(frozen=True, kw_only=True)
class Image:
    """A built image. Nothing of it is ever written to: machines start from a copy of the disk."""

    release: Release
    folder: Path

    @property
    def disk(self) -> Path:
        """The disk, sparse."""
        return self.folder / "disk.raw"

    @property
    def kernel(self) -> Path:
        """The release's own cloud kernel, unpacked."""
        return self.folder / "vmlinux"

    @property
    def root(self) -> str:
        """The root file system, as the kernel's command line names it."""
        return f"PARTUUID={PARTUUID}"

    @property
    def archive(self) -> Archive:
        """The packages that a gateway installs."""
        return Archive(self.folder / "archive")

    @property
    def agent(self) -> StandIn:
        """What a gateway finds instead of AWS's agent."""
        return StandIn(self.folder / "agent")

    @property
    def manifest(self) -> dict[str, str]:
        """The version of every package on the image."""
        lines = (self.folder / "manifest.txt").read_text().splitlines()
        return dict(line.split() for line in lines)


Does = Callable[[str], None]
"""Takes a word on what is done just now."""


def _quietly(_what: str) -> None:
    pass


def image(
    *, release: Release, authority: Path, cache: Path, offered: tuple[str, ...] = OFFERED, does: Does = _quietly
) -> Image:
    """The image of a release: from the cache, or built, which takes a minute or two and needs root.

    Args:
        authority: the certificate (PEM) of the CA that signs for AWS's names.
        cache: where images are kept, in a folder of its own for each.
        offered: what the archive offers beside what is on the image.
        does: takes each part of a build as it begins.

    Raises:
        ImageFailed: it could not be built; nothing is left behind.
        FixError: the FIX engine cannot be had from PyPI.
    """
    does("the FIX engine")
    engine = fix_bundle(PYTHONS[release], cache=cache / "fix")
    recipe = Recipe(release=release, authority=authority.read_bytes(), offered=offered, engine=engine)
    folder = cache / recipe.key
    built = Image(release=release, folder=folder)
    if not folder.exists():
        cache.mkdir(parents=True, exist_ok=True)
        does("waiting for another build")
        with _alone(cache / f"{release}.lock"):
            if not folder.exists():
                _build(recipe, authority=authority, folder=folder, does=does)
    return built


def _build(recipe: Recipe, *, authority: Path, folder: Path, does: Does) -> None:
    for abandoned in folder.parent.glob(f".{recipe.release}-*"):
        # We hold the lock: whoever began this is gone.
        shutil.rmtree(abandoned)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{recipe.release}-") as draft:
        work = Path(draft)
        result = work / "image"
        tree = work / "root"
        (result / "archive").mkdir(parents=True)
        archive = Archive(result / "archive")
        archive.certify()
        _debootstrap(recipe, tree=tree, authority=authority, archive=archive, work=work, does=does)
        does("the index of its packages")
        archive.index(suite=recipe.suite)
        StandIn(result / "agent").make()
        (result / "manifest.txt").write_text((work / "manifest.txt").read_text())
        does("its kernel and its disk")
        unpack(bz_image=next((tree / "boot").glob("vmlinuz-*")), vmlinux=result / "vmlinux")
        write_disk(tree=tree, disk=result / "disk.raw", gib=DISK_GIB)
        result.rename(folder)


def _debootstrap(recipe: Recipe, *, tree: Path, authority: Path, archive: Archive, work: Path, does: Does) -> None:
    """Unpack Debian into `tree`, lay our files over it, and take the packages that a gateway will install."""
    archive.pool.mkdir(parents=True)
    script = Path(__file__).with_name("customize.sh")
    environment = {
        "AUTHORITY": str(authority),
        "ARCHIVE_CERTIFICATE": str(archive.certificate),
        "TREES": " ".join(str(path) for path in recipe.trees),
        "OFFERED": " ".join(recipe.offered),
        "POOL": str(archive.pool),
        "ENGINE": str(recipe.engine),
        "ENGINE_PLACE": GUEST_FOLDER,
        "MANIFEST": str(work / "manifest.txt"),
    }
    _run(
        [
            *("mmdebstrap", "--mode=root", "--variant=minbase", "--format=directory", "--dpkgopt=force-confold"),
            # No initrd: nothing would boot from it, and each takes ten seconds to make.
            "--essential-hook=mkdir -p $1/etc/initramfs-tools",
            "--essential-hook=echo update_initramfs=no >$1/etc/initramfs-tools/update-initramfs.conf",
            f"--include={','.join(recipe.packages)}",
            f"--customize-hook={script}",
            *(recipe.suite, str(tree)),
            *recipe.sources,
        ],
        environment=environment,
        does=does,
    )


def _run(argv: list[str], *, environment: dict[str, str] | None = None, does: Does = _quietly) -> None:
    """`does` takes what mmdebstrap says of itself: each of its parts is a line that begins with `I: `."""
    last: deque[str] = deque(maxlen=15)
    variables = {**os.environ, **(environment or {})}
    with subprocess.Popen(
        argv, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        assert process.stdout
        for line in process.stdout:
            last.append(line.rstrip())
            if line.startswith("I: "):
                does("our files over Debian's" if "-hook " in line else line.removeprefix("I: ").strip(" .\n"))
    if process.returncode:
        words = "\n".join(last)
        raise ImageFailed(f"{argv[0]} failed ({process.returncode}); building needs root and deb.debian.org:\n{words}")


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold a lock that parallel runs wait for."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
