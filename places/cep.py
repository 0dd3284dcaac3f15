"""Brazilian postal codes (CEP), by any server that speaks as ViaCEP does: https://viacep.com.br."""

import re
from typing import Annotated, ClassVar

from pydantic import BaseModel, BeforeValidator, Field

from domain.places import PartialAddress
from places._source import Source
from wire import BadAnswer, Reply, clean

_CEP = re.compile(r"[0-9]{8}")


def _line(value: object) -> str:
    return clean(value, masked=False)


_Words = Annotated[str, BeforeValidator(_line)]


class _Told(BaseModel):
    erro: bool = Field(default=False, description="no such code; as text, too")
    cep: _Words = ""
    logradouro: _Words = ""
    bairro: _Words = ""
    localidade: _Words = ""
    uf: _Words = ""


class ViaCep(Source):
    """A look-up of postal codes; it knows Brazil's alone."""

    name: ClassVar[str] = "postal_codes"

    async def look_up(self, country: str, postal_code: str) -> PartialAddress | None:
        """The address as far as the code tells it; None for no such code. Raises Unavailable."""
        code = postal_code.replace("-", "")
        if country != "BR" or not _CEP.fullmatch(code):
            return None
        return await self.ask(f"/ws/{code}/json/", {}, lambda reply: _address(reply, code))


def _address(reply: Reply, code: str) -> PartialAddress | None:
    told = reply.read(_Told)
    if told.erro:
        return None
    if told.cep.replace("-", "") != code or not told.localidade:
        raise BadAnswer("not the postal code that was asked for", "schema")
    return PartialAddress(
        street=told.logradouro, district=told.bairro, city=told.localidade, state=told.uf, postal_code=code
    )
