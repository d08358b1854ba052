-- Tables of an account's own making (contacts/tables.py). Names are told apart without regard to case: name_key, the
-- lower-case name.
create table relational_tables (
    account_id  int not null,
    table_id    bigint generated always as identity,
    name        text not null,
    name_key    text not null,
    kind        text not null check (kind in ('regular', 'flat', 'join')),
    description text not null,
    state       text not null check (state in ('pending', 'active', 'inactive')),
    may_clear   boolean not null,
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    primary key (account_id, table_id),
    unique (account_id, name_key)
);

create table relational_fields (
    account_id int not null,
    table_id   bigint not null,
    name_key   text not null,
    name       text not null,
    position   int not null,
    type       text not null check (type in ('string', 'number', 'float', 'date')),
    length     int,
    is_unique  boolean not null,
    active     boolean not null,
    primary key (account_id, table_id, name_key),
    foreign key (account_id, table_id) references relational_tables on delete cascade,
    check ((type = 'string') = (length is not null))
);

create unique index relational_fields_one_unique on relational_fields (account_id, table_id) where is_unique;

-- What rows point to: contacts where to_table_id is null, else the rows of another table that "column" names. Rows go
-- with what an owning key names.
create table relational_foreign_keys (
    account_id  int not null,
    table_id    bigint not null,
    position    int not null,
    to_table_id bigint,
    "column"    text,
    owning      boolean not null,
    primary key (account_id, table_id, position),
    foreign key (account_id, table_id) references relational_tables on delete cascade,
    foreign key (account_id, to_table_id) references relational_tables on delete cascade,
    check ((to_table_id is null) = ("column" is null)),
    check (owning or to_table_id is not null)
);

create unique index relational_foreign_keys_one_owner on relational_foreign_keys (account_id, table_id) where owning;

-- The rows of all of them. row_key is the value of the unique field, canonical. contact_id is whose the row is, also
-- where a row of another table, of that key, owns it (owner_key); null in flat tables. cells: typed values by the
-- lower-case names of fields and of columns that name rows of flat tables. No foreign key to contacts, as of
-- memberships: whoever deletes contacts deletes their rows.
create table relational_rows (
    account_id int not null,
    table_id   bigint not null,
    row_key    text collate "C" not null,
    contact_id bigint,
    owner_key  text collate "C",
    cells      jsonb not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (account_id, table_id, row_key),
    check (owner_key is null or contact_id is not null)
);

create index relational_rows_of_contacts on relational_rows (account_id, contact_id, table_id)
    where contact_id is not null;
create index relational_rows_of_rows on relational_rows (account_id, table_id, owner_key)
    where owner_key is not null;
