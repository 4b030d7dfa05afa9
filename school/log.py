"""One JSON object per line: to stderr, or to a file that rotates when SCHOOL_LOG_FILE names one."""

from __future__ import annotations

import logging.config

from school.settings import settings

FILE_BYTES_MAX = 10_000_000
FILES_KEPT = 10
ALSO_TELLS_ERRORS = "streamlit.error_util"  # what `on_script_error` logs, once more and not as JSON
NOT_IN_A_RUN = "streamlit.runtime.scriptrunner_utils.script_run_context"  # warns of what is loaded at start


def start() -> None:
    """Sends every log line of this process to one place. Calling it again changes nothing."""
    chosen = settings()
    handler: dict[str, object] = {"class": "logging.StreamHandler", "formatter": "json"}
    if chosen.log_file:
        chosen.log_file.parent.mkdir(parents=True, exist_ok=True)
        handler = {
            "class": "logging.handlers.RotatingFileHandler",
            "formatter": "json",
            "filename": chosen.log_file,
            "maxBytes": FILE_BYTES_MAX,
            "backupCount": FILES_KEPT,
            "encoding": "utf-8",
        }
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "json": {
                    "()": "pythonjsonlogger.json.JsonFormatter",
                    "format": "{asctime}{levelname}{name}{message}",
                    "style": "{",
                    "rename_fields": {"asctime": "at", "levelname": "level", "name": "logger"},
                }
            },
            "handlers": {"only": handler},
            "loggers": {
                "school": {"level": chosen.log_level.upper()},
                NOT_IN_A_RUN: {"level": "ERROR"},
                ALSO_TELLS_ERRORS: {"level": "CRITICAL"},
            },
            "root": {"level": "WARNING", "handlers": ["only"]},
        }
    )
