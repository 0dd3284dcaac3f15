"""The link at the end of a letter: a page that does nothing, and one click that ends such letters (RFC 8058)."""

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse

from api.deps import PartsDep
from api.errors import problems
from domain.telling import MEMBER
from runtime.letters import unsubscribing

router = APIRouter(prefix="/unsubscribe", tags=["notifications"])

Link = Annotated[str, Path(pattern=r"^uns_[A-Za-z0-9_-]{22,400}$")]
_CSP = "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
_HEAD = '<!doctype html><html lang="pt-BR"><meta charset="utf-8"><title>Entrega</title><body>'
_ASKED = (
    f"{_HEAD}<p>Não receber mais mensagens sobre estas entregas?</p>"
    '<p lang="en">Receive no more messages about these deliveries?</p>'
    '<form method="post"><button>Cancelar inscrição · Unsubscribe</button></form></body></html>'
)
_DONE = (
    f"{_HEAD}<p>Pronto: você não receberá mais estas mensagens.</p>"
    '<p lang="en">Done: you will receive no more of these messages.</p></body></html>'
)


@router.get("/{link}", response_class=HTMLResponse, responses=problems(404, 422, 503))
async def show_unsubscribe(link: Link, parts: PartsDep) -> HTMLResponse:
    """A page with one button: programs that look at every link in a letter end nothing by it."""
    unsubscribing(parts.settings, link)
    return HTMLResponse(_ASKED, headers={"Content-Security-Policy": _CSP})


@router.post("/{link}", response_class=HTMLResponse, responses=problems(404, 422, 503))
async def unsubscribe(link: Link, parts: PartsDep) -> HTMLResponse:
    """Ends letters of this kind: to a member of an organisation, or from an organisation to an address. Again is
    harmless. Mail programs call it with `List-Unsubscribe=One-Click`, which need not be there."""
    subscriber, address = unsubscribing(parts.settings, link)
    if address is not None:
        await parts.templates.refuse(subscriber, address)
    elif subscriber.startswith(MEMBER):
        await parts.members.unsubscribe(subscriber)
    return HTMLResponse(_DONE)
