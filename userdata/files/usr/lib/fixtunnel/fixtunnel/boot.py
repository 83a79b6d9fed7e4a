"""The boot, from installed packages to loaded tunnels: each step can be repeated, so a power cut at any of them does no harm.

It runs at every boot, and on later ones finds almost all done.
"""

import functools
import os
import sys
import time
import traceback
from pathlib import Path

from fixtunnel import (
    agent,
    aws,
    card,
    clash,
    contract,
    engine,
    kept,
    launch,
    openswan,
    operations,
    paired,
    passage,
    psk,
    routes,
    settings,
    state,
    upgrade,
)
from fixtunnel.address import Address
from fixtunnel.claim import Claim
from fixtunnel.command import Failed, retry, run
from fixtunnel.contract_of_pair import PAIR_UNIT
from fixtunnel.metadata import Metadata, NoAnswer

SIGNALLED = Path("/var/lib/fixtunnel/signalled")
"""CloudFormation has heard that this gateway is complete, or waits for no signal any more."""
GIVEN_UP = Path("/var/lib/fixtunnel/given-up")
"""CloudFormation has heard that this gateway failed, and will end it: whatever a later attempt achieves, it claims nothing."""
LIMIT_SECONDS = 600
AGENT_LIMIT_SECONDS = 120
CLAIM_RESERVE_SECONDS = 60
"""What the agent leaves of the time for a claim."""
UNITS = ("fixtunnel-guard.service", contract.BOOT_UNIT)


def main() -> int:
    """Boot; tell CloudFormation how it ended, once; return the exit status."""
    here = settings.load()
    for name, step in zip(contract.BOOT_STEPS, _STEPS, strict=True):
        print(contract.said(name), flush=True)
        state.write({"state": "booting", "step": name})
        try:
            step(here)
        except Failed as failure:
            return _fail(failure)
        except Exception as error:
            # Else CloudFormation would wait to its limit, and no one would know for what.
            return _fail(Failed(f"{type(error).__name__} in {name}", traceback.format_exc()))
    run("systemctl", "start", "--no-block", contract.WATCH_UNIT, *([PAIR_UNIT] if here.pair else []))
    if not SIGNALLED.exists():
        os.sync()  # what is signalled is there after a power cut
        _signal_success()
    return 0


def _check_addresses(here: settings.Settings) -> None:
    """Before the guard: with a clash it would cut us off from AWS, and no one would hear why."""
    clash.check(here)


def _install_engine(here: settings.Settings) -> None:
    if here.engine == "openswan":
        openswan.install(here.package)


def _guard(_here: settings.Settings) -> None:
    if _is_first():
        # Debian's are masked now, and a timer that is masked while it runs fails at the reload.
        run("systemctl", "stop", *upgrade.TIMERS, check=False)
        run("systemctl", "daemon-reload")
    # Again: what was loaded early in this boot may be what a power cut left of the file.
    run("systemctl", "restart", "fixtunnel-guard.service")
    run("/usr/lib/systemd/systemd-sysctl")
    if _is_first():
        # networkd and resolved read their settings before ours were there. Nothing runs through this host yet.
        run("systemctl", "try-restart", "systemd-networkd.service", "systemd-resolved.service", check=False)


def _check_engine(here: settings.Settings) -> None:
    print(engine.check_version(here), flush=True)


def _own_addresses(here: settings.Settings) -> None:
    """AWS does not translate the Elastic IP inside the tunnel: this host must own what the venue knows us by."""
    for address in {tunnel.own for tunnel in here.tunnels}:
        run("ip", "address", "replace", f"{address}/32", "dev", "lo")
    retry(lambda: routes.assert_all(here), limit=launch.within(60))
    # The network is up by now: what cloud-init gives the card is on it.
    own = card.load(Metadata())
    card.own_secondary(own)
    card.write_left(own)


def _fetch_secrets(here: settings.Settings) -> None:
    for tunnel in here.tunnels:
        if not psk.has_value(tunnel):
            # No value yet is no failure: the watch brings the tunnel up once there is one.
            fetch = functools.partial(psk.fetch, tunnel, aws.secret, aws.former_secret)
            retry(fetch, limit=launch.within(LIMIT_SECONDS))
    if one := here.pair:
        retry(lambda: paired.key(one), limit=launch.within(LIMIT_SECONDS))


def _load_tunnels(here: settings.Settings) -> None:
    engine.check_files()
    engine.start(here)
    # A package may have started it, before the PSKs were here.
    engine.read_secrets()
    engine.check_loaded(here)
    # On later boots without waiting for cloud-init.
    run("systemctl", "enable", "--no-reload", *UNITS)


