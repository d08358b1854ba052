-- Dispatch: which account a login means by a reference, and the drops that others' deposits make in an account.

create table dispatch_references (
    login         text not null references logins on delete cascade,
    reference_key text not null,
    reference     text not null,
    account_id    int not null references accounts on delete cascade,
    primary key (login, reference_key)
);

alter table drops add column sent_account_id int;
alter table drops add column sent_drop_id bigint;
alter table drops add check ((sent_account_id is null) = (sent_drop_id is null));
