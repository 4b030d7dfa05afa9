"""What must be so, why, and how to mend what is not: the one table that `check`, the start and
docs/deploy.md go by.

How bad a finding is depends on whether people are let in: `deploy` is for then, `daily` for every other look;
None where the rule does not count there. Where `refuses` is true the program does not start.
"""

from __future__ import annotations

from dataclasses import dataclass

ERROR, WARNING, NOTE = "error", "warning", "note"


@dataclass(frozen=True)
class Rule:
    """`promise` is what holds where there is no finding."""

    about: str
    promise: str
    why: str
    mend: str
    daily: str | None
    deploy: str | None
    refuses: bool = False

    def severity(self, *, deploy: bool) -> str | None:
        return self.deploy if deploy else self.daily


_SETTINGS, _WEB, _PEOPLE = "Settings and secrets", "Web", "People"
_FILES, _DATABASE, _MACHINE = "Files", "Database and books", "Machine"

RULES: dict[str, Rule] = {
    "settings": Rule(
        _SETTINGS,
        "Every setting holds what the program can use",
        "With a wrong setting the program would not do what you asked of it.",
        "Correct the setting named, in the environment or in `.env`.",
        ERROR,
        ERROR,
        refuses=True,
    ),
    "unknown_settings": Rule(
        _SETTINGS,
        "Every name that begins with `SCHOOL_` is one the program knows",
        "A mistyped name is not read, and its default counts.",
        "Correct the name, or take it away.",
        WARNING,
        WARNING,
    ),
    "database_password": Rule(
        _SETTINGS,
        "The password of PostgreSQL is there, hard to guess, and no example's",
        "Who guesses it reads and writes the books past the program.",
        "Give the database's user a password of 20 random characters, and `SCHOOL_DATABASE_URL` the same.",
        WARNING,
        ERROR,
    ),
    "smtp_password": Rule(
        _SETTINGS,
        "The mail server's password is there where a name is, and no example's",
        "Letters are refused by the mail server, or others send in the school's name.",
        "Set `SCHOOL_SMTP_PASSWORD` to what your mail provider gave you.",
        WARNING,
        ERROR,
    ),
    "metrics_token": Rule(
        _SETTINGS,
        "The token of `/metrics`, where one is set, is long and random",
        "Who guesses it reads how the school works: sign-ins, payments, errors.",
        "Set `SCHOOL_METRICS_TOKEN` to what `openssl rand -hex 24` prints, here and at the monitor.",
        WARNING,
        ERROR,
    ),
    "backup_passphrase": Rule(
        _SETTINGS,
        "The passphrase of backups, where one is set, is hard to guess",
        "Who takes a backup away can try passphrases as fast as their machines can.",
        "Set `SCHOOL_BACKUP_PASSPHRASE` to six unrelated words, and keep them in the school's safe too.",
        WARNING,
        ERROR,
    ),
    "backups_readable": Rule(
        _SETTINGS,
        "Backups are encrypted with a passphrase",
        "Who takes a backup away reads every family's account.",
        "Set `SCHOOL_BACKUP_PASSPHRASE`, and keep it in the school's safe: who loses it loses the backups.",
        None,
        NOTE,
    ),
    "https": Rule(
        _WEB,
        "The program is behind https and knows it",
        "Without https passwords, sign-ins and accounts can be read on their way. With it cookies are "
        "Secure, and browsers are told to come back by https only (HSTS).",
        "Put a proxy with a certificate in front (docs/deploy.md) and set `SCHOOL_HTTPS=true`.",
        WARNING,
        ERROR,
    ),
    "allowed_hosts": Rule(
        _WEB,
        "The host names the program answers to are named",
        "Under any name an attacker can lead people to the program by an address of his own.",
        "Set `SCHOOL_ALLOWED_HOSTS` to the name people type, such as `fees.example.org`, without https:// "
        "and without a port.",
        WARNING,
        ERROR,
    ),
    "address": Rule(
        _WEB,
        "Only the proxy reaches the program's own port",
        "Who reaches it past the proxy has no https, and may claim to be any address.",
        "Set `SCHOOL_ADDRESS=127.0.0.1` where the proxy is on this machine; else let the firewall admit the "
        "proxy only and name it in `FORWARDED_ALLOW_IPS`.",
        None,
        WARNING,
    ),
    "forwarded": Rule(
        _WEB,
        "Only the proxy is believed about who asks",
        "Who may claim any address guesses passwords as if from many, and locks out whom he likes.",
        "Set `FORWARDED_ALLOW_IPS` to the address of the proxy, never to `*`.",
        WARNING,
        WARNING,
    ),
    "port": Rule(
        _WEB,
        "The port is free, or this program answers on it",
        "The program cannot start while another one holds its port.",
        "Stop the other program, or choose another port with `SCHOOL_PORT`.",
        ERROR,
        ERROR,
        refuses=True,
    ),
    "error_details": Rule(
        _WEB,
        "An error shows a sentence and a number, never the program's inside",
        "A trace on the screen shows names, amounts and how the program is built.",
        'Let `client.showErrorDetails` be "none" and `client.showErrorLinks` false, as in '
        "`.streamlit/config.toml`.",
        WARNING,
        ERROR,
    ),
    "toolbar": Rule(
        _WEB,
        "The screens carry no developer's menu",
        "Its buttons rerun and deploy what people are at work in.",
        'Let `client.toolbarMode` be "minimal" or "viewer", as in `.streamlit/config.toml`.',
        WARNING,
        ERROR,
    ),
    "usage_statistics": Rule(
        _WEB,
        "Nothing is told to anybody about how the program is used",
        "Whose fees are owed is nobody else's business.",
        "Let `browser.gatherUsageStats` be false, as in `.streamlit/config.toml`.",
        WARNING,
        ERROR,
    ),
    "agent_api": Rule(
        _WEB,
        "The interface for programs instead of people is off",
        "It is experimental, and a way in that nobody at school needs.",
        "Take `server.enableAgentApi` away: it is off by default.",
        WARNING,
        ERROR,
    ),
    "forged_requests": Rule(
        _WEB,
        "The web server refuses what other web sites send in somebody's name",
        "Another page open in the same browser could act as the person signed in.",
        "Take `server.enableXsrfProtection` and `server.enableCORS` away: both are on by default.",
        WARNING,
        ERROR,
    ),
    "file_watcher": Rule(
        _WEB,
        "The program does not watch its own files",
        "Watching makes every click slower, and a changed file reruns what people are at work in.",
        'Let `server.fileWatcherType` be "none" and `server.runOnSave` false, as in '
        "`.streamlit/config.toml`.",
        WARNING,
        WARNING,
    ),
    "administrator": Rule(
        _PEOPLE,
        "There is an administrator",
        "Until there is one, whoever opens the page first becomes it.",
        "Open the set-up page now, or run "
        "`python3 -m school user add NAME --role administrator --password-stdin`.",
        NOTE,
        ERROR,
    ),
    "demo_users": Rule(
        _PEOPLE,
        "The users of the demo school are gone",
        "Their names are known to everybody, and their passwords were printed.",
        "Disable them on the users page, or begin with new books: `SCHOOL_DATABASE_URL`.",
        WARNING,
        ERROR,
    ),
    "second_factor": Rule(
        _PEOPLE,
        "Administrators are asked for a second factor",
        "A password that was watched or guessed opens everything an administrator may do.",
        "Ask for it on the users page; each of them sets up an authenticator app at the next sign-in.",
        None,
        NOTE,
    ),
    "owner": Rule(
        _FILES,
        "The files of the books belong to the user who runs the program",
        "The program could not write to them, or files made now would shut it out later.",
        "Run this command as the user who runs the program, or give that user the files with `chown`.",
        ERROR,
        ERROR,
        refuses=True,
    ),
    "administrator_of_machine": Rule(
        _FILES,
        "The program has a user of its own, not the machine's administrator",
        "A fault in the program would be a fault in the whole machine.",
        "Make a user for it (docs/deploy.md), give it the folder of the books, and run the program as this user.",
        None,
        NOTE,
    ),
    "books_private": Rule(
        _FILES,
        "The file of the books, `-wal` and `-shm` are for their owner alone (0600)",
        "Everybody with an account on this machine reads the books, or changes them past the program.",
        "`chmod 600` the file named.",
        WARNING,
        ERROR,
    ),
    "folder_private": Rule(
        _FILES,
        "The folder of the books is for its owner alone (0700)",
        "Who may write there can put another file in the place of the books.",
        "Give the books a folder of their own, and `chmod 700` it.",
        WARNING,
        ERROR,
    ),
    "backups_private": Rule(
        _FILES,
        "Backups and their folder are for their owner alone (0600, 0700)",
        "A backup holds all that the books hold.",
        "`chmod 700` the folder and `chmod 600` the files in it.",
        WARNING,
        ERROR,
    ),
    "env_private": Rule(
        _FILES,
        "`.env` is for its owner alone (0600)",
        "It holds the passwords of the database and of the mail server.",
        "`chmod 600 .env`",
        WARNING,
        ERROR,
    ),
    "log": Rule(
        _FILES,
        "The log can be written, and is for its owner alone",
        "Without a log nobody can tell what went wrong, or who tried to get in.",
        "Let `SCHOOL_LOG_FILE` name a file in a folder that the program's user may write to.",
        ERROR,
        ERROR,
        refuses=True,
    ),
    "network_share": Rule(
        _FILES,
        "A SQLite file lies on a disk of this machine",
        "The locks of a network share cannot be trusted: two writers at once damage the books.",
        "Move the books to a disk of this machine, or to PostgreSQL.",
        ERROR,
        ERROR,
    ),
    "database": Rule(
        _DATABASE,
        "The database answers",
        "Without it nobody can work.",
        "Start it, and see that `SCHOOL_DATABASE_URL` names it rightly.",
        ERROR,
        ERROR,
        refuses=True,
    ),
    "migrations": Rule(
        _DATABASE,
        "The tables are those of this version",
        "The program would ask for what is not there.",
        "Run `python3 -m school migrate`.",
        ERROR,
        ERROR,
    ),
    "newer_books": Rule(
        _DATABASE,
        "The tables are not of a newer version",
        "An old program could write what the new tables do not mean.",
        "Run the newer program, or restore the backup made before the upgrade.",
        ERROR,
        ERROR,
        refuses=True,
    ),
    "engine": Rule(
        _DATABASE,
        "The database works as the books need it: write-ahead log, foreign keys, UTF-8",
        "Readers and writers would stop each other, or what is wrong would be taken.",
        "SQLite: move the books to a disk of this machine. PostgreSQL: use version 14 or newer, and a "
        "database made with encoding UTF8.",
        ERROR,
        ERROR,
        refuses=True,
    ),
    "durability": Rule(
        _DATABASE,
        "What was acknowledged is on the disk (SQLite: FULL; PostgreSQL: fsync, full_page_writes, "
        "synchronous_commit)",
        "After a power cut, payments would be missing whose receipts were handed over.",
        "PostgreSQL: `ALTER SYSTEM RESET` the setting named, then `SELECT pg_reload_conf()`.",
        ERROR,
        ERROR,
    ),
    "engine_version": Rule(
        _DATABASE,
        "The database has no known fault that can touch the books",
        "SQLite before 3.51.3 can, very rarely, damage a file that two processes write to.",
        "Run one process on SQLite, or use PostgreSQL; a newer Python brings a newer SQLite.",
        None,
        NOTE,
    ),
    "database_way": Rule(
        _DATABASE,
        "The way to a database on another machine is encrypted",
        "Its password and the books can be read on their way.",
        "Add `?sslmode=verify-full` to `SCHOOL_DATABASE_URL`, and let the server have a certificate.",
        WARNING,
        ERROR,
    ),
    "role": Rule(
        _DATABASE,
        "The program's role in PostgreSQL cannot change or delete what was recorded",
        "Who takes the program over could then change the past with one statement.",
        "Connect as a role that owns nothing and is no superuser (docs/deploy.md).",
        None,
        WARNING,
    ),
    "damage": Rule(
        _DATABASE,
        "The file of the books is whole",
        "A damaged file loses more with every write.",
        "Stop the program, and restore the newest backup that agrees.",
        ERROR,
        ERROR,
    ),
    "guards": Rule(
        _DATABASE,
        "The rules inside the database are all there, word for word",
        "Without them the database takes what the books must never hold.",
        "Run `python3 -m school migrate`, which puts them back, and find out who could change them.",
        ERROR,
        ERROR,
    ),
    "books": Rule(
        _DATABASE,
        "The books agree: every total follows from the entries, and no entry was changed",
        "A balance that does not follow from the entries is not to be relied on.",
        "Run `python3 -m school verify`, which says what to do about each disagreement.",
        ERROR,
        ERROR,
    ),
    "backup": Rule(
        _DATABASE,
        "There is a backup, and the newest is of the last 26 hours",
        "What was recorded since is gone with the disk.",
        "Run `python3 -m school backup`, and let it be made every day (docs/deploy.md).",
        WARNING,
        ERROR,
    ),
    "backup_failed": Rule(
        _DATABASE,
        "The last scheduled backup was made",
        "Until it works again, what is recorded is on one disk only.",
        "Mend what the sentence says, and run `python3 -m school backup`.",
        ERROR,
        ERROR,
    ),
    "backup_tried": Rule(
        _DATABASE,
        "A backup of the last 7 days was opened, and its books agreed",
        "A backup that nobody has tried may be none.",
        "Run `python3 -m school backup --verify`.",
        NOTE,
        WARNING,
    ),
    "disk_full": Rule(
        _MACHINE,
        "There is room for a copy of the books, and 200 MB at least",
        "On a full disk nothing can be recorded, backed up or upgraded.",
        "Make room on the disk named now.",
        ERROR,
        ERROR,
    ),
    "disk": Rule(
        _MACHINE,
        "A tenth of the disk is free, and the books have room to grow for 90 days",
        "Disks fill up in holidays, when nobody looks.",
        "Make room on the disk named, or move the books to a larger one.",
        WARNING,
        WARNING,
    ),
    "clock": Rule(
        _MACHINE,
        "The clock is not behind the books, and not apart from the database's",
        "A wrong clock dates receipts wrongly, and refuses the codes of second factors.",
        "Set the clock, and let the machine keep it by itself: `timedatectl set-ntp true`.",
        ERROR,
        ERROR,
    ),
    "clock_kept": Rule(
        _MACHINE,
        "The machine keeps its clock right by itself",
        "A clock that is left alone is a minute off within weeks.",
        "`timedatectl set-ntp true`",
        None,
        WARNING,
    ),
    "time_zone": Rule(
        _MACHINE,
        "The school's time zone is known here",
        "The time zone decides which day a payment is of.",
        "Install the machine's time zone data (`tzdata`).",
        ERROR,
        ERROR,
        refuses=True,
    ),
    "mail": Rule(
        _MACHINE,
        "Both the mail server and the sender are named, or neither",
        "With one of them missing no letter is sent.",
        "Set both `SCHOOL_SMTP_HOST` and `SCHOOL_SMTP_FROM`.",
        WARNING,
        WARNING,
    ),
    "mail_way": Rule(
        _MACHINE,
        "The way to the mail server is encrypted",
        "Letters to families and the mail password can be read on their way.",
        "Set `SCHOOL_SMTP_TLS` to `starttls`, or to `tls` with `SCHOOL_SMTP_PORT=465`.",
        WARNING,
        ERROR,
    ),
    "mail_server": Rule(
        _MACHINE,
        "The mail server takes the name and password and answers",
        "Receipts and reminders would wait and be given up.",
        "Correct the `SCHOOL_SMTP_` settings, or ask your mail provider.",
        None,
        ERROR,
    ),
    "unchecked": Rule(
        _MACHINE,
        "Everything could be looked at",
        "What cannot be looked at may be wrong.",
        "Mend the other findings first; if this one stays, it is a fault of the program: report it.",
        WARNING,
        WARNING,
    ),
}
