"""The few FIX messages of the rehearsal, for every version from 4.0 to FIXT.1.1 (fixtrading.org, FIX specification)."""

from __future__ import annotations

from datetime import UTC, datetime

import quickfix as fix

MSG_TYPE, TEXT, CL_ORD_ID, EXEC_ID, POSS_DUP, TEST_REQ_ID = 35, 58, 11, 17, 43, 112
_QUANTITY, _PRICE = "100", "1.00"


def new_order(order: str, *, size: int = 0) -> fix.Message:
    """NewOrderSingle, with a text that fills it by `size` bytes."""
    body = {
        CL_ORD_ID: order,
        21: "1",
        55: "FIXTUNNEL",
        54: "1",
        60: datetime.now(UTC).strftime("%Y%m%d-%H:%M:%S"),
        38: _QUANTITY,
        40: "2",
        44: _PRICE,
        59: "0",
    }
    return _message("D", body, size)


def execution_report(order: str, *, execution: str, begin_string: str, size: int = 0) -> fix.Message:
    """ExecutionReport: filled. Up to FIX 4.2 it names its transaction type, and a fill is ExecType 2."""
    old = begin_string in ("FIX.4.0", "FIX.4.1", "FIX.4.2")
    body = {
        37: f"O-{execution}",
        EXEC_ID: execution,
        **({20: "0"} if old else {}),
        150: "2" if old else "F",
        39: "2",
        CL_ORD_ID: order,
        55: "FIXTUNNEL",
        54: "1",
        38: _QUANTITY,
        32: _QUANTITY,
        31: _PRICE,
        151: "0",
        14: _QUANTITY,
        6: _PRICE,
    }
    return _message("8", body, size)


def test_request(name: str) -> fix.Message:
    """TestRequest: the other engine answers with a Heartbeat of the same name."""
    return _message("1", {TEST_REQ_ID: name}, 0)


def text_of(message: fix.Message, tag: int) -> str:
    """A field of the body; empty where it is not set."""
    return str(message.getField(tag)) if message.isSetField(tag) else ""


def type_of(message: fix.Message) -> str:
    """MsgType."""
    return str(message.getHeader().getField(MSG_TYPE))


def is_possible_duplicate(message: fix.Message) -> bool:
    """PossDupFlag: the engine has sent it before, or tried to."""
    header = message.getHeader()
    return bool(header.isSetField(POSS_DUP)) and header.getField(POSS_DUP) == "Y"


def _message(kind: str, body: dict[int, str], size: int) -> fix.Message:
    message = fix.Message()
    message.getHeader().setField(MSG_TYPE, kind)
    for tag, value in body.items():
        message.setField(tag, value)
    if size:
        message.setField(TEXT, ("fixtunnel " * (size // 10 + 1))[:size])
    return message
