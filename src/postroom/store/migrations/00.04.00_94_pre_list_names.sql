-- Lists are left by their names, which stand for all lists of a name, whenever they are made.

create table gone_lists (
    account_id int not null,
    list_id    bigint not null,
    name       text not null,
    primary key (account_id, list_id)
);

-- Of two lists of one name the stronger reason stays. Opt-outs from lists that are gone keep their number: nobody knows the name.
with by_number as (
    delete from optouts o using lists l
    where o.account_id = l.account_id and o.scope = 'list:' || l.list_id
    returning o.account_id, 'list:' || l.name as scope, o.address, o.reason, o.act_id
)
insert into optouts (account_id, scope, address, reason, act_id)
select distinct on (account_id, address, scope) account_id, scope, address, reason, act_id from by_number
order by account_id, address, scope, reason desc, act_id
on conflict do nothing;

update consent_acts a set scope = 'list:' || l.name
from lists l
where l.account_id = a.account_id and a.scope = 'list:' || l.list_id;
