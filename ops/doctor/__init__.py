"""Walking the layers from the outside in, to the first that is broken."""

from ops.doctor.finding import Broken, Finding
from ops.doctor.walk import walk

__all__ = ["Broken", "Finding", "walk"]
