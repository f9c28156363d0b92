"""A private PostgreSQL for the tests, where it is installed."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def running_server() -> Iterator[str]:
    """Start an empty server and give its address; skip where PostgreSQL is absent."""
    initdb, server = _tool("initdb"), _tool("postgres")
    place = Path(tempfile.mkdtemp(prefix="crm_pg_"))
    as_user: dict[str, Any] = {}
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        # the server refuses to run as root
        try:
            shutil.chown(place, "postgres")
        except LookupError:
            pytest.skip("PostgreSQL does not run as root and there is no user postgres")
        as_user = {"user": "postgres", "group": "postgres", "extra_groups": []}
    port = free_port()
    quiet: dict[str, Any] = {
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
        "cwd": place,
        **as_user,
    }
    subprocess.run([initdb, "-D", place / "db", "-U", "crm", "-A", "trust", "--no-sync"], check=True, **quiet)
    process = subprocess.Popen(
        [server, "-D", place / "db", "-p", str(port), "-c", "listen_addresses=127.0.0.1", "-k", place, "-F"],
        **quiet,
    )
    try:
        address = f"postgresql://crm:hidden-word@127.0.0.1:{port}/postgres"
        _wait_for(address)
        yield address
    finally:
        process.send_signal(signal.SIGINT)  # at once, whoever is still connected
        process.wait(timeout=20)
        shutil.rmtree(place, ignore_errors=True)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _tool(name: str) -> str:
    places = [shutil.which(name), *map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))]
    found = [place for place in places if place]
    if not found:
        pytest.skip(f"PostgreSQL is not installed on this machine ({name} is absent)")
    return found[-1]


def _wait_for(address: str) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            ibis.connect(address).disconnect()
        except Exception:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return
