alter table drops add column released_at timestamptz, add column released_by text;
