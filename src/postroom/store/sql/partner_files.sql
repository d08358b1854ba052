-- add_partner_file: note a file of people for a partner
insert into partner_files (account_id, batch_id, campaign_id, channel, name, login, file_id, size, people, left_out,
                           first_seq, last_seq, ready_at, downloads)
values (%(account_id)s, %(batch_id)s, %(campaign_id)s, %(channel)s, %(name)s, %(login)s, %(file_id)s, %(size)s, %(people)s,
        %(left_out)s, %(first_seq)s, %(last_seq)s, %(ready_at)s, 0)
returning partner_file_id;

-- partner_files_page: files of people for partners, newest first
select * from partner_files
where account_id = %(account_id)s
  and (%(before)s::bigint is null or partner_file_id < %(before)s)
  and (%(campaign_id)s::bigint is null or campaign_id = %(campaign_id)s)
order by partner_file_id desc
limit %(limit)s;

-- count_partner_files: how many files of people for partners there are or were
select count(*) as files from partner_files
where account_id = %(account_id)s and (%(campaign_id)s::bigint is null or campaign_id = %(campaign_id)s);

-- partner_file_by_id: one file of people for a partner
select * from partner_files where account_id = %(account_id)s and partner_file_id = %(partner_file_id)s;

-- any_for_login: whether a login sees any file of people
select exists (
    select from partner_files
    where account_id = %(account_id)s and file_id is not null and (login is null or login = %(login)s)
) as found;

-- files_for_login: the files that a login sees among those for partners, by name
select f.account_id, f.file_id, f.directory, f.name, f.size, f.sha256, f.blob_key, f.modified_at, f.drop_id
from partner_files p join files f on f.account_id = p.account_id and f.file_id = p.file_id
where p.account_id = %(account_id)s and (p.login is null or p.login = %(login)s)
  and (%(name)s::text is null or f.name = %(name)s)
order by f.name;

-- content_of: the file of a partner's file, as long as it is kept
select f.account_id, f.file_id, f.directory, f.name, f.size, f.sha256, f.blob_key, f.modified_at, f.drop_id
from partner_files p join files f on f.account_id = p.account_id and f.file_id = p.file_id
where p.account_id = %(account_id)s and p.partner_file_id = %(partner_file_id)s;

-- count_download: a file was fetched wholly; no row when there is none such any more
update partner_files
set downloads = downloads + 1, downloaded_at = %(now)s, downloaded_by = %(downloaded_by)s
where account_id = %(account_id)s and file_id = %(file_id)s
returning *;

-- tell_of_download: an event for each person of a file, from the one that told that it was ready
insert into events (account_id, seq, recorded_at, at, event_id, type, source, channel, contact_id, campaign_id,
                    message_id, address, attributes)
select e.account_id, %(first)s + row_number() over (order by e.seq) - 1, %(recorded_at)s, %(at)s,
       md5(%(salt)s || e.seq)::uuid, 'batch.downloaded', %(source)s, e.channel, e.contact_id, e.campaign_id, null, e.address,
       (e.attributes - 'contactPoint') || %(attributes)s
from events e
where e.account_id = %(account_id)s and e.type = 'batch.ready' and e.seq between %(first_seq)s and %(last_seq)s;

-- expired_partner_files: files of people that were ready before a moment and are still kept
select partner_file_id, file_id from partner_files
where account_id = %(account_id)s and file_id is not null and ready_at < %(before)s
order by partner_file_id
limit %(limit)s;

-- forget_partner_files: these are not kept any more; the keys of their blobs
with gone as (
    update partner_files p set file_id = null, removed_at = %(now)s
    from unnest(%(file_ids)s::bigint[]) as old (file_id)
    where p.account_id = %(account_id)s and p.file_id = old.file_id
)
delete from files
where account_id = %(account_id)s and file_id = any(%(file_ids)s)
returning blob_key;

-- people_of_target: people after a contact, with what may keep each out; source, columns and condition are put in
select c.contact_id, {columns},
       (select max(o.reason) from optouts o
        where o.account_id = c.account_id and o.address = c.email and o.scope = 'EMAIL') as optout_email,
       (select max(o.reason) from optouts o
        where o.account_id = c.account_id and o.address = c.mobile and o.scope = 'SMS') as optout_mobile,
       (select max(o.reason) from optouts o
        where o.account_id = c.account_id and o.address = c.phone and o.scope = 'VOICE') as optout_phone,
       exists (select from optouts o
               where o.account_id = c.account_id and o.address in (c.email, c.mobile, c.phone) and o.scope = %(scope)s)
       or exists (select from universal_optouts u where u.address in (c.email, c.mobile, c.phone)) as has_left,
       (select s.kind from suppressions s
        where s.account_id = c.account_id and s.address = c.email and s.channel = 'EMAIL'
          and (s.until_at is null or s.until_at > %(now)s)) as suppression_email,
       (select s.kind from suppressions s
        where s.account_id = c.account_id and s.address = c.mobile and s.channel = 'SMS'
          and (s.until_at is null or s.until_at > %(now)s)) as suppression_mobile,
       (select s.kind from suppressions s
        where s.account_id = c.account_id and s.address = c.phone and s.channel = 'VOICE'
          and (s.until_at is null or s.until_at > %(now)s)) as suppression_phone
from {source}
where c.account_id = %(account_id)s and c.contact_id > %(after)s and {condition}
order by c.contact_id
limit %(limit)s;

-- on_a_list: a source of people, the contacts of a list
memberships m join contacts c
    on c.account_id = m.account_id and c.contact_id = m.contact_id
    and m.account_id = %(account_id)s and m.list_id = %(list_id)s and m.contact_id > %(after)s
