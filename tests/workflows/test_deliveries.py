"""Every way a delivery can go."""

from world import Life, World, workers


async def test_an_accepted_offer_is_booked_tracked_and_delivered(client):
    world = World()
    world.carrier("fast")
    async with workers(client, world):
        life = Life(client, world)
        quoted = await life.requested()
        assert quoted.status == "quoted"
        accepted = await life.accept(quoted)
        assert accepted.status == "booking"
        assert accepted.slot is not None
        await life.reaches("booked")
        await life.reports("courier_to_pickup", "picked_up", "in_transit", "delivered", "finished")
        end = await life.handle.result()
    print((await life.handle.fetch_history()).events.__len__())
    assert end["status"] == "delivered"
    assert world.owed(life.id) == 1200
