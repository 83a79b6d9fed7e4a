"""What AWS refuses, delays or does beside moto: one rule a file, each with the page that says so.

docs/local-aws.md lists them all, and what is not emulated.
"""

from localaws.rules import console, credits, destinations, detachment, in_use, launches, mail, public_access, running


def install() -> None:
    """Put AWS's rules instead of moto's; once a process."""
    console.install()
    credits.install()
    destinations.install()
    detachment.install()
    in_use.install()
    launches.install()
    mail.install()
    public_access.install()
    running.install()
