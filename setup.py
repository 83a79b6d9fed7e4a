"""The wheel (`make wheel`): the tree that the command runs from, as data of one package. pyproject.toml has the rest."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent
FOLDERS = (
    "clients", "constructs", "docs", "localaws", "model", "ops", "rehearsal", "stacks", "userdata", "venues",
)  # fmt: skip
FILES = ("app.py", "cdk.json", "LICENSE", "package.json", "package-lock.json", "pyproject.toml")


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
            shutil.copytree(HERE / name, tree / name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))


setup(cmdclass={"build_py": BuildTree})
