-- The ledger's key cost files of opt-outs as much as its rows, and nothing looked by it: an act changes an address once.
alter table consent_changes drop column item;
create index consent_changes_of_accounts on consent_changes using brin (account_id, act_id);

-- Addresses differ, scopes hardly: by the address first, an eighth less for each new opt-out.
alter table optouts drop constraint optouts_pkey;
alter table optouts add primary key (account_id, address, scope);
