alter table files add column landed_at timestamptz not null default now();
alter table files alter column landed_at drop default;
create index files_of_drops on files (account_id, drop_id);

alter table drops add column files_removed_at timestamptz;
alter table drops add check (files_removed_at is null or settled_at is not null);
create index drops_kept on drops (account_id, settled_at) where settled_at is not null and files_removed_at is null;
