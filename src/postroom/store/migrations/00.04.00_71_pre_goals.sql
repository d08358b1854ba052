-- What people are hoped to do on a site.

create table goals (
    account_id int not null,
    goal_id    bigint generated always as identity,
    name       text not null,
    kind       text collate "C" not null check (kind in ('WEBVISIT', 'TRANSACTION')),
    patterns   text[] not null,
    created_at timestamptz not null,
    primary key (account_id, goal_id),
    unique (account_id, name)
);
