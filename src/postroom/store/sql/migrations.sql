-- lock_migrations: one process at a time migrates
select pg_advisory_xact_lock(7300);

-- create_ledger: the table of applied migrations
create table if not exists schema_migrations (name text primary key, applied_at timestamptz not null);

-- ledger_exists: whether this database was ever migrated
select to_regclass('schema_migrations') is not null as found;

-- applied_migrations: the names of applied migrations
select name from schema_migrations order by name;

-- record_migration: one more migration is applied
insert into schema_migrations (name, applied_at) values (%(name)s, %(now)s);
