"""What the machine tells the program, typed: from the environment, or `.env`, with the prefix `SCHOOL_`."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from school.errors import BadInput

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "SCHOOL_"
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
ENV_FILE = ROOT / ".env"


class Settings(BaseSettings):
    """Every setting has a default that is right for one school on one machine."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=ENV_FILE, extra="ignore", hide_input_in_errors=True
    )

    database_url: str = Field(
        default=f"sqlite:///{ROOT / 'var' / 'school.db'}",
        description="Where the books are: sqlite:///path/to/school.db or postgresql://user:password@host/name.",
    )
    owner_url: SecretStr | None = Field(
        default=None,
        description="PostgreSQL: the same books as the owner of their tables sees them, for `migrate` alone.",
    )
    currency: str | None = Field(
        default=None, description="ISO 4217 code of a school made by `migrate`; asked for when absent."
    )
    timezone: str | None = Field(
        default=None, description="IANA time zone of a school made by `migrate`, such as Africa/Nairobi."
    )
    school_name: str = Field(default="Our school", description="Name of a school made by `migrate`.")
    import_encoding: str = Field(
        default="cp1252", description="Encoding tried for an imported file that is not UTF-8."
    )
    address: str = Field(default="127.0.0.1", description="Address the server listens on.")
    port: int = Field(default=8501, ge=1, le=65535, description="Port the server listens on.")
    https: bool = Field(default=False, description="True behind https: cookies are Secure, HSTS is sent.")
    allowed_hosts: Annotated[list[str], NoDecode] = Field(
        default=["*"],
        min_length=1,
        description="Host names the server answers to, with commas between them: fees.example.org.",
    )
    idle_minutes_max: int = Field(default=60, ge=1, description="A sign-in unused for so long ends.")
    sign_in_hours_max: int = Field(default=12, ge=1, description="A sign-in ends after so long, used or not.")
    invitation_hours_max: int = Field(
        default=72, ge=1, description="A code to choose a first or a new password lasts so long."
    )
    smtp_host: str | None = Field(default=None, description="The mail server; without it no e-mail is sent.")
    smtp_port: int = Field(default=587, ge=1, le=65535, description="Port of the mail server.")
    smtp_user: str | None = Field(default=None, description="Name the mail server knows the school by.")
    smtp_password: SecretStr | None = Field(default=None, description="Password of that name.")
    smtp_from: str | None = Field(default=None, description="The address that letters come from.")
    smtp_tls: Literal["starttls", "tls", "none"] = Field(
        default="starttls",
        description="How the way to the mail server is encrypted; tls is usual on port 465.",
    )
    backup_folder: Path | None = Field(
        default=None, description="Where backups go; else the folder backups beside the books."
    )
    backup_at: str = Field(
        default="",
        pattern=r"^(([01]\d|2[0-3]):[0-5]\d)?$",
        description="When the server makes a backup each day, as 03:15 of the school's time; empty: never.",
    )
    backup_keep_daily: int = Field(default=7, ge=1, description="Days whose last backup is kept.")
    backup_keep_weekly: int = Field(default=5, ge=0, description="Weeks whose last backup is kept.")
    backup_keep_monthly: int = Field(default=12, ge=0, description="Months whose last backup is kept.")
    backup_passphrase: SecretStr | None = Field(
        default=None, description="Encrypts backups; whoever loses it loses them. At least 12 characters."
    )
    backup_scratch: SecretStr | None = Field(
        default=None,
        description="An empty PostgreSQL database in which backups are tried, where none may be made.",
    )
    pg_dump: Path | None = Field(
        default=None, description="PostgreSQL's pg_dump, where it is not found; pg_restore lies beside it."
    )
    log_level: str = Field(default="INFO", description="DEBUG, INFO, WARNING or ERROR.")
    slow_page_ms: int = Field(default=1_000, ge=1, description="A page that runs longer is told in the log.")
    metrics_token: SecretStr | None = Field(
        default=None,
        description="The bearer token a monitor shows to read /metrics; without it this machine alone may.",
    )
    drain_seconds: int = Field(
        default=0,
        ge=0,
        le=300,
        description="How long a stopping server goes on, while /readyz says it leaves.",
    )
    log_file: Path | None = Field(default=None, description="Where JSON log lines go, rotated; else stderr.")

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _listed(cls, given: Any) -> Any:
        """`a.example, b.example`, or the same as JSON."""
        if not isinstance(given, str):
            return given
        if given.lstrip().startswith("["):
            return _listed_as_json(given)
        return [host.strip() for host in given.split(",") if host.strip()]

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, given: str) -> str:
        if given.upper() not in LOG_LEVELS:
            raise ValueError("there is no such level")
        return given.upper()

    @property
    def sends_mail(self) -> bool:
        return bool(self.smtp_host and self.smtp_from)


@lru_cache
def settings() -> Settings:
    """Raises BadInput, which names every setting that cannot be used and never what it holds."""
    try:
        return Settings()
    except ValidationError as error:
        said = {_unusable(one["loc"], one["msg"]) for one in error.errors(include_input=False)}
        raise BadInput("\n".join(sorted(said))) from None


def _unusable(where: tuple[int | str, ...], why: str) -> str:
    """What a setting is for follows from its description; what it holds may be a secret."""
    name = str(where[0]) if where else ""
    known = Settings.model_fields.get(name)
    meant = f" {known.description}" if known and known.description else ""
    why = why.removeprefix("Value error, ").partition(", unable to")[0].replace("Input should", "it should")
    return f"{PREFIX}{name.upper()} cannot be used ({why}).{meant}"


def _listed_as_json(given: str) -> object:
    try:
        return json.loads(given)
    except ValueError:
        raise ValueError("it begins like a list and is none") from None