def _claim_address(here: settings.Settings) -> None:
    """Last of all, and once: it takes the address from a gateway that works. Later it is for the watch to follow."""
    if _is_first():
        if GIVEN_UP.exists():
            raise Failed("given up by CloudFormation", "it knows that this boot failed: deploy again")
        retry(lambda: operations.remember(_operations_text(here)), limit=launch.within(60))
        if here.pair and (not here.pair.claims or _partner_holds(here)):
            _mark(launch.CLAIMED)
            return  # one of the two has it, or takes it: `pair` says when
        own, told = card.load(Metadata()), operations.remembered()
        _answer_hosts(here, told)
        Claim(here, own, told.route_tables).take(time.monotonic() + launch.left())
        Address(here, own, Metadata()).claimed()
        _mark(launch.CLAIMED)


def _answer_hosts(here: settings.Settings, told: operations.Operations) -> None:
    """Their routes lead here from now on, and no tunnel is up yet: they are answered so, until the watch knows better."""
    passage.open_to(here, told)
    routes.refuse_outside(here)
    routes.refuse_hosts(net for tunnel in here.tunnels for net in tunnel.remote)


def _partner_holds(here: settings.Settings) -> bool:
    holder = aws.holder(here.allocation)
    assert here.pair
    partner = aws.partner(here.stack, here.pair.partner, _image())
    return bool(holder and partner and holder.instance == partner.instance)


def _operations_text(here: settings.Settings) -> str:
    return aws.parameter(contract.operations_parameter(here.client))


def _install_agent(here: settings.Settings) -> None:
    """No gateway fails for want of an agent: trading does not need it, and the watch has it tried again."""
    if not _is_first():
        return  # a later boot has a tunnel to bring up
    end = time.monotonic() + min(AGENT_LIMIT_SECONDS, launch.left() - CLAIM_RESERVE_SECONDS)
    try:
        retry(lambda: agent.bring(here, seconds=end - time.monotonic()), limit=end - time.monotonic())
    except Exception as error:
        failure = error if isinstance(error, Failed) else Failed(f"{type(error).__name__}", traceback.format_exc())
        agent.note(failure)
        print(contract.said(f"no sessions by SSM: {failure}"), flush=True)


_STEPS = (
    _check_addresses,
    _guard,
    _install_engine,
    _check_engine,
    _own_addresses,
    _fetch_secrets,
    _load_tunnels,
    _install_agent,
    _claim_address,
)
"""In the order of `contract.BOOT_STEPS`."""


def _signal_success() -> None:
    try:
        retry(lambda: aws.signal(True, _instance_id()), limit=300)
    except Failed as failure:
        # The gateway works all the same. If CloudFormation really did not hear us it rolls back by itself.
        print(f"fixtunnel: CloudFormation was not signalled: {failure}", flush=True)
        return
    _mark(SIGNALLED)  # a power cut must not make us signal what waits no more


def _is_first() -> bool:
    """Whether this gateway has yet to claim the address. That counts, and not the signal, whose answer may be lost."""
    return not launch.CLAIMED.exists()


def _mark(path: Path) -> None:
    with path.open("w") as mark:
        os.fsync(mark.fileno())


def _image() -> str:
    try:
        return Metadata().get("ami-id") or ""
    except NoAnswer:
        return ""


def _instance_id() -> str:
    try:
        return Metadata().get("instance-id") or "gateway"
    except NoAnswer:
        return "gateway"


def _fail(failure: Failed) -> int:
    print(contract.said(f"the boot failed: {failure}"), flush=True)
    failed: contract.Booting = {"state": "boot-failed", "reason": failure.reason, "detail": failure.detail[-2000:]}
    state.write(failed)
    if not SIGNALLED.exists():
        try:
            aws.signal(False, failure.reason[:64])
            GIVEN_UP.touch()
        except Failed as untold:
            print(f"fixtunnel: CloudFormation was not signalled: {untold}", flush=True)
    _keep(failed)
    return 1


def _keep(failed: contract.Booting) -> None:
    """For those who cannot get onto this gateway."""
    place = settings.load().log
    try:
        aws.put_events(place.group, place.state, [kept.event(_instance_id(), failed)])
    except Failed as failure:
        print(contract.said(f"the state is not kept at AWS: {failure}"), flush=True)


if __name__ == "__main__":
    sys.exit(main())
