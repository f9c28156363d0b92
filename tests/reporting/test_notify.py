"""A failure can be told to people: to a local server, and to a program that stands in for mail."""

from __future__ import annotations

import json
import stat
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.reporting.conftest import SAVE, Project

from crm_analysis.errors import DataError, MappingError, NotReadyError
from crm_analysis.reporting import notify
from crm_analysis.reporting.conclusion import Telling
from crm_analysis.reporting.execute import Outcome
from crm_analysis.reporting.notify import send
from crm_analysis.reporting.period_run import PeriodReport
from crm_analysis.sources.config import Notify, Settings, read_toml

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "T0KEN-of-the-team"


@dataclass
class Server:
    """A server that answers with these codes, the last one again and again, and keeps what it got."""

    codes: list[int]
    address: str = ""
    got: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)


@contextmanager
def serving(*codes: int) -> Iterator[Server]:
    here = Server(list(codes))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            here.got.append((self.path, self.headers["Content-Type"], json.loads(body)))
            self.send_response(here.codes.pop(0) if len(here.codes) > 1 else here.codes[0])
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        do_GET = do_POST  # noqa: N815 - as http.server calls it

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    here.address = f"http://127.0.0.1:{server.server_port}/hooks/{SECRET}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield here
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(autouse=True)
def _no_proxy_and_no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(notify, "_PAUSES", (0.0, 0.0))


def program(folder: Path, body: str) -> str:
    """Write a program that stands in for mail."""
    path = folder / "mail"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def failed(cause: str = "ValueError: no rows") -> tuple[PeriodReport, ...]:
    outcomes = (Outcome("sales_dynamics", "published"), Outcome("customer_abc", "failed", 5, cause))
    return (PeriodReport("2026-10", outcomes, Path("reports/2026-10/index.html")),)


def done() -> tuple[PeriodReport, ...]:
    fine = (Outcome("sales_dynamics", "published"),)
    return (PeriodReport("2026-10", fine, Path("reports/2026-10/index.html")),)


def tell(
    settings: Settings, reports: tuple[PeriodReport, ...] = (), error: BaseException | None = None
) -> None:
    with Telling(settings, "2026-10", Path("reports")) as told:
        told.reports = reports
        if error is not None:
            raise error


# -- what is told -----------------------------------------------------------------------------------------


def test_a_failed_report_is_posted_with_its_cause_and_the_page(monkeypatch, capsys) -> None:
    with serving(200) as server:
        monkeypatch.setenv("CRM_WEBHOOK", server.address)
        tell(Settings(notify=Notify(webhook="env:CRM_WEBHOOK")), failed("Späth: no rows"))
    ((path, kind, body),) = server.got
    assert path == f"/hooks/{SECRET}"
    assert kind == "application/json; charset=utf-8"
    assert body.pop("text").splitlines() == [
        "Some sales reports of 2026-10 failed.",
        "- 2026-10 customer_abc, cell 5: Späth: no rows",
        "A report that failed keeps its last good page; the others are published.",
        "Page: reports/2026-10/index.html",
    ]
    assert body == {
        "status": "failed", "period": "2026-10", "cause": None, "page": "reports/2026-10/index.html",
        "failed": [{"period": "2026-10", "report": "customer_abc", "cell": 5, "cause": "Späth: no rows"}],
    }  # fmt: skip
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("on", "reports", "error", "status"),
    [
        (("failed",), failed(), None, "failed"),
        (("failed",), (), DataError("Too many rows set aside."), "failed"),
        (("failed",), (), ZeroDivisionError("x"), "failed"),
        (("failed",), done(), None, None),
        (("failed",), (), NotReadyError("late"), None),
        (("failed",), (), KeyboardInterrupt(), None),
        (("failed",), (), SystemExit(143), None),
        (("not_ready",), (), NotReadyError("late"), "not_ready"),
        (("published",), done(), None, "published"),
        (("published",), failed(), None, None),
        (("published",), (PeriodReport("2026-10", (), Path("p")),), None, None),  # nothing had changed
    ],
)
def test_what_is_told_is_what_was_asked_for(on, reports, error, status, monkeypatch) -> None:
    told: list[dict[str, Any]] = []
    monkeypatch.setattr(notify, "send", lambda _, message: told.append(message))
    settings = Settings(notify=Notify(command="env:CRM_MAIL", on=on))
    if error is None:
        tell(settings, reports)
    else:
        with pytest.raises(type(error)):
            tell(settings, reports, error)
    assert [message["status"] for message in told] == ([status] if status else [])


