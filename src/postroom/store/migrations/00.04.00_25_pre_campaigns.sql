-- Segments, what became of the messages that batches asked for, and what campaigns are counted by.

create table segments (
    account_id int not null,
    segment_id bigint generated always as identity,
    name       text not null,
    filter     text not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (account_id, segment_id),
    unique (account_id, name)
);

alter table send_requests
    drop constraint send_requests_state_check,
    add constraint send_requests_state_check check (state in ('recorded', 'done', 'failed')),
    add column outcome text,
    add column campaign_id bigint;

create index send_requests_waiting on send_requests (account_id, request_id) where state = 'recorded';
create index send_requests_of_drops on send_requests (account_id, drop_id);

alter table lists add column template_id bigint;
alter table campaigns add column remark text;

drop index campaigns_sticky;
create unique index campaigns_sticky
    on campaigns (account_id, list_id, name, template_id, coalesce(options ->> 'subject', '')) where kind = 'TRANSACTIONAL';

create index events_of_campaigns on events (account_id, campaign_id, type, message_id)
    where campaign_id is not null and type <> 'message.sent';
