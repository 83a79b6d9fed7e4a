"""The PSK begins with "canary": whoever looks for it finds it in one file of the gateway, and nowhere else."""

from __future__ import annotations

import base64
from pathlib import Path

from rehearsal.report import write
from tests.rehearsal.scene import OUT, Scene


def spellings(psk: bytes) -> tuple[bytes, ...]:
    """As it is, in hexadecimal, and in base64 at each of the three offsets that it may have within something longer."""
    inner = [base64.b64encode(b"\0" * offset + psk)[4 if offset else 0 : -4] for offset in range(3)]
    return (psk, psk.hex().encode(), psk.hex().upper().encode(), *inner)


def test_not_in_the_user_data(seed: Scene) -> None:
    assert not any(word in seed.stage.instance.user_data for word in spellings(seed.psk))


def test_not_in_what_the_rehearsal_wrote(seed: Scene, tmp_path: Path) -> None:
    """Console, captures, logs and request lists; not the machine's disk, nor the venue's own file of secrets."""
    write(seed.report, tmp_path)
    files = [*OUT.joinpath("lse-proquote").rglob("*"), *tmp_path.iterdir(), *seed.stage.run_dir.rglob("*")]
    own = ("disk.raw", "psk.conf")
    read = [path for path in files if path.is_file() and path.name not in own]
    assert {"console.log", "edge.pcap", "cdk.log", "front.jsonl", "charon.log", "report.json"} <= {
        path.name for path in read
    }
    found = [str(path) for path in read if any(word in path.read_bytes() for word in spellings(seed.psk))]
    assert found == []


def test_on_the_gateway_in_one_file(seed: Scene) -> None:
    words = b"\n".join(spellings(seed.psk)) + b"\n"
    where = "/etc /var /run /root /home /tmp /opt /boot /usr/lib/fixtunnel"
    found = seed.gateway.run(["/bin/sh", "-c", f"grep -rlaF -f - {where} 2>/dev/null"], stdin=words, limit=240)
    assert found.stdout.split() == ["/etc/ipsec.d/LSE_Proquote.secrets"]


def test_not_in_the_journal(seed: Scene) -> None:
    """Its files are compressed: it is asked itself."""
    words = b"\n".join(spellings(seed.psk)) + b"\n"
    script = "cat >/run/words; journalctl --no-pager --output=export | grep -caF -f /run/words; rm /run/words"
    assert seed.gateway.run(["/bin/sh", "-c", script], stdin=words, limit=240).stdout.strip() == "0"


def test_not_in_any_process_that_can_be_listed(seed: Scene) -> None:
    words = b"\n".join(spellings(seed.psk)) + b"\n"
    script = "grep -laF -f - /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null"
    assert seed.gateway.run(["/bin/sh", "-c", script], stdin=words).stdout == ""


def test_not_in_a_process_of_this_machine(seed: Scene) -> None:
    for process in Path("/proc").glob("[0-9]*"):
        try:
            told = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:
            continue
        assert not any(word in told for word in spellings(seed.psk)), process
