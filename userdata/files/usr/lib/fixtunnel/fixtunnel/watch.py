"""The watch: brings each group's tunnel up while this instance holds the Elastic IP, and says what it sees."""

import time

from fixtunnel import address, child, engine, psk, settings, state
from fixtunnel.command import Failed
from fixtunnel.metadata import Metadata

PERIOD_SECONDS = 3.0
SECRET_PERIOD_SECONDS = 20.0
ASSERT_PERIOD_SECONDS = 30.0


class Watch:
    """One look after another. What it knows between two looks is only when it last did something."""

    def __init__(self, here: settings.Settings) -> None:
        self._here = here
        self._address = address.Address(here, Metadata())
        self._asked_for_secret: dict[str, float] = {}
        self._ike_out: bool | None = None
        self._assert_again_at = 0.0
        self._since: dict[str, tuple[str, float]] = {}

    def look(self) -> None:
        """See how things are, do what is needed, write the state."""
        held = self._address.look()
        said = engine.status()
        self._let_ike(held)
        if not held:
            self._be_silent(said)
        tunnels = {tunnel.name: self._tend(tunnel, said, held) for tunnel in self._here.tunnels}
        state.write({"state": "holding" if held else "waiting-for-address", "tunnels": tunnels})

    def _let_ike(self, held: bool) -> None:
        """Open or close our firewall for IKE: on a change, and now and then in case somebody loaded the guard anew."""
        now = time.monotonic()
        if held == self._ike_out and now < self._assert_again_at:
            return
        if held:
            address.let_ike_out(self._here)
        else:
            address.keep_ike_in()
        self._ike_out, self._assert_again_at = held, now + ASSERT_PERIOD_SECONDS

    def _be_silent(self, said: str) -> None:
        for tunnel in self._here.tunnels:
            if engine.phase(tunnel.name, said) not in ("down", "unknown"):
                engine.bring_down(tunnel.name)

    def _tend(self, tunnel: settings.Tunnel, said: str, held: bool) -> dict[str, object]:
        phase = engine.phase(tunnel.name, said)
        if not psk.has_value(tunnel):
            phase = "waiting-for-psk"
            self._ask_for_secret(tunnel)
        elif held and tunnel.active:
            for part, how_far in engine.phases(tunnel.name, said).items():
                if how_far == "down":
                    engine.bring_up(part)
        return {"state": phase, "since": self._noted(tunnel.name, phase), "active": tunnel.active}

    def _ask_for_secret(self, tunnel: settings.Tunnel) -> None:
        now = time.monotonic()
        if now - self._asked_for_secret.get(tunnel.name, -SECRET_PERIOD_SECONDS) < SECRET_PERIOD_SECONDS:
            return
        self._asked_for_secret[tunnel.name] = now
        try:
            if psk.fetch(tunnel, child.secret):
                engine.read_secrets()
        except Failed as failure:
            # The other tunnels do not wait for it.
            print(f"fixtunnel: {tunnel.name}: {failure}", flush=True)

    def _noted(self, name: str, phase: str) -> int:
        """When the tunnel came into this phase (Unix time); a change goes to the journal."""
        before, since = self._since.get(name, ("", time.time()))
        if phase != before:
            since = time.time()
            print(f"fixtunnel: {name}: {phase}", flush=True)
            self._since[name] = (phase, since)
        return int(since)


def main() -> None:
    """Watch until told to stop."""
    watch = Watch(settings.load())
    while True:
        try:
            watch.look()
        except Failed as failure:
            print(f"fixtunnel: {failure}", flush=True)
        time.sleep(PERIOD_SECONDS)


if __name__ == "__main__":
    main()
