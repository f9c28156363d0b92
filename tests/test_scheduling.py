"""The examples for schedulers do what they say, tried with the real ones where these are installed.

Airflow and jupyter-scheduler do not fit into the environment of the project: name their interpreters by
``AIRFLOW_PYTHON`` and ``JUPYTER_SCHEDULER_PYTHON``.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.reporting.conftest import LOAD, SAVE, Project, make_project
from tests.reporting.logs import read_log

EXAMPLES = Path(__file__).resolve().parents[1] / "examples" / "scheduling"
#: What the examples are written for, replaced by what is there in a test.
PROJECT, REPORTS, COMMAND, DATA = (
    "/srv/crm-analysis", "/srv/reports", "/srv/crm-analysis/.venv/bin/crm-analysis", "data/mine",
)  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project of one report, with the command where the examples look for it."""
    made = make_project(tmp_path / "project")
    shutil.rmtree(made.folder / "notebooks")
    (made.folder / "notebooks").mkdir()
    made.write("1_sales_dynamics", LOAD, SAVE.format(stem="sales_dynamics"))
    (made.folder / "data").rename(made.folder / "mine")
    (made.folder / "data").mkdir()
    (made.folder / "mine").rename(made.folder / DATA)
    command = made.folder / ".venv" / "bin" / "crm-analysis"
    command.parent.mkdir(parents=True)
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m crm_analysis "$@"\n')
    command.chmod(0o755)
    return made


def interpreter(variable: str, package: str) -> str:
    """Return the interpreter that has a package; tests that need it skip where there is none."""
    if python := os.environ.get(variable):
        return python
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed; {variable} may name an interpreter that has it")
    return sys.executable


def here(text: str, project: Project) -> str:
    """Put the project of a test in the place of the example's."""
    return text.replace(PROJECT, str(project.folder)).replace(REPORTS, str(project.reports))


# -- cron -------------------------------------------------------------------------------------------------


def crontab() -> tuple[dict[str, str], str]:
    """Return the variables and the command of the crontab, read as cron reads them."""
    lines = (EXAMPLES / "crontab").read_text().splitlines()
    lines = [line for line in lines if line and not line.startswith("#")]
    variables = dict(line.split("=", 1) for line in lines if re.match(r"[A-Z_]+=", line))
    (job,) = [line for line in lines if not re.match(r"[A-Z_]+=", line)]
    assert re.fullmatch(r"(\d+|\*) (\d+|\*) \* \* \*", " ".join(job.split()[:5]))
    assert "%" not in job  # cron would end the command there
    return variables, job.split(maxsplit=5)[5]


def test_the_crontab_works_in_the_bare_environment_of_cron(project: Project, tmp_path: Path) -> None:
    variables, line = crontab()
    log = tmp_path / "log"
    line = here(line, project).replace("/var/log/crm-analysis.log", str(log))
    line = line.replace("last-month", "2026-02")  # the month for which there are data
    bare = {**variables, "HOME": str(tmp_path), "LOGNAME": "operator", "PATH": "/usr/bin:/bin"}
    first, second = (
        subprocess.run([variables["SHELL"], "-c", line], env=bare, cwd="/", capture_output=True, check=False)
        for _ in range(2)
    )
    # nothing on a good day: cron would mail it
    assert (first.returncode, first.stdout, first.stderr) == (0, b"", b"")
    assert (second.returncode, second.stdout, second.stderr) == (0, b"", b"")
    told = [(line.get("report"), line["status"]) for line in read_log(log.read_text())]
    assert told == [
        ("sales_dynamics", "published"), (None, "published"), ("sales_dynamics", "up_to_date"),
        (None, "up_to_date"),
    ]  # fmt: skip
    assert (project.reports / "2026-02" / "sales_dynamics.html").is_file()

    project.write("1_sales_dynamics", LOAD, "1 / 0")
    failed = subprocess.run(
        [variables["SHELL"], "-c", line], env=bare, cwd="/", capture_output=True, check=False
    )
    assert failed.returncode == 1
    assert b"sales_dynamics failed: cell 4: ZeroDivisionError" in failed.stderr  # what cron mails
    assert failed.stdout == b""


