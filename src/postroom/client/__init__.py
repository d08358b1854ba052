"""The client of Postroom's API for programs in Python.

with Client("https://contacts.example.com", client_id, secret) as postroom:
    spring = postroom.lists.create("Spring")
"""

from postroom.client.calling import Retrying
from postroom.client.campaigns import Campaign, CampaignCounts, CampaignMessage
from postroom.client.client import Client
from postroom.client.contact_records import Contact, ContactValues, OptOuts
from postroom.client.errors import (
    ApiError,
    Busy,
    Changed,
    Forbidden,
    Invalid,
    NotFound,
    Problem,
    ServerFailed,
    TooManyCalls,
    Unauthorized,
    Unreachable,
)
from postroom.client.goals import Goal
from postroom.client.import_records import Drop, Failure, Import, RefusedRow, Undone
from postroom.client.partner_files import PartnerFile
from postroom.client.records import ContactList, Stats
from postroom.client.segments import Segment
from postroom.client.surveys import Survey
from postroom.client.table_records import ForeignKey, SavedRows, Table, TableField, TableRow
from postroom.client.template_records import (
    CheckedTemplate,
    ListedTemplate,
    Preview,
    Template,
    TemplateLink,
    Variant,
)

__all__ = [
    "ApiError",
    "Busy",
    "Campaign",
    "CampaignCounts",
    "CampaignMessage",
    "Changed",
    "CheckedTemplate",
    "Client",
    "Contact",
    "ContactList",
    "ContactValues",
    "Drop",
    "Failure",
    "Forbidden",
    "ForeignKey",
    "Goal",
    "Import",
    "Invalid",
    "ListedTemplate",
    "NotFound",
    "OptOuts",
    "PartnerFile",
    "Preview",
    "Problem",
    "RefusedRow",
    "Retrying",
    "SavedRows",
    "Segment",
    "ServerFailed",
    "Stats",
    "Survey",
    "Table",
    "TableField",
    "TableRow",
    "Template",
    "TemplateLink",
    "TooManyCalls",
    "Unauthorized",
    "Undone",
    "Unreachable",
    "Variant",
]
