-- The two roles of the platform's database. Run once per cluster, as its administrator, in the platform's database.
-- The owner owns every table and runs migrations; the application owns nothing, so that row-level security binds it.
-- Passwords come as the settings skills.owner_password and skills.app_password.
DO $$
DECLARE
  role_name text;
BEGIN
  FOREACH role_name IN ARRAY ARRAY['skills_owner', 'skills_app'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
      EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOBYPASSRLS', role_name);
    END IF;
  END LOOP;
  EXECUTE format('ALTER ROLE skills_owner PASSWORD %L', current_setting('skills.owner_password'));
  EXECUTE format('ALTER ROLE skills_app PASSWORD %L', current_setting('skills.app_password'));
  EXECUTE format('ALTER DATABASE %I OWNER TO skills_owner', current_database());
END
$$;
ALTER SCHEMA public OWNER TO skills_owner;
GRANT USAGE ON SCHEMA public TO skills_app;
ALTER DEFAULT PRIVILEGES FOR ROLE skills_owner IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO skills_app;
ALTER DEFAULT PRIVILEGES FOR ROLE skills_owner IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO skills_app;
