-- join_by_hash: keep the planner, until the transaction ends, from trying each row of one side with each of the other
select set_config('enable_nestloop', 'off', true);

-- join_as_planned: let the planner choose again
select set_config('enable_nestloop', 'on', true);
