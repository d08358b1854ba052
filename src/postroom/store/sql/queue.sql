-- lock_queue_schema: one process at a time makes the queue's tables
select pg_advisory_xact_lock(7299);

-- queue_exists: whether the queue's tables are there
select to_regclass('procrastinate_jobs') is not null as found;
