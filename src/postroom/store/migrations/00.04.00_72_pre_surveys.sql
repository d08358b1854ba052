-- What people are asked.

create table surveys (
    account_id int not null,
    survey_id  bigint generated always as identity,
    name       text collate "C" not null,
    definition jsonb not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (account_id, survey_id),
    unique (account_id, name)
);
