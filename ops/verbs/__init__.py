"""The verbs: each in a module of its name, which is imported only when the verb is used.

A verb of two words (`new venue`) goes before the one that has the first word alone (`new CLIENT`).
"""

from __future__ import annotations

from dataclasses import dataclass

FILES, STACK, GATEWAY = "Files, without AWS", "The stack in AWS", "The gateway and its tunnels"


@dataclass(frozen=True, kw_only=True)
class Verb:
    """A verb as the list of verbs shows it. `summary` is the first line of its function's docstring."""

    name: str
    panel: str
    summary: str


def _panel(panel: str, **verbs: str) -> tuple[Verb, ...]:
    return tuple(Verb(name=name.replace("_", " "), panel=panel, summary=words) for name, words in verbs.items())


VERBS = (
    *_panel(
        FILES,
        init="Make a firm's repository: folders, an example, the editor's schemas, CI.",
        new="Write a commented client file: asks what matters, or takes flags.",
        new_venue="Write a commented venue file: asks what a VPN form asks, or takes flags.",
        check="Check files: all faults at once, and what is weak.",
        fmt="Write client and venue files in one way: indent and space.",
        holidays="Write an exchange's holidays into a venue file, from the package exchange_calendars.",
        render="Show exactly what will stand on the gateway, secrets as references.",
        form="Fill in the venue's VPN form from the files and the deployed stack.",
        choose="Say whether AWS's own Site-to-Site VPN could serve instead, and why not.",
        cost="Estimate what a client costs a month, beside AWS's own VPN.",
        rehearse="Boot on this machine what would be deployed, and trade through it.",
    ),
    *_panel(
        STACK,
        plan="Say what a deploy would do: nothing, in place, or replace the gateway.",
        deploy="Deploy a client by the CDK: first the plan, then progress, at the end the status.",
        destroy="Remove a client's gateway; its address, its secrets and its log are kept.",
        image="The Debian image that the gateway runs: pin the running one, or take the newest.",
        secret="The PSK in Secrets Manager: set it, compare it, change it. It is never shown.",  # noqa: S106
    ),
    *_panel(  # noqa: S604  no call of a shell
        GATEWAY,
        status="Show all clients on one screen: stack, instance, address, each tunnel, each FIX port.",
        doctor="Find the first layer that is broken, whose side it is on, and what to do.",
        evidence="Keep what is known of an incident: one archive without secrets.",
        switch="Let the other gateway of a pair take over, now.",
        hold="Keep the address of a pair where it is, until --end.",
        logs="Show the state changes, and the engine's lines around them.",
        shell="Open a command line on the gateway.",
        failback="Go back from a venue's standby gateway to its first one.",
        explain="Say what a state, alarm, cause or message means, and what to do.",
    ),
)
