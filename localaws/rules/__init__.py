"""What AWS refuses, delays or does beside moto: one rule a file, each with the page that says so.

docs/local-aws.md lists them all, and what is not emulated.
"""

from localaws.rules import console, credits, detachment, launches, mail


def install() -> None:
    """Put AWS's rules in the place of moto's; once a process."""
    console.install()
    credits.install()
    detachment.install()
    launches.install()
    mail.install()
