"""Policies of organisations that want their own."""

from datetime import timedelta

from making import fresh

from domain.deliveries import DeliveryPolicy


async def test_a_policy_is_kept_replaced_and_told(stores):
    organisation = fresh("org")
    assert await stores.policies.policy(organisation) is None
    await stores.policies.put_policy(organisation, DeliveryPolicy(), "usr_1")
    quick = DeliveryPolicy(quote_deadline=timedelta(milliseconds=1500), price_drift_percent=3)
    await stores.policies.put_policy(organisation, quick, "usr_1")
    assert await stores.policies.policy(organisation) == quick
    lines = await stores.journal.of(organisation)
    assert [(line.seq, line.kind, line.organisation_id) for line in lines] == [
        (1, "policy.put", organisation),
        (2, "policy.put", organisation),
    ]


async def test_the_journal_names_what_differs(sql):
    organisation = fresh("org")
    await sql.policies.put_policy(organisation, DeliveryPolicy(price_drift_percent=3), "usr_1")
    assert (await sql.journal.of(organisation))[0].data == {"differs": ["price_drift_percent"]}
