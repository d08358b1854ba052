-- What came back: how often each address bounced, who is left alone because of whom, and mails not applied yet.

alter table suppressions add column contact_id bigint;
alter table suppressions add column campaign_id bigint;
alter table suppressions add column ended_for text;

create table bounce_series (
    account_id int not null,
    address    text collate "C" not null,
    channel    text collate "C" not null,
    hard       int not null,
    soft       int not null,
    last_at    timestamptz not null,
    primary key (account_id, address, channel)
);

create table waiting_returns (
    account_id  int not null,
    return_id   bigint generated always as identity,
    received_at timestamptz not null,
    told        jsonb not null,
    primary key (account_id, return_id)
);
