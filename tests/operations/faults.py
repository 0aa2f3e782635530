"""Random faults of machines: killed processes and cut networks, from a seed."""

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Self

from tests.operations.networks import Machine

Start = Callable[[Machine], None]
SHORT, LONG = (1.0, 8.0), (35.0, 45.0)  # seconds of a cut; after 30 another worker takes the jobs
KINDS = {"kill": 4, "kill child": 2, "cut": 4, "long cut": 1}
MOST_CUT = 3


class Faults(threading.Thread):
    """Context in which `machines` are killed and cut, every `pause` seconds.

    A machine whose process ended starts again a second later.
    `done` counts the faults of each kind; `ended` the processes that ended by themselves.
    """

    def __init__(self, machines: dict[Machine, Start], *, seed: int, pause: tuple[float, float]) -> None:
        super().__init__(daemon=True)
        self.machines, self.random, self.pause = machines, random.Random(seed), pause
        self.done: Counter[str] = Counter()
        self.ended = 0
        self.error: Exception | None = None
        self._mended_at: dict[Machine, float] = {}
        self._start_at: dict[Machine, float] = {}
        self._stopped = threading.Event()

    def run(self) -> None:
        try:
            self._go_on()
        except Exception as error:
            self.error = error
            raise

    def _go_on(self) -> None:
        next_at = time.monotonic()
        while not self._stopped.wait(0.1):
            self._supervise()
            if time.monotonic() >= next_at:
                self._strike()
                next_at = time.monotonic() + self.random.uniform(*self.pause)
        for machine in self._mended_at:
            machine.mend()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        """End the faults. Machines are whole again; `supervise` must go on to be called."""
        self._stopped.set()
        self.join()
        if self.error:
            raise self.error
        self._mended_at.clear()

    def supervise(self) -> None:
        self._supervise()

    def _strike(self) -> None:
        machine = self.random.choice([each for each in self.machines if each not in self._mended_at])
        (fault,) = self.random.choices([*KINDS], [*KINDS.values()])
        if "cut" in fault and len(self._mended_at) >= MOST_CUT:
            return
        self.done[f"{machine.kind} {fault}"] += 1
        if fault == "kill":
            machine.kill()
        elif fault == "kill child":
            kill_child(machine)
        else:
            machine.cut()
            self._mended_at[machine] = time.monotonic() + self.random.uniform(*(SHORT if fault == "cut" else LONG))

    def _supervise(self) -> None:
        """Mend cut machines in their time, and start ended processes, as systemd does."""
        now = time.monotonic()
        for machine in [each for each, at in self._mended_at.items() if at <= now]:
            machine.mend()
            del self._mended_at[machine]
        for machine, start in self.machines.items():
            if machine.running and all(process.poll() is not None for process in machine.running):
                self.ended += 1
                machine.kill()
            if machine.running:
                continue
            if self._start_at.setdefault(machine, now + 1) <= now:
                del self._start_at[machine]
                start(machine)


def kill_child(machine: Machine) -> None:
    """Kill a child of the first process, such as the process of a web server that serves. Without one, kill all."""
    import psutil

    with suppress(psutil.Error, IndexError):
        children = psutil.Process(machine.running[0].pid).children()
        if children:
            os.kill(children[0].pid, signal.SIGKILL)
            return
    machine.kill()
