"""Forgetting and changing a password: a link is good once, and every session ends."""

from persons import Person, code_of

from api.deps import Parts


async def forget(person: Person) -> str:
    answer = await person.ask("POST", "/users/forgot-password", json={"email": person.email})
    assert answer.status_code == 202
    return person.token()


async def test_a_forgotten_password_is_replaced_by_a_link_that_is_good_once(person) -> None:
    ana = await person()
    first, token = await forget(ana), await forget(ana)
    body = {"token": token, "password": "quite another secret"}
    assert (await ana.ask("POST", "/users/reset-password", json=body)).status_code == 204
    for spent in (token, first):
        again = await ana.ask("POST", "/users/reset-password", json={**body, "token": spent})
        assert code_of(again) == (422, "link_spent")
    assert ana.letters()[-1].subject == "Your password was changed"
    assert (await ana.refresh()).status_code == 401
    assert (await ana.sign_in()).status_code == 401
    assert (await ana.sign_in(password="quite another secret")).status_code == 200


async def test_who_asks_for_an_unknown_address_gets_the_same_answer_and_nobody_a_letter(person) -> None:
    ana = await person()
    sent = len(ana._parts.mailer.sent)
    known = await ana.ask("POST", "/users/forgot-password", json={"email": ana.email})
    assert len(ana._parts.mailer.sent) == sent + 1
    unknown = await ana.ask("POST", "/users/forgot-password", json={"email": "nobody.at.all@example.com"})
    assert len(ana._parts.mailer.sent) == sent + 1
    assert known.status_code == unknown.status_code == 202
    assert known.text.replace(ana.email, "") == unknown.text.replace("nobody.at.all@example.com", "")


async def test_a_link_does_only_what_it_was_sent_for(person) -> None:
    ana = await person(verify=False)
    verification = ana.token()
    body = {"token": verification, "password": "quite another secret"}
    assert code_of(await ana.ask("POST", "/users/reset-password", json=body)) == (422, "link_spent")
    reset = await forget(ana)
    assert code_of(await ana.ask("POST", "/users/verify-email", json={"token": reset})) == (422, "link_spent")


async def test_a_poor_password_does_not_use_the_link_up(person) -> None:
    ana = await person()
    token = await forget(ana)
    poor = await ana.ask("POST", "/users/reset-password", json={"token": token, "password": "password1234567"})
    assert code_of(poor) == (422, "password_too_common")
    body = {"token": token, "password": "quite another secret"}
    assert (await ana.ask("POST", "/users/reset-password", json=body)).status_code == 204


async def test_an_address_somebody_else_registered_first_is_its_owners_by_a_reset(person) -> None:
    """Whoever sets an account up on another's address keeps nothing of it once the owner comes."""
    mallory = await person(verify=False)
    token = await forget(mallory)
    body = {"token": token, "password": "the owner's own secret"}
    assert (await mallory.ask("POST", "/users/reset-password", json=body)).status_code == 204
    assert (await mallory.refresh()).status_code == 401
    assert (await mallory.sign_in()).status_code == 401
    owner = Person(mallory.http, mallory._app, mallory._parts, email=mallory.email, password=body["password"])
    await owner.sign_in()
    assert (await owner.me())["email_verified"]


async def test_changing_it_ends_other_sessions_and_keeps_this_browser_in(person, client) -> None:
    ana = await person()
    phone = Person(client("10.1.1.2"), ana._app, ana._parts, email=ana.email, password=ana.password)
    await phone.sign_in()
    body = {"current_password": ana.password, "new_password": "quite another secret"}
    assert (await ana.ask("POST", "/users/me/password", json=body)).status_code == 200
    assert (await phone.refresh()).status_code == 401
    assert (await ana.refresh()).status_code == 200
    assert ana.letters()[-1].subject == "Your password was changed"
    assert (await ana.sign_in()).status_code == 401
    assert (await ana.sign_in(password="quite another secret")).status_code == 200
    await phone.http.aclose()


async def test_changing_it_asks_for_the_one_until_now(person) -> None:
    ana = await person()
    body = {"current_password": "a guess", "new_password": "quite another secret"}
    assert code_of(await ana.ask("POST", "/users/me/password", json=body)) == (401, "unauthenticated")
    short = {"current_password": ana.password, "new_password": "eightchr"}
    assert code_of(await ana.ask("POST", "/users/me/password", json=short)) == (422, "password_too_short")
    named = {"current_password": ana.password, "new_password": f"{ana.email}!"}
    assert code_of(await ana.ask("POST", "/users/me/password", json=named)) == (422, "password_too_common")


async def test_no_password_nor_link_is_ever_told(person, parts: Parts) -> None:
    ana = await person()
    token = await forget(ana)
    me = await ana.me()
    from storage.journal import SqlJournal

    journal = SqlJournal(parts.users._engine)  # type: ignore[attr-defined]
    told = str([line.model_dump() for line in await journal.of(me["id"])])
    for secret in (ana.password, token, ana.email, ana.name):
        assert secret not in told
