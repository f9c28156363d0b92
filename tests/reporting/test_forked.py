"""Kernels forked from a warm process: as a cold one, only sooner, and none left behind."""

from __future__ import annotations

import os
import signal
import socket
import stat
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager
from tests.conftest import ROOT
from tests.reporting.conftest import SAVE, ended, make_notebook, make_project, runs
from tests.reporting.stopped import Runs

from crm_analysis.reporting import forked
from crm_analysis.reporting.cleaning import as_text, from_text
from crm_analysis.reporting.execute import Outcome, Task, execute
from crm_analysis.reporting.forked import ENVIRONMENT, NAME, SOCKET, is_gone, warm_process
from crm_analysis.result import OUT

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")

KERNEL = ROOT / "src" / "crm_analysis" / "reporting" / "kernel"
PARENT = "import os; print(os.getppid())"


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take back, after a test, what a run sets in its process."""
    for name, value in {OUT: "", **ENVIRONMENT}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv(SOCKET, raising=False)


@pytest.fixture(scope="module")
def shared(_warm: None) -> str:
    return os.environ[SOCKET]


@pytest.fixture
def warm(quiet: None, shared: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the address of a warm process that kernels of a test are forked from."""
    monkeypatch.setenv(SOCKET, shared)
    return shared


@pytest.fixture
def say(tmp_path: Path) -> Callable[..., list[str]]:
    """Run cells in a kernel of their own and return what they print."""

    def run(*cells: str) -> list[str]:
        task = Task("report", as_text(make_notebook(*cells)), {}, tmp_path)
        outcome = execute(task)
        assert outcome == Outcome("report", "published"), outcome.error
        cells_left = from_text((tmp_path / "report.ipynb").read_text()).cells
        return [o["text"].strip() for c in cells_left for o in c.get("outputs", ()) if "text" in o]

    return run


