"""GET /api/v1/settings: for the operator alone, and word for word what was handed in."""

from __future__ import annotations

from api.admin.settings_view import SettingsView
from api.http.auth import Access
from tests.support.service_twin import running

VIEW = SettingsView({"API_SECRET": "set", "MAX_QUEUE": "10000"}).routes()


async def test_the_operator_sees_the_settings() -> None:
    async with running(access=Access(secret="caller's", admin_secret="operator's"), more=VIEW) as api:
        answer = await api.ask("GET", "/api/v1/settings", headers={"mj-api-secret": "operator's"})
        assert answer.json == {"settings": {"API_SECRET": "set", "MAX_QUEUE": "10000"}}
        assert (await api.ask("GET", "/api/v1/settings", headers={"mj-api-secret": "caller's"})).status == 403


async def test_without_an_operator_nobody_does() -> None:
    async with running(more=VIEW) as api:
        assert (await api.get("/api/v1/settings")).status == 403
