-- A message may go to an address that its sender named, such as that of a command batch, and to no target.

alter table notice_deliveries alter column target_id drop not null;
alter table notice_deliveries add column address text;
alter table notice_deliveries add check ((target_id is null) <> (address is null));
