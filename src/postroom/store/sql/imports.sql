-- imports_among: how these imports stand, what was told of those under way, and which of their files are there
select d.drop_id, d.name, d.prefix, d.state, d.outcome, p.most_lines, p.most_refused,
       array(
           select f.name from files f where f.account_id = d.account_id and f.drop_id = d.drop_id
       ) as file_names
from drops d left join drop_progress p on p.account_id = d.account_id and p.drop_id = d.drop_id
where d.account_id = %(account_id)s and d.drop_id = any(%(drop_ids)s::bigint[]) and d.action = 'import';