# -- systemd ----------------------------------------------------------------------------------------------


def unit(name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in (EXAMPLES / "systemd" / name).read_text().splitlines():
        if line and line[0] not in "#[":
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


@pytest.fixture
def analyze() -> str:
    command = shutil.which("systemd-analyze")
    if command is None:
        pytest.skip("systemd-analyze is not installed")
    return command


def test_systemd_takes_the_units(analyze: str, project: Project, tmp_path: Path) -> None:
    for name in ("crm-analysis.service", "crm-analysis.timer"):
        text = here((EXAMPLES / "systemd" / name).read_text(), project)
        (tmp_path / name).write_text(text)
    units = [str(tmp_path / name) for name in ("crm-analysis.service", "crm-analysis.timer")]
    done = subprocess.run([analyze, "verify", *units], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_timer_goes_off_each_morning_and_catches_up(analyze: str) -> None:
    timer = unit("crm-analysis.timer")
    assert timer["Persistent"] == ["true"]
    (calendar,) = timer["OnCalendar"]
    told = subprocess.run(
        [analyze, "calendar", "--base-time", "2026-10-24 12:00:00 UTC", "--iterations", "2", calendar],
        capture_output=True, text=True, check=True, env={**os.environ, "TZ": "UTC", "LC_ALL": "C"},
    )  # fmt: skip
    # 5:15 in Berlin, the morning the clocks are put back and the one after
    times = re.findall(r"2026-10-\d\d [\d:]+ UTC", told.stdout)
    assert times == ["2026-10-25 04:15:00 UTC", "2026-10-26 04:15:00 UTC"]


def test_the_service_does_what_the_crontab_does_and_asks_again_where_data_are_late(project: Project) -> None:
    service = unit("crm-analysis.service")
    (command,) = service["ExecStart"]
    assert command.replace(f"{PROJECT}/", "", 1) in crontab()[1]
    # started again after 75, and not after the codes that mean that somebody has to look
    assert service["Restart"] == ["on-failure"]
    assert service["RestartPreventExitStatus"] == ["1 2"]
    line = here(command, project).replace("last-month", "2026-02")
    run = subprocess.run(shlex.split(line), cwd=project.folder, env={}, capture_output=True, check=False)
    assert run.returncode == 0, run.stderr


# -- Airflow ----------------------------------------------------------------------------------------------

_DAG_RUN = """
import importlib.util, json, sys
import pendulum
spec = importlib.util.spec_from_file_location("reports", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
(task,) = module.dag.tasks
run = module.dag.test(logical_date=pendulum.datetime(2026, 3, 1, 5, 15, tz="Asia/Tokyo"))
told = dict(state=str(run.state), start=run.data_interval_start.isoformat(), retries=task.retries,
            skipped=75 in task.skip_on_exit_code, catchup=module.dag.catchup)
print("TOLD" + json.dumps(told))
"""


def test_airflow_runs_the_month_of_the_interval(project: Project, tmp_path: Path) -> None:
    python = interpreter("AIRFLOW_PYTHON", "airflow")
    dag = EXAMPLES / "airflow" / "crm_analysis_reports.py"
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "AIRFLOW_HOME": str(tmp_path / "airflow"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(dag.parent),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "CRM_ANALYSIS_PROJECT": str(project.folder),
        "CRM_ANALYSIS_DATA": DATA,
        "CRM_ANALYSIS_REPORTS": str(project.reports),
        "CRM_ANALYSIS_ZONE": "Asia/Tokyo",
    }
    migrate = [python, "-m", "airflow", "db", "migrate"]
    subprocess.run(migrate, env=env, cwd=tmp_path, capture_output=True, check=True)
    done = subprocess.run(
        [python, "-c", _DAG_RUN, str(dag)], env=env, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "TOLD" in done.stdout, done.stderr[-3000:]
    told = json.loads(re.search("^TOLD(.*)$", done.stdout, re.MULTILINE)[1])
    # begun on 31 January in UTC, 1 February in Tokyo: February is what is reported
    assert told == {
        "state": "success", "start": "2026-01-31T20:15:00+00:00", "retries": 12, "skipped": False,
        "catchup": True,
    }  # fmt: skip
    assert [path.name for path in project.reports.iterdir() if path.is_dir()] == ["2026-02"]
    assert (project.reports / "2026-02" / "sales_dynamics.html").is_file()


# -- jupyter-scheduler ------------------------------------------------------------------------------------


def ask(address: str, body: dict | None = None) -> dict:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address, data, {"Authorization": "token t"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=10) as answer:
        return json.loads(answer.read())


def until(seconds: int, question):
    """Ask until there is an answer."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if answer := question():
                return answer
        except OSError:
            pass
        time.sleep(0.3)
    raise TimeoutError


def test_jupyter_scheduler_runs_the_notebook(project: Project, tmp_path: Path) -> None:
    python = interpreter("JUPYTER_SCHEDULER_PYTHON", "jupyter_scheduler")
    folder = tmp_path / "jupyter"
    for made in (folder, tmp_path / "data"):  # jupyter-scheduler makes no folder for its database
        made.mkdir()
    source = here((EXAMPLES / "jupyter-scheduler" / "report.ipynb").read_text(), project)
    (folder / "report.ipynb").write_text(source.replace("last-month", "2026-02"))
    definition = json.loads((EXAMPLES / "jupyter-scheduler" / "job-definition.json").read_text())
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        **{f"JUPYTER_{n}_DIR": str(tmp_path / n.lower()) for n in ("DATA", "CONFIG", "RUNTIME")},
    }
    server = subprocess.Popen(
        [python, "-m", "jupyter_server", "--no-browser", "--allow-root", f"--port={port}",
         "--IdentityProvider.token=t", f"--ServerApp.root_dir={folder}"],
        env=env, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        address = f"http://127.0.0.1:{port}/scheduler"
        until(60, lambda: ask(f"http://127.0.0.1:{port}/api/status"))
        known = {env["name"] for env in ask(f"{address}/runtime_environments")}
        assert definition["runtime_environment_name"] in known
        made = ask(f"{address}/job_definitions", definition)["job_definition_id"]
        kept = ask(f"{address}/job_definitions/{made}")
        assert (kept["schedule"], kept["timezone"], kept["active"]) == ("15 5 * * *", "Europe/Berlin", True)
        # what the schedule will start each morning is started now
        job = ask(f"{address}/job_definitions/{made}/jobs", {"parameters": None})["job_id"]
        ended = until(90, lambda: _ended(ask(f"{address}/jobs/{job}")))
    finally:
        server.terminate()
        server.wait(30)
    assert ended["status"] == "COMPLETED", ended["status_message"]
    assert (project.reports / "2026-02" / "sales_dynamics.html").is_file()


def _ended(job: dict) -> dict | None:
    return job if job["status"] in {"COMPLETED", "FAILED"} else None


def test_the_notebook_for_jupyter_scheduler_fails_where_the_command_does(tmp_path: Path) -> None:
    cells = json.loads((EXAMPLES / "jupyter-scheduler" / "report.ipynb").read_text())["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    for number, error in ((0, None), (75, RuntimeError), (1, subprocess.CalledProcessError)):
        command = tmp_path / "command"
        command.write_text(f"#!/bin/sh\necho told >&2\nexit {number}\n")
        command.chmod(0o755)
        names = {"project": str(tmp_path), "command": "command", "period": "p", "data": "d", "reports": "r"}
        if error is None:
            exec("\n".join(code[1:]), names)
        else:
            with pytest.raises(error):
                exec("\n".join(code[1:]), names)
