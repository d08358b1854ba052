-- begin_counts: a new list has nobody
insert into list_counts (account_id, list_id, version, subscribers, sms, email, voice, voicemail)
values (%(account_id)s, %(list_id)s, 0, 0, 0, 0, 0, 0);

-- forget_counts: some lists of an account, or all, are to be counted anew
update list_counts
set version = version + 1, subscribers = null, sms = null, email = null, voice = null, voicemail = null
where account_id = %(account_id)s and (%(list_ids)s::bigint[] is null or list_id = any(%(list_ids)s::bigint[]));

-- add_to_counts: lists have so many more; what is not known stays so
update list_counts c
set version = c.version + 1, subscribers = c.subscribers + d.subscribers, sms = c.sms + d.sms,
    email = c.email + d.email, voice = c.voice + d.voice, voicemail = c.voicemail + d.voicemail
from unnest(
    %(list_ids)s::bigint[], %(subscribers)s::bigint[], %(sms)s::bigint[], %(email)s::bigint[],
    %(voice)s::bigint[], %(voicemail)s::bigint[]
) as d (list_id, subscribers, sms, email, voice, voicemail)
where c.account_id = %(account_id)s and c.list_id = d.list_id;

-- forgotten_lists: the lists of an account that are to be counted
select list_id from list_counts where account_id = %(account_id)s and subscribers is null order by list_id;

-- forgetful_accounts: the accounts that have such lists
select distinct account_id from list_counts where subscribers is null order by account_id;

-- members_of: how many contacts are on lists; those without any are left out
select list_id, count(*) as members from memberships
where account_id = %(account_id)s and list_id = any(%(list_ids)s::bigint[])
group by list_id;

-- count_large_lists: count lists anew, with the versions that this is true of; reads all contacts of the account
select k.list_id, k.version, coalesce(r.subscribers, 0) as subscribers, coalesce(r.sms, 0) as sms,
       coalesce(r.email, 0) as email, coalesce(r.voice, 0) as voice, coalesce(r.voicemail, 0) as voicemail
from list_counts k
left join (
    select m.list_id, count(*) as subscribers, count(c.mobile) - count(s.address) as sms,
           count(c.email) - count(e.address) as email, count(c.phone) - count(v.address) as voice,
           count(c.mobile) - count(a.address) as voicemail
    from memberships m
    join contacts c on c.account_id = m.account_id and c.contact_id = m.contact_id
    left join optouts e
      on e.account_id = c.account_id and e.scope = 'EMAIL' and e.address = c.email collate "C"
    left join optouts s
      on s.account_id = c.account_id and s.scope = 'SMS' and s.address = c.mobile collate "C"
    left join optouts v
      on v.account_id = c.account_id and v.scope = 'VOICE' and v.address = c.phone collate "C"
    left join optouts a
      on a.account_id = c.account_id and a.scope = 'VOICEMAIL' and a.address = c.mobile collate "C"
    where m.account_id = %(account_id)s and m.list_id = any(%(list_ids)s::bigint[])
    group by m.list_id
) r on r.list_id = k.list_id
where k.account_id = %(account_id)s and k.list_id = any(%(list_ids)s::bigint[]);

-- opted_out: whom the media must not be used for, of contacts c; a part of the statements below
left join lateral (
    select address from optouts
    where account_id = %(account_id)s and scope = 'EMAIL' and address = c.email collate "C"
    limit 1
) e on true
left join lateral (
    select address from optouts
    where account_id = %(account_id)s and scope = 'SMS' and address = c.mobile collate "C"
    limit 1
) s on true
left join lateral (
    select address from optouts
    where account_id = %(account_id)s and scope = 'VOICE' and address = c.phone collate "C"
    limit 1
) v on true
left join lateral (
    select address from optouts
    where account_id = %(account_id)s and scope = 'VOICEMAIL' and address = c.mobile collate "C"
    limit 1
) a on true;

-- count_small_lists: the same, looking up one contact after another
select k.list_id, k.version, r.subscribers, r.sms, r.email, r.voice, r.voicemail
from list_counts k
cross join lateral (
    select count(*) as subscribers, count(c.mobile) - count(s.address) as sms,
           count(c.email) - count(e.address) as email, count(c.phone) - count(v.address) as voice,
           count(c.mobile) - count(a.address) as voicemail
    from (
        select contact_id from memberships where account_id = %(account_id)s and list_id = k.list_id
        offset 0
    ) m
    join lateral (
        select email, mobile, phone from contacts
        where account_id = %(account_id)s and contact_id = m.contact_id
        limit 1
    ) c on true
    {opted_out}
) r
where k.account_id = %(account_id)s and k.list_id = any(%(list_ids)s::bigint[]);

-- store_counts: write what was counted, unless something has changed since or is changing now
update list_counts k
set subscribers = r.subscribers, sms = r.sms, email = r.email, voice = r.voice, voicemail = r.voicemail
from unnest(
    %(list_ids)s::bigint[], %(version)s::bigint[], %(subscribers)s::bigint[], %(sms)s::bigint[],
    %(email)s::bigint[], %(voice)s::bigint[], %(voicemail)s::bigint[]
) as r (list_id, version, subscribers, sms, email, voice, voicemail)
where k.account_id = %(account_id)s and k.list_id = r.list_id and k.version = r.version
  and k.list_id in (
      select list_id from list_counts
      where account_id = %(account_id)s and list_id = any(%(list_ids)s::bigint[])
      for update skip locked
  );

-- reach: by which media some contacts of an account can be reached; a part of the statements below
select wanted.contact_id, c.mobile is not null and s.address is null as sms,
       c.email is not null and e.address is null as email,
       c.phone is not null and v.address is null as voice,
       c.mobile is not null and a.address is null as voicemail
from unnest(%(contact_ids)s::bigint[]) as wanted (contact_id)
join lateral (
    select email, mobile, phone from contacts
    where account_id = %(account_id)s and contact_id = wanted.contact_id
    limit 1
) c on true
{opted_out};

-- reach_on_lists: count some contacts on some lists of an account, or all; looks into each list for all of them
with reach as materialized (
    {reach}
)
select l.list_id, count(*) as subscribers, count(*) filter (where sms) as sms,
       count(*) filter (where email) as email, count(*) filter (where voice) as voice,
       count(*) filter (where voicemail) as voicemail
from (
    select list_id from lists
    where account_id = %(account_id)s
      and (%(list_ids)s::bigint[] is null or list_id = any(%(list_ids)s::bigint[]))
    offset 0
) l
cross join lateral (
    select contact_id from memberships
    where account_id = %(account_id)s and list_id = l.list_id and contact_id = any(%(contact_ids)s::bigint[])
    offset 0
) m
join reach on reach.contact_id = m.contact_id
group by l.list_id;

-- lists_of: on which lists any of some contacts is
select list_id from lists l
where account_id = %(account_id)s
  and exists (
      select from memberships
      where account_id = %(account_id)s and list_id = l.list_id and contact_id = any(%(contact_ids)s::bigint[])
  );

-- holders_of: who has any of some addresses
select contact_id from contacts where account_id = %(account_id)s and {field} = any(%(addresses)s::text[]);
