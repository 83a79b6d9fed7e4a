"""DHCP and DNS of a VPC, by dnsmasq(8): AWS's names lead to the front, Debian's to the archive, no other name exists."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Collection, Mapping
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from types import TracebackType
from typing import Self

from rehearsal.world.edge.ports import GatewayPort
from rehearsal.world.network import CommandFailed, Namespace

INSIDE_MTU = 9001
_START_S = 10.0
_STOP_S = 5.0


class Resolver:
    """A context manager around dnsmasq in the edge's namespace.

    Args:
        dns: what DHCP names, as AWS's own.
        listen: where it answers, if not there: a firm's own servers.
        names: the address of each domain, its subdomains included.
    """

    def __init__(
        self,
        *,
        namespace: Namespace,
        subnet: IPv4Network,
        dns: IPv4Address,
        listen: Collection[IPv4Address] = (),
        names: Mapping[str, IPv4Address],
        run_dir: Path,
    ) -> None:
        self._hosts = run_dir / "dhcp-hosts"
        self._log = run_dir / "dnsmasq.log"
        self._configuration = run_dir / "dnsmasq.conf"
        self._lines = [*_dhcp(subnet, dns, self._hosts), *_dns(listen or (dns,), names), f"log-facility={self._log}"]
        self._command = [*namespace.prefix, "dnsmasq", "--keep-in-foreground", f"--conf-file={self._configuration}"]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._hosts.mkdir(parents=True)
        self._configuration.write_text("\n".join(self._lines) + "\n")
        self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, start_new_session=True)
        try:
            self._await_start()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def lease(self, port: GatewayPort) -> None:
        """Give the port's address to its MAC address from now on; dnsmasq watches the folder."""
        entry = self._hosts / str(port.private)
        had_another = entry.exists()
        draft = self._hosts.with_name(f"{port.tap}.new")
        draft.write_text(f"{port.mac},{port.private}\n")
        draft.replace(entry)
        if had_another and self._process:
            # Of its own accord it takes no second owner of an address; so it reads all of them anew.
            self._process.send_signal(signal.SIGHUP)

    def _await_start(self) -> None:
        deadline = time.monotonic() + _START_S
        while not (self._log.exists() and "started" in self._log.read_text()):
            if self._process is None or self._process.poll() is not None or time.monotonic() > deadline:
                words = self._log.read_text() if self._log.exists() else "nothing"
                raise CommandFailed(f"dnsmasq was not ready within {_START_S:g} s; it said: {words}")
            time.sleep(0.02)

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(timeout=_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise CommandFailed(f"dnsmasq did not end within {_STOP_S:g} s and was killed; see {self._log}") from None


def _dhcp(subnet: IPv4Network, dns: IPv4Address, hosts: Path) -> list[str]:
    return [
        *("interface=tap*", "bind-dynamic", "dhcp-authoritative", "leasefile-ro", "no-ping", "pid-file="),
        f"dhcp-range={subnet[0]},static,{subnet.netmask},1h",
        f"dhcp-hostsdir={hosts}",
        f"dhcp-option=option:router,{subnet[1]}",
        f"dhcp-option=option:dns-server,{dns}",
        f"dhcp-option=option:mtu,{INSIDE_MTU}",
        "dhcp-option=option:domain-name,eu-west-2.compute.internal",
    ]


def _dns(listen: Collection[IPv4Address], names: Mapping[str, IPv4Address]) -> list[str]:
    """`address=/#/` without an address is NXDOMAIN for every name that has no line of its own."""
    known = [f"address=/{name}/{address}" for name, address in names.items()]
    return ["no-resolv", "no-hosts", f"listen-address={','.join(map(str, listen))}", "user=root", *known, "address=/#/"]
