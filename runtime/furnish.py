"""What one machine needs before its first delivery: an admin, the sandbox's carriers, and an area they serve.

Run once after the parts are up, and again harmlessly: what is there already is left as it is.
"""

import argparse
import asyncio
import contextlib
from datetime import time
from pathlib import Path
from typing import Any

import httpx

from domain.availability import Hours, PostalRange, ServiceArea
from domain.errors import EmailTaken
from domain.quotes import CarrierAccount
from runtime.people import add_admin
from runtime.settings import Settings, load_settings
from runtime.tls import outside_trust
from runtime.wiring import Wiring

ADMIN_EMAIL = "admin@entrega.example.com"
_SYSTEM = "system"


async def furnish(settings: Settings, sandbox_url: str, api_url: str, admin_password: str) -> None:
    """Admin, area, accounts; then the sandbox is told where to call back."""
    outside = httpx.AsyncClient(base_url=sandbox_url, verify=outside_trust(settings), trust_env=False)
    async with Wiring(settings) as wiring, outside as sandbox:
        await _admin(wiring, admin_password)
        await _area(wiring)
        providers = (await sandbox.get("/control/providers")).raise_for_status().json()
        for provider in providers.get("items", providers) if isinstance(providers, dict) else providers:
            account = _account(provider, sandbox_url)
            if await wiring.accounts("quotes").get(account.ref) != account:
                await wiring.accounts("quotes").put(account, _SYSTEM)
            hook = f"{api_url}/v1/webhooks/{account.carrier}/{account.account}"
            path = f"/control/providers/{provider['name']}/webhook"
            (await sandbox.put(path, json={"url": hook})).raise_for_status()


async def _admin(wiring: Wiring, password: str) -> None:
    if await wiring.users().by_email(ADMIN_EMAIL) is None:
        with contextlib.suppress(EmailTaken):
            await add_admin(wiring, ADMIN_EMAIL, "Admin", password)


async def _area(wiring: Wiring) -> None:
    """Greater São Paulo, day and night: the demo's customers do not keep office hours."""
    store = wiring.availability()
    if await store.areas():
        return
    always = tuple(Hours(weekday=day, opens=time.min, closes=time.max) for day in range(7))
    span = PostalRange(first="01000000", last="09999999")
    area = ServiceArea(id="area_sao_paulo", name="Grande São Paulo", postal_ranges=(span,), hours=always, capacity=1000)
    await store.put_area(area, _SYSTEM)


def _account(provider: dict[str, Any], sandbox_url: str) -> CarrierAccount:
    return CarrierAccount(
        carrier=provider["protocol"],
        account=provider["name"],
        name=provider.get("display_name") or provider["name"].title(),
        services=provider["services"],
        margin_percent=20,
        settings={"base_url": f"{sandbox_url}{provider['base_path']}", **provider.get("settings", {})},
        credentials=provider["credentials"],
    )


def main() -> None:
    """`python -m runtime.furnish --sandbox URL --api URL --admin-password-file FILE`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sandbox", required=True)
    parser.add_argument("--api", required=True)
    parser.add_argument("--admin-password-file", type=Path, required=True)
    chosen = parser.parse_args()
    password = chosen.admin_password_file.read_text().strip()
    asyncio.run(furnish(load_settings(), chosen.sandbox, chosen.api, password))


if __name__ == "__main__":
    main()
