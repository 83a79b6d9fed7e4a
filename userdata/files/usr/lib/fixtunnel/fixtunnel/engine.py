"""The IPsec engine, by the commands that OpenSwan and libreswan have in common (ipsec_auto(8), ipsec_whack(8))."""

import re
import subprocess
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from fixtunnel.command import SYSTEMD_SECONDS, Failed, run
from fixtunnel.contract import TunnelState
from fixtunnel.settings import Settings, Tunnel

# The state in a line of `ipsec whack --status` or `--showstates`. Its names: IKEv1 of both engines, then IKEv2 of OpenSwan
# (2.6 has one state for both SAs, and names the child "IPSEC"; 3.0 has a state for each), libreswan 4, libreswan 5.
_STATE = re.compile(
    r'#(?P<number>\d+): "[^"]+"(?:\[\d+\])?(?:\s\S+)?:\d+ (?:IKEv\d\.\d )?(?P<state>[A-Z][A-Z0-9a-z_]+) \('
)
_IKE_UP = re.compile(r"STATE_(MAIN_(I4|R3)|PARENT_[IR]3)\b|ESTABLISHED_IKE_SA\b")
_CHILD_UP = re.compile(
    r"STATE_QUICK_(I2|R2)\b.*IPsec SA established|STATE_PARENT_[IR]3\b.*newest IPSEC|\(CHILD SA established\)"
    r"|ESTABLISHED_CHILD_SA\b"
)

# OpenSwan has no unit: its script must not run with the few rights of the boot or the watch, nor end with them.
_OUTSIDE = ("systemd-run", "--quiet", "--collect", "--service-type=forking", "--property=RemainAfterExit=yes")
# Not its `start`: that does nothing, and says so with 0, where a pluto that was killed left its files.
_FIRST = "modprobe --all af_key esp4 xfrm_user\nexec ipsec setup restart"
# Its `start` does nothing where a killed pluto left its files, and its `restart` first spends seconds on ending what is gone.
_AGAIN = """kill -0 "$(cat /run/pluto/pluto.pid 2>/dev/null)" 2>/dev/null && exec ipsec setup restart
rm -f /run/pluto/pluto.pid /run/pluto/ipsec_setup.pid
exec ipsec setup start"""


def check_version(settings: Settings) -> str:
    """The engine's version line.

    Raises:
        Failed: it is another engine, or too old: OpenSwan before 2.6.41-4 does not bring up a tunnel from behind NAT
            (the fix is in 2.6.41-4 and in all from 2.6.42) and, over IKEv2, before 3.0 looks for no NAT; libreswan before
            4.2 has no `ikev1-policy`.
    """
    line = run("ipsec", "--version").stdout.strip().partition("\n")[0]
    name = settings.engine
    # strongSwan has an `ipsec` too, and a version.
    version = {"openswan": r"Openswan U(\d+)\.(\d+)\.(\d+)(?:-(\d+))?", "libreswan": r"Libreswan (\d+)\.(\d+)"}[name]
    found = re.search(version, line)
    if not found:
        raise Failed(f"engine is not {name}", f"it says: {line}")
    numbers = tuple(int(number or 0) for number in found.groups())
    least = _least(name, {tunnel.ike for tunnel in settings.tunnels})
    if numbers < least:
        needed = ".".join(map(str, least[:3])) + (f"-{least[3]}" if len(least) > 3 else "")
        raise Failed(f"{name} is older than {needed}", f"it says: {line}")
    return line


def _least(name: str, ike: set[int]) -> tuple[int, ...]:
    if name == "openswan":
        return (3, 0, 0) if 2 in ike else (2, 6, 41, 4)
    return (4, 2) if 1 in ike else (3, 30)


def check_files() -> None:
    """Let the engine read its configuration. It ends with 0 for connections that it will not load, so any word counts.

    Raises:
        Failed: it says something on standard error.
    """
    checked = run("ipsec", "addconn", "--config", "/etc/ipsec.conf", "--checkconfig", check=False)
    if checked.returncode or checked.stderr.strip():
        raise Failed("ipsec.conf is refused by the engine", checked.stderr or checked.stdout)


def start(settings: Settings) -> None:
    """Start the engine if it does not run, and wait until it answers."""
    if settings.engine == "openswan":
        if not is_running():
            run(*_OUTSIDE, "/bin/sh", "-c", _FIRST, seconds=120)
    else:
        run("systemctl", "start", "ipsec.service", seconds=180)
    wait_until(is_running, "the engine answers", 60)


