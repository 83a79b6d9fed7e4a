"""Which part of a secret's value is the PSK: all of it, or the text under one key of a JSON object.

A JSON object is never a PSK itself: other programs keep several values in one secret, and a venue agreed on one of them.
Any other text or bytes are one, also what only begins like JSON.
"""

import json
from typing import Any, Literal

Word = Literal["key-needed", "key-missing", "key-not-text", "not-an-object"]
WORDS: dict[Word, str] = {
    "key-needed": "the secret holds a JSON object, and the client file does not say under which key the PSK is",
    "key-missing": "the secret's JSON object does not have the key that the client file names",
    "key-not-text": "what the secret has under the key that the client file names is no text, or empty",
    "not-an-object": "the client file names a key, and the secret holds no JSON object",
}


class NoPsk(Exception):
    """There is a value, and no PSK in it. `word` is one of WORDS; nothing of the value is in it."""

    def __init__(self, word: Word) -> None:
        self.word = word
        super().__init__(WORDS[word])


def psk_in(value: bytes, key: str) -> bytes:
    """The PSK. `key` is empty where the whole value is one.

    Raises:
        NoPsk: there is none in it.
    """
    found = object_in(value)
    if found is None:
        if key:
            raise NoPsk("not-an-object")
        return value
    if not key:
        raise NoPsk("key-needed")
    if key not in found:
        raise NoPsk("key-missing")
    return _text(found[key])


def _text(found: Any) -> bytes:
    # As of a whole value, the line end of an editor is no part of it.
    text = found.strip("\r\n") if isinstance(found, str) else ""
    try:
        psk = text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can write
        psk = b""
    if not psk:
        raise NoPsk("key-not-text")
    return psk


def object_in(value: bytes) -> dict[str, Any] | None:
    """The JSON object that a value is; None where it is something else."""
    try:
        # A number of any length is none of our business, and must not be a fault.
        found = json.loads(value, parse_int=float)
    except RecursionError:
        return {} if value.lstrip().startswith(b"{") else None
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
