"""HTML as a browser takes it apart: Chromium parses mails and tells what in them is alive."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Sequence
from html import unescape
from pathlib import Path

from tests.tools import program

TAGS = (
    *("html", "head", "meta", "title", "style", "body", "div", "table", "tbody", "tr", "td", "th"),
    *("h1", "h2", "p", "span", "strong", "a", "br"),
)
ATTRIBUTES = (
    *("lang", "xmlns", "charset", "name", "content", "class", "style", "role", "width", "height", "align", "bgcolor"),
    *("href", "target", "rel", "colspan", "scope"),
)
_PAGE = """<!doctype html><meta charset=utf-8><pre id=out></pre>
<script id=mails type=application/json>{mails}</script>
<script>
const tags = new Set({tags}), attributes = new Set({attributes});
const line = text => text.replace(/\\s+/g, ' ').trim();
const found = JSON.parse(document.getElementById('mails').textContent).map(([html, shown], number) => {{
  const page = new DOMParser().parseFromString(html, 'text/html'), wrong = new Set();
  for (const element of page.querySelectorAll('*')) {{
    if (!tags.has(element.localName)) wrong.add('<' + element.localName + '>');
    for (const {{name, value}} of element.attributes) {{
      if (!attributes.has(name)) wrong.add('<' + element.localName + ' ' + name + '>');
      if (name === 'href' && !/^https?:/.test(value)) wrong.add('link ' + value.slice(0, 60));
    }}
  }}
  if (page.querySelectorAll('style').length !== 1 || page.querySelectorAll('body').length !== 1) wrong.add('frame');
  const summary = page.querySelector('.summary');
  if (shown !== null && line(summary ? summary.textContent : '') !== line(shown)) wrong.add('summary is not shown');
  return [number, [...wrong]];
}});
document.getElementById('out').textContent = JSON.stringify(found);
document.getElementById('mails').remove();
</script>"""


def find_alive(mails: Sequence[tuple[str, str | None]], folder: Path) -> dict[int, list[str]]:
    """Return, by number, what each of *mails* holds that no mail of slamon's may: pairs of HTML and the summary shown.

    A summary that is None is not looked for. *folder* is for the browser's files.
    """
    data = json.dumps(mails).replace("<", "\\u003c")
    page = folder / "mails.html"
    page.write_text(_PAGE.format(mails=data, tags=json.dumps(TAGS), attributes=json.dumps(ATTRIBUTES)), "utf-8")
    command = [program("chromium"), "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    done = subprocess.run(
        [*command, f"--user-data-dir={folder / 'profile'}", "--dump-dom", page.as_uri()],
        capture_output=True,
        text=True,
        timeout=600,
        check=True,
    )
    out = re.search(r'<pre id="out">(.*?)</pre>', done.stdout, re.DOTALL)
    assert out is not None, done.stderr[-2000:]
    found = dict(json.loads(unescape(out[1])))
    assert len(found) == len(mails)
    return {number: wrong for number, wrong in found.items() if wrong}
