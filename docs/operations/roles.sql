-- The database, the role that owns it and migrates (latchkey_owner), and the role of web servers and workers (latchkey),
-- which reads and writes rows and does nothing else. A superuser runs this file with psql 15 or newer. It can run again:
-- after a restore, to change the passwords, and to take an older installation's tables away from the role latchkey.
--
-- Passwords come from the environment, because `ps` shows arguments. Without them, roles keep those that they have.
\set ON_ERROR_STOP on
\getenv owner_password DATABASE_OWNER_PASSWORD
\getenv password DATABASE_PASSWORD

SELECT format('CREATE ROLE %I', name) FROM unnest(ARRAY['latchkey_owner', 'latchkey']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec

ALTER ROLE latchkey_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
ALTER ROLE latchkey LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
\if :{?owner_password}
    ALTER ROLE latchkey_owner PASSWORD :'owner_password';
\endif
\if :{?password}
    ALTER ROLE latchkey PASSWORD :'password';
\endif

SELECT $$CREATE DATABASE latchkey TEMPLATE template0 ENCODING 'UTF8'$$
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'latchkey') \gexec

ALTER DATABASE latchkey OWNER TO latchkey_owner;
REVOKE ALL ON DATABASE latchkey FROM PUBLIC, latchkey;
GRANT CONNECT ON DATABASE latchkey TO latchkey;

\connect latchkey
REASSIGN OWNED BY latchkey TO latchkey_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC, latchkey;
GRANT CREATE, USAGE ON SCHEMA public TO latchkey_owner;
GRANT USAGE ON SCHEMA public TO latchkey;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO latchkey;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO latchkey;

-- tables of later migrations
ALTER DEFAULT PRIVILEGES FOR ROLE latchkey_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO latchkey;
ALTER DEFAULT PRIVILEGES FOR ROLE latchkey_owner IN SCHEMA public GRANT USAGE ON SEQUENCES TO latchkey;