def restart(settings: Settings) -> None:
    """Start the engine again. Every tunnel goes down with it, so this is the last thing to try."""
    if settings.engine == "openswan":
        run(*_OUTSIDE, "ipsec", "setup", "restart", check=False, seconds=120)
    else:
        # One that was killed too often counts as failed, and would not be started again.
        run("systemctl", "reset-failed", "ipsec.service", check=False)
        run("systemctl", "stop", "ipsec.service", check=False, seconds=120)
    start(settings)


def first_start_after(settings: Settings) -> float:
    """Seconds that an engine which does not answer is given to come back: systemd starts libreswan's again, not OpenSwan's."""
    return 0.0 if settings.engine == "openswan" else 10.0


def begin_start(settings: Settings) -> None:
    """Ask for the engine to be started, and return at once. OpenSwan's script takes its time: another beside it would not do."""
    if settings.engine == "openswan":
        run(*_OUTSIDE, "--no-block", "/bin/sh", "-c", _AGAIN, check=False, seconds=SYSTEMD_SECONDS)
        return
    run("systemctl", "reset-failed", "ipsec.service", check=False, seconds=SYSTEMD_SECONDS)
    run("systemctl", "start", "--no-block", "ipsec.service", check=False, seconds=SYSTEMD_SECONDS)


def is_running() -> bool:
    """Whether pluto answers."""
    return ask("--status").returncode == 0


def ask(*words: str, seconds: float = 60) -> "subprocess.CompletedProcess[str]":
    """Ask pluto, and return what it says, whatever that is."""
    return run(_whack(), *words, check=False, seconds=seconds)


def check_loaded(settings: Settings) -> None:
    """Assert that the engine knows each tunnel: what it refuses it does not name, and its checker says nothing.

    Raises:
        Failed: a tunnel is not known to the engine.
    """
    for tunnel in settings.tunnels:
        if not is_loaded(tunnel.name):
            said = run("ipsec", "auto", "--add", tunnel.name, check=False)
            if not is_loaded(tunnel.name):
                raise Failed(f"not loaded: {tunnel.name}", said.stdout + said.stderr)


def is_loaded(name: str) -> bool:
    """Whether the engine knows a connection of this name, or one of its parts (`name/1x1`)."""
    return bool(phases(name, status()))


def read_secrets() -> None:
    """Let the engine read its secrets again."""
    run(_whack(), "--rereadsecrets")


def bring_up(name: str) -> None:
    """Begin to negotiate, and return at once: the engine keeps trying."""
    run(_whack(), "--name", name, "--asynchronous", "--initiate", check=False, seconds=20)


def bring_down(tunnel: Tunnel, *, spare_ike: bool = False) -> None:
    """End the tunnel's SAs; the peer hears of it, and is not waited for.

    Args:
        spare_ike: another tunnel works on the same IKE SA. `--delete` would take it away; `--terminate` sees that it is shared.
    """
    if tunnel.ike == 2 and not spare_ike:
        _load_anew(tunnel.name)
    else:
        run(_whack(), "--name", tunnel.name, "--terminate", check=False, seconds=20)


def _load_anew(name: str) -> None:
    """Over IKEv2 pluto ends an SA when the peer has agreed: a dead one takes 20 s, and `whack` as long. A connection that is
    deleted takes its SAs with it at once."""
    run(_whack(), "--name", name, "--delete", check=False, seconds=20)
    run("ipsec", "auto", "--add", name, check=False, seconds=30)


def begin_afresh(tunnel: Tunnel, *, kin: Sequence[Tunnel] = (), spare_ike: bool = False) -> None:
    """End the tunnel's SAs, dead or half-made, and negotiate again.

    Args:
        kin: the others on its IKE SA, which bears the name of one of them: it ends when all have ended.
        spare_ike: they are to stay as they are.
    """
    if not spare_ike:
        for one in (tunnel, *kin):
            bring_down(one)
    elif _end_children(tunnel.name):
        # It is to stay up, so the engine begins again by itself; two attempts would make two child SAs.
        return
    bring_up(tunnel.name)


def begin_pair_afresh(name: str) -> None:
    """End one child SA of a tunnel (`NAME/2x1`), and no other: it is to stay up, so the engine begins again by itself."""
    if not _end_children(name):
        bring_up(name)


def _end_children(name: str) -> int:
    """End all that a tunnel has but its IKE SA, one by one: others' child SAs hang on that, whichever negotiated it. How many."""
    about = [line for lines in _lines(name, status()).values() for line in lines if _STATE.search(line)]
    mine = [line for line in about if _CHILD_UP.search(line) or not _IKE_UP.search(line)]
    numbers = [found["number"] for line in mine if (found := _STATE.search(line))]
    for number in numbers:
        run(_whack(), "--deletestate", number, "--asynchronous", check=False, seconds=20)
    return len(numbers)


