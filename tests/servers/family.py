"""A program with all that descend from it: frozen, thawed, looked for."""

import signal

import psutil

from tests.servers.process import Child


def family_of(child: Child) -> list[psutil.Process]:
    """A program and its descendants; empty once it has ended."""
    try:
        parent = psutil.Process(child.pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def freeze(child: Child) -> list[psutil.Process]:
    """SIGSTOP a program and all that descend from it; returns what `thaw` needs."""
    family = family_of(child)
    for each in family:
        send(each, signal.SIGSTOP)
    return family


def thaw(family: list[psutil.Process]) -> None:
    """SIGCONT them all."""
    for each in family:
        send(each, signal.SIGCONT)


def send(target: psutil.Process, number: signal.Signals) -> None:
    """Send a signal to a process that may have ended."""
    try:
        target.send_signal(number)
    except psutil.NoSuchProcess:
        return
