"""The process that renders a site's templates: `python -m slamon.reporting.site.worker SITE BUILTIN MIB SECONDS CHARS`.

It has what it needs of one mail and nothing else: no database, no settings, no environment, no file to write to.
"""

from __future__ import annotations

import json
import pickle
import resource
import signal
import sys
import zoneinfo
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, TemplateNotFound, TemplateSyntaxError

from slamon.clean import clean_line, clean_text
from slamon.reporting.environment import TooLongError, build_environment, render_parts
from slamon.reporting.site import wire
from slamon.reporting.site.files import ENDING, OperatorsLoader, UntrustedFileError

MIB = 1024 * 1024


def main(site: str, builtin: str, mebibytes: str, seconds: str, characters: str) -> None:
    """Answer requests from standard input until it ends."""
    zoneinfo.reset_tzpath(())
    loader = ChoiceLoader([OperatorsLoader(Path(site)), FileSystemLoader(builtin)])
    environment = build_environment(loader, sandboxed=True)
    _confine(int(mebibytes) * MIB)
    wire.send(sys.stdout.buffer, b"{}")
    while (request := wire.receive(sys.stdin.buffer)) is not None:
        # Whoever asked kills what is late; should they be gone, the alarm does.
        signal.setitimer(signal.ITIMER_REAL, 2 * float(seconds))
        wire.send(sys.stdout.buffer, json.dumps(_answer(environment, request, int(characters))).encode())
        signal.setitimer(signal.ITIMER_REAL, 0)


def _confine(memory: int) -> None:
    for what, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)):
        hard = resource.getrlimit(what)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (most, most))


def _answer(environment: Environment, request: bytes, characters: int) -> dict[str, Any]:
    try:
        mail, values = pickle.loads(request)  # noqa: S301  (slamon's own)
        return _render(environment, mail, values, characters) if values is not None else _parse(environment, mail)
    except MemoryError:
        return {"error": "it needs more memory than it may have", "costly": True}
    except TooLongError as error:
        return {"error": str(error), "costly": True}
    except UntrustedFileError as error:
        return {"error": str(error)}
    except TemplateNotFound as error:
        return {"error": f"{_place(error.__traceback__)}there is no template {clean_line(str(error.name))}"}
    except TemplateSyntaxError as error:
        return {"error": f"{error.name}, line {error.lineno}: {error.message}"}
    except RecursionError as error:
        return {"error": f"{_place(error.__traceback__)}it goes on without end", "costly": True}
    except Exception as error:  # whatever a template may raise is its fault
        return {"error": f"{_place(error.__traceback__)}{clean_line(str(error)) or type(error).__name__}"}


def _render(environment: Environment, mail: str, values: Mapping[str, object], characters: int) -> dict[str, Any]:
    made = render_parts(environment, mail, values, characters)
    return {"subject": made.subject, "text": clean_text(made.text), "html": clean_text(made.html)}


def _parse(environment: Environment, name: str) -> dict[str, Any]:
    environment.get_template(name)
    return {}


def _place(traceback: TracebackType | None) -> str:
    """Return the last line of a template that *traceback* comes through."""
    place = ""
    while traceback is not None:
        file = Path(traceback.tb_frame.f_code.co_filename)
        if file.name.endswith(ENDING):
            place = f"{file.name}, line {traceback.tb_lineno}: "
        traceback = traceback.tb_next
    return place


if __name__ == "__main__":
    main(*sys.argv[1:])
