-- Two roles and their database; run once, and again without harm, as PostgreSQL's administrator:
--     sudo -u postgres env SCHOOL_OWNER_PASSWORD=… SCHOOL_APP_PASSWORD=… psql --file deploy/postgresql/roles.sql
-- school_owner owns the tables and brings them up to date. school_app is the program: it owns nothing; its
-- rights are given by `python3 -m school migrate`, table by table. In school_trial backups are tried.
\set ON_ERROR_STOP on
\set QUIET on
\set owner_password `printf %s "$SCHOOL_OWNER_PASSWORD"`
\set app_password `printf %s "$SCHOOL_APP_PASSWORD"`
SET log_statement = 'none';
SET log_min_error_statement = 'panic';
SET log_min_duration_statement = -1;

SELECT format('CREATE ROLE %I', name) FROM unnest('{school_owner,school_app}'::text[]) AS name
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
ALTER ROLE school_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'owner_password';
ALTER ROLE school_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'app_password';
ALTER ROLE school_app SET idle_in_transaction_session_timeout = '10min';

SELECT format('CREATE DATABASE %I OWNER %I TEMPLATE template0 ENCODING %L LOCALE %L', name, owner, 'UTF8', 'C.UTF-8')
  FROM (VALUES ('school', 'school_owner'), ('school_trial', 'school_app')) AS wanted (name, owner)
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = name) \gexec
REVOKE ALL ON DATABASE school, school_trial FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE school TO school_app;

\connect school
ALTER SCHEMA public OWNER TO school_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO school_app;
\connect school_trial
ALTER SCHEMA public OWNER TO school_app;
