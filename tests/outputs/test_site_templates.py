"""A site's own templates: before slamon's, only the operator's files, and whatever they do the mail goes out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from slamon.cli.app import cli
from slamon.metrics import Metrics
from slamon.reporting.render import Renderer
from slamon.reporting.samples import SAMPLES
from slamon.reporting.site.fault import FaultTeller, TemplateFault
from slamon.reporting.site.files import stranger
from slamon.reporting.site.kitchen import Kitchen, Limits
from slamon.reporting.site.templates import SiteTemplates
from slamon.resources import folder
from tests.outputs.test_templates import Seen

BUILTIN = folder("reports")
PLAIN = Renderer(BUILTIN)
CALM = SAMPLES["near_breach"]["calm"]()


@pytest.fixture(scope="module")
def kitchen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Kitchen]]:
    """A folder of templates and the process that renders them, for one try after the other."""
    path = tmp_path_factory.mktemp("attacks") / "site"
    path.mkdir(0o755)
    opened = Kitchen(path, BUILTIN, Limits(seconds=20))
    yield path, opened
    opened.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[SiteTemplates]:
    (tmp_path / "site").mkdir()
    (tmp_path / "site").chmod(0o755)
    templates = SiteTemplates(tmp_path / "site", BUILTIN, Limits(seconds=20))
    yield templates
    templates.close()


def write(site: SiteTemplates | Path, name: str, text: str) -> Path:
    path = (site if isinstance(site, Path) else site.folder) / name
    path.write_text(text, "utf-8")
    path.chmod(0o644)
    return path


def fault_of(site: SiteTemplates, mail: str = "near_breach") -> str:
    with pytest.raises(TemplateFault) as caught:
        site.render(mail, SAMPLES[mail]["calm"]())
    return str(caught.value)


def test_a_template_comes_before_slamons_and_the_other_parts_stay(site: SiteTemplates) -> None:
    path = write(site, "near_breach.subject.j2", "[SLA] {{ ticket.id }}")
    mail = Renderer(BUILTIN, site).render("near_breach", **CALM)
    plain = PLAIN.render("near_breach", **CALM)

    assert (mail.subject, mail.text, mail.html) == ("[SLA] 1042", plain.text, plain.html)

    path.write_text("[Service desk] {{ ticket.id }}")
    assert Renderer(BUILTIN, site).render("near_breach", **CALM).subject == "[Service desk] 1042"


def test_every_mail_comes_out_of_the_other_process_as_it_is_made_in_this_one(site: SiteTemplates) -> None:
    for path in BUILTIN.glob("*.j2"):
        write(site, path.name, path.read_text("utf-8"))

    for mail, samples in SAMPLES.items():
        for values in samples.values():
            assert site.render(mail, values()) == PLAIN.render(mail, **values()), mail


def test_a_mail_that_no_template_of_the_site_is_a_part_of_is_made_in_this_process(site: SiteTemplates) -> None:
    write(site, "breach.subject.j2", "[SLA] {{ ticket.id }}")
    write(site, "README.txt", "no template")

    assert [mail for mail in SAMPLES if site.overrides(mail)] == ["breach"]
    write(site, "_ticket.txt.j2", "{{ ticket.id }}")
    assert all(site.overrides(mail) for mail in SAMPLES)


def test_a_mail_whose_template_fails_goes_out_and_says_so(
    site: SiteTemplates, caplog: pytest.LogCaptureFixture
) -> None:
    write(site, "near_breach.txt.j2", "Dear all,\n{{ ticket.nubmer }}")
    metrics = Metrics(version="0", tzdata_version="0", strict=True)
    renderer = Renderer(BUILTIN, site, FaultTeller(metrics))

    first, second = (renderer.render("near_breach", **CALM) for _ in range(2))

    said = "Made with slamon's own template: this site's failed (near_breach.txt.j2, line 2: "
    assert first == second
    assert said in first.text.splitlines()[-1]
    assert said in Seen(first.html).text
    assert "nubmer" in first.text.splitlines()[-1]
    assert first.text.startswith(PLAIN.render("near_breach", **CALM).text)
    assert metrics.registry.get_sample_value("slamon_template_faults_total") == 2
    assert caplog.text.count("a site's template failed") == 1


def test_a_mail_goes_out_though_the_folder_is_gone_or_its_values_cannot_be_handed_over(site: SiteTemplates) -> None:
    path = write(site, "near_breach.subject.j2", "[SLA] {{ ticket.id }}")
    renderer, plain = Renderer(BUILTIN, site), PLAIN.render("near_breach", **CALM)

    strange = renderer.render("near_breach", **CALM, more=lambda: None)
    path.unlink()
    site.folder.rmdir()
    gone = renderer.render("near_breach", **CALM)

    assert (strange.subject, gone.subject) == (plain.subject, plain.subject)
    assert "pickle" in strange.text.splitlines()[-1]
    assert f"(there is no folder {site.folder})" in gone.text.splitlines()[-1]


ATTACKS = {
    "a gigabyte": ("{{ 'a' * 10**9 }}", "it needs more memory than it may have"),
    "padding": ("{{ '%999999999d' % 1 }}", "it needs more memory than it may have"),
    "ten megabytes": ("{{ 'a' * 10**7 }}", "the mail is longer than it may be"),
    "many lines": ("{% for a in range(90000) %}{{ 'a' * 20 }}{% endfor %}", "the mail is longer than it may be"),
    "without end": ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "it goes on without end"),
    "the class of a text": ("{{ ''.__class__.__mro__ }}", "'__class__' of 'str' object is unsafe"),
    "the class of a value": ("{{ mail.__class__ }}", "'__class__' of 'TicketMail' object is unsafe"),
    "the class by format": ("{{ '{0.__class__}'.format(mail) }}", "'__class__' of 'TicketMail' object is unsafe"),
    "the globals of a word": ("{{ headline.__globals__ }}", "'__globals__' of 'function' object is unsafe"),
    "a program": ("{{ cycler.__init__.__globals__.os.popen('id').read() }}", "'__init__' of 'type' object is unsafe"),
    "a big range": ("{% for a in range(999999) %}{% endfor %}", "Range too big"),
    "a file": ("{% include '/etc/passwd' %}", "there is no template /etc/passwd"),
    "a file above": ("{% include '../secret.j2' %}", "there is no template ../secret.j2"),
    "no template": ("{% for %}", "line 1: "),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_a_template_may_not_do_is_a_fault(kitchen: tuple[Path, Kitchen], attack: str) -> None:
    text, said = ATTACKS[attack]
    path, opened = kitchen
    write(path, "near_breach.txt.j2", text)
    (path.parent / "secret.j2").write_text("a secret")

    with pytest.raises(TemplateFault) as caught:
        opened.render("near_breach", CALM)
    assert said in str(caught.value)


def test_a_template_that_takes_too_long_is_stopped_and_rests(tmp_path: Path) -> None:
    loop = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
    impatient = SiteTemplates(tmp_path, BUILTIN, Limits(seconds=1))
    write(impatient, "near_breach.txt.j2", loop)

    assert fault_of(impatient) == "it takes too long"
    assert impatient._kitchen._process is None
    assert fault_of(impatient) == "it takes too long"
    assert impatient._kitchen._process is None  # not tried again so soon


def test_the_process_has_no_environment_and_may_write_to_no_file(
    site: SiteTemplates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLAMON_MAIL__PASSWORD", "hunter2-of-the-mail-server")
    write(site, "near_breach.subject.j2", "{{ ticket.id }}")
    site.render("near_breach", CALM)

    process = site._kitchen._process
    assert process is not None
    inside = Path(f"/proc/{process.pid}")
    assert b"hunter2" not in (inside / "environ").read_bytes()
    limits = (inside / "limits").read_text()
    for name, most in (("Max address space", 256 * 1024 * 1024), ("Max file size", 0), ("Max core file size", 0)):
        assert f"{name:<25} {most:<20} {most:<20}" in limits


def test_a_process_that_is_gone_is_started_again(site: SiteTemplates) -> None:
    write(site, "near_breach.subject.j2", "{{ ticket.id }}")
    site.render("near_breach", CALM)
    process = site._kitchen._process
    assert process is not None
    process.kill()
    process.wait()

    assert site.render("near_breach", CALM).subject == "1042"


@pytest.mark.parametrize("shared", ["file", "folder"])
def test_what_others_may_write_to_is_not_used(site: SiteTemplates, shared: str) -> None:
    path = write(site, "near_breach.subject.j2", "Pay here: {{ ticket.id }}")
    (path if shared == "file" else site.folder).chmod(0o777)

    assert fault_of(site).endswith("others may write to it; take that away with chmod go-w")


def test_what_belongs_to_someone_else_is_not_used() -> None:
    nobody = os.stat_result((0o100644, 1, 1, 1, os.geteuid() + 1, 0, 7, 0, 0, 0))
    root = os.stat_result((0o100644, 1, 1, 1, 0, 0, 7, 0, 0, 0))

    assert stranger(nobody).startswith(f"belongs to user {os.geteuid() + 1}; ")
    assert stranger(root) == ""


@pytest.mark.parametrize("name", ["pipe", "folder", "bytes", "large"])
def test_what_is_no_template_file_holds_nobody_up(site: SiteTemplates, name: str) -> None:
    path = site.folder / "near_breach.subject.j2"
    if name == "pipe":
        os.mkfifo(path, 0o600)
    elif name == "folder":
        path.mkdir(0o755)
    else:
        path.write_bytes(b"\xff" if name == "bytes" else b"x" * 300_000)
        path.chmod(0o644)

    said = {"pipe": "no plain file", "folder": "Is a directory", "bytes": "not UTF-8", "large": "larger than 256 KiB"}
    assert said[name] in fault_of(site)


CONFIG = """
[tenant.main]
url = "https://psa.example.org"
company = "training"
public_key = "public"
client_id = "8c1d"

