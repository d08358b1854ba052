alter table drops add column undone_at timestamptz, add column undone_by text;

create table journals (
    account_id          int not null,
    journal_id          bigint generated always as identity,
    drop_account_id     int not null,
    drop_id             bigint not null,
    applied_at          timestamptz not null,
    mode                text not null,
    criterion           text not null,
    list_id             bigint not null,
    list_is_new         boolean not null,
    list_was_drop_id    bigint,
    list_was_updated_at timestamptz,
    created             int8multirange not null default '{}',
    joined              bytea,
    departed            bytea,
    named               bytea,
    undone_at           timestamptz,
    primary key (account_id, journal_id),
    unique (account_id, drop_account_id, drop_id)
);

create table journal_changes (
    account_id  int not null,
    journal_id  bigint not null,
    entry       int not null,
    field       text not null,
    contact_ids bigint[] not null,
    was         text[] not null,
    became      text[] not null,
    primary key (account_id, journal_id, entry, field)
);
