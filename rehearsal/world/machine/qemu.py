"""QEMU's command line for a machine that looks like an EC2 instance on Nitro, and whether KVM works here."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import IPv4Address
from pathlib import Path
from uuid import UUID

from rehearsal.world.image import Image

LINE = "org.fixtunnel.rehearsal"
"""The serial line's name in the guest: /dev/virtio-ports/<name>."""


@dataclass(frozen=True, kw_only=True)
class Card:
    """The network card: the tap device in the edge's namespace, and the address that its link layer has."""

    tap: str
    mac: str


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Who the instance is.

    Args:
        instance_id: as EC2 names it; on Nitro it is the board's asset tag.
        private_address: for the records; the machine gets it by DHCP, as on EC2.
    """

    instance_id: str
    private_address: IPv4Address

    @property
    def uuid(self) -> UUID:
        """A system UUID that begins with `ec2`, by which cloud-init recognises EC2 (its ds-identify)."""
        return UUID(f"ec2{self.instance_id.removeprefix('i-').ljust(29, '0')[:29]}")


@dataclass(frozen=True, kw_only=True)
class Files:
    """What a machine has on the host."""

    folder: Path

    @property
    def disk(self) -> Path:
        """Its own copy of the image's disk."""
        return self.folder / "disk.raw"

    @property
    def console(self) -> Path:
        """Everything that was written to the serial console, over every boot."""
        return self.folder / "console.log"

    @property
    def agent(self) -> Path:
        """The guest agent's socket."""
        return self.folder / "agent.sock"

    @property
    def line(self) -> Path:
        """A serial line to whatever is started behind it in the guest: the FIX engine, where it runs on the gateway."""
        return self.folder / "line.sock"

    @property
    def complaints(self) -> Path:
        """What QEMU itself said."""
        return self.folder / "qemu.log"


# Speed only. Faults of real processors are not there to be mitigated in a translated one, and nothing of a gateway depends
# on memory being wiped, on the kernel testing its ciphers at each load.
KERNEL_SPEED = (
    *("mitigations=off", "init_on_alloc=0", "cryptomgr.notests", "nowatchdog"),
    *("8250.nr_uarts=1", "random.trust_cpu=on"),
)


def kernel_line(image: Image) -> str:
    """The kernel's command line: Debian's console and root, and what makes a translated processor faster."""
    return " ".join((f"root={image.root}", "ro", "console=ttyS0,115200", "quiet", *KERNEL_SPEED))


def command(
    *,
    image: Image,
    files: Files,
    card: Card,
    identity: Identity,
    accelerator: str,
    memory_mib: int,
    clock_offset: float,
) -> list[str]:
    """The whole of it.

    Args:
        accelerator: `kvm` or `tcg`.
        clock_offset: seconds by which the machine's hardware clock is ahead of the host's.
    """
    return [
        *("qemu-system-x86_64", "-name", identity.instance_id, "-nodefaults", "-no-user-config", "-display", "none"),
        *_processor(accelerator),
        *("-smp", "2", "-m", str(memory_mib), "-rtc", f"base={_clock(clock_offset)}"),
        *("-kernel", str(image.kernel), "-append", kernel_line(image)),
        *("-chardev", f"file,id=console,path={files.console},append=on", "-serial", "chardev:console"),
        # The file is raw and the host does not crash: what the guest has flushed survives a power cut without syncing.
        *("-drive", f"file={files.disk},if=none,id=root,format=raw,cache=unsafe,aio=threads,discard=unmap"),
        *("-device", "nvme,drive=root,serial=vol0fixtunnelroot"),
        *("-netdev", f"tap,id=net0,ifname={card.tap},script=no,downscript=no"),
        # Segments as large as the card's own would not be what the venue's MTU is tried with.
        *("-device", f"virtio-net-pci,netdev=net0,mac={card.mac},host_tso4=off,host_tso6=off,host_ufo=off,romfile="),
        *("-device", "virtio-rng-pci", "-device", "virtio-serial-pci"),
        *("-chardev", f"socket,id=agent,path={files.agent},server=on,wait=off"),
        *("-device", "virtserialport,chardev=agent,name=org.qemu.guest_agent.0"),
        *("-chardev", f"socket,id=line,path={files.line},server=on,wait=off"),
        *("-device", f"virtserialport,chardev=line,name={LINE}"),
        *_firmware(identity),
    ]


def _processor(accelerator: str) -> tuple[str, ...]:
    # Nitro has none of these either. Each is a driver that the guest need not load, and SVM is the largest of all: KVM's.
    board = "q35,sata=off,smbus=off,usb=off,i8042=off,vmport=off,hpet=off"
    if accelerator == "kvm":
        return ("-machine", board, "-accel", "kvm", "-cpu", "host,-svm,-vmx")
    return ("-machine", board, "-accel", "tcg,thread=multi,tb-size=512", "-cpu", "max,-svm")


def _firmware(identity: Identity) -> tuple[str, ...]:
    """DMI as on Nitro (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/identify_ec2_instances.html)."""
    tables = (
        "type=0,vendor=Amazon EC2,version=1.0,date=10/16/2017",
        f"type=1,manufacturer=Amazon EC2,product=t3.small,serial={identity.uuid},uuid={identity.uuid}",
        f"type=2,manufacturer=Amazon EC2,asset={identity.instance_id}",
        "type=3,manufacturer=Amazon EC2,asset=Amazon EC2",
    )
    return tuple(word for table in tables for word in ("-smbios", table))


def _clock(offset: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=offset)).strftime("%Y-%m-%dT%H:%M:%S")


_KVM = Path("/dev/kvm")
_LIMIT_S = 8


@cache
def accelerator(kernel: Path) -> str:
    """`kvm` if this very kernel starts under it within a few seconds, else `tcg`.

    The kernel finds no disk, panics, and QEMU ends: where KVM is there but hangs or aborts, that does not happen.
    """
    if not os.access(_KVM, os.R_OK | os.W_OK):
        return "tcg"
    probe = [
        # It must end where this process was killed (its own limit), and where Ctrl-C has ended the one with the limit.
        *("timeout", "--signal=KILL", str(_LIMIT_S), "setpriv", "--pdeathsig", "KILL"),
        *("qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"),
        *("-machine", "pc,accel=kvm", "-cpu", "host", "-smp", "2", "-m", "256", "-serial", "stdio"),
        *("-kernel", str(kernel), "-append", "console=ttyS0 panic=-1"),
    ]
    try:
        done = subprocess.run(probe, stdin=subprocess.DEVNULL, capture_output=True, timeout=2 * _LIMIT_S, check=False)
    except subprocess.TimeoutExpired:
        return "tcg"
    return "kvm" if done.returncode == 0 and b"Unable to mount root" in done.stdout else "tcg"
