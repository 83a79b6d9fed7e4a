"""Where a rehearsed gateway differs from one on EC2: the whole list.

The user data is not on it: it is the same, byte for byte.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One difference: what EC2 has, what the rehearsal has, and why that does not matter to what is shown."""

    subject: str
    on_ec2: str
    here: str
    why: str


def _difference(subject: str, on_ec2: str, here: str, why: str) -> Difference:
    return Difference(subject=subject, on_ec2=on_ec2, here=here, why=why)


DIFFERENCES = (
    _difference(
        "processor",
        "hardware, by Nitro",
        "QEMU, translated where KVM does not work; where the translation trips over the kernel patching itself before a tunnel "
        "is loaded, the boot is begun again as after a power cut, and the report counts it",
        "slower; the same kernel and programs",
    ),
    _difference(
        "start of the kernel",
        "UEFI or BIOS, GRUB, the kernel with its initrd",
        "the same kernel, unpacked and started at once by QEMU; no initrd, since NVMe and ext4 are built in",
        "saves time before anything of a gateway runs",
    ),
    _difference(
        "kernel command line",
        "Debian's",
        "the same root and console, without mitigations for faults of processors that are not there",
        "speed only; see rehearsal/world/machine/qemu.py",
    ),
    _difference("network card", "ena, MTU 9001 by DHCP", "virtio-net, MTU 9001 by DHCP", "QEMU has no ena"),
    _difference(
        "disk", "an EBS volume on NVMe, with a GPT", "a file on NVMe, with an MBR", "found by its PARTUUID alike"
    ),
    _difference(
        "certificate authorities",
        "Mozilla's",
        "Mozilla's and one more, which can sign for amazonaws.com only",
        "the gateway asks for AWS by its real names and is answered here",
    ),
    _difference(
        "package archive",
        "Debian's, signed by Debian",
        "the packages that a gateway installs, of the day the image was built, under an index that apt trusts by its settings; "
        "a TLS certificate that only apt trusts",
        "same URLs, same packages; the signature check is apt's own, not ours",
    ),
    _difference(
        "amazon-ssm-agent",
        "AWS's own, signed by AWS",
        "a stand-in of that name in the region's bucket, signed by a key of the rehearsal's, which takes the place of "
        "AWS's keys in the parameter",
        "AWS's is not to be had here; it is fetched, verified and installed by the gateway's own program",
    ),
    _difference(
        "FIX engine",
        "the client's own, installed by the client",
        "QuickFIX, on the image in /opt/fix",
        "nothing of a gateway's boot knows it; it is started when the tunnel is up",
    ),
    _difference(
        "qemu-guest-agent", "not there", "installed: it stands in for a session by SSM", "a way in beside the network"
    ),
    _difference(
        "apparmor",
        "some hundred profiles, compiled at first boot; none is about a gateway's programs",
        "the kernel's part alone, without profiles",
        "an emulated processor takes twenty seconds to compile them",
    ),
    _difference(
        "first boot of the image",
        "ldconfig, journal catalogue and the like run once more, since the image says that /usr is newer",
        "the image says that it was done when it was built",
        "EC2 takes a second for that, an emulated processor five",
    ),
    _difference(
        "cloud-init",
        "asks DNS for a second metadata address, and applies the network's configuration in both of its stages",
        "gets the one address, and applies the configuration once",
        "by its own settings, in /etc/cloud/cloud.cfg.d/90_rehearsal.cfg; each costs ten seconds of an emulated processor",
    ),
    _difference(
        "GRUB, manual pages, editors",
        "installed",
        "left out",
        "nothing of a gateway uses them",
    ),
)
