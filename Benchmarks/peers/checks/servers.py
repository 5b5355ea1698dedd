"""PostgreSQL, Redis and a peer, for the length of a check."""

import asyncio
import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

PEERS = Path(__file__).resolve().parent.parent


def free_ports(count):
    """The first of so many ports in a row that nobody listens on."""
    for first in range(23_000 + os.getpid() % 5_000, 32_000, count):
        try:
            for port in range(first, first + count):
                with socket.socket() as probe:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    probe.bind(("127.0.0.1", port))
            return first
        except OSError:
            continue
    raise RuntimeError("no free ports")


class Servers:
    """A durable PostgreSQL on TCP and a Redis without files, both on loopback, in a folder that goes with them."""

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="peers-"))
        self.folder.chmod(0o755)
        self.processes, self.peers = [], []
        try:
            self._start_postgres()
            self._start_redis()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for peer in self.peers:
            peer.end()
        for process in reversed(self.processes):
            process.send_signal(signal.SIGINT)
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start_postgres(self):
        programs = Path(sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1])
        data = self.folder / "postgres"
        data.mkdir()
        user = {}
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root.
            account = pwd.getpwnam("postgres")
            os.chown(data, account.pw_uid, account.pw_gid)
            user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": [], "cwd": data}
        initdb = [programs / "initdb", "-D", data, "-U", "peer", "-A", "trust", "-E", "UTF8", "--locale=C"]
        subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL, **user)
        self.postgres_port = free_ports(1)
        settings = {
            "port": self.postgres_port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "",
            "max_connections": 200, "shared_buffers": "512MB", "max_wal_size": "4GB", "random_page_cost": 1.1,
        }
        command = [programs / "postgres", "-D", data]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        log = open(self.folder / "postgres.log", "wb")
        self.processes.append(subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, **user))
        self.postgres = f"postgres://peer:peer@127.0.0.1:{self.postgres_port}/"
        while subprocess.run([programs / "pg_isready", "-q", "-d", self.postgres + "postgres"]).returncode != 0:
            if self.processes[-1].poll() is not None:
                raise RuntimeError((self.folder / "postgres.log").read_text())
            asyncio.run(asyncio.sleep(0.05))

    def _start_redis(self):
        port = free_ports(1)
        command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder)]
        self.processes.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True))
        self.redis = f"redis://127.0.0.1:{port}/0"

    def psql(self, database, statement):
        command = ["psql", "-qAtX", "-v", "ON_ERROR_STOP=1", "-c", statement, self.postgres + database]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    async def psql_session(self, database):
        """A function that runs a statement in one session and returns after it; None ends the session."""
        process = await asyncio.create_subprocess_exec(
            "psql", "-qAtX", self.postgres + database, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)

        async def run(statement):
            if statement is None:
                process.stdin.close()
                return await process.wait()
            process.stdin.write(f"{statement}\n\\echo done\n".encode())
            await process.stdout.readuntil(b"done\n")

        return run


class Peer:
    """One peer, started as the load generator starts it."""

    def __init__(self, servers, name, users, channels):
        self.name, self.servers = name, servers
        self.folder = PEERS / name
        self.port = free_ports(10)
        data = servers.folder / name
        data.mkdir()
        # Collation C, which Synapse asks for.
        servers.psql("postgres", f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'")
        self.environment = os.environ | {
            "PEER_PORT": str(self.port), "PEER_DATA": str(data), "PEER_POSTGRES": servers.postgres + name,
            "PEER_REDIS": servers.redis, "PEER_USERS": str(users), "PEER_CHANNELS": str(channels),
        }
        self.process = None
        servers.peers.append(self)

    def setup(self):
        subprocess.run([self.folder / "setup"], check=True)

    def fill(self, count):
        return subprocess.run([self.folder / "fill", str(count)], env=self.environment).returncode

    async def start(self):
        self.process = await asyncio.create_subprocess_exec(
            self.folder / "start", env=self.environment, stdout=subprocess.PIPE, start_new_session=True)
        while line := await self.process.stdout.readline():
            if line == b"READY\n":
                self._rest = asyncio.create_task(self.process.stdout.read())
                return
        raise RuntimeError(f"{self.name} ended before it was ready")

    def members(self):
        """Every live process of the peer's session."""
        session = str(self.process.pid)
        listing = subprocess.run(["ps", "-eo", "pid=,sess=,stat=,args="], capture_output=True, text=True).stdout
        rows = [line.split(None, 3) for line in listing.splitlines()]
        return [row for row in rows if row[1] == session and not row[2].startswith("Z")]

    def end(self):
        for row in self.members() if self.process else []:
            try:
                os.kill(int(row[0]), signal.SIGKILL)
            except ProcessLookupError:
                pass

    async def kill(self):
        """What a power cut does to it."""
        self.end()
        await self.process.wait()

    async def stop(self):
        """SIGTERM; says what is left after it."""
        if self.process is None or self.process.returncode is not None:
            return []
        self.process.terminate()
        try:
            await asyncio.wait_for(self.process.wait(), 30)
        except TimeoutError:
            pass
        # Python's multiprocessing has a helper that ends a moment after the last of its processes.
        deadline = time.monotonic() + 2
        while (left := self.members()) and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
        await self.kill()
        return left

    def memory(self):
        """Resident memory of all its processes, in MiB; pages that they share count in part."""
        total = 0
        for row in self.members():
            try:
                for line in Path(f"/proc/{row[0]}/smaps_rollup").read_text().splitlines():
                    if line.startswith("Pss:"):
                        total += int(line.split()[1])
            except (FileNotFoundError, ProcessLookupError):
                pass
        return total / 1024
