"""A network of its own for the whole run, and for each program the names of Discord's hosts.

Contract: inside, only loopback exists, so no program can reach the real Discord or anything else. A program whose hosts
are fixed finds them at the address of its own simulator. Linux only; nothing outside the namespaces is changed.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

HOSTS = (
    "discord.com",
    "canary.discord.com",
    "gateway.discord.gg",
    "gateway-us-east1-b.discord.gg",
    "cdn.discordapp.com",
    "media.discordapp.net",
    "discord-attachments-uploads-prd.storage.googleapis.com",
)

_SIOCSIFFLAGS = 0x8914
_IFF_UP_RUNNING = 0x1 | 0x40
_BIND = 'mount --bind "$1" /etc/hosts && mount --bind "$2" "$3" && shift 3 && exec "$@"'


def possible() -> bool:
    """Whether this machine lets its user make namespaces. A container without privileges does not."""
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*_unshare(), "true"], capture_output=True, check=False).returncode == 0


def enter(module: str, arguments: Sequence[str]) -> None:
    """Run `module` again inside; does not return."""
    command = [*_unshare(), sys.executable, "-m", module, *arguments]
    os.execvp(command[0], command)


def raise_loopback() -> None:
    """A new network namespace has a loopback interface that is down."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh", b"lo", _IFF_UP_RUNNING))


def hosts_file(address: str) -> str:
    """For /etc/hosts: Discord's names lead to `address`."""
    return f"127.0.0.1 localhost\n{address} {' '.join(HOSTS)}\n"


def with_hosts(command: Sequence[str], *, hosts: Path, authority: Path, trusted: Path) -> list[str]:
    """`command` in a mount namespace in which `hosts` is /etc/hosts and `authority` is what Python trusts."""
    return ["unshare", "--mount", "sh", "-c", _BIND, "sh", str(hosts), str(authority), str(trusted), *command]


def _unshare() -> list[str]:
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    return ["unshare", *as_root, "--net", "--mount"]