@pytest.fixture
def manager(warm: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[KernelManager]:
    """Return a manager of Jupyter's own with a running kernel, found by its name."""
    kernels = tmp_path / "jupyter" / "kernels"
    kernels.mkdir(parents=True)
    (kernels / "crm-analysis").symlink_to(KERNEL)
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    made = KernelManager(kernel_name="crm-analysis")
    made.start_kernel()
    yield made
    made.shutdown_kernel(now=True)


# -- as a cold kernel --------------------------------------------------------------------------------------


SURROUNDINGS = """\
import locale, os, random, signal, sys
print(os.getcwd(), sys.path, sys.executable, sys.flags, sys.stdin.read(), locale.getlocale())
print({k: v for k, v in os.environ.items() if k not in ("JPY_PARENT_PID", "CRM_ANALYSIS_OUT")})
print(signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGCHLD), os.getsid(0) == os.getpid())
print(hash("a"), sys.modules["__main__"], __name__, os.umask(0))
import matplotlib.pyplot as plt
print(plt.get_backend(), plt.get_fignums(), plt.rcParams == plt.rcParamsDefault)"""


def test_a_forked_kernel_stands_in_the_same_surroundings(
    quiet: None, shared: str, say, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)  # set only after the warm process began
    monkeypatch.setenv("CRM_ANALYSIS_SEEN", "yes")
    cold = say(SURROUNDINGS, PARENT)
    monkeypatch.setenv(SOCKET, shared)
    warm = say(SURROUNDINGS, PARENT)
    assert "CRM_ANALYSIS_SEEN" in cold[0]
    assert warm[0] == cold[0]
    assert int(cold[1]) == os.getpid() != int(warm[1])


def test_pictures_appear_by_themselves_where_nothing_else_is_wanted(
    quiet: None, shared: str, say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crm_analysis.reporting.kernel.ENVIRONMENT", {**ENVIRONMENT, "MPLBACKEND": ""})
    drawn = "import matplotlib.pyplot as plt; plt.plot([1, 2]); print(plt.get_backend())"
    cold = say(drawn)
    monkeypatch.setenv(SOCKET, shared)
    assert say(drawn) == cold
    assert "inline" in cold[0]


# -- nothing shared ----------------------------------------------------------------------------------------


def test_chance_is_not_copied(warm: str, say) -> None:
    cell = "import random, numpy as np; print(np.random.rand(), random.random())"
    once, again = say(cell)[0].split(), say(cell)[0].split()
    assert once[0] != again[0]
    assert once[1] != again[1]


def test_what_one_notebook_leaves_no_other_sees(warm: str, say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_ANALYSIS_FIRST", "secret")
    first = """\
import os, sys, types, matplotlib.pyplot as plt, pandas as pd
assert os.environ["CRM_ANALYSIS_FIRST"] == "secret"
sys.modules["left_behind"] = types.ModuleType("left_behind")
pd.options.display.max_rows = 7; plt.rcParams["font.size"] = 77; left = plt.figure()
os.chdir("/"); os.environ["LEFT"] = "1"; print(os.getppid())"""
    second = """\
import os, sys, matplotlib.pyplot as plt, pandas as pd
print("left_behind" in sys.modules, pd.options.display.max_rows, plt.rcParams["font.size"], plt.get_fignums(),
      os.getcwd() == "/", os.environ.get("LEFT"), os.environ.get("CRM_ANALYSIS_FIRST"),
      "left" in globals())"""
    server = say(first)[0]
    monkeypatch.delenv("CRM_ANALYSIS_FIRST")
    seen = say(second, PARENT)
    assert seen == [seen[0], server]
    assert seen[0].split("] ")[1] == "False None None False"
    assert seen[0].startswith("False 60 10.0 [")


def test_the_warm_process_has_one_thread_and_a_private_socket(warm: str, say) -> None:
    (told,) = say("import os; parent = f'/proc/{os.getppid()}'\nprint(len(os.listdir(parent + '/task')))")
    assert told.split()[0] == "1"
    assert stat.S_IMODE(Path(warm).parent.stat().st_mode) == 0o700


def test_nonsense_gets_no_answer_and_stops_nobody(warm: str, say) -> None:
    for nonsense in (b"", b"\n", b"{}\n", b'{"argv": 1}\n', b"[" * 3000 + b"\n"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(10)
            client.connect(warm)
            client.sendall(nonsense)
            client.shutdown(socket.SHUT_WR)
            assert client.recv(10) == b""
    assert int(say(PARENT)[0]) != os.getpid()


def test_another_user_gets_no_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = socket.socketpair()
    another = os.getuid() + 1
    monkeypatch.setattr(os, "getuid", lambda: another)
    theirs.sendall(b"{}\n")
    with ours, theirs, pytest.raises(PermissionError):
        forked.warm._receive(ours, [])


# -- by name, and what happens to it -----------------------------------------------------------------------


def test_a_kernel_is_found_by_name_and_told_to_stop_and_how_it_ended(manager: KernelManager) -> None:
    client = manager.blocking_client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    kernel = manager.provisioner.pid
    assert runs(kernel)
    assert Path(f"/proc/{kernel}/cmdline").read_text().split("\0")[1].endswith("warm.py")

    # after an error a kernel refuses for a moment what follows, unless told otherwise
    client.execute("import time; print('begun', flush=True); time.sleep(60)", stop_on_error=False)
    while client.get_iopub_msg(timeout=30)["msg_type"] != "stream":
        pass  # told before the cell is at it, an interrupt hits the kernel's own code, which answers nothing
    manager.interrupt_kernel()
    while (answer := client.get_shell_msg(timeout=30))["msg_type"] != "execute_reply":
        pass  # it was asked more than once whether it is ready
    assert answer["content"]["ename"] == "KeyboardInterrupt"

    client.execute("import os; os._exit(7)")
    assert manager.provisioner.process.wait(30) == 7
    assert not manager.is_alive()
    client.stop_channels()
    assert ended(kernel)

    manager.restart_kernel()
    assert manager.is_alive()
    assert manager.provisioner.pid != kernel


def test_the_specification_is_valid_and_asks_for_this_provisioner() -> None:
    spec = KernelSpecManager(kernel_dirs=[str(KERNEL.parent)]).get_kernel_spec("kernel")
    assert spec.argv == ["python", *forked.make_ipkernel_cmd()[1:]]
    assert spec.metadata["kernel_provisioner"]["provisioner_name"] == NAME


# -- cold where it cannot be forked ------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["PYTHONHASHSEED", "OMP_NUM_THREADS"])
def test_what_is_settled_at_the_start_is_never_that_of_another(
    warm: str, say, monkeypatch, name: str
) -> None:
    monkeypatch.setattr("crm_analysis.reporting.kernel.ENVIRONMENT", {**ENVIRONMENT, name: "2"})
    assert say(f"import os; print(os.environ[{name!r}])", PARENT) == ["2", str(os.getpid())]


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_where_a_fork_is_unsafe_or_not_to_be_had_all_is_cold(
    quiet: None, say, monkeypatch: pytest.MonkeyPatch, system: str
) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(sys, "platform", system)
        kept = warm_process(ENVIRONMENT)
        kept.__enter__()
    assert SOCKET not in os.environ
    assert say(PARENT) == [str(os.getpid())]
    kept.__exit__(None, None, None)


def test_without_a_registered_provisioner_all_is_cold(quiet: None, say, monkeypatch) -> None:
    monkeypatch.setattr(forked, "entry_points", lambda **_: ())
    with warm_process(ENVIRONMENT):
        assert SOCKET not in os.environ
        assert say(PARENT) == [str(os.getpid())]


def test_without_a_warm_process_that_can_load_all_is_cold(quiet: None, say, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(forked.warm, "__file__", str(tmp_path / "no such file.py"))
    with warm_process(ENVIRONMENT):
        assert say(PARENT) == [str(os.getpid())]


def test_after_its_death_kernels_are_cold_and_a_notebook_it_took_along_runs_again(
    quiet: None, say, monkeypatch: pytest.MonkeyPatch, light: Path, tmp_path: Path
) -> None:
    monkeypatch.setattr(forked.warm, "__file__", str(light))
    once = tmp_path / "once"
    killing = f"""\
import os, pathlib, signal, time
if not pathlib.Path({str(once)!r}).exists():
    pathlib.Path({str(once)!r}).write_text(str(os.getpid()))
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(60)
print(os.getppid())"""
    with warm_process(ENVIRONMENT):
        assert not is_gone()
        assert say(killing) == [str(os.getpid())]
        assert ended(int(once.read_text()))
        assert say(PARENT) == [str(os.getpid())]


# -- no process is left ------------------------------------------------------------------------------------


def test_all_ends_with_the_warm_process_and_its_socket_is_removed(
    quiet: None, say, monkeypatch: pytest.MonkeyPatch, light: Path
) -> None:
    monkeypatch.setattr(forked.warm, "__file__", str(light))
    with warm_process(ENVIRONMENT):
        folder = Path(os.environ[SOCKET]).parent
        server = int(say(PARENT)[0])
        assert server != os.getpid()
        assert runs(server)
    assert ended(server)
    assert not folder.exists()
    assert SOCKET not in os.environ


def test_the_system_itself_ends_a_kernel_whose_warm_process_is_gone(warm: str, say) -> None:
    asked = "import ctypes; n = ctypes.c_int(); ctypes.CDLL(None).prctl(2, ctypes.byref(n)); print(n.value)"
    assert say(asked) == [str(int(signal.SIGKILL))]  # PR_GET_PDEATHSIG of prctl(2)


WAITING = """\
import ctypes, os, pathlib, subprocess
mark = pathlib.Path({mark!r})
if not mark.exists():
    child = subprocess.Popen(["sleep", "600"])
    pathlib.Path({mark!r} + "~").write_text(f"{{os.getpid()}} {{os.getppid()}} {{child.pid}}")
    os.rename({mark!r} + "~", mark)
    ctypes.PyDLL(None).sleep(600)  # lets no other thread of the kernel run: none can end it"""


def test_a_deadline_ends_a_forked_kernel_with_all_it_started(warm: str, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    waiting = as_text(make_notebook(WAITING.format(mark=str(mark))))
    outcome = execute(Task("report", waiting, {}, tmp_path, deadline=0.05))
    assert outcome == Outcome("report", "failed", 2, "It took longer than 0.05 minutes.")
    kernel, parent, child = map(int, mark.read_text().split())
    assert parent != os.getpid()
    assert ended(kernel, child)


def waited_for(mark: Path) -> tuple[int, ...]:
    """Return the numbers of a waiting kernel, its parent and its child."""
    until = time.monotonic() + 60
    while not mark.exists() and time.monotonic() < until:
        time.sleep(0.02)
    return tuple(map(int, mark.read_text().split()))


@pytest.mark.parametrize(("by", "cause"), [(signal.SIGKILL, "was killed"), (signal.SIGSEGV, "SIGSEGV")])
@pytest.mark.parametrize("how", ["forked", "cold"])
def test_a_killed_kernel_leaves_no_process_and_is_told(
    warm: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, how: str, by: signal.Signals, cause: str
) -> None:
    mark = tmp_path / "mark"
    waiting = as_text(make_notebook(WAITING.format(mark=str(mark))))
    if how == "cold":
        monkeypatch.delenv(SOCKET)

    def kill() -> tuple[int, ...]:
        kernel, *others = waited_for(mark)
        os.kill(kernel, by)
        return kernel, *others

    with ThreadPoolExecutor(1) as beside:
        killed = beside.submit(kill)
        outcome = execute(Task("report", waiting, {}, tmp_path))
    kernel, parent, child = killed.result()
    assert (parent == os.getpid()) == (how == "cold")
    assert ended(kernel, child)
    assert outcome == Outcome("report", "failed", 2, outcome.error)
    assert cause in outcome.error


@pytest.mark.parametrize(
    ("how", "victim", "by", "code"),
    [
        ("forked", "runner", signal.SIGKILL, -signal.SIGKILL),
        ("forked", "runner", signal.SIGTERM, 128 + signal.SIGTERM),
        ("forked", "runner and server", signal.SIGKILL, -signal.SIGKILL),
        ("forked", "server", signal.SIGKILL, 0),
        ("cold", "runner", signal.SIGKILL, -signal.SIGKILL),
        ("cold", "runner", signal.SIGTERM, 128 + signal.SIGTERM),
    ],
)
def test_whoever_is_killed_no_process_is_left(
    script: subprocess.Popen[str],
    light: Path,
    tmp_path: Path,
    how: str,
    victim: str,
    by: signal.Signals,
    code: int,
) -> None:
    project = make_project(tmp_path / "project", ["sales"])
    mark = project.folder / "mark"
    project.write("1_sales_dynamics", WAITING.format(mark=str(mark)), SAVE.format(stem="sales_dynamics"))
    run = Runs(script, project)
    kernels = str(light) if how == "forked" else "cold"
    (runner,) = run.begin(run.asked("it", "--only", "sales_dynamics", kernels=kernels))
    kernel, parent, child = waited_for(mark)
    children = [int(n) for n in Path(f"/proc/{runner}/task/{runner}/children").read_text().split()]
    assert (parent == runner) == (how == "cold")

    numbers = {"runner": runner, "server": parent}
    for one in victim.split(" and "):
        os.kill(numbers[one], by)
    gone = ended(kernel, child)
    if not ended(runner, seconds=60):
        os.kill(runner, signal.SIGKILL)  # else the script waits for it
    assert run.codes() == [code], run.told("it")
    assert gone
    assert ended(*children)
    if victim.startswith("runner"):
        assert not [path for path in project.reports.rglob("*") if path.suffix in {".html", ".json"}]
    if by == signal.SIGTERM:
        assert "Traceback" not in run.told("it")
        assert not list(project.reports.glob(".staging-*"))
