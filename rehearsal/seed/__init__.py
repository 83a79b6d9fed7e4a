"""The article's script taken literally: what it writes, put onto a gateway instead of what we render.

The rehearsal runs it to show why its lines cannot simply be copied to a current engine.
"""

from rehearsal.seed.script import files_of_the_script, take_literally

__all__ = ["files_of_the_script", "take_literally"]
