alter table criterion_changes add column match text not null default 'all', add column was_match text;
alter table criterion_changes alter column match drop default;

create table identifiers (
    account_id int not null,
    identifier uuid not null,
    contact_id bigint not null,
    primary key (account_id, identifier, contact_id)
);

create index identifiers_of_contacts on identifiers (account_id, contact_id);
