"""S3 without a signature: AWS serves such a request only where the object is public (as its SSM agent's package is)."""

from __future__ import annotations

from botocore.exceptions import ClientError

from localaws.iam.call import Call
from localaws.iam.refusal import Refused
from localaws.serving.backend import Backend

_EVERYBODY = "http://acs.amazonaws.com/groups/global/AllUsers"


class PublicObjects:
    """Knows by their ACLs which objects of the embedded AWS are public."""

    def __init__(self, backend: Backend) -> None:
        self._s3 = backend.client("s3")

    def permit(self, call: Call) -> None:
        """Return if anybody may read the object.

        Raises:
            Refused: it is private or not there; S3 does not tell a stranger which.
        """
        if call.action != "GetObject" or not self._is_public(call.parameters["Bucket"], call.parameters["Key"]):
            raise Refused("denied", "Access Denied")

    def _is_public(self, bucket: str, key: str) -> bool:
        try:
            grants = self._s3.get_object_acl(Bucket=bucket, Key=key)["Grants"]
        except ClientError:
            return False
        return any(each["Grantee"].get("URI") == _EVERYBODY and each["Permission"] != "WRITE" for each in grants)
