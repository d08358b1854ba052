-- Which messages were opened and clicked, and the links that were, to which goals are attributed.

alter table messages add column opened_at timestamptz, add column clicked_at timestamptz;

create table clicked_links (
    account_id  int not null,
    message_id  bigint not null,
    link_id     int not null,
    campaign_id bigint not null,
    contact_id  bigint not null,
    first_event uuid not null,
    clicked_at  timestamptz,
    event_id    uuid,
    primary key (account_id, message_id, link_id)
);

create index clicked_links_of_contacts on clicked_links (account_id, contact_id, clicked_at) where clicked_at is not null;

create table waiting_answers (
    account_id int not null,
    answer_id  bigint generated always as identity,
    message_id bigint not null,
    method     text not null,
    wishes     jsonb not null,
    said       text,
    at         timestamptz not null,
    primary key (account_id, answer_id)
);