def give_way(tunnel: Tunnel, *, spare_ike: bool = False) -> None:
    """End the tunnel's SAs, and let its policies go: another tunnel to the same networks needs their place."""
    bring_down(tunnel, spare_ike=spare_ike)
    run(_whack(), "--name", tunnel.name, "--unroute", check=False, seconds=20)


def replace(name: str) -> None:
    """Let the engine read the connection's file again, instead of what it knows of it, and negotiate again."""
    run("ipsec", "auto", "--replace", name, check=False, seconds=30)
    bring_up(name)


def phase(name: str, said: str) -> TunnelState:
    """How far a tunnel is: `up`, `ike` (phase 1 only), `trying`, `down`, or `unknown` where it is not loaded.

    With several networks behind the peer a tunnel has a part for each. Once one of them is up it is as far as the last of
    them; until then as far as the first, which negotiates for all.
    """
    order: tuple[TunnelState, ...] = ("down", "trying", "ike", "up")
    parts = phases(name, said).values()
    if not parts:
        return "unknown"
    return min(parts, key=order.index) if "up" in parts else max(parts, key=order.index)


def phases(name: str, said: str) -> dict[str, TunnelState]:
    """Each part of a tunnel (`name`, or `name/1x1` and so on) with its phase, from `ipsec whack --status`."""
    return {part: _phase(about) for part, about in _lines(name, said).items()}


def progress(name: str, said: str) -> str:
    """The states of a tunnel's negotiations, in one word: another word tells that the peer has answered."""
    about = (line for lines in _lines(name, said).values() for line in lines)
    return " ".join(sorted(found["state"] for line in about if (found := _STATE.search(line))))


def is_asking(name: str, said: str) -> bool:
    """Whether something of a tunnel is half-made: the peer was asked, and has not answered yet."""
    about = [line for lines in _lines(name, said).values() for line in lines if _STATE.search(line)]
    return any(not _CHILD_UP.search(line) and not _IKE_UP.search(line) for line in about)


def part_with_spi(name: str, said: str, spi: int) -> str:
    """The part of a tunnel (`name`, or `name/1x1`) of which an SA of ESP is said to be; empty where it is none of its."""
    for part, lines in _lines(name, said).items():
        if any(int(number, 16) == spi for line in lines for number in re.findall(r"\besp\.([0-9a-f]+)@", line)):
            return part
    return ""


def newest(name: str, said: str) -> int:
    """The number of a tunnel's youngest SA or negotiation: pluto counts through, over all tunnels. 0 without one."""
    about = (line for lines in _lines(name, said).values() for line in lines)
    return max((int(found["number"]) for line in about if (found := _STATE.search(line))), default=0)


def _lines(name: str, said: str) -> dict[str, list[str]]:
    """What is said of each part of a tunnel."""
    lines: dict[str, list[str]] = {}
    named = _named(name)
    for line in said.splitlines():
        if found := named.search(line):
            lines.setdefault(found[1], []).append(line)
    return lines


@cache
def _named(name: str) -> re.Pattern[str]:
    """How a line names a tunnel, or a part of it: made once, since the watch looks for each in every line, every second."""
    return re.compile(rf'"({re.escape(name)}(?:/\d+x\d+)?)"')


@cache
def _whack() -> str:
    """pluto's control program itself: `ipsec whack` would start a shell each time, and the watch asks every few seconds."""
    paths = ("/usr/libexec/ipsec/whack", "/usr/lib/ipsec/whack", "/usr/local/libexec/ipsec/whack")
    return next((path for path in paths if Path(path).exists()), "whack")


def _phase(lines: list[str]) -> TunnelState:
    states = [line for line in lines if _STATE.search(line)]
    if any(_CHILD_UP.search(line) for line in states):
        return "up"
    if any(_IKE_UP.search(line) for line in states):
        return "ike"
    return "trying" if states else "down"


def status() -> str:
    """All that the engine says of itself."""
    return ask("--status").stdout


def wait_until(condition, what: str, seconds: float) -> None:  # type: ignore[no-untyped-def]
    """Wait for a condition.

    Raises:
        Failed: it did not come true within `seconds`.
    """
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise Failed(f"gave up after {seconds:.0f} s", f"waited until {what}")
        time.sleep(0.5)
