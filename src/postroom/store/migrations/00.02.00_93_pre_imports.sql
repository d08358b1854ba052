alter table drops add column header text not null default 'present' check (header in ('present', 'absent', 'unknown'));
alter table drops add column mode text check (mode in ('create', 'add', 'sync', 'contacts'));
alter table drops add column list_id bigint;

-- What is told of deposits under way may be told again; a table without rows takes columns that must have a value.
delete from drop_progress;
alter table drop_progress add column most_lines bigint not null;
alter table drop_progress add column most_refused bigint not null;
