-- create_target: a new target; no row when the account has one of that address
insert into notice_targets (account_id, kind, address, events, secret, created_at)
values (%(account_id)s, %(kind)s, %(address)s, %(events)s, %(secret)s, %(now)s)
on conflict (account_id, address) do nothing
returning *;

-- target_by_id: one target
select * from notice_targets where account_id = %(account_id)s and target_id = %(target_id)s;

-- targets_of_account: the targets of an account, the oldest first
select * from notice_targets where account_id = %(account_id)s order by target_id;

-- targets_wanting: who wants to hear of an event; nobody removes them until the transaction ends
select * from notice_targets
where account_id = %(account_id)s and disabled_at is null and %(event)s = any(events)
order by target_id
for key share;

-- remove_target: forget a target, and its deliveries with it
delete from notice_targets where account_id = %(account_id)s and target_id = %(target_id)s
returning target_id;

-- disable_target: send nothing more to a target, for a reason
update notice_targets set disabled_at = %(now)s, disabled_reason = %(reason)s
where account_id = %(account_id)s and target_id = %(target_id)s and disabled_at is null;

-- enable_target: send to a target again
update notice_targets set disabled_at = null, disabled_reason = null
where account_id = %(account_id)s and target_id = %(target_id)s
returning target_id;

-- create_delivery: put a message on its way to a target
insert into notice_deliveries (account_id, target_id, message_id, type, about, content, state, round, attempts,
                               created_at, next_at)
values (%(account_id)s, %(target_id)s, %(message_id)s, %(type)s, %(about)s, %(content)s, 'waiting', 1, 0,
        %(now)s, %(now)s)
returning *;

-- create_addressed_delivery: put a mail on its way to an address that is no target
insert into notice_deliveries (account_id, address, message_id, type, about, content, state, round, attempts,
                               created_at, next_at)
values (%(account_id)s, %(address)s, %(message_id)s, %(type)s, %(about)s, %(content)s, 'waiting', 1, 0,
        %(now)s, %(now)s)
returning *;

-- delivery_by_id: one delivery
select * from notice_deliveries where account_id = %(account_id)s and delivery_id = %(delivery_id)s;

-- deliveries_of_account: an account's deliveries and where they go, the newest first
select d.*, coalesce(t.kind, 'email') as kind, coalesce(t.address, d.address) as went_to
from notice_deliveries d
left join notice_targets t on t.account_id = d.account_id and t.target_id = d.target_id
where d.account_id = %(account_id)s
  and (%(state)s::text is null or d.state = %(state)s)
  and (%(target_id)s::bigint is null or d.target_id = %(target_id)s)
order by d.delivery_id desc
limit %(limit)s;

-- claim_delivery: take a due delivery for one attempt, unless another one to its target is being attempted
update notice_deliveries d
set attempts = attempts + 1, attempted_at = %(now)s, leased_until = %(leased_until)s
where d.account_id = %(account_id)s and d.delivery_id = %(delivery_id)s
  and d.state = 'waiting' and d.next_at <= %(now)s and (d.leased_until is null or d.leased_until <= %(now)s)
  and not exists (
      select from notice_deliveries other
      where other.account_id = d.account_id and other.target_id = d.target_id
        and other.delivery_id <> d.delivery_id and other.leased_until > %(now)s
  )
returning *;

-- due_to_target: how many deliveries to a target are due, and the oldest of them
select count(*) as due, min(delivery_id) as oldest from notice_deliveries
where account_id = %(account_id)s and target_id = %(target_id)s and state = 'waiting' and next_at <= %(now)s;

-- record_answer: how a claimed attempt ended; no row when somebody else has taken the delivery over
update notice_deliveries
set state = %(state)s, answer = %(answer)s, next_at = %(next_at)s, leased_until = null
where account_id = %(account_id)s and delivery_id = %(delivery_id)s
  and state = 'waiting' and round = %(round)s and attempts = %(attempts)s
returning delivery_id;

-- retry_delivery: begin a new round of attempts; no row when it is delivered or being attempted
update notice_deliveries
set state = 'waiting', next_at = %(now)s, leased_until = null, round = round + 1, attempts = 0
where account_id = %(account_id)s and delivery_id = %(delivery_id)s
  and state <> 'delivered' and (leased_until is null or leased_until <= %(now)s)
returning *;

-- overdue_deliveries: what should have been attempted before that moment, of whatever account
select * from notice_deliveries
where state = 'waiting' and greatest(next_at, leased_until) < %(moment)s
order by account_id, delivery_id
limit %(limit)s;

-- prune_deliveries: forget what ended before that moment
delete from notice_deliveries
where account_id = %(account_id)s and state <> 'waiting' and created_at < %(moment)s
returning delivery_id;
