-- tell_progress: how far the attempt is that holds a deposit
insert into drop_progress as told (account_id, drop_id, attempts, expected, lines, refused, started_at, told_at,
                                  most_lines, most_refused)
values (%(account_id)s, %(drop_id)s, %(attempts)s, %(expected)s, %(lines)s, %(refused)s, %(started_at)s,
        %(told_at)s, %(lines)s, %(refused)s)
on conflict (account_id, drop_id) do update set
    attempts = excluded.attempts, expected = excluded.expected, lines = excluded.lines,
    refused = excluded.refused, started_at = excluded.started_at, told_at = excluded.told_at,
    most_lines = greatest(told.most_lines, excluded.most_lines),
    most_refused = greatest(told.most_refused, excluded.most_refused);

-- progress_of_drop: what the present attempt at a deposit has told
select p.expected, p.lines, p.refused, p.started_at, p.told_at
from drop_progress p
join drops d on d.account_id = p.account_id and d.drop_id = p.drop_id and d.attempts = p.attempts
where p.account_id = %(account_id)s and p.drop_id = %(drop_id)s and d.state = 'claimed';

-- forget_progress: an attempt has ended well; what earlier ones told goes with it
delete from drop_progress
where account_id = %(account_id)s and drop_id = %(drop_id)s and attempts <= %(attempts)s;

-- leave_progress: an attempt has failed; the next one begins anew, but who watches shall not see that
update drop_progress set attempts = 0
where account_id = %(account_id)s and drop_id = %(drop_id)s and attempts = %(attempts)s;

-- forget_old_progress: what killed workers told last
delete from drop_progress where account_id = %(account_id)s and told_at < %(before)s;
