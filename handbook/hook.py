"""The site (`make site`): the pages of docs/ and of the root, with each link to a file of the repository kept.

mkdocs calls `on_files`, `on_page_markdown`, `on_page_content` and `on_post_build`: https://www.mkdocs.org/dev-guide/plugins/#events
"""

from __future__ import annotations

import os
import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from handbook.lists import as_python_markdown, numbered, steps

ROOT = Path(__file__).parents[1]
OF_THE_ROOT = {
    "README.md": "index.md",
    "ARCHITECTURE.md": "architecture.md",
    "SECURITY.md": "security.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
}
"""Pages that a repository has in its root, and their names in the site."""

_FENCED = re.compile(r"^( *)```.*?^\1```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<=\]\()(?!https?:)([^)#\s]+)")
_LOADED = re.compile(
    r"<(?:script|img|iframe)[^>]*\ssrc=\"?https?://|<link[^>]*\srel=\"?(?:stylesheet|preconnect)\"?[^>]*https?://"
)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the root's pages, and each file of the repository that a page links to, as text."""
    for name, place in OF_THE_ROOT.items():
        files.append(File.generated(config, place, abs_src_path=str(ROOT / name)))
    for page in list(files.documentation_pages()):
        for link in _LINK.findall(_FENCED.sub("", page.content_string)):
            path = _in_repository(page.src_uri, link)
            if (ROOT / path).is_file() and not _place(path).endswith(".md") and not files.src_uris.get(_place(path)):
                files.append(File.generated(config, _place(path), abs_src_path=str(ROOT / path)))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Lead each link to where the file is in the site, and indent lists as Python-Markdown wants them."""
    here = page.file.src_uri
    return as_python_markdown(_LINK.sub(lambda link: _relative(here, link[1]), markdown))


def on_page_content(html: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Each numbered step is an item of a list: one that is text of the step before it is passed over at 7 a.m."""
    written, shown = steps(page.markdown or ""), numbered(html)
    if written != shown:
        raise PluginError(f"{page.file.src_uri} has {written} numbered steps, and {shown} of them are items of a list")
    return html


def on_post_build(config: MkDocsConfig) -> None:
    """The site is read where there is no network: no page may load anything from another host."""
    loading = [path.name for path in Path(config.site_dir).rglob("*.html") if _LOADED.search(path.read_text())]
    if loading:
        raise PluginError(f"these pages load something from another host: {', '.join(loading)}")


def _in_repository(page: str, link: str) -> str:
    """A link's path in the repository, from the page's name in the site."""
    of_root = {place: name for name, place in OF_THE_ROOT.items()}
    folder = posixpath.dirname(of_root.get(page, f"docs/{page}"))
    return posixpath.normpath(posixpath.join(folder, link))


def _place(path: str) -> str:
    """Where a file of the repository is in the site. What is no page is shown as text."""
    if path in OF_THE_ROOT:
        return OF_THE_ROOT[path]
    if path.startswith("docs/"):
        inside = path.removeprefix("docs/")
        return f"{inside}/README.md" if (ROOT / path).is_dir() else inside
    return f"source/{path}.txt"


def _relative(page: str, link: str) -> str:
    return os.path.relpath(_place(_in_repository(page, link)), posixpath.dirname(page) or ".")
