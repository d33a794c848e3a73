-- Run once by the postgres image when it makes the cluster, in the platform's database, as its administrator.
\set owner_password `cat /run/secrets/database_owner_password`
\set app_password `cat /run/secrets/database_app_password`
\set worker_password `cat /run/secrets/database_worker_password`
SELECT set_config('skills.owner_password', :'owner_password', false) IS NOT NULL AS owner_password_set,
       set_config('skills.app_password', :'app_password', false) IS NOT NULL AS app_password_set,
       set_config('skills.worker_password', :'worker_password', false) IS NOT NULL AS worker_password_set;
\ir ../platform/roles.sql
