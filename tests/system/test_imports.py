"""A file on the whole system: imported, followed, found by name, and read out again."""

import asyncio
import csv
import io
import secrets

from demo.customer import Customer
from demo.scenarios import Scenario
from domain.deliveries import DeliveryRequest
from domain.sheets import COLUMNS, cells, written
from runtime.embedded import Stack


async def test_a_file_becomes_deliveries_that_are_found_and_exported(stack: Stack) -> None:
    shop = Customer(stack.urls["api"])
    await shop.register(f"files-{secrets.token_hex(4)}@example.com", "a long enough secret", "Files")
    rows = []
    for n in range(6):
        body = Scenario("", "").body(n)
        body["dropoff"]["contact"]["name"] = f"Quitéria Nº{n} Sabiá"
        rows.append(list(cells(DeliveryRequest.model_validate(body)).values()))
    answer = await shop._http.post(
        "/v1/imports",
        params={"rule": "cheapest"},
        content=written([COLUMNS, *rows]).encode(),
        headers={"Idempotency-Key": "file", "Content-Type": "text/csv"},
    )
    assert answer.status_code == 201, answer.text
    path = answer.headers["location"]
    async with asyncio.timeout(120):
        while (now := await shop.call("GET", path))["status"] == "running":
            await asyncio.sleep(0.2)
    assert (now["status"], now["requested"], now["failed"]) == ("completed", 6, 0)
    lines = (await shop.call("GET", f"{path}/lines"))["items"]
    found = (await shop.call("GET", "/v1/deliveries", params={"q": "quiteria sabia"}))["items"]
    assert {item["id"] for item in found} == {line["delivery_id"] for line in lines}
    file = await shop._http.get("/v1/deliveries/export.csv", params={"recipient": "quiteria"})
    told = list(csv.DictReader(io.StringIO(file.text)))
    assert sorted(row["recipient_name"] for row in told) == [f"Quitéria Nº{n} Sabiá" for n in range(6)]
    await shop.close()
