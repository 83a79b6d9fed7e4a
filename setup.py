"""The wheel (`make wheel`): the tree that the command runs from, as data of one package. pyproject.toml has the rest."""

import shutil
import subprocess
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent
FOLDERS = (
    "clients", "constructs", "docs", "localaws", "model", "ops", "rehearsal", "stacks", "userdata", "venues",
)  # fmt: skip
FILES = ("app.py", "cdk.json", "LICENSE", "package.json", "package-lock.json", "pyproject.toml", "requirements.txt")


class BuildTree(build_py):
    """The package, with the tree in it."""

    def run(self) -> None:
        """Copy what the command, the CDK app and the rehearsal need."""
        super().run()
        tree = Path(self.build_lib) / "fixtunnel_command" / "tree"
        shutil.rmtree(tree, ignore_errors=True)
        tree.mkdir(parents=True)
        for name in FILES:
            shutil.copy2(HERE / name, tree / name)
        for name in FOLDERS:
            _copied(HERE / name, tree / name)


def _copied(folder: Path, to: Path) -> None:
    """What git knows: an editor's swap files and a firm's own clients stay here. Without git, all but what is hidden."""
    listed = subprocess.run(["git", "ls-files", "-z", "."], cwd=folder, capture_output=True, check=False)
    if listed.returncode or not listed.stdout:
        shutil.copytree(folder, to, ignore=shutil.ignore_patterns("__pycache__", "*.pyc", ".*", "*~"))
        return
    for name in listed.stdout.decode().rstrip("\0").split("\0"):
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(folder / name, to / name)


setup(cmdclass={"build_py": BuildTree})
