-- lock_queue_schema: one process at a time makes the queue's tables
select pg_advisory_xact_lock(7299);

-- queue_exists: whether the queue's tables are there
select to_regclass('procrastinate_jobs') is not null as found;

-- wake_workers: a job that ends, or comes back, may let another of its lock begin: workers look at once
create or replace function postroom_wake_workers() returns trigger language plpgsql as $$
begin
    perform pg_notify(
        'procrastinate_queue_v1#' || old.queue_name,
        json_build_object('type', 'job_inserted', 'job_id', old.id)::text
    );
    return null;
end;
$$;
create or replace trigger postroom_wake_workers
    after delete or update of status on procrastinate_jobs
    for each row when (old.status = 'doing') execute function postroom_wake_workers();

-- job_exists: whether a job of this lock waits or runs
select exists (select from procrastinate_jobs where lock = %(lock)s and status in ('todo', 'doing')) as found;
