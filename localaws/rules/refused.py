"""A refusal in EC2's form that names the page it was taken from."""

from moto.ec2.exceptions import EC2ClientError


def refused(code: str, words: str, source: str) -> EC2ClientError:
    """An error of EC2. A reader of a stack's events can look the rule up."""
    return EC2ClientError(code, f"{words} (AWS: {source})")
