-- The roles of the platform's database. Run once per cluster, as its administrator, in the platform's database; running it
-- again changes passwords and nothing else.
-- skills_owner owns every table and runs migrations. skills_app serves requests: it owns nothing, so that row-level
-- security binds it. skills_worker runs jobs: all that skills_app may, and it may take the role skills_issuer, which alone
-- inserts awards and certificates and which nobody signs in as.
-- Passwords come as the settings skills.owner_password, skills.app_password and skills.worker_password.
DO $$
DECLARE
  role_name text;
BEGIN
  FOREACH role_name IN ARRAY ARRAY['skills_owner', 'skills_app', 'skills_worker'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
      EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOBYPASSRLS', role_name);
    END IF;
  END LOOP;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'skills_issuer') THEN
    CREATE ROLE skills_issuer NOLOGIN NOSUPERUSER NOBYPASSRLS;
  END IF;
  EXECUTE format('ALTER ROLE skills_owner PASSWORD %L', current_setting('skills.owner_password'));
  EXECUTE format('ALTER ROLE skills_app PASSWORD %L', current_setting('skills.app_password'));
  EXECUTE format('ALTER ROLE skills_worker PASSWORD %L', current_setting('skills.worker_password'));
  EXECUTE format('ALTER DATABASE %I OWNER TO skills_owner', current_database());
END
$$;
ALTER SCHEMA public OWNER TO skills_owner;
GRANT USAGE ON SCHEMA public TO skills_app, skills_issuer;
GRANT skills_app TO skills_worker;
GRANT skills_issuer TO skills_worker WITH INHERIT FALSE, SET TRUE;
GRANT skills_issuer TO skills_owner WITH INHERIT FALSE, SET TRUE;
ALTER DEFAULT PRIVILEGES FOR ROLE skills_owner IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO skills_app;
ALTER DEFAULT PRIVILEGES FOR ROLE skills_owner IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO skills_app;
