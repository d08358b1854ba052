-- A file that is made anew takes the place of the former one once it is there, and not before.

alter table flow_runs add column anew jsonb;
