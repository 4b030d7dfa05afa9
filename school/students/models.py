"""The school, its calendar and its people. Rows change, and every change is audited; none is removed."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

import school.access.models  # noqa: F401 - who moved the students is a user
from school.columns import Id, Minor, Moment, Ordered
from school.db import Base

STATUSES = ("enrolled", "applicant", "left")


class School(Base):
    """The one row that says whose books these are. The currency is fixed once the first entry is posted."""

    __tablename__ = "school"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str]
    address: Mapped[str] = mapped_column(default="", server_default="")
    currency: Mapped[str]
    exponent: Mapped[int]
    time_zone: Mapped[str]
    locale: Mapped[str] = mapped_column(default="en", server_default="en")
    logo: Mapped[bytes | None] = mapped_column(LargeBinary)
    how_to_pay: Mapped[str] = mapped_column(default="", server_default="")  # as statements and letters say it
    created_at: Mapped[datetime] = mapped_column(Moment)


class Year(Base):
    __tablename__ = "year"
    __table_args__ = (CheckConstraint("starts_on < ends_on", name="order"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date]


class Term(Base):
    __tablename__ = "term"
    __table_args__ = (
        UniqueConstraint("year_id", "name"),
        CheckConstraint("starts_on < ends_on", name="order"),
        Index("ix_term_starts_on", "starts_on"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    year_id: Mapped[int] = mapped_column(ForeignKey("year.id"))
    name: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date]


class SchoolClass(Base):
    """A class, such as Form 5A; `position` orders classes from the youngest to the oldest."""

    __tablename__ = "school_class"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    position: Mapped[int] = mapped_column(default=0, server_default="0")


class Family(Base):
    """A family account: the students one household answers for, and the guardians who pay."""

    __tablename__ = "family"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str]


class Guardian(Base):
    __tablename__ = "guardian"
    __table_args__ = (Index("ix_guardian_family_id", "family_id"), Index("ix_guardian_folded", "folded"))

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    family_id: Mapped[int] = mapped_column(ForeignKey("family.id"))
    name: Mapped[str]
    phone: Mapped[str] = mapped_column(default="", server_default="")
    email: Mapped[str] = mapped_column(default="", server_default="")
    folded: Mapped[str]  # the name, folded: with a phone or an e-mail it tells the same guardian again


class FamilyPayer(Base):
    """The part of a family's charges one guardian answers for, in basis points; those of a family add up to
    the whole. A family without payers answers as one; 0 is a payer of former days.
    """

    __tablename__ = "family_payer"
    __table_args__ = (CheckConstraint("share_bp BETWEEN 0 AND 10000", name="share"),)

    family_id: Mapped[int] = mapped_column(ForeignKey("family.id"), primary_key=True)
    guardian_id: Mapped[int] = mapped_column(ForeignKey("guardian.id"), primary_key=True)
    share_bp: Mapped[int]


class Student(Base):
    """`status` is enrolled, applicant or left; who left keeps the account and takes no new charges."""

    __tablename__ = "student"
    __table_args__ = (
        CheckConstraint("status IN ('enrolled', 'applicant', 'left')", name="status"),
        CheckConstraint("length(admission_no) BETWEEN 1 AND 32", name="admission_no_length"),
        CheckConstraint("length(name) BETWEEN 1 AND 200", name="name_length"),
        Index("ix_student_class_id", "class_id", "status"),
        Index("ix_student_family_id", "family_id"),
        Index("ix_student_sort_name", "sort_name", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    admission_no: Mapped[str] = mapped_column(Ordered, unique=True)
    first_name: Mapped[str] = mapped_column(default="", server_default="")
    last_name: Mapped[str] = mapped_column(default="", server_default="")
    name: Mapped[str]  # as it is shown: first and last name
    sort_name: Mapped[str] = mapped_column(Ordered)  # folded last, first name: lists are in this order
    class_id: Mapped[int | None] = mapped_column(ForeignKey("school_class.id"))
    family_id: Mapped[int] = mapped_column(ForeignKey("family.id"))
    status: Mapped[str] = mapped_column(default="enrolled", server_default="enrolled")
    joined_on: Mapped[date | None]
    left_on: Mapped[date | None]
    notes: Mapped[str] = mapped_column(default="", server_default="")


class StudentGuardian(Base):
    __tablename__ = "student_guardian"
    __table_args__ = (Index("ix_student_guardian_guardian_id", "guardian_id"),)

    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"), primary_key=True)
    guardian_id: Mapped[int] = mapped_column(ForeignKey("guardian.id"), primary_key=True)
    # 1 is written to first; 0 is a guardian of former days, kept and no longer shown
    position: Mapped[int] = mapped_column(default=1, server_default="1")


class Enrolment(Base):
    """Which class a student is in, year by year."""

    __tablename__ = "enrolment"
    __table_args__ = (Index("ix_enrolment_year_class", "year_id", "class_id"),)

    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"), primary_key=True)
    year_id: Mapped[int] = mapped_column(ForeignKey("year.id"), primary_key=True)
    class_id: Mapped[int | None] = mapped_column(ForeignKey("school_class.id"))


class StudentWord(Base):
    """The words a student is found by, folded: names, numbers, guardians, phones. Search goes by prefixes."""

    __tablename__ = "student_word"
    __table_args__ = (Index("ix_student_word_student_id", "student_id"), {"sqlite_with_rowid": False})

    word: Mapped[str] = mapped_column(Ordered, primary_key=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"), primary_key=True)


class Promotion(Base):
    """That the students were moved to their classes of a year, once, and how many of them went where."""

    __tablename__ = "promotion"
    __table_args__ = (CheckConstraint("year_id <> from_year_id", name="another_year"),)

    year_id: Mapped[int] = mapped_column(ForeignKey("year.id"), primary_key=True, autoincrement=False)
    from_year_id: Mapped[int] = mapped_column(ForeignKey("year.id"))
    request_id: Mapped[str] = mapped_column(unique=True)
    moved: Mapped[int]
    stayed: Mapped[int]
    left: Mapped[int]
    at: Mapped[datetime] = mapped_column(Moment)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    actor: Mapped[str]


class Policy(Base):
    """A number the school has decided: a limit or a fee in minor units, a count of days. NULL is no limit, or
    no fee, any more.
    """

    __tablename__ = "policy"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int | None] = mapped_column(Minor)
