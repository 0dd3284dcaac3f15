"""What the users service writes to people, in their language: plain text, and the same as HTML."""

import re
from enum import StrEnum
from html import escape
from string import Template

from pydantic import EmailStr

from domain._values import Value
from domain.users import Locale


class Letter(Value):
    """A message to one address."""

    to: EmailStr
    subject: str
    text: str
    html: str
    unsubscribe: str | None = None
    """Where one click ends such letters (RFC 8058)."""
    id: str | None = None
    """By which a mailbox knows a letter that comes again; each try has its own without one."""


class Occasion(StrEnum):
    """Why somebody is written to."""

    VERIFY_EMAIL = "verify_email"
    ALREADY_REGISTERED = "already_registered"
    RESET_PASSWORD = "reset_password"  # noqa: S105
    PASSWORD_CHANGED = "password_changed"  # noqa: S105
    CHANGE_EMAIL = "change_email"
    EMAIL_CHANGED = "email_changed"
    SECOND_FACTOR_ON = "second_factor_on"
    SECOND_FACTOR_OFF = "second_factor_off"
    INVITATION = "invitation"
    WEBHOOK_PAUSED = "webhook_paused"


# Subject, then paragraphs; `$link` stands alone on its line.
_WORDS: dict[Occasion, dict[Locale, tuple[str, ...]]] = {
    Occasion.VERIFY_EMAIL: {
        Locale.PT_BR: (
            "Confirme seu e-mail",
            "Para confirmar este endereço no Entrega, abra o link abaixo. Ele vale por 3 dias, uma vez.",
            "$link",
            "Se você não criou uma conta, ignore esta mensagem.",
        ),
        Locale.EN: (
            "Confirm your e-mail address",
            "To confirm this address at Entrega, open the link below. It is good for 3 days, once.",
            "$link",
            "If you did not create an account, ignore this message.",
        ),
    },
    Occasion.ALREADY_REGISTERED: {
        Locale.PT_BR: (
            "Você já tem uma conta",
            "Alguém, talvez você, tentou criar uma conta no Entrega com este endereço, que já tem uma. Nada mudou.",
            "Se foi você, entre com sua senha. Se a esqueceu, peça uma nova aqui:",
            "$link",
        ),
        Locale.EN: (
            "You already have an account",
            "Somebody, perhaps you, tried to create an account at Entrega with this address, which has one. "
            "Nothing has changed.",
            "If it was you, sign in with your password. If you forgot it, ask for a new one here:",
            "$link",
        ),
    },
    Occasion.RESET_PASSWORD: {
        Locale.PT_BR: (
            "Escolha uma nova senha",
            "Para escolher uma nova senha no Entrega, abra o link abaixo. Ele vale por 1 hora, uma vez.",
            "$link",
            "Se você não pediu isto, ignore esta mensagem: sua senha continua a mesma.",
        ),
        Locale.EN: (
            "Choose a new password",
            "To choose a new password at Entrega, open the link below. It is good for 1 hour, once.",
            "$link",
            "If you did not ask for this, ignore this message: your password stays as it is.",
        ),
    },
    Occasion.PASSWORD_CHANGED: {
        Locale.PT_BR: (
            "Sua senha foi alterada",
            "A senha da sua conta no Entrega foi alterada, e todas as sessões foram encerradas.",
            "Se não foi você, peça uma nova senha agora:",
            "$link",
        ),
        Locale.EN: (
            "Your password was changed",
            "The password of your account at Entrega was changed, and every session was ended.",
            "If it was not you, ask for a new password now:",
            "$link",
        ),
    },
    Occasion.CHANGE_EMAIL: {
        Locale.PT_BR: (
            "Confirme seu novo e-mail",
            "Para usar este endereço na sua conta no Entrega, abra o link abaixo. Ele vale por 1 dia, uma vez.",
            "$link",
            "Se você não pediu isto, ignore esta mensagem.",
        ),
        Locale.EN: (
            "Confirm your new e-mail address",
            "To use this address for your account at Entrega, open the link below. It is good for 1 day, once.",
            "$link",
            "If you did not ask for this, ignore this message.",
        ),
    },
    Occasion.EMAIL_CHANGED: {
        Locale.PT_BR: (
            "O e-mail da sua conta vai mudar",
            "Alguém com a senha da sua conta no Entrega pediu para trocar o e-mail dela. Isso acontece quando o novo "
            "endereço for confirmado.",
            "Se não foi você, peça uma nova senha agora:",
            "$link",
        ),
        Locale.EN: (
            "Your account's e-mail address is about to change",
            "Somebody with your account's password at Entrega asked to change its e-mail address. It changes when the "
            "new address is confirmed.",
            "If it was not you, ask for a new password now:",
            "$link",
        ),
    },
    Occasion.SECOND_FACTOR_ON: {
        Locale.PT_BR: (
            "Verificação em duas etapas ativada",
            "Sua conta no Entrega agora pede um código além da senha. Guarde os códigos de recuperação.",
            "Se não foi você, peça uma nova senha agora:",
            "$link",
        ),
        Locale.EN: (
            "Second factor on",
            "Your account at Entrega now asks for a code besides the password. Keep your recovery codes safe.",
            "If it was not you, ask for a new password now:",
            "$link",
        ),
    },
    Occasion.SECOND_FACTOR_OFF: {
        Locale.PT_BR: (
            "Verificação em duas etapas desativada",
            "Sua conta no Entrega não pede mais um código além da senha.",
            "Se não foi você, peça uma nova senha agora:",
            "$link",
        ),
        Locale.EN: (
            "Second factor off",
            "Your account at Entrega no longer asks for a code besides the password.",
            "If it was not you, ask for a new password now:",
            "$link",
        ),
    },
    Occasion.INVITATION: {
        Locale.PT_BR: (
            "Convite para uma organização no Entrega",
            "Você foi convidado para a organização $organisation no Entrega. Entre (ou crie uma conta) com este "
            "endereço e abra o link abaixo. Ele vale por 7 dias, uma vez.",
            "$link",
            "Se você não esperava isto, ignore esta mensagem.",
        ),
        Locale.EN: (
            "Invitation to an organisation at Entrega",
            "You are invited to the organisation $organisation at Entrega. Sign in (or create an account) with this "
            "address and open the link below. It is good for 7 days, once.",
            "$link",
            "If you did not expect this, ignore this message.",
        ),
    },
    Occasion.WEBHOOK_PAUSED: {
        Locale.PT_BR: (
            "Um webhook da sua organização foi pausado",
            "Faz dias que o endereço de webhook $endpoint da sua organização no Entrega não aceita nenhuma mensagem. "
            "Ele foi pausado: nada mais é enviado a ele.",
            "Faça-o responder 2xx, teste-o e ative-o de novo aqui; o que ele perdeu pode então ser reenviado:",
            "$link",
        ),
        Locale.EN: (
            "A webhook of your organisation was paused",
            "For days the webhook endpoint $endpoint of your organisation at Entrega has taken no message. It is "
            "paused: nothing more is sent to it.",
            "Make it answer 2xx, test it and enable it again here; what it missed can then be replayed:",
            "$link",
        ),
    },
}


def letter(occasion: Occasion, locale: Locale, to: str, link: str, **more: str) -> Letter:
    """The letter for an occasion; `more` fills what else its words name. Strangers' words are neither markup nor part
    of the subject."""
    subject, *paragraphs = _WORDS[occasion][locale]
    words = {name: tame(value) for name, value in more.items()}
    text = [Template(paragraph).substitute(link=link, **words) for paragraph in paragraphs]
    anchor = f'<a href="{escape(link)}">{escape(link)}</a>'
    marked = {name: escape(value) for name, value in words.items()}
    html = [f"<p>{Template(paragraph).substitute(link=anchor, **marked)}</p>" for paragraph in paragraphs]
    return Letter(
        to=to,
        subject=subject,
        text="\n\n".join(text) + "\n",
        html=f'<!doctype html><html lang="{locale}"><meta charset="utf-8"><body>{"".join(html)}</body></html>\n',
    )


def tame(words: str) -> str:
    """Short and without what a mail program would make a link of: our letters carry nobody's advertisements."""
    return re.sub(r"[^\w&' -]+", " ", words)[:60].strip() or "?"
