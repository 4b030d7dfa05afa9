"""What is kept and what it runs on: the backups there are, the database, the machine and this process."""

from __future__ import annotations

import os

import streamlit as st

import school
from school import metrics
from school.backups import queries as backups
from school.db import database
from school.monitoring import watch
from school.settings import settings
from school.ui import tables, words
from school.ui.health_state import Health, counted, size

BACKUPS_MAX = 100


def backup_table(health: Health) -> None:
    found = backups.listing(backups.folder_of(settings()))[:BACKUPS_MAX]
    daily = f"made each day at {settings().backup_at}" if settings().backup_at else "not made by themselves"
    st.markdown(
        f"Backups are {daily}. `python3 -m school backup` makes one now, and `restore` brings one into a new "
        "place, where it is verified before it is put in use."
    )
    if not found:
        st.info("There is no backup yet.", icon=":material/info:")
        return
    tables.plain(
        {
            "Made": [health.moment(one.made_at) for one in found],
            "Why": [one.kind for one in found],
            "Size": [size(one.size) for one in found],
            "Entries": [f"{one.manifest.last_entry:,}" for one in found],
            "Tried": [health.moment(one.verified_at) if one.verified_at else "not yet" for one in found],
            "Encrypted": ["yes" if one.encrypted else "no" for one in found],
            "File": [one.path.name for one in found],
        },
        amounts=["Size", "Entries"],
        key="health.backups",
        alt="Backups, the newest first",
    )


def facts(health: Health) -> None:
    """The database and the machine, as somebody asks who is called for help; and the process that answers."""
    of = health.machine
    guards = [finding for finding in health.findings if finding.check == "guards"]
    last = watch.last(database())
    locked = words.date(health.locked_through) if health.locked_through else "not closed yet"
    st.table(
        {
            "Version": school.__version__,
            "Database": of.engine,
            "Size of the books": size(of.size),
            "Tables": "up to date" if of.is_up_to_date else f"at {of.revision or 'nothing'}, not the newest",
            "Rules of the database": "in place" if not guards else "changed",
            "Closed through": locked,
            "Disk": f"{size(of.disk_free)} free of {size(of.disk_total)}",
            "Python and system": f"{of.python}, {of.system}",
        },
        border="horizontal",
    )
    st.markdown(words.quiet("The process that drew this page; where several serve, each counts its own."))
    st.table(
        {
            "Process": f"{os.getpid()}, started {words.ago(metrics.STARTED_AT)}",
            "Memory": size(metrics.value("process_resident_memory_bytes")),
            "Tabs connected": f"{metrics.value('school_websockets_open'):,}",
            "Pages run": counted(len(metrics.page_runs()), "run"),
            "Faults between browser and page": f"{_faults():,}",
            "Looked at the books": words.ago(last.at) if last else "not yet",
        },
        border="horizontal",
    )


def _faults() -> int:
    where = ("http", "socket", "server")
    return sum(metrics.value("school_session_errors_total", where=one) for one in where)
