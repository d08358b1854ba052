"""All routes of /v1."""

from __future__ import annotations

from fastapi import APIRouter

from postroom.web.api.v1 import (
    campaign_messages,
    campaigns,
    contacts,
    drops,
    flows,
    goals,
    imports,
    lists,
    locations,
    partner_files,
    segments,
    suppressions,
    surveys,
    table_rows,
    tables,
    templates,
)

router = APIRouter()
router.include_router(lists.router)
router.include_router(contacts.router)
router.include_router(imports.router)
router.include_router(drops.router)
router.include_router(tables.router)
router.include_router(table_rows.router)
router.include_router(partner_files.router)
router.include_router(flows.router)
router.include_router(locations.router)
router.include_router(suppressions.router)
router.include_router(segments.router)
router.include_router(campaigns.router)
router.include_router(campaign_messages.router)
router.include_router(templates.router)
router.include_router(goals.router)
router.include_router(surveys.router)
