-- lock_tree: one change of an account's tree at a time, until the transaction ends
select pg_advisory_xact_lock(7302, account_id) from accounts where account_id = %(account_id)s;

-- enter_tree: the same for a login of the account; no row when it is switched off
select pg_advisory_xact_lock(7302, account_id) from logins
where login = %(login)s and account_id = %(account_id)s and enabled;

-- put_file: make a file or replace the one of that name
insert into files (account_id, directory, name, size, sha256, blob_key, modified_at, drop_id, landed_at)
values (%(account_id)s, %(directory)s, %(name)s, %(size)s, %(sha256)s, %(blob_key)s, %(modified_at)s, %(drop_id)s,
        %(modified_at)s)
on conflict (account_id, directory, name) do update set
    size = excluded.size, sha256 = excluded.sha256, blob_key = excluded.blob_key,
    modified_at = excluded.modified_at, drop_id = excluded.drop_id, landed_at = excluded.landed_at
returning file_id;

-- file_at: one file by its place
select account_id, file_id, directory, name, size, sha256, blob_key, modified_at, drop_id
from files
where account_id = %(account_id)s and directory = %(directory)s and name = %(name)s;

-- files_in: the files of a directory, by name
select account_id, file_id, directory, name, size, sha256, blob_key, modified_at, drop_id
from files
where account_id = %(account_id)s and directory = %(directory)s
order by name;

-- newest_in: when the newest file of each of these directories was made
select directory, max(modified_at) as modified_at from files
where account_id = %(account_id)s and directory = any(%(directories)s)
group by directory;

-- files_beginning: the files of a directory whose names begin like that, by name
select account_id, file_id, directory, name, size, sha256, blob_key, modified_at, drop_id
from files
where account_id = %(account_id)s and directory = %(directory)s and starts_with(name, %(beginning)s)
order by name;

-- files_of_drop: a deposit's file and its reports, wherever they stand now
select account_id, file_id, directory, name, size, sha256, blob_key, modified_at, drop_id
from files
where account_id = %(account_id)s and drop_id = %(drop_id)s
order by file_id;

-- move_file: give a file another place
update files set directory = %(directory)s, name = %(name)s, drop_id = %(drop_id)s
where account_id = %(account_id)s and file_id = %(file_id)s;

-- touch_file: set a file's modification time
update files set modified_at = %(modified_at)s
where account_id = %(account_id)s and file_id = %(file_id)s;

-- remove_file: forget a file
delete from files where account_id = %(account_id)s and file_id = %(file_id)s;

-- name_taken: whether any of these directories holds that name
select exists (
    select from files
    where account_id = %(account_id)s and directory = any(%(directories)s) and name = %(name)s
) as taken;

-- remove_files_of_drops: forget the files and reports of these deposits, in these directories alone
delete from files
where account_id = %(account_id)s and drop_id = any(%(drop_ids)s) and directory = any(%(directories)s)
returning blob_key;

-- remove_abandoned: forget some files of no deposit that have stood there since before a moment, no signal of one either
delete from files
where account_id = %(account_id)s and file_id in (
    select f.file_id from files f
    where f.account_id = %(account_id)s and f.directory = any(%(directories)s) and f.drop_id is null
      and f.landed_at < %(before)s
      and not exists (
          select from files other
          where other.account_id = f.account_id and other.directory = f.directory and other.drop_id is not null
            and left(other.name, -4) = left(f.name, -4)
      )
    limit %(limit)s
)
returning blob_key;

-- blobs_in_use: which of these blobs some file, deposit or run of a flow still has, of whatever account
select blob_key from files where blob_key = any(%(keys)s)
union
select blob_key from drops where blob_key = any(%(keys)s) and files_removed_at is null
union
select blob_key from flow_runs where blob_key = any(%(keys)s);
