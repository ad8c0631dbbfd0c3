"""Companies, and what belongs to one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from slamon.connectwise.api.collection import Collection, Editable
from slamon.connectwise.api.records import (
    CompanyStatusRecord,
    CompanyTypeRecord,
    ConfigurationRecord,
    ContactRecord,
    CustomFieldRecord,
    ProjectRecord,
    SiteRecord,
    TypeAssociationRecord,
    UsageRecord,
)
from slamon.connectwise.changes import Body, Document, Patch, by_id, patch_of, plain, plain_body
from slamon.connectwise.paging import PAGE_SIZE
from slamon.connectwise.query import equals
from slamon.connectwise.records import TICKET_FIELDS, AgreementRecord, TicketRecord
from slamon.connectwise.refusals import (
    Choices,
    CompanyInUseError,
    InvalidCompanyStatusError,
    check_company,
    named_company_refusal,
)
from slamon.connectwise.request import Request
from slamon.connectwise.rows import decode_rows
from slamon.errors import InputError, PayloadError, SourceError, SourceRefusedError

R = TypeVar("R")
T = TypeVar("T")

COMPANIES = "/company/companies"
COMPANY = f"{COMPANIES}/{{company}}"


class _Customised(msgspec.Struct, rename="camel"):
    custom_fields: list[dict[str, Any]] | None = None


@dataclass(frozen=True)
class Companies(Editable[R]):
    """Companies: `client.companies`. Select by type with `child=equals("types/id", 1)`."""

    def of(self, kind: type[T]) -> Companies[T]:
        """Return the same companies read as *kind*, with all their fields: `dict`, or a Struct of your own."""
        return Companies(self.wire, self.endpoint, kind, self.ids, (), self.scope, self.search)

    @property
    def statuses(self) -> Collection[CompanyStatusRecord]:
        """The statuses a company can have."""
        return Collection(self.wire, f"{COMPANIES}/statuses", CompanyStatusRecord)

    @property
    def types(self) -> Collection[CompanyTypeRecord]:
        """The types a company can have."""
        return Collection(self.wire, f"{COMPANIES}/types", CompanyTypeRecord)

    def sites(self, company_id: int) -> Editable[SiteRecord]:
        """Return a company's sites."""
        return Editable(self.wire, f"{COMPANY}/sites", SiteRecord, {"company": company_id})

    def type_associations(self, company_id: int) -> Editable[TypeAssociationRecord]:
        """Return a company's types, which are changed here once it exists."""
        return Editable(self.wire, f"{COMPANY}/typeAssociations", TypeAssociationRecord, {"company": company_id})

    def contacts(self, company_id: int) -> Collection[ContactRecord]:
        """Return a company's contacts."""
        return self._related("/company/contacts", ContactRecord, company_id)

    def tickets(self, company_id: int) -> Collection[TicketRecord]:
        """Return a company's service tickets."""
        return self._related("/service/tickets", TicketRecord, company_id, TICKET_FIELDS)

    def agreements(self, company_id: int) -> Collection[AgreementRecord]:
        """Return a company's agreements."""
        return self._related("/finance/agreements", AgreementRecord, company_id)

    def configurations(self, company_id: int) -> Collection[ConfigurationRecord]:
        """Return a company's configurations."""
        return self._related("/company/configurations", ConfigurationRecord, company_id)

    def projects(self, company_id: int) -> Collection[ProjectRecord]:
        """Return a company's projects."""
        return self._related("/project/projects", ProjectRecord, company_id)

    async def usages(self, company_id: int) -> tuple[UsageRecord, ...]:
        """Return what refers to a company, by kind of record; while there is any it cannot be deleted."""
        request = Request("GET", f"{COMPANY}/usages", {"company": company_id}, {"pageSize": PAGE_SIZE})
        answer = await self.wire.sender.send(request)
        return tuple(usage for usage in decode_rows(answer.body, UsageRecord).good if usage.count != 0)

    async def custom_fields(self, company_id: int) -> tuple[CustomFieldRecord, ...]:
        """Return a company's custom fields, those without a value too; they stand on the company itself."""
        rows = await self._custom_rows(company_id)
        try:
            return msgspec.convert(rows, tuple[CustomFieldRecord, ...], strict=False)
        except msgspec.ValidationError as error:
            raise PayloadError(f"company {company_id}: customFields: {error}", reason="bad_shape") from error

    async def set_custom_fields(self, company_id: int, values: Mapping[str | int, object]) -> R:
        """Set custom fields by caption or id, and return the company; None empties one.

        ConnectWise takes the whole array in one replacement: the others are
        read first and sent back as they were.

        Raises:
            InputError: There is no such field; nothing was sent.
        """
        rows = await self._custom_rows(company_id)
        return await self.patch(company_id, Patch().replace("customFields", _changed(rows, values)))

    async def set_inactive(self, company_id: int) -> R:
        """Give a company the first status that counts as inactive, and return it.

        Raises:
            InputError: No status counts as inactive.
        """
        statuses = await self.statuses.all()
        for status in (
            *(s for s in statuses if s.inactive_flag),
            *(s for s in statuses if (s.name or "").casefold() == "inactive"),
        ):
            return await self.patch(company_id, {"status": by_id(status.id)})
        raise InputError("no company status counts as inactive; choose one of companies.statuses with patch")

    async def create(self, body: Body) -> R:
        """Create a company (a `NewCompany`, or a mapping in ConnectWise's spelling) and return it.

        Raises:
            RecordRefusedError: One of its kinds, such as IdentifierExistsError.
            OutcomeUnknownError: It may or may not have been created; look before it is sent again.
        """
        fields = plain_body(body)
        check_company(fields, whole=True)
        try:
            return await super().create(fields)
        except SourceRefusedError as error:
            raise await self._named(error) from error

    async def patch(self, record_id: int, changes: Patch | Document) -> R:
        """Change fields of a company and return it.

        Raises:
            RecordRefusedError: One of its kinds, such as InvalidCompanyStatusError.
            InputError: A path leads inside a reference; nothing was sent.
        """
        patch = patch_of(changes)
        check_company(patch.values, whole=False)
        try:
            return await super().patch(record_id, patch)
        except SourceRefusedError as error:
            raise await self._named(error) from error

    async def put(self, record_id: int, body: Body) -> R:
        """Replace a company as a whole and return it. **Every field that *body* leaves out becomes empty.**

        Raises:
            RecordRefusedError: One of its kinds.
        """
        fields = plain_body(body)
        check_company(fields, whole=True)
        try:
            return await super().put(record_id, fields)
        except SourceRefusedError as error:
            raise await self._named(error) from error

    async def delete(self, record_id: int) -> None:
        """Delete a company that nothing refers to.

        Raises:
            CompanyInUseError: Other records refer to it; `usages` tells which. `set_inactive` is the way out.
            SourceRefusedError: There is none (404), or the right is missing.
        """
        try:
            await super().delete(record_id)
        except SourceRefusedError as error:
            # Which status a company in use is refused with is not documented, so its usages decide.
            if error.status not in (400, 403, 409):
                raise
            usages = await self._usages_if_readable(record_id)
            if usages or error.status == 409:
                raise CompanyInUseError(f"company {record_id} cannot be deleted", usages, cause=error) from error
            raise

    async def _custom_rows(self, company_id: int) -> list[dict[str, Any]]:
        """Return the array as it stands, with all that ConnectWise keeps in it."""
        company = await Collection(self.wire, COMPANIES, _Customised).get(company_id, fields=("id", "customFields"))
        return company.custom_fields or []

    async def _named(self, error: SourceRefusedError) -> SourceRefusedError:
        """Return the named refusal that *error* is, else *error* itself."""
        kind = named_company_refusal(error)
        if kind is None:
            return error
        if kind is not InvalidCompanyStatusError:
            return kind("the company was refused", cause=error)
        try:
            statuses: Choices = tuple((row.id, row.name or "") for row in await self.statuses.all())
        except SourceError:
            statuses = ()
        return InvalidCompanyStatusError("the company's status was refused", statuses, cause=error)

    async def _usages_if_readable(self, company_id: int) -> tuple[UsageRecord, ...]:
        try:
            return await self.usages(company_id)
        except SourceError:
            return ()

    def _related(self, endpoint: str, kind: type[T], company_id: int, fields: tuple[str, ...] = ()) -> Collection[T]:
        return Collection(self.wire, endpoint, kind, fields=fields, scope=equals("company/id", company_id))


def _changed(rows: list[dict[str, Any]], values: Mapping[str | int, object]) -> list[dict[str, Any]]:
    """Return the whole array with *values* put in by caption or id."""
    changed = [dict(row) for row in rows]
    for key, value in values.items():
        row = next((row for row in changed if key in (row.get("id"), row.get("caption"))), None)
        if row is None:
            known = ", ".join(str(row.get("caption")) for row in rows) or "none"
            raise InputError(f"the company has no custom field {key!r}; it has {known}")
        row["value"] = plain(value)
    return changed
