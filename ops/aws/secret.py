"""A PSK in Secrets Manager. Its value leaves this module only as an argument to a function that is given it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from ops.aws.access import Access, AwsFailure, NotThere, understood
from ops.failure import Failure
from userdata import keyed

Answer = TypeVar("Answer")
_BY_HAND = "change that key by hand in Secrets Manager"
_ADVICE = {
    "key-needed": "name the key in the client file, secret: {{arn: …, key: NAME}}; or let the PSK have a secret of its own",
    "key-missing": "add the key {key} to the secret (fixtunnel secret set does), or correct secret.key in the client file",
    "key-not-text": "put the PSK there as text, in quotes: fixtunnel secret set does",
    "not-an-object": "take secret.key out of the client file if the whole value is the PSK; else store a JSON object",
}


class Unusable(Failure):
    """A secret has a value, and no PSK can be taken from it. `word` is the gateway's own for the reason."""

    def __init__(self, what: str, *, word: str, advice: str, evidence: str = "") -> None:
        self.word = word
        super().__init__(what, evidence=evidence, advice=advice)


@dataclass(frozen=True)
class Secret:
    """One secret. It does not hold its value, so it can be printed.

    `key` is where in its JSON object the PSK is; empty where it holds nothing else.
    """

    access: Access
    arn: str
    key: str = ""

    @understood("secretsmanager describe_secret")
    def version(self) -> str:
        """The id of the version that counts; empty where there is no value yet.

        Raises:
            NotThere: there is no such secret, or it was deleted and can only be restored.
        """
        said = self.access.call("secretsmanager", "describe_secret", SecretId=self.arn)
        if "DeletedDate" in said:
            advice = f"until it is gone for good: aws secretsmanager restore-secret --secret-id {self.arn}"
            evidence = f"deleted; gone for good after {said['DeletedDate']:%Y-%m-%d %H:%M %Z}"
            raise NotThere(f"the secret {self.arn} is deleted", evidence=evidence, advice=advice)
        stages = said.get("VersionIdsToStages", {})
        return next((version for version, labels in stages.items() if "AWSCURRENT" in labels), "")

    @understood("secretsmanager describe_secret")
    def encrypted_with(self) -> str:
        """The id, the ARN or the alias of its KMS key; empty for AWS's own. Raises NotThere where there is no such secret."""
        key = str(self.access.call("secretsmanager", "describe_secret", SecretId=self.arn).get("KmsKeyId") or "")
        return "" if key.endswith("alias/aws/secretsmanager") else key

    def use(self, function: Callable[[bytes], Answer]) -> Answer | None:
        """Give the PSK to a function, and return its answer; None where there is no value yet.

        Raises:
            Unusable: there is a value, and no PSK in it.
        """
        value = self._value("AWSCURRENT")
        return function(self._psk_in(value)) if value else None

    def put(self, psk: str) -> str:
        """Store a new PSK, and return its version's id. With a key the rest of the secret's JSON object stays as it is.

        Raises:
            Unusable: the value that is there would be lost: the secret is not what the client file says.
        """
        if not self.key:
            if self._holds_object():
                raise self._unusable("key-needed")
            return self._store(psk)
        value = self._value("AWSCURRENT")
        return self._store(self._with(psk, value) if value else json.dumps({self.key: psk}, ensure_ascii=False))

    def go_back(self) -> bool:
        """Store the PSK before the present one again, with all else as it is now; False where there is none.

        Raises:
            Unusable: the value before has no PSK in it.
        """
        former = self._value("AWSPREVIOUS")
        if not former:
            return False
        psk = self._psk_in(former)
        if self.key:
            present = self._value("AWSCURRENT")
            is_object = present is not None and keyed.object_in(present) is not None
            self._store(self._with(psk.decode(), present if present and is_object else former))
        else:
            self._store(_text_or_bytes(psk))
        return True

    def _psk_in(self, value: bytes) -> bytes:
        try:
            return keyed.psk_in(value, self.key)
        except keyed.NoPsk as without:
            raise self._unusable(without.word) from None

    def _holds_object(self) -> bool:
        """Whether a PSK in its place would take other values away; who may not read it cannot know."""
        try:
            value = self._value("AWSCURRENT")
        except AwsFailure:
            return False
        return value is not None and keyed.object_in(value) is not None

    def _with(self, psk: str, value: bytes) -> str:
        """The JSON object of a value, with another PSK. All else must come out of our writing as it went in."""
        if keyed.object_in(value) is None:
            raise self._unusable("not-an-object")
        try:
            found = json.loads(value)
            # Decimals, since floats would compare equal to what they make of a long number.
            was, again = (json.loads(text, parse_float=Decimal) for text in (value, json.dumps(found, allow_nan=False)))
        except (ValueError, RecursionError):
            was = again = found = None
        if not isinstance(found, dict) or was != again:
            raise Unusable("the secret's JSON object cannot be written again as it is", word="", advice=_BY_HAND)
        if isinstance(found.get(self.key), dict | list):
            what = f"under {self.key} the secret has an object or a list, which would be lost"
            advice = f"correct secret.key in the client file; or {_BY_HAND}"
            raise Unusable(what, word="key-not-text", advice=advice, evidence=self.arn)
        return json.dumps({**found, self.key: psk}, ensure_ascii=False)

    @understood("secretsmanager get_secret_value")
    def _value(self, stage: str) -> bytes | None:
        try:
            said = self.access.call(
                "secretsmanager", "get_secret_value", secretly=True, SecretId=self.arn, VersionStage=stage
            )
        except NotThere:
            return None
        # As the gateway reads it: the line end of an editor or of `echo` is no part of a PSK.
        return said.get("SecretBinary") or said.get("SecretString", "").strip("\r\n").encode() or None

    @understood("secretsmanager put_secret_value")
    def _store(self, value: str | bytes) -> str:
        kind = "SecretString" if isinstance(value, str) else "SecretBinary"
        said = self.access.call("secretsmanager", "put_secret_value", secretly=True, SecretId=self.arn, **{kind: value})
        return str(said["VersionId"])

    def _unusable(self, word: keyed.Word) -> Unusable:
        what = f"{keyed.WORDS[word]} (secret.key: {self.key})" if self.key else keyed.WORDS[word]
        return Unusable(what, word=word, advice=_ADVICE[word].format(key=self.key), evidence=self.arn)


def _text_or_bytes(value: bytes) -> str | bytes:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value
