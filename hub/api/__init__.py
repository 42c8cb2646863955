"""The GraphQL API: types that show what the store holds, and the HTTP layer around them."""
