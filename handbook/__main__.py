"""Write the pages that are made from the code. A test holds each to it."""

from handbook.pages import PAGES, ROOT

for path, page in PAGES.items():
    (ROOT / path).write_text(page())
    print(f"wrote {path}")
