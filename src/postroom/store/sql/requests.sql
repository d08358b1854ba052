-- requests_of_drop: what a file asked to be sent, in its order
select request_id, kind, line, list_id, arguments, contact, state, requested_at, outcome, campaign_id, drop_id
from send_requests
where account_id = %(account_id)s and drop_id = %(drop_id)s
order by request_id;

-- take_requests: the oldest things that were asked for and are not done, kept from others until the transaction ends
select request_id, kind, line, list_id, arguments, contact, state, requested_at, outcome, campaign_id, drop_id
from send_requests
where account_id = %(account_id)s and state = 'recorded'
order by request_id
limit %(limit)s
for update skip locked;

-- settle_requests: note what became of what was asked for
update send_requests r set state = g.state, outcome = g.outcome, campaign_id = g.campaign_id
from unnest(%(request_ids)s::bigint[], %(states)s::text[], %(outcomes)s::text[], %(campaign_ids)s::bigint[])
     as g (request_id, state, outcome, campaign_id)
where r.account_id = %(account_id)s and r.request_id = g.request_id;

-- count_requests: what became of what a file asked to be sent, in its account_id and child realms, by which campaigns
select kind, state, outcome, count(*) as requests, array_agg(distinct campaign_id order by campaign_id)
           filter (where campaign_id is not null) as campaign_ids
from send_requests
where account_id = any(%(account_ids)s) and drop_id = %(drop_id)s
group by kind, state, outcome
order by kind, state, outcome;

-- accounts_with_requests: the accounts for which something is to be carried out
select distinct account_id from send_requests where state = 'recorded';
