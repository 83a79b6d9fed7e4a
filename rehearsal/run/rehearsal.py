"""The rehearsal: deploy, boot, tunnel, FIX; and what each side saw of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from ipaddress import IPv4Address
from itertools import pairwise

from model.client import Inbound
from model.deployment import Connection, Deployment
from model.venue import Endpoint, FixEndpoint, Service
from rehearsal.fix.inbound import all_calls, called, caller_of, inbound_name, why_not
from rehearsal.fix.service import answering, round_trips
from rehearsal.fix.trading import endpoint_name, knock_until_open, trading
from rehearsal.report import Nat, Report, ServiceSeen, TunnelSeen
from rehearsal.run.failure import Unclean
from rehearsal.run.timeline import Timeline
from rehearsal.seed import take_literally
from rehearsal.world.image import DIFFERENCES
from rehearsal.world.stage import Stage
from userdata.contract import BOOT_UNIT, STEP_LINES

BOOT_LIMIT = 900.0
TUNNEL_LIMIT = 90.0
PAIRS_LIMIT = 120.0
ROUTES_LIMIT = 120.0
"""CloudFormation makes them after the first gateway's signal; an errand of the watch's leads them, half a minute's work here."""
HOSTS_LIMIT = 15.0
Disturb = Callable[[Stage], None]


def nothing(_stage: Stage) -> None:
    """No disturbance."""


def all_to_try(deployment: Deployment) -> Iterator[str]:
    """All that a whole rehearsal trades with, as the report names it: each endpoint, and each standby tunnel."""
    for group in deployment.groups.values():
        yield from (endpoint_name(group[0], endpoint) for endpoint in group[0].venue.endpoints)
        yield from (f"tunnel {one.name}" for one in group if not one.is_active)
    yield from (inbound_name(*each) for each in all_calls(deployment))


def _other_proposals(deployment: Deployment) -> Iterator[str]:
    """What a venue would take too: the rehearsed one has the same list, so the first of it is what both agree on."""
    for group in deployment.groups.values():
        venue = group[0].venue
        for phase, several in (("ike", venue.ike.alternatives), ("esp", venue.esp.alternatives)):
            if several:
                yield f"{venue.name} {phase}.alternatives {', '.join(map(str, several))}"


