"""One client's stack: wiring, and what it tells."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from aws_cdk import CfnOutput, Environment, Stack, Tags
from constructs import Construct

from constructs.address import Address
from constructs.agent import AgentUpdate
from constructs.alarms import Alarms
from constructs.dashboard import Dashboard
from constructs.firewall import Firewall
from constructs.gateway import Gateway
from constructs.network import OwnNetwork, Place, existing_place, standby_place
from constructs.operations import LogGroup, Parameter, stream_arn
from constructs.role import GatewayRole
from constructs.routes import Routes
from constructs.secret import PairKey, TunnelSecret
from constructs.user_data import Stored, UserData
from model.client import ExistingNetwork
from model.deployment import Deployment
from model.resolved import metadata, table
from stacks.acknowledged import acknowledge
from userdata import contract
from userdata.agent_keys import render_agent_keys
from userdata.operations import render_operations
from userdata.program import archive


class GatewayStack(Stack):
    """A gateway with a fixed address and a tunnel for each connection of one client.

    `today` matters where a venue's calendar has dates: what they muted in the past is in no template.
    """

    def __init__(self, scope: Construct, *, deployment: Deployment, today: date | None = None) -> None:
        client = deployment.client
        super().__init__(
            scope,
            contract.stack_name(client.name),
            description=f"fixtunnel: the FIX gateway of {client.name}",
            env=Environment(account=client.account, region=client.region),
            termination_protection=True,
        )
        self._deployment = deployment
        self._today = today or datetime.now(UTC).date()
        self._program = archive()
        self._psks = {
            c.name: TunnelSecret(
                self,
                f"Psk-{c.name}",
                client=client.name,
                tunnel=c.name,
                existing=c.tunnel.secret,
                key=client.keys.secrets,
            )
            for c in deployment.connections
        }
        has_standby = client.gateway.standby is not None
        self._pair_key = PairKey(self, "Pair", client=client.name, key=client.keys.secrets) if has_standby else None
        self._standby: Gateway | None = None
        self._address = Address(self, "Address", client=client.name, existing=client.gateway.elastic_ip)
        self._stored = self._store()
        self._parameters = self._followed()
        self._log = contract.log_place(client.name, client.log_group)
        self._streams = self._log_streams()
        place = self._place()
        firewall = self._firewall(place)
        gateway = self._gateway(place, firewall)
        self._gateway_last(gateway)
        self._watch(gateway)
        self._routes(gateway, place, firewall)
        self._outputs(gateway)
        for key, value in client.tags.items():
            Tags.of(self).add(key, value)
        self.template_options.metadata = metadata(table(deployment, program=self._program))
        acknowledge(self, sessions=client.sessions, log_group=client.log_group)

    def _store(self) -> list[Stored]:
        package = self._deployment.client.gateway.openswan
        stored = [Stored(self, "Program", content=self._program, suffix=".tar")]
        if package and package.deb:
            content = (self._deployment.folder / package.deb).read_bytes()
            stored.append(Stored(self, "OpenswanPackage", content=content, suffix=".deb"))
        return stored

    def _log_streams(self) -> list[str]:
        if self._deployment.client.log_group:
            return [stream_arn(self._log, one) for one in (self._log.said, self._log.state)]
        return LogGroup(self, "Log", place=self._log, key=self._deployment.client.keys.log).stream_arns

    def _followed(self) -> list[Parameter]:
        client = self._deployment.client.name
        operations = Parameter(
            self,
            "Operations",
            name=contract.operations_parameter(client),
            text=render_operations(self._deployment),
            description="What the gateway follows in place",
        )
        keys = Parameter(
            self,
            "AgentKeys",
            name=contract.agent_keys_parameter(client),
            text=render_agent_keys(),
            description="The keys that AWS signs its SSM agent with, each in base64",
        )
        return [operations, keys]

    def _place(self) -> Place:
        network = self._deployment.client.network
        if isinstance(network, ExistingNetwork):
            return existing_place(network)
        return OwnNetwork(self, "Network", network=network, name=self.stack_name).place

    def _gateway(self, place: Place, firewall: Firewall) -> Gateway:
        deployment, client = self._deployment, self._deployment.client
        objects = [stored.object for stored in self._stored]
        user_data = UserData(
            self,
            "UserData",
            deployment=deployment,
            elastic_ip=self._address.ip,
            allocation=self._address.allocation_id,
            secrets={name: psk.secret.arn for name, psk in self._psks.items()},
            program=objects[0],
            package=objects[1] if len(objects) > 1 else None,
            pair_key=self._pair_key.secret.arn if self._pair_key else "",
        )
        role = GatewayRole(
            self,
            "Role",
            secrets=[psk.secret for psk in self._psks.values()],
            object_arns=[stored.arn for stored in self._stored],
            parameter_arns=[one.arn for one in self._parameters],
            log_stream_arns=self._streams,
            shared_log_group=client.log_group,
            metrics_namespace=contract.namespace(client.name),
            allocation_id=self._address.allocation_id,
            vpc_id=place.vpc_id,
            route_table_ids=self._route_table_ids,
            values=client.role,
            preferences=client.sessions,
            pair_key=self._pair_key.secret if self._pair_key else None,
        )
        common: Any = {
            "values": client.gateway,
            "volume_key": client.keys.volume,
            "security_group_id": firewall.group_id,
            "profile": role.profile,
            "forwards": bool(client.trading_hosts),
        }
        gateway = Gateway(
            self,
            "Gateway",
            logical_id=user_data.instance_id,
            name=self.stack_name,
            place=place,
            user_data=user_data.text,
            **common,
        )
        if client.gateway.standby:
            self._standby = Gateway(
                self,
                "Standby",
                logical_id=user_data.standby_id,
                name=f"{self.stack_name}-standby",
                place=standby_place(place, client.gateway.standby),
                user_data=user_data.standby_text,
                image=gateway.image,
                **common,
            )
            # The address moves once, and only when both are complete.
            gateway.instance.add_resource_dependency(self._standby.instance)
            for beat in firewall.beats:
                self._standby.instance.add_resource_dependency(beat)
        return gateway

    def _firewall(self, place: Place) -> Firewall:
        deployment = self._deployment
        return Firewall(
            self,
            "Firewall",
            vpc_id=place.vpc_id,
            client=deployment.client.name,
            peers=deployment.peer_addresses,
            trading_hosts=deployment.client.trading_hosts,
            venue_ports=deployment.venue_ports,
            called_hosts=deployment.called_hosts,
            ways=deployment.client.ways_out,
            beats=deployment.client.gateway.standby is not None,
        )

    def _watch(self, gateway: Gateway) -> None:
        client, groups = self._deployment.client, self._deployment.groups
        AgentUpdate(self, "AgentUpdate", name=self.stack_name, instance_id=gateway.id, window=client.restart_window)
        if standby := self._standby:
            name = f"{self.stack_name}-standby"
            AgentUpdate(self, "StandbyAgentUpdate", name=name, instance_id=standby.id, window=client.restart_window)
        tunnels = {venue: tuple(connection.name for connection in group) for venue, group in groups.items()}
        Alarms(
            self,
            "Alarms",
            client=client.name,
            instance_id=gateway.id,
            email=client.alarm_email,
            topics=client.alarm_topics,
            key=client.keys.alarms,
            groups=list(groups.values()),
            standby_id=self._standby.id if self._standby else "",
            today=self._today,
        )
        endpoints = [(venue.name, one.name) for venue in self._deployment.venues for one in venue.probed]
        calls = [(venue, one.name) for venue, group in groups.items() for one in group[0].tunnel.inbound]
        Dashboard(
            self, "Dashboard", client=client.name, groups=tunnels, endpoints=endpoints, calls=calls, log=self._log
        )

    @property
    def _route_table_ids(self) -> tuple[str, ...]:
        network = self._deployment.client.network
        return network.route_table_ids if isinstance(network, ExistingNetwork) else ()

    def _routes(self, gateway: Gateway, place: Place, firewall: Firewall) -> None:
        """Each of the trading hosts' route tables leads to each venue by way of the gateway."""
        if self._route_table_ids:
            Routes(
                self,
                "Routes",
                name=self.stack_name,
                subnet_id=place.subnet_id,
                security_group_id=firewall.group_id,
                tables=self._route_table_ids,
                networks=self._deployment.remote_networks,
                after=gateway.instance,
            )

    def _outputs(self, gateway: Gateway) -> None:
        CfnOutput(self, "PublicAddress", value=self._address.ip, description="The address that the venue knows")
        CfnOutput(self, "AllocationId", value=self._address.allocation_id, description="Its allocation, kept for good")
        CfnOutput(self, "InstanceId", value=gateway.id)
        if self._standby:
            CfnOutput(self, "StandbyInstanceId", value=self._standby.id)
        for name, psk in self._psks.items():
            CfnOutput(self, f"Secret-{name}", value=psk.secret.arn, description=f"Where the PSK of {name} belongs")
        session = f"aws ssm start-session --region {self.region} --target {gateway.id}"
        CfnOutput(self, "Session", value=session, description="A shell on the gateway")

    def _gateway_last(self, gateway: Gateway) -> None:
        """The gateway takes the address as it signals: whatever else can fail before that shall have done so.

        It refers to most of it by itself, or by its role. What is made after it needs its id: the alarms on it, and the
        routes.
        """
        for parameter in self._parameters:
            for one in filter(None, (self._standby, gateway)):
                one.instance.add_resource_dependency(parameter.resource)
