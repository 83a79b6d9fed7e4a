"""What each state means, in words for a person; what to do about it stands in docs/runbook.md."""

from fixtunnel import keyed
from fixtunnel.contract import GatewayState, PskState, TunnelState
from fixtunnel.contract_of_calls import CallState

GATEWAY: dict[GatewayState, str] = {
    "booting": "the gateway is starting",
    "boot-failed": "the boot failed, and is tried again every 30 s",
    "waiting-for-address": "another instance holds the Elastic IP: this one is silent",
    "holding": "this instance holds the Elastic IP",
}
TUNNEL: dict[TunnelState, str] = {
    "up": "up: what we send is answered",
    "partly-up": "up for some of the venue's networks: for the others it refuses the child SA, or does not answer",
    "one-way": "up, but what we send is not answered",
    "ike": "IKE is up, the child SA is not: the venue refuses or does not know our networks or ESP proposal",
    "ended-at-once": "the venue agrees, and ends each SA as soon as it is there: we wait before the next attempt",
    "trying": "IKE is being negotiated: the venue has not answered, or not authenticated us, yet",
    "down": "down: nothing is being negotiated",
    "standby": "loaded, and waits: another tunnel to the same venue is up",
    "silent": "kept silent: this instance does not hold the Elastic IP",
    "unknown": "the engine has not loaded it",
    "engine-down": "the IPsec engine does not answer",
    "waiting-for-psk": "there is no PSK for it in Secrets Manager yet",
    "unseen": "not looked at yet",
}
LAYER: dict[TunnelState, str] = {
    "up": "",
    "standby": "",
    "silent": "address",
    "unseen": "",
    "partly-up": "child SA",
    "one-way": "traffic",
    "ike": "child SA",
    "ended-at-once": "child SA",
    "trying": "IKE",
    "down": "IKE",
    "unknown": "configuration",
    "engine-down": "engine",
    "waiting-for-psk": "PSK",
}
PSK: dict[PskState, str] = dict[PskState, str](keyed.WORDS.items()) | {
    "on-trial": "a new PSK is being tried with the venue",
    "untried": "a new PSK is loaded, and will be tried when this tunnel is needed",
    "waiting-for-window": "a new PSK waits for the restart window",
    "psk-refused": "the venue does not answer to the newest PSK in Secrets Manager; the one before it is in use",
}
CALLS: dict[CallState, str] = {
    "open": "a session is open",
    "ended": "no session is open",
    "unanswered": "called, and the host does not answer",
    "refused": "called, and nothing listens there",
}
TRIED = {
    "initiate": "began to negotiate",
    "afresh": "ended its SAs and began again",
    "replace": "loaded its configuration again and began afresh",
    "restart-engine": "restarted the engine",
    "pair": "replaced the child SA of one pair of networks",
}