class Rehearsal:
    """One run, on a stage that is open. The report fills as it goes on, so a failure leaves what was seen until then.

    Args:
        disturb: called with everything up, before the gateway gets its power: what a scenario sets wrong.
        secrets: whether the tunnels' secrets get their values; if not, `stage.put_secrets` does it later.
        literally: put what the article's script writes onto the gateway once it has booted.
        standbys: whether each standby tunnel is brought up once, and carries orders.
    """

    def __init__(
        self,
        *,
        stage: Stage,
        timeline: Timeline,
        disturb: Disturb = nothing,
        secrets: bool = True,
        literally: bool = False,
        standbys: bool = True,
    ) -> None:
        self.stage = stage
        self.timeline = timeline
        self._disturb = disturb
        self._secrets = secrets
        self._literally = literally
        self._standbys = standbys
        gateway = stage.deployment.client.gateway
        self.report = Report(client=stage.client, image=gateway.image, engine={"name": gateway.engine})
        self.report.differences = [asdict(difference) for difference in DIFFERENCES]
        self.report.timeline = timeline.steps
        self.report.not_tried = {
            **dict.fromkeys(all_to_try(stage.deployment), "the run ended before"),
            **dict.fromkeys(_other_proposals(stage.deployment), "both sides know it, and agree on the first"),
        }

    def run(self) -> None:
        """All of it. Raises StepFailed from the step that failed."""
        with self.up():
            self.trade()
            self.judge()
        self.report.verdict = "passed"

    @contextmanager
    def up(self) -> Iterator[None]:
        """Deployed, booted and connected; what was seen is collected at the end. Raises StepFailed."""
        try:
            self.deploy()
            self.boot()
            if self._literally:
                with self.timeline.step("the article’s script instead of our files"):
                    take_literally(self.stage)
            self.connect()
            yield
        finally:
            self.collect()

    def deploy(self) -> None:
        """Everything round the gateway, as it is deployed."""
        stage, step = self.stage, self.timeline.step
        with step(f"image of {stage.deployment.client.gateway.image}") as does:
            stage.build_image(does)
        with step("embedded AWS, bootstrapped"):
            stage.start_aws()
        with step("cdk deploy, until the instance is there"):
            instance = stage.begin_deploy()
            if self._secrets:
                stage.put_secrets()
        self.report.elastic_ip, self.report.private_ip = str(stage.elastic_ip), str(instance.private_ip)
        self.report.user_data_bytes = len(instance.user_data)
        with step("EC2’s edge, metadata, AWS under its own names"):
            stage.start_edge()
            stage.record()
            stage.follow_address()
        with step(f"{len(stage.deployment.connections)} gateway(s) of the venue(s), the exchange behind"):
            stage.start_venues()
            if stage.deployment.client.trading_hosts:
                stage.start_trading_hosts()
                self.report.trading_host = str(stage.trading_host_address)
        self._disturb(stage)

    def boot(self) -> None:
        """From power-on to CloudFormation's own "complete"."""
        self._power_on_at = self.timeline.now
        with self.timeline.step("power on, until the gateway has signalled"):
            self.stage.power_on()
            if self.stage.deployment.client.gateway.standby:
                self.stage.bring_partner(limit=BOOT_LIMIT)
            self.stage.wait_until_deployed(limit=BOOT_LIMIT)
        self.report.boots_begun_again = self.stage.machine.begun_again
        self._add_steps_of_gateway()
        self.report.user_data_identical = self._booted() == self.stage.instance.user_data
        self.report.engine["version"] = self.stage.machine.run(["/usr/sbin/ipsec", "--version"]).stdout.strip()

    def _booted(self) -> bytes:
        """The user data that cloud-init ran, as it lies on the gateway."""
        return self.stage.machine.read("/var/lib/cloud/instance/user-data.txt").encode()

    def connect(self) -> None:
        """Each active tunnel, as the venue sees it."""
        with self.timeline.step("tunnel up, as the venue sees it"):
            for connection in self.stage.deployment.connections:
                if connection.is_active:
                    self.stage.venue_gateway(connection.name).wait_until_up(limit=TUNNEL_LIMIT)
        with self.timeline.step("every pair of networks has its child SA"):
            for connection in self.stage.deployment.connections:
                if connection.is_active:
                    self.stage.venue_gateway(connection.name).wait_until_whole(limit=PAIRS_LIMIT)
        if self.stage.deployment.client.trading_hosts:
            with self.timeline.step("trading hosts’ routes lead to the gateway"):
                what = "each route to a venue leads to the gateway"
                self.stage.machine.wait_for(lambda _: self._is_led_to(), limit=ROUTES_LIMIT, what=what)

    def _is_led_to(self) -> bool:
        """Whether EC2 leads every venue's network to the gateway."""
        routes = self.stage.aws.picture().routes
        to = self.stage.active_instance.private_ip
        return all(routes.get(one) == to for one in self.stage.deployment.remote_networks)

    def trade(self) -> None:
        """A FIX session with each endpoint of each venue, then one over each standby tunnel."""
        groups = self.stage.deployment.groups.values()
        for group in groups:
            connection = next(connection for connection in group if connection.is_active)
            for endpoint in connection.venue.endpoints:
                self._is_spared(connection, endpoint)
                self._use(connection, endpoint)
                del self.report.not_tried[endpoint_name(connection, endpoint)]
            for host in self.stage.other_hosts:
                self._trade_from(connection, host)
        for connection, one in all_calls(self.stage.deployment):
            self._be_called(connection, one)
        for group in groups:
            self._try_standbys(group)

    def _try_standbys(self, group: tuple[Connection, ...]) -> None:
        if not self._standbys:
            self.report.not_tried |= {
                f"tunnel {one.name}": "left out: --no-standbys" for one in group if not one.is_active
            }
            return
        for one in in_turn(self.stage, group, self.timeline):
            self._trade_over(one)
            del self.report.not_tried[f"tunnel {one.name}"]

    def judge(self) -> None:
        """Whether every order is accounted for, nothing went out in the clear, and the gateway ran what was deployed."""
        with self.timeline.step("every order accounted for, nothing in the clear"):
            nat = self._nat()
            wrong = [
                f"{fix.endpoint} over {fix.tunnel}: {fix.lost} orders lost, {fix.duplicated} doubled"
                for fix in self.report.fix
                if fix.lost or fix.duplicated
            ]
            wrong += [f"{nat.leaked} packets for the venue left in the clear"] if nat.leaked else []
            wrong += (
                [] if self.report.user_data_identical else ["the gateway did not run the user data that was deployed"]
            )
            if wrong:
                raise Unclean("; ".join(wrong))

    def _use(self, connection: Connection, endpoint: Endpoint) -> None:
        if isinstance(endpoint, Service):
            self._echo(connection, endpoint)
        else:
            self._trade_with(connection, endpoint)

    def _echo(self, connection: Connection, service: Service, how: str = "") -> None:
        """What is sent to a port that is not FIX comes back."""
        where, protocol = endpoint_name(connection, service), service.port.protocol.upper()
        with self.timeline.step(f"{protocol} echo of {where}{how}"), answering(self.stage, connection, service):
            trips = sorted(round_trips(self.stage, service, limit=HOSTS_LIMIT))
        seen = ServiceSeen(
            endpoint=where,
            tunnel=connection.name,
            protocol=protocol,
            echoes=len(trips),
            p50_us=trips[len(trips) // 2] // 1000,
        )
        self.report.services.append(seen)

    def _is_spared(self, connection: Connection, endpoint: Endpoint) -> None:
        """Before it is used: what the file leaves unprobed has seen no packet. Raises Unclean."""
        if endpoint.why_unprobed:
            exchange = self.stage.venues[connection.venue.name].exchange
            with self.timeline.step(f"the gateway left {endpoint_name(connection, endpoint)} alone"):
                if packets := exchange.packets_to(endpoint):
                    raise Unclean(f"{packets} packets came to {endpoint.where}, which is {endpoint.why_unprobed}")

    def _trade_with(self, connection: Connection, endpoint: FixEndpoint) -> None:
        step, where = self.timeline.step, endpoint_name(connection, endpoint)
        with step(f"FIX engines for {where}"):
            context = trading(self.stage, connection, endpoint)
            session = context.__enter__()
        try:
            with step(f"FIX port of {where} answers"):
                knock_until_open(self.stage, endpoint, limit=HOSTS_LIMIT)
            with step(f"FIX logon at {where}"):
                source = self._known(connection, session.log_on())
            if self.report.power_on_to_logon_seconds is None:
                self.report.power_on_to_logon_seconds = round(self.timeline.now - self._power_on_at, 1)
            with step("orders, burst, reset with gap fill, logout"):
                self.report.fix.append(session.trade(source))
        finally:
            context.__exit__(None, None, None)

    def _trade_over(self, one: Connection, whence: str = "") -> None:
        """A short session with the primary endpoint over one tunnel, or an echo of what is not FIX."""
        if not one.fix_endpoints:
            for service in one.venue.services[:1]:
                self._echo(one, service, f" over {one.name}{whence}")
            return
        endpoint = one.fix_endpoints[0]
        with self.timeline.step(f"orders over {one.name}{whence}"), trading(self.stage, one, endpoint) as session:
            knock_until_open(self.stage, endpoint, limit=HOSTS_LIMIT)
            self.report.fix.append(session.trade_little(self._known(one, session.log_on())))

    def _be_called(self, connection: Connection, one: Inbound) -> None:
        """The venue begins a session, from the address that the file lets in; the host sees that address."""
        name, caller = inbound_name(connection, one), caller_of(connection, one)
        if why := why_not(one):
            self.report.not_tried[name] = why
            return
        what = f"{name}: orders, burst, reset with gap fill, logout"
        with self.timeline.step(what), called(self.stage, connection, one) as session:
            source = session.log_on()
            if source != str(caller):
                raise Unclean(f"the host saw {source}, and {connection.venue.name} called from {caller}")
            self.report.fix.append(session.trade(source, echoes=False))
        del self.report.not_tried[name]

    def _trade_from(self, one: Connection, host: IPv4Address) -> None:
        """A short session with the primary endpoint from another trading host, which the venue knows in another way."""
        with self.stage.trading_from(host):
            self._trade_over(one, f" from {host}")

    def _known(self, connection: Connection, source: str) -> str:
        """The address as which the exchange saw the client. Raises Unclean where it is not the one of the files."""
        host = self.stage.trading_from_address if self.stage.deployment.client.trading_hosts else None
        known = (connection.seen_from(host) if host else connection.source_address) or self.stage.elastic_ip
        if source != str(known):
            raise Unclean(f"{connection.venue.name} saw {source}, and knows {host or 'the gateway'} as {known}")
        return source

    def collect(self) -> None:
        """What is worth knowing even of a run that failed."""
        if self.stage.venues:
            self.report.tunnels = [self._tunnel(connection) for connection in self.stage.deployment.connections]
        if self.stage.has_edge:
            self.report.nat = self._nat()

    def _tunnel(self, connection: Connection) -> TunnelSeen:
        gateway = self.stage.venue_gateway(connection.name)
        seen = TunnelSeen(
            name=connection.name,
            established=False,
            role=connection.tunnel.role,
            peer=f"{connection.tunnel.peer} {connection.peer.address}",
        )
        for sa in gateway.sas():
            children = [child for child in sa.children if child.is_up]
            if sa.is_up and children:
                return TunnelSeen(
                    **{
                        **asdict(seen),
                        "established": True,
                        "ike": f"IKEv{sa.version} {sa.proposal}",
                        "esp": str(children[0].proposal),
                        # What is the venue's own side to it is the remote one to us.
                        "local_ts": tuple(sorted({ts for child in children for ts in child.remote_ts})),
                        "remote_ts": tuple(sorted({ts for child in children for ts in child.local_ts})),
                        "bytes_in": sum(child.bytes_out for child in children),
                        "bytes_out": sum(child.bytes_in for child in children),
                    }
                )
        return seen

    def _nat(self) -> Nat:
        counted = self.stage.edge.counters
        return Nat(
            udp500=counted.udp500,
            udp4500=counted.udp4500,
            esp_dropped=counted.esp_dropped,
            leaked=counted.leaked,
            refused=counted.not_allowed,
        )

    def _add_steps_of_gateway(self) -> None:
        """The gateway's own steps, from its journal, which counts from its kernel's start."""
        said = self.stage.machine.run(
            ["/usr/bin/journalctl", "--boot", f"--unit={BOOT_UNIT}", "--output=short-monotonic", "--no-pager"]
        ).stdout
        ended = self.timeline.now - self._power_on_at
        marks = [(0.0, "kernel, systemd, cloud-init"), *steps_in(said), (ended, "")]
        for (at, what), (after, _) in pairwise(marks):
            self.timeline.add(what, at=self._power_on_at + at, seconds=after - at, on_gateway=True)


# journalctl's own form: [ 12.345678] host program[pid]: text
_MONOTONIC = re.compile(r"^\[ *([0-9.]+)\] \S+ [^:]+: (.*)$", re.M)


def steps_in(journal: str) -> list[tuple[float, str]]:
    """When each step of the boot began, in seconds since the kernel's start, by the words of the contract."""
    lines = _MONOTONIC.findall(journal)
    return [(float(at), STEP_LINES[text]) for at, text in lines if text in STEP_LINES]


STANDBY_LIMIT = 180.0
"""The gateway waits 12 s before it takes the next one; a handshake on an emulated processor takes its time."""


def in_turn(stage: Stage, group: Sequence[Connection], timeline: Timeline) -> Iterator[Connection]:
    """Each standby, while it is up instead of the one before it. Raises StepFailed where one does not come up.

    It is the venue that chooses: its gateway is shut down in order, and started again once the next has taken over.
    """
    first = next(number for number, one in enumerate(group) if one.is_active)
    active, *standbys = [*group[first:], *group[:first]]  # the order in which the gateway takes them
    if not standbys:
        return
    for present, following in pairwise((active, *standbys, active)):
        with timeline.step(f"{following.name} takes over from {present.name}"):
            stage.venue_gateway(present.name).stop()
            stage.venue_gateway(following.name).wait_until_up(limit=STANDBY_LIMIT)
            stage.venue_gateway(present.name).start()
        if following is not active:
            yield following
