"""docs/reference/commands.md names every command, option and exit status; commands printed anywhere exist."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from slamon import errors
from slamon.cli.app import COMMANDS, cli
from slamon.evaluate import answer_document, read_document
from tests.docs.pages import REFERENCE, ROOT, Block, blocks, codes, pages, prose, rows, sections

PAGE = REFERENCE / "commands.md"
SECTIONS = sections(PAGE)


def commands() -> Iterator[tuple[str, click.Command]]:
    """Yield every command with its full name, those of groups included."""
    context = click.Context(cli)
    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command is not None
        yield name, command
        if isinstance(command, click.Group):
            yield from ((f"{name} {below}", each) for below, each in command.commands.items())


ALL = dict(commands())


def options(command: click.Command) -> dict[str, click.Option]:
    found = [param for param in command.params if isinstance(param, click.Option)]
    return {option.opts[-1]: option for option in found}


@pytest.mark.parametrize("name", ALL)
def test_every_command_has_a_section_with_all_its_options_and_no_other(name: str) -> None:
    text = SECTIONS.get(f"`slamon {name}`")
    assert text is not None, name

    documented = {code: row for code, row in rows(text).items() if code.startswith("-")}

    assert set(documented) == set(options(ALL[name]))
    for option, row in documented.items():
        assert row[1], option
        default = options(ALL[name])[option].default
        if options(ALL[name])[option].show_default and default is not None:
            assert row[0] == f"`{default}`", option


@pytest.mark.parametrize("name", ALL)
def test_every_argument_is_named(name: str) -> None:
    for param in ALL[name].params:
        if isinstance(param, click.Argument):
            shown = param.metavar or str(param.name).upper()
            assert any(shown in code for code in codes(SECTIONS[f"`slamon {name}`"])), shown


def test_the_options_of_slamon_itself_are_named() -> None:
    text = next(iter(SECTIONS.values()))

    for param in cli.params:
        assert all(any(opt in code for code in codes(text)) for opt in param.opts), param.opts


def test_no_section_is_of_a_command_that_does_not_exist() -> None:
    named = {heading.strip("`").removeprefix("slamon ") for heading in SECTIONS if heading.startswith("`slamon ")}

    assert named == set(ALL)


def test_every_exit_status_is_listed() -> None:
    raised = {
        value.exit_status
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, errors.SlamonError)
    }
    # 0: done, 3: --fail-on-breach, 130: Ctrl-C, as `__main__` has them
    listed = re.findall(r"^\| (\d+) \|", SECTIONS["Exit status"], re.MULTILINE)

    assert {int(status) for status in listed} == raised | {0, 3, 130}


# --- commands printed on any page ---------------------------------------------------------------------


def printed() -> list[tuple[Block, str]]:
    """Return each line of a shell block, without comment and variables before it."""
    found = []
    for block in blocks("sh"):
        for line in block.text.splitlines():
            words = shlex.split(line, comments=True)
            if words:
                found.append((block, line))
    return found


LINES = printed()


@pytest.mark.parametrize(("block", "line"), LINES, ids=[f"{block}-{line[:40]}" for block, line in LINES])
def test_a_printed_command_exists(block: Block, line: str) -> None:
    words = shlex.split(line, comments=True)
    if words[0] == "export":
        assert words[1].startswith("SLAMON_")
    elif words[0] == "make":
        assert words[1] in make_targets()
    elif words[0] == "$EDITOR":
        assert len(words) == 2
    else:
        assert words[0] in ("slamon", ".venv/bin/slamon"), line
        check_command(words[1:])


def check_command(words: list[str]) -> None:
    """Parse as click does, without running anything."""
    if words[0] == "-c":
        words = words[2:]
    assert words[0] in ALL, words[0]
    command, rest = ALL[words[0]], words[1:]
    if isinstance(command, click.Group):
        below = command.get_command(click.Context(command), rest[0])
        assert below is not None, rest[0]
        command, rest = below, rest[1:]
    parser = command.make_parser(click.Context(command))
    _, left, _ = parser.parse_args(list(rest))  # raises on an unknown option
    assert not left, left


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_named_in_the_text_exist(page: Path) -> None:
    for code in codes(prose(page)):
        words = code.split()
        if words[:1] == ["make"] and len(words) > 1:
            assert words[1] in make_targets(), code
        if words[0] in ("slamon", ".venv/bin/slamon") and len(words) > 1 and not words[1].startswith(("-", "[", "C")):
            assert words[1] in COMMANDS, code


def test_the_readme_lists_every_command() -> None:
    listed = rows((ROOT / "README.md").read_text("utf-8"))

    assert [code.removeprefix("slamon ") for code in listed if code.startswith("slamon ")] == list(COMMANDS)


def test_the_example_of_evaluate_gives_the_printed_answers() -> None:
    question, shortened = [block.text for block in blocks("json") if block.page == PAGE]

    results, complete = answer_document(read_document(question))

    assert complete
    assert f"`{results[0]['answer']}`" in SECTIONS["`slamon evaluate`"]
    assert json.loads(shortened).items() <= results[1].items()