def test_the_link_leads_to_where_people_reach_the_reports() -> None:
    settings = Settings(notify=Notify(command="env:CRM_MAIL", pages="https://reports.example.com/crm/"))
    told = Telling(settings, "2026-10", Path("reports"), failed())
    assert told.message("failed")["page"] == "https://reports.example.com/crm/2026-10/index.html"


def test_an_error_of_the_package_is_told_by_its_kind_only_and_secrets_are_veiled(monkeypatch) -> None:
    monkeypatch.setenv("CRM_DATABASE_URL", "postgres://someone:hunter2@warehouse/crm")
    settings = Settings(database="env:CRM_DATABASE_URL", notify=Notify(command="env:CRM_MAIL"))
    told = Telling(settings, "2026-10", Path("reports"))
    kind = told.message("failed", ValueError("postgres://someone:hunter2@warehouse/crm"))
    assert "hunter2" not in json.dumps(kind)
    assert kind["cause"].startswith("ValueError;")
    ours = told.message(
        "failed", DataError("No postgres://someone:hunter2@warehouse/crm \x1b[2J", "", "Look.")
    )
    assert ours["cause"] == "No $CRM_DATABASE_URL \\u001b[2J Look."


# -- how it is sent ---------------------------------------------------------------------------------------

MESSAGE = {"text": "It failed.", "status": "failed"}


@pytest.mark.parametrize(
    ("codes", "posts", "said"),
    [
        ([200], 1, ""),
        ([503, 429, 200], 3, ""),
        ([503], 3, "the server answered 503"),
        ([404], 1, "the server answered 404"),
        ([302], 1, "the server answered 302"),
    ],
)
def test_what_may_pass_is_tried_again_twice(codes, posts: int, said: str, monkeypatch, capsys) -> None:
    with serving(*codes) as server:
        monkeypatch.setenv("CRM_WEBHOOK", server.address)
        send(Notify(webhook="env:CRM_WEBHOOK"), MESSAGE)
    assert [path for path, _, _ in server.got] == [f"/hooks/{SECRET}"] * posts
    err = capsys.readouterr().err
    assert said in err
    assert bool(err) == bool(said)
    assert SECRET not in err


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (f"http://127.0.0.1:1/{SECRET}", "Connection refused"),
        (f"file:///etc/hostname#{SECRET}", "holds no address that begins with http"),
        (f"ftp://127.0.0.1/{SECRET}", "holds no address that begins with http"),
        (f"http://127.0.0.1:1/{SECRET} and more", "is the address in the variable CRM_WEBHOOK right?"),
        (f"http://127.0.0.1:{SECRET}/", "is the address in the variable CRM_WEBHOOK right?"),
        ("", "holds no address"),
    ],
)
def test_an_address_that_cannot_be_reached_is_told_without_it(address, said, monkeypatch, capsys) -> None:
    monkeypatch.setenv("CRM_WEBHOOK", address)
    send(Notify(webhook="env:CRM_WEBHOOK"), MESSAGE)
    err = capsys.readouterr().err
    assert said in err
    assert SECRET not in err


def test_a_server_that_never_answers_is_given_up(monkeypatch, capsys) -> None:
    import socket

    monkeypatch.setattr(notify, "_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        monkeypatch.setenv("CRM_WEBHOOK", f"http://127.0.0.1:{deaf.getsockname()[1]}/{SECRET}")
        send(Notify(webhook="env:CRM_WEBHOOK"), MESSAGE)
    err = capsys.readouterr().err
    assert "TimeoutError" in err
    assert SECRET not in err


def test_a_program_is_given_the_text_and_no_shell_reads_it(tmp_path: Path, monkeypatch, capsys) -> None:
    mail = program(tmp_path, f'printf "%s\\n" "$@" > {tmp_path}/arguments; cat > {tmp_path}/text')
    monkeypatch.setenv("CRM_MAIL", f"'{mail}' -s 'Reports; touch $HOME && `id`' a@b")
    send(Notify(command="env:CRM_MAIL"), MESSAGE)
    assert (tmp_path / "arguments").read_text().splitlines() == ["-s", "Reports; touch $HOME && `id`", "a@b"]
    assert (tmp_path / "text").read_text() == "It failed.\n"
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("echo 'no \x1b[2Jrecipients' >&2; exit 3", 'mail" ended with 3. no \\u001b[2Jrecipients'),
        ("exec sleep 5", 'mail" took longer than 0.2 seconds'),
        (None, 'mail" cannot be run: No such file or directory'),
    ],
)
def test_a_program_that_fails_is_told(
    body: str | None, said: str, tmp_path: Path, monkeypatch, capsys
) -> None:
    monkeypatch.setattr(notify, "_SECONDS", 0.2)
    monkeypatch.setenv("CRM_MAIL", program(tmp_path, body) if body else str(tmp_path / "mail"))
    send(Notify(command="env:CRM_MAIL"), MESSAGE)
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(("line", "said"), [("", "holds no command"), ("mail 'a", "No closing quotation")])
def test_a_variable_without_a_command_is_told(line: str, said: str, monkeypatch, capsys) -> None:
    monkeypatch.setenv("CRM_MAIL", line)
    send(Notify(command="env:CRM_MAIL"), MESSAGE)
    err = capsys.readouterr().err
    assert "the variable CRM_MAIL" in err
    assert said in err