[mail]
host = "127.0.0.1"
security = "none"
templates = "site"
"""


def check(tmp_path: Path) -> tuple[int, str]:
    (tmp_path / "slamon.toml").write_text(CONFIG)
    environ = {"SLAMON_TENANT__MAIN__PRIVATE_KEY": "a secret"}
    result = CliRunner(env=environ).invoke(cli, ["-c", str(tmp_path / "slamon.toml"), "check"])
    return result.exit_code, result.output


def test_check_tries_every_template_on_every_sample(tmp_path: Path, site: SiteTemplates) -> None:
    good = write(site, "near_breach.subject.j2", "[SLA] {{ ticket.id }}")
    assert check(tmp_path)[0] == 0

    good.write_text("[SLA] {{ ticket.company.name if mail.standing == 'due' else ticket.compny }}")
    write(site, "breech.txt.j2", "x")
    status, said = check(tmp_path)
    assert status == 2
    assert "near_breach cannot be made of the sample paused: near_breach.subject.j2, line 1: " in said
    assert "breech.txt.j2\n      is no part of a mail; write MAIL.subject.j2" in said

    write(site, "_foot.j2", "{% if %}")
    assert "_foot.j2\n      cannot be used: _foot.j2, line 1: Expected an expression" in check(tmp_path)[1]
    good.chmod(0o666)
    assert "near_breach.subject.j2\n      others may write to it" in check(tmp_path)[1]


def test_a_folder_that_is_not_there_is_a_problem_of_the_settings(tmp_path: Path) -> None:
    status, said = check(tmp_path)

    assert status == 2
    assert "mail.templates = 'site'\n      no such folder; name one that holds templates" in said
