"""The verbs: each in a module of its name, which is imported only when the verb is used."""

from __future__ import annotations

from dataclasses import dataclass

FILES, STACK, GATEWAY = "Files, without AWS", "The stack in AWS", "The gateway and its tunnels"


@dataclass(frozen=True, kw_only=True)
class Verb:
    """A verb as the list of verbs shows it. `summary` is the first line of its function's docstring."""

    name: str
    panel: str
    summary: str


VERBS = (
    Verb(name="new", panel=FILES, summary="Write a commented client file: asks what matters, or takes flags."),
    Verb(name="check", panel=FILES, summary="Check files: all faults at once, and what is weak."),
    Verb(name="render", panel=FILES, summary="Show exactly what will stand on the gateway, secrets as references."),
    Verb(name="form", panel=FILES, summary="Fill in the venue's VPN form from the files and the deployed stack."),
    Verb(
        name="choose", panel=FILES, summary="Say whether AWS's own Site-to-Site VPN could serve instead, and why not."
    ),
    Verb(name="cost", panel=FILES, summary="Estimate what a client costs a month, beside AWS's own VPN."),
    Verb(
        name="image",
        panel=STACK,
        summary="The Debian image that the gateway runs: pin the running one, or take the newest.",
    ),
    Verb(
        name="secret",
        panel=STACK,
        summary="The PSK in Secrets Manager: set it, compare it, change it. It is never shown.",
    ),
)
