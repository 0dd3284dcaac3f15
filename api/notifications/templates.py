"""The letters that tell of deliveries, in the organisation's own words."""

from typing import Annotated

from fastapi import APIRouter, Depends

from api.auth import Person, requires
from api.deps import PartsDep
from api.errors import problems
from api.notifications.schemas import LetterTemplate, Preview, PreviewBody, TemplateBody, TemplateKey
from api.paging import Page
from domain import errors
from domain.telling_letters import Closing, Template, check, example, names, usual, written
from domain.users import Locale, Principal, may_keep_letters

router = APIRouter(prefix="/letter-templates", tags=["notifications"])

Author = Annotated[Principal, Depends(requires(may_keep_letters))]
_WRITES = problems(400, 401, 403, 413, 422, 503)
_NO_MORE = "https://entrega.example/v1/unsubscribe/uns_example"


@router.get("", responses=problems(401, 403, 503))
async def list_letter_templates(parts: PartsDep, caller: Person) -> Page[LetterTemplate]:
    """Every letter in every language, as it is written now, with what it may name."""
    own = await parts.templates.all(caller.organisation_id)
    items = [
        LetterTemplate.of(name, locale, own.get((name, locale)) or usual(name, locale), own=(name, locale) in own)
        for name in names()
        for locale in Locale
    ]
    return Page[LetterTemplate](items=items)


@router.put("", responses=_WRITES)
async def put_letter_template(body: TemplateBody, parts: PartsDep, caller: Author) -> LetterTemplate:
    """Your own words for one letter in one language, for letters written from now on."""
    template = _checked(body)
    await parts.templates.put(caller.organisation_id, template, caller.actor)
    return LetterTemplate.of(template.name, template.locale, template.words, own=True)


@router.post("/reset", responses=_WRITES)
async def reset_letter_template(body: TemplateKey, parts: PartsDep, caller: Author) -> LetterTemplate:
    """Our words again."""
    name = body.name()
    await parts.templates.reset(caller.organisation_id, name, body.locale, caller.actor)
    return LetterTemplate.of(name, body.locale, usual(name, body.locale), own=False)


@router.post("/preview", responses=_WRITES)
async def preview_letter_template(body: PreviewBody, parts: PartsDep, caller: Person) -> Preview:
    """A letter as it would be written, of a delivery that is made up; the words are those given, else those in force.
    Nothing is sent or kept."""
    name = body.name()
    own = await parts.templates.all(caller.organisation_id)
    words = body.words or own.get((name, body.locale)) or usual(name, body.locale)
    template = _checked(TemplateBody(audience=body.audience, event=body.event, locale=body.locale, words=words))
    closing = Closing(zone="America/Sao_Paulo", unsubscribe=_NO_MORE)
    return Preview.of(written(template.words, body.locale, example(name), closing))


def _checked(body: TemplateBody) -> Template:
    template = Template(name=body.name(), locale=body.locale, words=body.words)
    try:
        check(template)
    except ValueError as error:
        raise errors.Invalid(str(error), field="words") from None
    return template
