-- create_template: a new template; no row when another has that name
insert into templates (account_id, name, content, created_at, updated_at)
values (%(account_id)s, %(name)s, %(content)s, %(now)s, %(now)s)
on conflict (account_id, name) do nothing
returning template_id, name, content, created_at, updated_at;

-- template_by_id: one template
select template_id, name, content, created_at, updated_at from templates
where account_id = %(account_id)s and template_id = %(template_id)s;

-- template_named: one template, by its name
select template_id, name, content, created_at, updated_at from templates
where account_id = %(account_id)s and name = %(name)s;

-- list_templates: templates by id, a page of them, without what they say
select template_id, name, content ->> 'channel' as channel, created_at, updated_at,
       array(select jsonb_object_keys(content -> 'variants') order by 1) as languages
from templates
where account_id = %(account_id)s and (%(after)s::bigint is null or template_id > %(after)s::bigint)
order by template_id
limit %(limit)s;

-- count_of_templates: how many templates an account has
select count(*) as templates from templates where account_id = %(account_id)s;

-- update_template: another name, another content; what is null stays
update templates
set name = coalesce(%(name)s, name), content = coalesce(%(content)s, content), updated_at = %(now)s
where account_id = %(account_id)s and template_id = %(template_id)s
returning template_id, name, content, created_at, updated_at;

-- delete_template: a template; campaigns keep their copies
delete from templates where account_id = %(account_id)s and template_id = %(template_id)s;
