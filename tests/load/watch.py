"""The server's memory and processor while people work, and what it wrote into its log."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil

LONG_S = 600


@dataclass
class Watch:
    """One sample every few seconds: seconds since the start, and the megabytes of each process."""

    processes: list[psutil.Process]
    every_s: float
    samples: list[tuple[float, list[float]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._began, self._busy, self._own = time.monotonic(), self._used(), time.process_time()

    def _used(self) -> float:
        return sum(p.cpu_times().user + p.cpu_times().system for p in self.processes)

    async def until(self, end: float) -> None:
        while time.monotonic() < end:
            self.sample()
            await asyncio.sleep(self.every_s)
        self.sample()

    def sample(self) -> None:
        held = [p.memory_info().rss / 2**20 for p in self.processes]
        self.samples.append((time.monotonic() - self._began, held))

    @property
    def cores(self) -> float:
        """How many processors the servers kept busy, on average."""
        return (self._used() - self._busy) / max(time.monotonic() - self._began, 0.001)

    @property
    def own_cores(self) -> float:
        """The same of the people, who are this process: what they take of a small machine, servers lack."""
        return (time.process_time() - self._own) / max(time.monotonic() - self._began, 0.001)

    @property
    def is_long(self) -> bool:
        """Whether a slope says anything: for some minutes caches and pools still fill."""
        return self.samples[-1][0] >= LONG_S

    def growth_mb_an_hour(self) -> float:
        """Of all processes together, by least squares over the second half, when all are warm."""
        half = [(t, sum(held)) for t, held in self.samples[len(self.samples) // 2 :]]
        if len(half) < 3:
            return 0.0
        mean_t = sum(t for t, _ in half) / len(half)
        mean_m = sum(m for _, m in half) / len(half)
        spread = sum((t - mean_t) ** 2 for t, _ in half)
        slope = sum((t - mean_t) * (m - mean_m) for t, m in half) / spread if spread else 0.0
        return slope * 3600


def runs_in(logs: list[Path]) -> list[tuple[datetime, int]]:
    """When each run of a page ended, and its milliseconds in the server, the wait for its turn included."""
    told = (said for said in _lines(logs) if said.get("message") == "slow page")
    return [(datetime.fromisoformat(said["at"]), said["duration_ms"]) for said in told]


def errors_in(logs: list[Path]) -> Counter[str]:
    """What the servers called an error, and how often."""
    found = (said for said in _lines(logs) if said.get("level") in ("ERROR", "CRITICAL"))
    return Counter(str(said.get("message")) for said in found)


def _lines(logs: list[Path]) -> Iterator[dict[str, Any]]:
    files = (file for log in logs for file in log.parent.glob(f"{log.name}*"))  # with those that were full
    for line in (line for file in files for line in file.read_text().splitlines()):
        with suppress(ValueError):
            yield json.loads(line)
