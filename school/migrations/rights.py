"""What the program's own role may do on PostgreSQL: read, add, and change only what the tables need.

The tables belong to another role, the owner, who migrates. Projections follow all the same, because guards
run with the owner's rights. Every table stands here, and one without its line fails a test.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from school.errors import RuleBroken

VERSION_TABLE = "alembic_version"

FOLLOWS = (  # the guards write them; the program only looks
    "class_total",
    "day_total",
    "due_total",
    "open_item",
    "roll_total",
    "student_balance",
    VERSION_TABLE,
)
STAYS = (  # a row is added and is as it is for ever
    "cash_up",
    "cash_up_coin",
    "cash_up_signature",
    "cash_up_tender",
    "day_close",
    "deposit",
    "deposit_part",
    "entry",
    "erasure",
    "incident",
    "late_fee_line",
    "late_fee_waiver",
    "line",
    "payment_payer",
    "period_lock",
    "promotion",
    "run_entry",
)
ANY = "*"
CHANGES = {  # a row may change in any column, or in these; no row goes
    "account": "name position active",
    "approval": "decision decided_at decided_by_id decided_by decision_reason entry_id",
    "audit_event": "before after reason",  # emptied, of who is listed as erased: the guards see to it
    "concession_grant": "state decided_at decided_by_id decided_by decision_reason ended_on",
    "concession_rate": "active",
    "concession_scheme": "cap_bp cap needs_approval active",
    "document_series": ANY,
    "enrolment": "class_id",
    "family": ANY,
    "family_payer": ANY,
    "fee": ANY,
    "fee_head": ANY,
    "guardian": ANY,
    "instalment_plan": ANY,
    "invitation": "used_at revoked_at",
    "late_fee_rule": "due_until active",
    "letter": "state tries next_try_at sent_at error to_name to_address subject body details",
    "policy": ANY,
    "reminder_stage": ANY,
    "run": "finished_at undone_at undone_by undone_reason students entries total reversed",
    "school": ANY,
    "school_class": ANY,
    "sign_in": "ticket_hash ticket_expires_at token_hash last_seen_at expires_at revoked_at revoked_why",
    "sign_in_attempt": "succeeded",
    "student": ANY,
    "student_guardian": "position",
    "student_option": "until_on active",
    "term": ANY,
    "user_account": ANY,
    "user_preference": ANY,
    "year": ANY,
}
GOES = {  # rows that are no facts: they may go, and change so far
    "draft": ANY,
    "import_mapping": "",
    "instalment": "",
    "recovery_code": "used_at",
    "role_policy": "",
    "second_factor": ANY,
    "student_word": "",
    "user_role": "",
}

Right = tuple[str, str, str | None]  # a table or sequence, a privilege, and for UPDATE the column

_EFFECTIVE = text("""
    WITH ours AS (SELECT oid, relname, relkind FROM pg_class WHERE relnamespace = 'public'::regnamespace)
    SELECT relname, word, NULL FROM ours
      CROSS JOIN unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) AS word
     WHERE relkind = 'r' AND has_table_privilege(:role, oid, word)
    UNION ALL
    SELECT relname, 'UPDATE', attname FROM ours JOIN pg_attribute ON attrelid = oid AND attnum > 0
     WHERE relkind = 'r' AND NOT attisdropped AND has_column_privilege(:role, oid, attnum, 'UPDATE')
       AND NOT has_table_privilege(:role, oid, 'UPDATE')
    UNION ALL
    SELECT relname, word, NULL FROM ours CROSS JOIN unnest('{SELECT,USAGE,UPDATE}'::text[]) AS word
     WHERE relkind = 'S' AND has_sequence_privilege(:role, oid, word)""")
_SEQUENCES = text("""
    SELECT t.relname, s.relname FROM pg_class s
      JOIN pg_depend d ON d.objid = s.oid AND d.deptype IN ('a', 'i') JOIN pg_class t ON t.oid = d.refobjid
     WHERE s.relkind = 'S' AND s.relnamespace = 'public'::regnamespace""")
_MAY_MIGRATE = text("""
    SELECT COALESCE(
      (SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = to_regclass('public.alembic_version')),
      has_schema_privilege('public', 'CREATE'))""")


def may_migrate(connection: Connection) -> bool:
    """Whether this connection's user owns the tables, or may make them where there are none."""
    return connection.dialect.name == "sqlite" or bool(connection.scalar(_MAY_MIGRATE))


def differences(connection: Connection, role: str) -> list[str]:
    """What the role may do though it need not, or may not do though it must: none when all is well.

    Effective rights count: a superuser, or a member of the owner, may do too much.
    """
    wanted, held = _wanted(connection), _held(connection, role)
    too_much = [f"{_named(right)} is allowed" for right in held - wanted]
    return sorted(too_much + [f"{_named(right)} is not allowed" for right in wanted - held])


def grant(connection: Connection, role: str) -> None:
    """Give the role what it needs and take everything else, in the caller's transaction, as the owner.

    Raises RuleBroken for a role that is not there, or that may do more by what it is.
    """
    if connection.scalar(text("SELECT to_regrole(:role)"), {"role": _quoted(connection, role)}) is None:
        raise RuleBroken(f"There is no database user {role}: make one, see deploy/postgresql/roles.sql.")
    for statement in statements(connection, role):
        connection.exec_driver_sql(statement)
    if left := differences(connection, role):
        raise RuleBroken(
            f"The database user {role} may do more than the program needs ({left[0]}): it must be no "
            "superuser, own no table, and belong to no role that does."
        )


def statements(connection: Connection, role: str) -> list[str]:
    """What `grant` tells the database: nothing where nothing is to change."""
    wanted, held = _wanted(connection), _held(connection, role)
    who = _quoted(connection, role)
    revoked = [f"REVOKE {_words(right)} FROM {who}" for right in sorted(held - wanted, key=_named)]
    granted = [f"GRANT {_words(right)} TO {who}" for right in sorted(wanted - held, key=_named)]
    return [*(["GRANT USAGE ON SCHEMA public TO " + who] if granted else []), *revoked, *granted]


def _wanted(connection: Connection) -> set[Right]:
    wanted: set[Right] = {(table, "SELECT", None) for table in (*FOLLOWS, *STAYS, *CHANGES, *GOES)}
    wanted |= {(table, "INSERT", None) for table in (*STAYS, *CHANGES, *GOES)}
    wanted |= {(table, "DELETE", None) for table in GOES}
    for table, columns in (CHANGES | GOES).items():
        wanted |= {(table, "UPDATE", None if column == ANY else column) for column in columns.split()}
    for table, sequence in connection.execute(_SEQUENCES):
        wanted.add((sequence, "SELECT", None))  # which a backup writes down
        if table not in FOLLOWS:
            wanted.add((sequence, "USAGE", None))
    return wanted


def _held(connection: Connection, role: str) -> set[Right]:
    return {(name, word, column) for name, word, column in connection.execute(_EFFECTIVE, {"role": role})}


def _named(right: Right) -> str:
    name, word, column = right
    return f"{word} on {name}" + (f" ({column})" if column else "")


def _words(right: Right) -> str:
    name, word, column = right
    kind = "SEQUENCE " if name.endswith("_seq") else ""
    of_column = f' ("{column}")' if column else ""
    return f'{word}{of_column} ON {kind}"{name}"'


def _quoted(connection: Connection, role: str) -> str:
    return connection.dialect.identifier_preparer.quote(role)
