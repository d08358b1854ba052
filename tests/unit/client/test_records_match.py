"""The client imports nothing of the server's: what both say of the same thing is held together here."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, get_type_hints

import pytest
from pydantic import BaseModel

from postroom.client import (
    campaigns,
    contact_records,
    flows,
    goals,
    import_records,
    partner_files,
    records,
    segments,
    suppressions,
    surveys,
    table_records,
    template_records,
)
from postroom.web.api.v1 import (
    campaign_messages,
    campaign_models,
    contact_models,
    drops,
    flow_models,
    imports,
    lists,
    table_models,
    template_models,
)
from postroom.web.api.v1 import goals as goal_models
from postroom.web.api.v1 import partner_files as partner_models
from postroom.web.api.v1 import segments as segment_models
from postroom.web.api.v1 import suppressions as suppression_models
from postroom.web.api.v1 import surveys as survey_models

READ: list[tuple[type[Any], type[BaseModel]]] = [
    (contact_records.Contact, contact_models.Contact),
    (contact_records.OptOuts, contact_models.OptOuts),
    (records.ContactList, lists.List),
    (records.Stats, lists.Stats),
    (import_records.Import, imports.Import),
    (import_records.Drop, drops.Drop),
    (import_records.Undone, drops.Undone),
    (import_records.RefusedRow, imports.RefusedRow),
    (campaigns.Campaign, campaign_models.Campaign),
    (campaigns.CampaignCounts, campaign_models.Counts),
    (campaigns.CampaignMessage, campaign_messages.Message),
    (segments.Segment, segment_models.Segment),
    (goals.Goal, goal_models.Goal),
    (partner_files.PartnerFile, partner_models.PartnerFile),
    (flows.Flow, flow_models.Flow),
    (flows.FlowColumn, flow_models.FlowColumn),
    (flows.FlowRun, flow_models.Run),
    (surveys.Survey, survey_models.Survey),
    (suppressions.Suppression, suppression_models.Suppression),
    (table_records.Table, table_models.Table),
    (table_records.TableField, table_models.TableField),
    (table_records.ForeignKey, table_models.ForeignKey),
    (table_records.TableRow, table_models.TableRow),
    (table_records.SavedRows, table_models.Saved),
    (template_records.ListedTemplate, template_models.TemplateListed),
    (template_records.Template, template_models.TemplateRead),
    (template_records.Variant, template_models.Variant),
    (template_records.Preview, template_models.Preview),
    (template_records.TemplateLink, template_models.TemplateLink),
    (template_records.CheckedTemplate, template_models.TemplateChecked),
]

OURS_ALONE = {"etag"}
"""What the client knows from the head of an answer."""


@pytest.mark.parametrize(("record", "model"), READ, ids=lambda each: each.__qualname__)
def test_the_client_reads_all_that_an_answer_says(record: type[Any], model: type[BaseModel]) -> None:
    assert {field.name for field in fields(record)} - OURS_ALONE == set(model.model_fields)


@pytest.mark.parametrize(
    ("written", "model"),
    [
        (contact_records.ContactValues, contact_models.NewContact),
        (contact_records.OptOutChanges, contact_models.OptOutChanges),
    ],
    ids=lambda each: each.__qualname__,
)
def test_the_client_may_write_all_that_a_call_takes(written: type[Any], model: type[BaseModel]) -> None:
    assert set(get_type_hints(written)) == set(model.model_fields)
