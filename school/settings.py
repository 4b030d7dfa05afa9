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
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="DEBUG, INFO, WARNING or ERROR."
    )
    log_file: Path | None = Field(default=None, description="Where JSON log lines go, rotated; else stderr.")

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _listed(cls, given: Any) -> Any:
        """`a.example, b.example`, or the same as JSON."""
        if not isinstance(given, str):
            return given
        if given.lstrip().startswith("["):
            return json.loads(given)
        return [host.strip() for host in given.split(",") if host.strip()]

    @field_validator("log_level", mode="before")
    @classmethod
    def _in_capitals(cls, given: Any) -> Any:
        return given.upper() if isinstance(given, str) else given

    @property
    def sends_mail(self) -> bool:
        return bool(self.smtp_host and self.smtp_from)


@lru_cache
def settings() -> Settings:
    """Raises BadInput, which names every setting that cannot be used and never what it holds."""
    try:
        return Settings()
    except ValidationError as error:
        raise BadInput(" ".join(sorted({_unusable(one["loc"], one["msg"]) for one in error.errors()}))) from None


def _unusable(where: tuple[int | str, ...], why: str) -> str:
    name = str(where[0]) if where else ""
    known = Settings.model_fields.get(name)
    said = f" ({known.description.rstrip('.')})" if known and known.description else ""
    return f"The setting {PREFIX}{name.upper()} cannot be used: {why[:1].lower()}{why[1:]}{said}."
