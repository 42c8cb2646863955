"""Endpoints: made, changed, tried, and told again what they missed."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Annotated, Any

import strawberry

from hub.api.context import Info
from hub.api.errors import UserError, tried
from hub.api.graph import argument, described, input_type, mutation, object_type, optional
from hub.api.mutations.receipt import Receipt
from hub.api.scalars import DateTime, Duration
from hub.api.types.endpoints import Endpoint, OutgoingMessage
from hub.api.types.enums import ChangeKind
from hub.errors import InputWrong
from hub.values import Stage

DEFAULT = (
    ChangeKind.TOUCHPOINT_ADDED,
    ChangeKind.STAGE_CHANGED,
    ChangeKind.CUSTOMERS_MERGED,
    ChangeKind.CUSTOMER_SPLIT,
)
"""What an endpoint is told of unless said. Who hears of merges hears of splits: these take merges back."""
OVERLAP = 86_400
"""Seconds for which the secret before signs too, unless said."""


@input_type
class CreateEndpointInput:
    """Somebody to tell of changes."""

    name: str = described("What to call it here.")
    url: str = described("Where to post messages.")
    wants: list[ChangeKind] | None = optional(
        "Kinds of change to tell; by default new touchpoints, stages, merges and splits."
    )
    sources: list[strawberry.ID] = optional("Only touchpoints of these sources.", default=())
    kinds: list[str] = optional("Only touchpoints of these kinds.", default=())
    stages: list[Stage] = optional("Only changes to these stages.", default=())
    contacts: bool = optional("Whether to tell contact data unmasked, as a token with pii sees it.", default=False)
    historical: bool = optional("Whether to tell what comes with a first import, too.", default=False)


@object_type
class CreateEndpointPayload:
    """Answer to createEndpoint and rotateEndpointSecret."""

    endpoint: Endpoint | None = described("The endpoint.")
    secret: str | None = described("What the receiver verifies signatures by. Shown this once and never again.")
    receipt: Receipt | None = described("Always null: it holds at once.")
    user_errors: list[UserError] = described("What to change, when nothing was done.")


@input_type
class UpdateEndpointInput:
    """What is to change of an endpoint; what is not given stays."""

    endpoint: strawberry.ID = described("The endpoint.")
    name: str | None = optional("What to call it here.")
    url: str | None = optional("Where to post messages, those that wait included.")
    wants: list[ChangeKind] | None = optional("Kinds of change to tell.")
    sources: list[strawberry.ID] | None = optional("Only touchpoints of these sources; all when the list is empty.")
    kinds: list[str] | None = optional("Only touchpoints of these kinds; all when the list is empty.")
    stages: list[Stage] | None = optional("Only changes to these stages; all when the list is empty.")
    contacts: bool | None = optional("Whether to tell contact data unmasked; of changes that come.")
    historical: bool | None = optional("Whether to tell what comes with a first import, too.")
    enabled: bool | None = optional("Whether to tell it anything. What waits is kept.")
    missed: bool = optional("When it is enabled: whether to tell what happened since it was disabled.", default=True)


@object_type
class UpdateEndpointPayload:
    """Answer to updateEndpoint."""

    endpoint: Endpoint | None = described("The endpoint.")
    receipt: Receipt | None = described("Always null: it holds at once.")
    user_errors: list[UserError] = described("What to change, when nothing was done.")


@input_type
class RotateEndpointSecretInput:
    """An endpoint that is to have a new secret."""

    endpoint: strawberry.ID = described("The endpoint.")
    overlap: Duration | None = optional("How long the secret before signs too; a day unless said, 30 at most.")


@input_type
class DeleteEndpointInput:
    """An endpoint to forget."""

    endpoint: strawberry.ID = described("The endpoint.")


@object_type
class DeleteEndpointPayload:
    """Answer to deleteEndpoint."""

    endpoint: strawberry.ID | None = described("The endpoint that is there no more.")
    receipt: Receipt | None = described("Always null: it holds at once.")
    user_errors: list[UserError] = described("What to change, when nothing was done.")


@input_type
class TestEndpointInput:
    """An endpoint to try."""

    endpoint: strawberry.ID = described("The endpoint.")


@input_type
class ResendMessageInput:
    """A message to send again."""

    message: strawberry.ID = described("The message.")


@object_type
class ResendMessagePayload:
    """Answer to testEndpoint and resendMessage."""

    message: OutgoingMessage | None = described("The message; ask for it again to see what became of it.")
    receipt: Receipt | None = described("Always null: a worker sends it.")
    user_errors: list[UserError] = described("What to change, when nothing was done.")


@input_type
class ResendMessagesInput:
    """Messages to send again."""

    endpoint: strawberry.ID = described("The endpoint.")
    since: DateTime = described("Of changes since then.")


@object_type
class ResendMessagesPayload:
    """Answer to resendMessages."""

    count: int | None = described("How many messages are sent again.")
    receipt: Receipt | None = described("Always null: a worker sends them.")
    user_errors: list[UserError] = described("What to change, when nothing was done.")


@object_type
class EndpointMutations:
    """Endpoints."""

    @mutation
    async def create_endpoint(
        self,
        info: Info,
        input: Annotated[CreateEndpointInput, argument("Whom to tell what.")],  # noqa: A002
    ) -> CreateEndpointPayload:
        """Begin to tell somebody of what changes from now on."""
        given = _given(input) | {"wants": [str(kind) for kind in input.wants or DEFAULT]}
        made, errors = await tried(_create(info, given))
        if made is None:
            return CreateEndpointPayload(endpoint=None, secret=None, receipt=None, user_errors=errors)
        endpoint = await _endpoint(info, made[0])
        return CreateEndpointPayload(endpoint=endpoint, secret=made[1], receipt=None, user_errors=[])

    @mutation
    async def update_endpoint(
        self,
        info: Info,
        input: Annotated[UpdateEndpointInput, argument("What to change.")],  # noqa: A002
    ) -> UpdateEndpointPayload:
        """Change what an endpoint is told; enable or disable it."""
        done, errors = await tried(_update(info, input))
        endpoint = await _endpoint(info, input.endpoint) if done else None
        return UpdateEndpointPayload(endpoint=endpoint, receipt=None, user_errors=errors)

    @mutation
    async def rotate_endpoint_secret(
        self,
        info: Info,
        input: Annotated[RotateEndpointSecretInput, argument("Whose.")],  # noqa: A002
    ) -> CreateEndpointPayload:
        """Give an endpoint a new secret; the one before signs too for a while, so that nothing is refused meanwhile."""
        secret, errors = await tried(_rotate(info, input))
        endpoint = await _endpoint(info, input.endpoint) if secret else None
        return CreateEndpointPayload(endpoint=endpoint, secret=secret, receipt=None, user_errors=errors)

    @mutation
    async def delete_endpoint(
        self,
        info: Info,
        input: Annotated[DeleteEndpointInput, argument("Which.")],  # noqa: A002
    ) -> DeleteEndpointPayload:
        """Forget an endpoint, and everything it was told. To keep that, disable it."""
        by = info.context.principal.name
        done, errors = await tried(_done(info.context.hub.endpoints.delete(input.endpoint, by)))
        return DeleteEndpointPayload(endpoint=input.endpoint if done else None, receipt=None, user_errors=errors)

    @mutation
    async def test_endpoint(
        self,
        info: Info,
        input: Annotated[TestEndpointInput, argument("Which.")],  # noqa: A002
    ) -> ResendMessagePayload:
        """Have a message sent that tells of nothing (`endpoint.test`), with as many attempts as any other."""
        id_, errors = await tried(info.context.hub.endpoints.test(input.endpoint))
        return ResendMessagePayload(
            message=await _message(info, id_) if id_ else None, receipt=None, user_errors=errors
        )

    @mutation
    async def resend_message(
        self,
        info: Info,
        input: Annotated[ResendMessageInput, argument("Which.")],  # noqa: A002
    ) -> ResendMessagePayload:
        """Send a message again now, whatever became of it. Its id stays, so that the receiver knows it again."""
        done, errors = await tried(_done(info.context.hub.endpoints.send_again(input.message)))
        message = await _message(info, input.message) if done else None
        return ResendMessagePayload(message=message, receipt=None, user_errors=errors)

    @mutation
    async def resend_messages(
        self,
        info: Info,
        input: Annotated[ResendMessagesInput, argument("Which.")],  # noqa: A002
    ) -> ResendMessagesPayload:
        """Send again now what failed, or waits for another attempt, of changes since a time."""
        count, errors = await tried(info.context.hub.endpoints.send_failed_again(input.endpoint, int(input.since)))
        return ResendMessagesPayload(count=count, receipt=None, user_errors=errors)


_COLUMNS = ("name", "url", "wants", "sources", "kinds", "stages", "contacts", "historical")


def _given(given: object) -> dict[str, Any]:
    """The columns that are given, as plain values."""
    told = {name: getattr(given, name) for name in _COLUMNS}
    return {
        name: [str(each) for each in value] if isinstance(value, list | tuple) else value
        for name, value in told.items()
        if value is not None
    }


async def _create(info: Info, given: dict[str, Any]) -> tuple[str, str]:
    await _verify_sources(info, given)
    return await info.context.hub.endpoints.create(given, info.context.principal.name)


async def _update(info: Info, given: UpdateEndpointInput) -> bool:
    endpoints, by = info.context.hub.endpoints, info.context.principal.name
    columns = _given(given)
    await _verify_sources(info, columns)
    await endpoints.change(given.endpoint, columns, by)
    if given.enabled:
        await endpoints.enable(given.endpoint, by, missed=given.missed)
    elif given.enabled is not None:
        await endpoints.disable(given.endpoint, by)
    return True


async def _rotate(info: Info, given: RotateEndpointSecretInput) -> str:
    overlap = given.overlap
    if overlap is not None and overlap.months:
        raise InputWrong("Months are not all as long: write overlap in days or hours.", path="overlap")
    seconds = OVERLAP if overlap is None else int(overlap.seconds)
    return await info.context.hub.endpoints.rotate(given.endpoint, seconds, info.context.principal.name)


async def _verify_sources(info: Info, given: dict[str, Any]) -> None:
    for id_ in given.get("sources", ()):
        await info.context.hub.source(id_)


async def _done(work: Awaitable[None]) -> bool:
    await work
    return True


async def _endpoint(info: Info, id_: str) -> Endpoint | None:
    await info.context.renew()
    row = await info.context.load.endpoint_by_id.load(id_)
    return Endpoint(row=row) if row else None


async def _message(info: Info, id_: str) -> OutgoingMessage | None:
    await info.context.renew()
    row = await info.context.load.message_by_id.load(id_)
    return OutgoingMessage(row=row) if row else None
