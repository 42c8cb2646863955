"""GraphQL types, by noun. The house's enumerations come first: strawberry reads them as soon as a type names one."""

from hub.api.types import enums as enums
