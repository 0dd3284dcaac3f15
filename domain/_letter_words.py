"""Our words for the letters that tell of deliveries: a subject, then paragraphs, for each event and language."""

from collections.abc import Mapping

from domain.users import Locale

_PT, _EN = Locale.PT_BR, Locale.EN

TITLES: Mapping[str, Mapping[Locale, str]] = {
    "delivery.booked": {_PT: "Entregador confirmado", _EN: "A carrier took it"},
    "delivery.picked_up": {_PT: "Retirada", _EN: "Picked up"},
    "delivery.out_for_delivery": {_PT: "Saiu para entrega", _EN: "Out for delivery"},
    "delivery.ready_for_collection": {_PT: "Pronta para retirada", _EN: "Ready for collection"},
    "delivery.delivered": {_PT: "Entregue", _EN: "Delivered"},
    "delivery.attempt_failed": {_PT: "Tentativa de entrega sem sucesso", _EN: "Delivery attempt failed"},
    "delivery.returned": {_PT: "Devolvida", _EN: "Returned"},
    "delivery.cancelled": {_PT: "Cancelada", _EN: "Cancelled"},
    "delivery.lost": {_PT: "Extraviada", _EN: "Lost"},
    "delivery.failed": {_PT: "Nenhum entregador aceitou", _EN: "No carrier would take it"},
    "delivery.expired": {_PT: "Ofertas vencidas", _EN: "Nobody chose in time"},
    "delivery.cancel_refused": {_PT: "Cancelamento recusado", _EN: "The carrier refused to cancel"},
    "delivery.attention": {_PT: "Precisa da sua atenção", _EN: "Needs your attention"},
}
"""What happened, in a few words."""

_TO_MEMBERS: Mapping[str, tuple[str, str]] = {
    "delivery.booked": ("Um entregador ($carrier) aceitou a entrega.", "A carrier ($carrier) took the delivery."),
    "delivery.picked_up": ("O entregador já está com ela.", "The courier has it."),
    "delivery.out_for_delivery": ("Ela está perto do destino.", "It is near its destination."),
    "delivery.ready_for_collection": (
        "Ela espera pelo destinatário em um ponto de retirada.",
        "It waits for the recipient at a collection point.",
    ),
    "delivery.delivered": ("Ela foi entregue.", "It was handed over."),
    "delivery.attempt_failed": (
        "Não foi possível entregar (motivo: $reason). Diga o que deve ser feito:",
        "It could not be handed over (reason: $reason). Say what is to be done:",
    ),
    "delivery.returned": ("Ela voltou ao remetente.", "It is back with its sender."),
    "delivery.cancelled": ("Ela foi cancelada (motivo: $reason).", "It was cancelled (reason: $reason)."),
    "delivery.lost": (
        "Ela foi extraviada ou destruída. Você não precisa fazer nada: nós cuidamos do reembolso.",
        "It is gone or destroyed. There is nothing you need to do: we see to the refund.",
    ),
    "delivery.failed": (
        "Nenhum entregador aceitou (motivo: $reason). Nada será cobrado.",
        "No carrier would take it (reason: $reason). Nothing is owed.",
    ),
    "delivery.expired": (
        "As ofertas venceram antes de uma escolha. Nada será cobrado.",
        "The offers ran out before one was chosen. Nothing is owed.",
    ),
    "delivery.cancel_refused": (
        "O entregador não aceitou o cancelamento: a entrega continua.",
        "The carrier refused to cancel: the delivery goes on.",
    ),
    "delivery.attention": (
        "Ela precisa de uma decisão sua (motivo: $reason). Veja o que pode ser feito:",
        "It needs a decision of yours (reason: $reason). See what can be done:",
    ),
}
_TO_RECIPIENTS: Mapping[str, tuple[str, str]] = {
    "delivery.booked": ("Seu pedido será enviado em breve.", "Your order is about to be sent."),
    "delivery.picked_up": ("Seu pedido já está com o entregador.", "Your order is with the courier."),
    "delivery.out_for_delivery": ("Seu pedido está chegando.", "Your order is about to arrive."),
    "delivery.ready_for_collection": (
        "Seu pedido espera por você no ponto de retirada.",
        "Your order waits for you at the collection point.",
    ),
    "delivery.delivered": ("Seu pedido foi entregue.", "Your order was delivered."),
    "delivery.attempt_failed": (
        "Tentamos entregar seu pedido e não conseguimos. O remetente vai dizer o que será feito.",
        "We tried to deliver your order and could not. Its sender will say what happens next.",
    ),
    "delivery.returned": ("Seu pedido voltou ao remetente.", "Your order went back to its sender."),
    "delivery.cancelled": ("A entrega do seu pedido foi cancelada.", "The delivery of your order was cancelled."),
}


def _members(event: str) -> Mapping[Locale, tuple[str, ...]]:
    said = _TO_MEMBERS[event]
    return {
        _PT: (TITLES[event][_PT], said[0], "$link", "Entrega $delivery, em $when."),
        _EN: (TITLES[event][_EN], said[1], "$link", "Delivery $delivery, on $when."),
    }


def _recipients(event: str) -> Mapping[Locale, tuple[str, ...]]:
    said = _TO_RECIPIENTS[event]
    return {
        _PT: (f"{TITLES[event][_PT]}: pedido de $sender", said[0], "Acompanhe aqui:", "$link", "Número: $reference"),
        _EN: (f"{TITLES[event][_EN]}: order from $sender", said[1], "Follow it here:", "$link", "Number: $reference"),
    }


WORDS: Mapping[str, Mapping[str, Mapping[Locale, tuple[str, ...]]]] = {
    "member": {event: _members(event) for event in _TO_MEMBERS},
    "recipient": {event: _recipients(event) for event in _TO_RECIPIENTS},
}
"""By whom it is for, event and language."""
