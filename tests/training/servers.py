"""Processes that tests talk to: an MLflow server, a served model, PostgreSQL. Each ends with its block."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

PATIENCE = 300.0


def free_port() -> int:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        port: int = made.getsockname()[1]
        return port


@contextlib.contextmanager
def process(command: list[str], ready: str, folder: Path, **environment: str) -> Iterator[None]:
    """A process in a group of its own, from when the address `ready` answers until the end of the block."""
    log = folder / f"{Path(command[2]).name}-{time.time_ns()}.log"
    with log.open("wb") as output:
        started = subprocess.Popen(
            command, cwd=folder, env=os.environ | environment, stdout=output, stderr=output, start_new_session=True
        )
    try:
        _wait_for(ready, started, log)
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGTERM)
        try:
            started.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(started.pid, signal.SIGKILL)
            started.wait()


@contextlib.contextmanager
def mlflow_server(
    backend: str, folder: Path, artifacts: Sequence[str] | None = None, **environment: str
) -> Iterator[str]:
    """The address of an MLflow server on a database, its artifacts in the folder or where those options say."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    where = ["--artifacts-destination", str(folder / "artifacts")] if artifacts is None else artifacts
    options = ["--backend-store-uri", backend, *where, "--workers", "1"]
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), *options]
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with process(command, f"{address}/health", folder, **quiet, **environment):
        yield address


@contextlib.contextmanager
def s3_server(folder: Path) -> Iterator[str]:
    """The address of a store that speaks S3, in memory and empty."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", str(port)]
    with process(command, f"{address}/moto-api/data.json", folder):
        yield address


@contextlib.contextmanager
def served(model: str, tracking_uri: str, folder: Path) -> Iterator[str]:
    """The address of a model that `mlflow models serve` serves."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    options = ["--env-manager", "local", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", model, *options]
    environment = {"MLFLOW_TRACKING_URI": tracking_uri, "MLFLOW_REGISTRY_URI": tracking_uri}
    # `mlflow models serve` starts a plain `python`, which is to be this one.
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with process(command, f"{address}/ping", folder, **environment):
        yield address


def postgres_programs() -> Path | None:
    """The folder of PostgreSQL's server programs, or None."""
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return next((folder for folder in reversed(folders) if (folder / "initdb").is_file()), None)


def postgres_user() -> str | None:
    """Who may run PostgreSQL: it refuses root. None where we are root and there is nobody else."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid()).pw_name
    return next((user.pw_name for user in pwd.getpwall() if user.pw_name in ("postgres", "nobody")), None)


@contextlib.contextmanager
def postgres(programs: Path, user: str) -> Iterator[str]:
    """The URI of a database of its own, reached by a socket in a new folder."""
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, user)
        run = {"cwd": folder, "check": True, "capture_output": True, "user": user if os.geteuid() == 0 else None}
        data, log = str(folder / "data"), str(folder / "log")
        subprocess.run([programs / "initdb", "-D", data, "-U", "mlflow", "-A", "trust", "-N"], **run)  # type: ignore[call-overload]
        options = f"-c listen_addresses= -k {folder} -c fsync=off"
        control = [programs / "pg_ctl", "-D", data, "-w"]
        # Its output is not captured: the server would keep the pipe open.
        quiet = {**run, "capture_output": False, "stdout": subprocess.DEVNULL}
        subprocess.run([*control, "-l", log, "-o", options, "start"], **quiet)  # type: ignore[call-overload]
        try:
            yield f"postgresql+psycopg2://mlflow@/postgres?host={folder}"
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], **quiet)  # type: ignore[call-overload]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(address: str, started: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if started.poll() is not None:
            break
        with contextlib.suppress(urllib.error.URLError, OSError), urllib.request.urlopen(address, timeout=5) as answer:
            if answer.status == 200:
                return
        time.sleep(0.2)
    raise RuntimeError(f"{address} does not answer:\n{log.read_text(errors='replace')[-4000:]}")
