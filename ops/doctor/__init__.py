"""The layers from the outside in, to the first that is broken."""

from ops.doctor.finding import Broken, Finding
from ops.doctor.layers import examine

__all__ = ["Broken", "Finding", "examine"]
