"""One delivery, from the first quote to the last scan."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow

from workflows._asking import Asking
from workflows._promising import answered

with workflow.unsafe.imports_passed_through():
    from domain.deliveries import FINAL, Actor, Attention, Delivery, DeliveryStatus
    from domain.errors import Busy, DomainError
    from domain.quotes import Decline, Offer, Quote, next_best
    from workflows import effects, messages
    from workflows.state import Ask, DeliveryState, Happening, Intent

_BREATH = timedelta(seconds=3)


@workflow.defn
class DeliveryWorkflow(Asking):
    """The only writer of its delivery. Updates leave what is wanted and wait; only `run` acts."""

    @workflow.init
    def __init__(self, start: messages.DeliveryStart) -> None:
        self.state = DeliveryState.model_validate(start.state) if start.state else _newborn(start)
        if start.state and workflow.info().continued_run_id is None:
            # Begun again from its row, which knows of an order before it is sent but not whether it was.
            self.state.maybe_booked = self.state.order is not None
        self._draining = False
        self._begin_telling()

    # ── the story ─────────────────────────────────────────────────────────────────────────────────────────

    @workflow.run
    async def run(self, start: messages.DeliveryStart) -> messages.DeliveryEnd:
        """Lives the delivery; cancelling the workflow itself, as the Temporal UI can, cancels the delivery."""
        while True:
            try:
                await self._live()
                await self._settle()
                break
            except asyncio.CancelledError:
                ask = messages.Cancel(actor=Actor.SYSTEM)
                self.state.inbox.append(Happening(intent=Intent(id=f"workflow-cancelled/{start.delivery_id}", ask=ask)))
        return messages.DeliveryEnd(
            delivery_id=self.delivery.id, status=self.delivery.status, reason=self.delivery.reason
        )

    async def _live(self) -> None:
        if self.delivery.seq == 0:
            delivery = self.delivery
            self._tell("delivery.requested", delivery.created_by, self._asked_for())
        await self._record()
        while self.delivery.status not in FINAL:
            match self.delivery.status:
                case DeliveryStatus.QUOTING:
                    await self._quote()
                case DeliveryStatus.QUOTED:
                    await self._choose()
                case DeliveryStatus.BOOKING:
                    await self._book()
                case _:
                    await self._follow()
            await self._start_anew_if_long()

    async def _quote(self) -> None:
        """Every account under one deadline. While nobody offers, those who could not answer are asked once more: a
        moment's outage is no reason to fail."""
        patience_ends = workflow.now() + self.state.policy.quote_patience
        offers, declined, silent = await self._ask(self.state.accounts)
        while silent and not (offers or self._cancel_wanted()) and workflow.now() < patience_ends:
            await self._wait(self._cancel_wanted, workflow.now() + _BREATH)
            said_no = [no for no in declined if no.ref not in {account.ref for account in silent}]
            offers, declined, silent = await self._ask(silent)
            declined = said_no + declined
        answers: dict[str, Any] = {"offers": tuple(offers), "declined": (*self.state.left_out, *declined)}
        asked = answered(offers, declined)
        if self._cancel_wanted():
            await self._turn()
        elif offers:
            choose_by = self.delivery.choose_by or workflow.now() + self.state.policy.choose_within
            told = {"offers": len(offers), "declined": len(answers["declined"]), "asked": asked}
            self._move_to(DeliveryStatus.QUOTED, data={**told}, choose_by=choose_by, **answers)
        else:
            self._move_to(DeliveryStatus.FAILED, reason="no_offers", data={"asked": asked}, **answers)
        await self._record()

    async def _ask(self, accounts: Sequence[messages.Asked]) -> tuple[list[Offer], list[Decline], list[messages.Asked]]:
        """Each account with an activity of its own; offers, declines, and whose decline was silence."""
        asked = [effects.ask_carrier(self.state, account) for account in accounts]
        await workflow.wait_condition(lambda: all(a.done() for a in asked) or self._cancel_wanted())
        for handle in asked:
            if not handle.done():
                handle.cancel()
        offers: list[Offer] = []
        declined: list[Decline] = []
        silent: list[messages.Asked] = []
        for account, quote in zip(accounts, await asyncio.gather(*asked, return_exceptions=True), strict=True):
            if isinstance(quote, Quote):
                offers.extend(quote.offers)
                declined.extend(quote.declined)
                silent += [account] if quote.unasked else []
                continue
            failure = effects.why(quote)
            declined.append(Decline(carrier=account.carrier, carrier_account=account.account, reason=failure.reason))
            if failure.passing:
                silent.append(account)
        return offers, declined, silent

    async def _choose(self) -> None:
        """By the rule, if there is one and an offer satisfies it; else the customer has until `choose_by`."""
        choice, choose_by = self.delivery.request.choice, self.delivery.choose_by
        best = next_best(self.delivery.offers, self.state.tried, choice, workflow.now()) if choice else None
        if best is not None and not self.state.inbox:
            if await self._take(best, Actor.SYSTEM) is not None:
                self.state.tried.append(best.id)
            return
        await self._turn(choose_by)
        if self.delivery.status is DeliveryStatus.QUOTED and choose_by and workflow.now() >= choose_by:
            self._move_to(DeliveryStatus.EXPIRED, reason="nobody_chose")
            await self._record()

    async def _book(self) -> None:
        """Until a carrier has said yes, or nobody will."""
        state, order, attention = self.state, self.state.order, self.delivery.attention
        if attention is Attention.BOOKING_UNKNOWN:
            await self._turn()
        elif self.delivery.cancel_requested:
            await self._undo_all(Actor.SYSTEM, "cancel_requested")
        elif attention is Attention.UNBOOKABLE:
            await self._turn(state.unbookable_until)
            over = state.unbookable_until and workflow.now() >= state.unbookable_until
            if over and self.delivery.attention is Attention.UNBOOKABLE:
                self._release()
                self._move_to(DeliveryStatus.FAILED, reason=self.delivery.reason)
                await self._record()
        elif state.hold is not None and workflow.now() < state.hold.next_at:
            await self._turn(state.hold.next_at)
        elif order is not None and self.delivery.booking is None and not self.state.inbox:
            await self._place(order)
        else:
            await self._turn(state.accept_by)
            late = state.accept_by and workflow.now() >= state.accept_by
            if order is not None and late and self.delivery.status is DeliveryStatus.BOOKING:
                await self._give_up_waiting()

    async def _give_up_waiting(self) -> None:
        """No yes by the deadline: it may have been said and lost, so the carrier is asked before it is undone."""
        order, self.state.accept_by = self.state.order, None
        await self._take_in(await self._poll())
        if order is None or order is not self.state.order or self.delivery.status is not DeliveryStatus.BOOKING:
            return
        if await self._void(order, "too_late"):
            await self._refused("too_late")
            return
        self._catch_up()
        await self._take_in(await self._poll())
        if self.delivery.status is DeliveryStatus.BOOKING:
            self._attend(Attention.BOOKING_UNKNOWN, reason="too_late")
            await self._record()

    async def _follow(self) -> None:
        """Booked and under way: hears the carrier, asks a silent one, says when a promise is in danger."""
        state, policy, delivery = self.state, self.state.policy, self.delivery
        calm = delivery.attention is Attention.NONE
        promise = (
            delivery.promised_at + policy.promise_grace if delivery.promised_at and not state.promise_told else None
        )
        silence = state.heard_at + policy.silent_after if state.heard_at and calm else None
        await self._turn(state.poll_at, promise, silence, self._late_at())
        if self._overdue():
            await self._take_in(await self._poll())  # the last chance to hear that it was kept
            self._break_overdue()
        if self.delivery.status in FINAL or self.delivery.status is DeliveryStatus.BOOKING:
            return
        now, calm = workflow.now(), self.delivery.attention is Attention.NONE
        if promise and now >= promise:
            state.promise_told = True
            if calm:
                self._attend(Attention.PROMISE_IN_DANGER, reason="late")
        elif calm and state.heard_at and now >= state.heard_at + policy.silent_after:
            self._attend(Attention.SILENT_CARRIER, reason="silent")
        if state.poll_at and now >= state.poll_at:
            await self._take_in(await self._poll())
        await self._record()

    async def _settle(self) -> None:
        """After the end: late scans and proof, until the carrier says that it has finished or time is up; then
        nothing is left hanging: slots are back, every update has its answer."""
        state = self.state
        if self.delivery.booking is not None and self.delivery.status is not DeliveryStatus.CANCELLED:
            state.settle_until = state.settle_until or workflow.now() + state.policy.settle_for
            while not state.finished and workflow.now() < state.settle_until:
                await self._turn(state.settle_until)
                await self._start_anew_if_long()
        await self._await_refunds()
        await asyncio.gather(*self._releases, return_exceptions=True)
        while self.state.inbox or not workflow.all_handlers_finished():
            await workflow.wait_condition(lambda: bool(self.state.inbox) or workflow.all_handlers_finished())
            await self._take_all()

    async def _await_refunds(self) -> None:
        """For weeks if need be. The carrier is asked once before a human is told what is missing; the human then has
        as long again to see to it, in which it may still come."""
        state = self.state
        while state.refunds:
            await self._turn(state.missed_until or max(refund.by for refund in state.refunds))
            now, missed = workflow.now(), state.missed_until
            if missed is not None and (now >= missed or self.delivery.attention is Attention.NONE):
                return
            if missed is None and all(refund.by <= now for refund in state.refunds):
                for refund in [refund for refund in state.refunds if not refund.rejected]:
                    await self._take_in(await self._poll(refund.booking))
                if state.refunds:
                    state.missed_until = now + state.policy.refund_within
                    rejected = any(refund.rejected for refund in state.refunds)
                    self._attend(Attention.REFUND_MISSING, reason="refund_rejected" if rejected else "overdue")
                    await self._record()
            await self._start_anew_if_long()

    # ── taking what arrives, in the order it came ─────────────────────────────────────────────────────────

    async def _turn(self, *moments: datetime | None) -> None:
        """Waits for something to arrive or a moment to come, then takes in what there is."""
        await self._wait(lambda: bool(self.state.inbox) or self._long(), *moments)
        await self._take_all()

    async def _take_all(self) -> None:
        """One at a time and wholly, each with its consequences, so that a task which runs again after a crash,
        with more in its inbox, tells the same story before it tells more."""
        status = self.delivery.status
        while self.state.inbox and (self.delivery.status is status or self.delivery.status in FINAL):
            happening = self.state.inbox.pop(0)
            if happening.scan is not None:
                await self._take_in([happening.scan])
            elif happening.intent is not None:
                await self._obey(happening.intent)

    # ── long lives ────────────────────────────────────────────────────────────────────────────────────────

    def _long(self) -> bool:
        """The suggestion looks at events and bytes, not at signals, of which a run takes ten thousand at most."""
        return workflow.info().is_continue_as_new_suggested() or self.state.signals >= self.state.policy.max_signals

    async def _start_anew_if_long(self) -> None:
        """Goes on in a fresh run with what has not been taken in yet; handlers finish first, new ones are asked
        to come back shortly."""
        if not self._long() or any(happening.intent for happening in self.state.inbox):
            return
        self._draining = True
        await asyncio.gather(*self._releases, return_exceptions=True)
        await workflow.wait_condition(workflow.all_handlers_finished)
        self.state.signals = 0
        state = self.state.model_dump(mode="json")
        workflow.continue_as_new(messages.DeliveryStart(delivery_id=self.delivery.id, state=state))

    # ── messages ──────────────────────────────────────────────────────────────────────────────────────────

    @workflow.signal(description="A carrier's report, by webhook or found by the sweep")
    def carrier_reported(self, report: messages.CarrierReport) -> None:
        """Appends; never fails, never blocks."""
        self.state.signals += 1
        self.state.inbox.extend(Happening(scan=scan) for scan in report.scans)

    @workflow.query(name="state", description="The delivery as the workflow knows it")
    def live(self) -> Delivery:
        """In memory, which may be a step ahead of the row."""
        return self.delivery

    @workflow.update(description="Wait for the carriers' answers")
    async def quoted(self, _ask: messages.Quoted) -> Delivery:
        """Answers once the first round of quoting is over and committed."""
        await workflow.wait_condition(lambda: self._recorded.status is not DeliveryStatus.QUOTING)
        return self._recorded

    @workflow.update(description="Ask the carriers once more")
    async def quote_again(self, ask: messages.QuoteAgain) -> Delivery:
        """Answers with the new offers."""
        return await self._answered(ask)

    @quote_again.validator
    def _may_quote_again(self, ask: messages.QuoteAgain) -> None:
        self._admit(ask)

    @workflow.update(description="Accept an offer")
    async def accept(self, ask: messages.Accept) -> Delivery:
        """Answers at `booking` with the slot held; raises NotAvailable with what is still possible."""
        return await self._answered(ask)

    @accept.validator
    def _may_accept(self, ask: messages.Accept) -> None:
        self._admit(ask)

    @workflow.update(description="Cancel and undo everything")
    async def cancel(self, ask: messages.Cancel) -> Delivery:
        """Answers when the carrier has let go; raises CancelRefused when the courier has it."""
        return await self._answered(ask)

    @cancel.validator
    def _may_cancel(self, ask: messages.Cancel) -> None:
        self._admit(ask)

    @workflow.update(description="Tell the carrier what to do")
    async def decide(self, ask: messages.Decide) -> Delivery:
        """Answers when the carrier has taken it."""
        return await self._answered(ask)

    @decide.validator
    def _may_decide(self, ask: messages.Decide) -> None:
        self._admit(ask)

    @workflow.update(description="Support: book again, or settle an unknown booking")
    async def retry_booking(self, ask: messages.RetryBooking) -> Delivery:
        """Answers at `booking`."""
        return await self._answered(ask)

    @retry_booking.validator
    def _may_retry_booking(self, ask: messages.RetryBooking) -> None:
        self._admit(ask)

    @workflow.update(description="Support: another carrier, before pickup")
    async def change_carrier(self, ask: messages.ChangeCarrier) -> Delivery:
        """Answers at `booking` with the other's order, or at `quoted` with new offers."""
        return await self._answered(ask)

    @change_carrier.validator
    def _may_change_carrier(self, ask: messages.ChangeCarrier) -> None:
        self._admit(ask)

    @workflow.update(description="Support: set a status by hand")
    async def force_status(self, ask: messages.ForceStatus) -> Delivery:
        """Answers with the status set."""
        return await self._answered(ask)

    @force_status.validator
    def _may_force_status(self, ask: messages.ForceStatus) -> None:
        self._admit(ask)

    @workflow.update(description="Support: nothing to look at any more")
    async def clear_attention(self, ask: messages.ClearAttention) -> Delivery:
        """Answers with no attention."""
        return await self._answered(ask)

    @clear_attention.validator
    def _may_clear_attention(self, ask: messages.ClearAttention) -> None:
        self._admit(ask)

    def _admit(self, ask: Ask) -> None:
        """What can be refused is refused here, and nothing enters history."""
        if self._draining:
            raise Busy
        info = workflow.current_update_info()
        if info is None or info.id not in self.state.answers:
            self._check(ask)

    async def _answered(self, ask: Ask) -> Delivery:
        """Leaves the intent for `run` and waits; the same id again gets the same answer."""
        info = workflow.current_update_info()
        assert info is not None
        if info.id not in self.state.answers:
            self.state.inbox.append(Happening(intent=Intent(id=info.id, ask=ask)))
            await workflow.wait_condition(lambda: info.id in self.state.answers)
        answer = self.state.answers[info.id]
        if answer.error is not None:
            raise DomainError.revive(answer.error, answer.detail, answer.data)
        return self._recorded


def _newborn(start: messages.DeliveryStart) -> DeliveryState:
    assert start.request is not None
    now = workflow.now()
    delivery = Delivery(
        id=start.delivery_id,
        organisation_id=start.organisation_id,
        created_by=start.actor,
        created_at=now,
        updated_at=now,
        request=start.request,
        points=start.points,
    )
    return DeliveryState(
        delivery=delivery,
        policy=start.policy,
        terms=start.terms,
        accounts=start.accounts,
        left_out=start.left_out,
        margin=start.margin,
        fallback=start.request.fallback,
    )
