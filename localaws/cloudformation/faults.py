"""What the emulator refuses, in CloudFormation's own codes and words where the CDK CLI reads them."""

from __future__ import annotations

from moto.core.exceptions import ServiceException


class Invalid(ServiceException):
    """A request that CloudFormation would refuse."""

    code = "ValidationError"


class NoChangeSet(ServiceException):
    """A change set that is not there: the CDK's command line waits for this code."""

    code = "ChangeSetNotFound"


class AlreadyExists(ServiceException):
    """A second stack of a name."""

    code = "AlreadyExistsException"


class Throttled(ServiceException):
    """More requests than AWS takes."""

    code = "Throttling"


class CannotMake(Exception):
    """A resource that could not be created, changed or removed: it fails its operation, and the reason is shown."""
