create table criterion_changes (
    account_id int not null,
    change_id  bigint generated always as identity,
    criterion  text not null,
    asked_at   timestamptz not null,
    asked_by   text not null,
    state      text not null check (state in ('waiting', 'claimed', 'applied', 'parked')),
    attempts   int not null default 0,
    settled_at timestamptz,
    was        text,
    outcome    jsonb,
    primary key (account_id, change_id),
    check ((state in ('waiting', 'claimed')) = (settled_at is null)),
    check ((state = 'applied') = (outcome is not null))
);

create index criterion_changes_waiting on criterion_changes (account_id, asked_at)
    where state in ('waiting', 'claimed');

create table merged_contacts (
    account_id int not null,
    merged_id  bigint not null,
    contact_id bigint not null,
    change_id  bigint not null,
    merged_at  timestamptz not null,
    key_values text[] not null,
    primary key (account_id, merged_id)
);

create index merged_contacts_of_changes on merged_contacts (account_id, change_id);
