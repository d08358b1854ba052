-- keep_return: keep what came back about a message of an account until it is applied
insert into waiting_returns (account_id, received_at, told)
values (%(account_id)s, %(received_at)s, %(told)s);

-- take_returns: take the oldest that nobody else has taken; gone once it is applied
delete from waiting_returns
where (account_id, return_id) in (
    select account_id, return_id from waiting_returns
    where account_id = %(account_id)s
    order by return_id
    limit %(limit)s
    for update skip locked
)
returning return_id, received_at, told;

-- accounts_with_returns: which accounts have any, by account_id
select distinct account_id from waiting_returns order by account_id;