def test_one_way_that_fails_does_not_keep_the_other_from_being_tried(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("CRM_WEBHOOK", "http://127.0.0.1:1/")
    monkeypatch.setenv("CRM_MAIL", program(tmp_path, f"cat > {tmp_path}/text"))
    send(Notify(webhook="env:CRM_WEBHOOK", command="env:CRM_MAIL"), MESSAGE)
    assert (tmp_path / "text").is_file()


# -- settings ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("section", "message"),
    [
        (f'webhook = "https://hooks.example.com/{SECRET}"', 'write "env:NAME"'),
        ('on = ["failed"]', '"webhook" or "command" is wanted'),
        ('command = "mail -s Reports a@b"', 'write "env:NAME"'),
        ('command = "env:PAGER"', 'write "env:CRM_'),
        ('command = "env:CRM_MAIL"\non = ["always"]', "'failed', 'not_ready' or 'published'"),
        ('command = "env:CRM_MAIL"\nsubject = "x"', "does not exist"),
    ],
)
def test_settings_that_cannot_be_meant_are_errors(section: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "crm.toml").write_text(f'[settings.notify]\n{section}\n[deals]\nfile = "deals.csv"\n')
    with pytest.raises(MappingError) as refused:
        read_toml(tmp_path / "crm.toml")
    assert message in str(refused.value)
    assert SECRET not in str(refused.value)


# -- the command ------------------------------------------------------------------------------------------


def set_notify(project: Project, text: str) -> None:
    tables = "".join(f'[{name}]\nfile = "{name}.csv"\n' for name in ("deals", "sales"))
    (project.folder / "data" / "crm.toml").write_text(f"[settings.notify]\n{text}\n{tables}")


def test_the_command_tells_and_the_exit_code_stays(project: Project, monkeypatch) -> None:
    project.write("2_customer_abc", "import os; raise ValueError(os.environ['CRM_WEBHOOK'])")
    set_notify(project, 'webhook = "env:CRM_WEBHOOK"')
    with serving(200) as server:
        monkeypatch.setenv("CRM_WEBHOOK", server.address)
        ended = project.report("2026-02", "--only", "customer_abc")
    assert ended.exit_code == 1
    ((_, _, body),) = server.got
    assert body["failed"][0]["report"] == "customer_abc"
    # the address is a secret: neither the message, nor the log, nor any file holds it
    assert SECRET not in json.dumps(body) + ended.output
    for name, content in project.files().items():
        assert SECRET.encode() not in content, name
    # and where nobody can be told, the run ends as it would have
    unheard = project.report("2026-02", "--only", "customer_abc")
    assert unheard.exit_code == 1
    assert "Nobody was told by the webhook of [settings.notify]: Connection refused." in unheard.stderr


def test_data_with_errors_are_told_too(project: Project, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("CRM_MAIL", program(tmp_path, f"cat > {tmp_path}/text"))
    set_notify(project, 'command = "env:CRM_MAIL"')
    deals = project.folder / "data" / "deals.csv"
    deals.write_text(deals.read_text().replace("won", "gewonnen"))
    assert project.report("2026-02").exit_code == 1
    text = (tmp_path / "text").read_text()
    assert text.startswith("The sales reports of 2026-02 failed.\n")
    assert "gewonnen" in text


def test_success_is_told_where_it_is_wanted_and_once(project: Project, tmp_path: Path, monkeypatch) -> None:
    project.write("1_sales_dynamics", SAVE.format(stem="sales_dynamics"))
    monkeypatch.setenv("CRM_MAIL", program(tmp_path, f"cat >> {tmp_path}/text"))
    set_notify(project, 'command = "env:CRM_MAIL"\non = ["published"]\npages = "https://example.com/crm"')
    for _ in range(2):
        assert project.report("2026-02", "--only", "sales_dynamics").exit_code == 0
    assert (tmp_path / "text").read_text().splitlines() == [
        "The sales reports of 2026-02 are published.", "Page: https://example.com/crm/2026-02/index.html",
    ]  # fmt: skip
