-- The format that a subscription asks for (1 plain text, 2 HTML, 99 both); null when nobody has said.
alter table memberships add column format smallint;

create table universal_optouts (
    address    text collate "C" primary key,
    account_id int not null,
    drop_id    bigint,
    since_at   timestamptz not null
);

create table send_requests (
    account_id   int not null,
    request_id   bigint generated always as identity,
    kind         text not null check (kind in ('send', 'launch')),
    drop_id      bigint not null,
    line         int not null,
    list_id      bigint not null,
    arguments    jsonb not null,
    contact      jsonb,
    state        text not null check (state in ('recorded')),
    requested_at timestamptz not null,
    primary key (account_id, request_id),
    check ((kind = 'send') = (contact is not null))
);
