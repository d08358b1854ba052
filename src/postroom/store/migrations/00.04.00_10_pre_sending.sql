-- Events, templates, campaigns and their messages.

create table event_counters (
    account_id int primary key,
    last_seq   bigint not null,
    last_at    timestamptz not null
);

create table events (
    account_id  int not null,
    seq         bigint not null,
    recorded_at timestamptz not null,
    at          timestamptz not null,
    event_id    uuid not null,
    type        text collate "C" not null,
    source      text collate "C" not null,
    channel     text collate "C",
    contact_id  bigint,
    campaign_id bigint,
    message_id  bigint,
    address     text,
    attributes  jsonb not null,
    primary key (account_id, type, seq, recorded_at)
) partition by range (recorded_at);

create table events_of_other_days partition of events default;

create table event_keys (
    account_id int not null,
    key        text collate "C" not null,
    seen_at    timestamptz not null,
    primary key (account_id, key)
);

create index event_keys_by_age on event_keys (account_id, seen_at);

create table templates (
    account_id  int not null,
    template_id bigint generated always as identity,
    name        text not null,
    content     jsonb not null,
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    primary key (account_id, template_id),
    unique (account_id, name)
);

create table campaigns (
    account_id   int not null,
    campaign_id  bigint generated always as identity,
    name         text not null,
    kind         text not null check (kind in ('ONE_SHOT', 'SCENARIZED', 'AB_TEST', 'TRANSACTIONAL')),
    channel      text not null,
    list_id      bigint,
    template_id  bigint,
    content      jsonb not null,
    options      jsonb not null,
    is_test      boolean not null,
    state        text not null
                 check (state in ('draft', 'scheduled', 'running', 'paused', 'finished', 'cancelled')),
    created_at   timestamptz not null,
    created_by   text not null,
    scheduled_at timestamptz,
    launched_at  timestamptz,
    finished_at  timestamptz,
    primary key (account_id, campaign_id)
);

create unique index campaigns_sticky on campaigns (account_id, list_id, name) where kind = 'TRANSACTIONAL';
create index campaigns_scheduled on campaigns (account_id, scheduled_at) where state = 'scheduled';

create table campaign_links (
    account_id  int not null,
    campaign_id bigint not null,
    link_id     int not null,
    url         text not null,
    name        text not null,
    categories  text[] not null,
    primary key (account_id, campaign_id, link_id)
);

create table messages (
    account_id  int not null,
    message_id  bigint generated always as identity,
    campaign_id bigint not null,
    contact_id  bigint not null,
    channel     text collate "C" not null,
    address     text collate "C" not null,
    format      smallint,
    own         jsonb,
    state       text collate "C" not null
                check (state in ('waiting', 'claimed', 'sent', 'failed', 'cancelled', 'in_doubt')),
    due_at      timestamptz not null,
    attempts    smallint not null,
    claim       uuid,
    claimed_at  timestamptz,
    sent_at     timestamptz,
    provider    text,
    provider_id text,
    answer      text,
    primary key (account_id, message_id),
    check ((state = 'claimed') = (claim is not null))
);

create index messages_waiting on messages (account_id, channel, due_at, message_id) where state = 'waiting';
create index messages_claimed on messages (account_id, claimed_at) where state in ('claimed', 'in_doubt');
create index messages_of_campaigns on messages (account_id, campaign_id, contact_id);
create index messages_at_providers on messages (account_id, provider_id) where provider_id is not null;

create table suppressions (
    account_id int not null,
    address    text collate "C" not null,
    channel    text collate "C" not null,
    kind       text not null check (kind in ('QUARANTINE_TEMPORARY', 'QUARANTINE_LONG_TERM', 'BLACKLIST')),
    reason     text not null,
    bounces    int not null,
    since_at   timestamptz not null,
    until_at   timestamptz,
    primary key (account_id, address, channel)
);

create index suppressions_ending on suppressions (account_id, until_at) where until_at is not null;

alter table consent_acts add column campaign_id bigint;
alter table consent_acts add column message_id bigint;
