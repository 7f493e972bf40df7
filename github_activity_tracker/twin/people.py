"""The accounts of the seeded world: people, and those that are none."""

from collections.abc import Iterator
from typing import Any

from core.twins import World
from github_activity_tracker.twin import ids

Node = dict[str, Any]
WEB = "https://github.com"
ASSOCIATIONS = ("MEMBER", "CONTRIBUTOR", "CONTRIBUTOR", "NONE", "NONE", "FIRST_TIME_CONTRIBUTOR")
MAINTAINERS = 6
"""How many people have rights; they merge, label, assign and are asked for reviews."""


class Accounts:
    """Every account there is. `ghost` is shown where REST has no account to show; GraphQL shows null."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.by_id: dict[int, Node] = {}
        self.by_login: dict[str, Node] = {}
        self._by_email: dict[str, Node] = {}
        self.users = [self._user(number) for number in range(len(world.people)) if self._is_here(number)]
        self.maintainers = self.users[:MAINTAINERS]
        self.bots = [
            self._account("Bot", login, 49_600_000 + n)
            for n, login in enumerate(("dependabot", "cppalliance-bot"))
        ]
        self.mannequin = self._account("Mannequin", "imported-author", 71_000_001)
        self.company = self._account(
            "Organization", "former-contributor", 33_000_077, name="Former Contributor Ltd"
        )
        self.team: Node = {
            "__typename": "Team", "id": ids.node_id("Team", 4_242), "_legacy": ids.legacy_id("Team", 4_242),
            "databaseId": 4_242, "name": "Release managers", "slug": "release-managers",
            "combinedSlug": "boostorg/release-managers", "description": None,
        }  # fmt: skip
        self.ghost = self._account("User", "ghost", ids.GHOST, name="Deleted user")
        self._turn = 0

    def __iter__(self) -> Iterator[Node]:
        return iter(self.by_id.values())

    def owner(self, login: str) -> Node:
        """The organization of that login."""
        known = self.by_login.get(login.lower())
        return known or self._account("Organization", login, 3_100_000 + len(self.by_id), name=login)

    def author(self, rng: Any) -> Node:
        """Whoever writes next: everyone once, then anyone."""
        everyone = self._authors()
        self._turn += 1
        return everyone[self._turn - 1] if self._turn <= len(everyone) else rng.choice(self.users)

    def change_login(self, account: Node, login: str) -> None:
        """Nothing leads from the old one to the account, for anyone may take it."""
        del self.by_login[account["login"].lower()]
        self.by_login[login.lower()] = account
        account |= {"login": login, "url": f"{WEB}/{login}"}

    def user_of(self, email: str) -> Node | None:
        """The account that has claimed an e-mail address."""
        return self._by_email.get(email.lower())

    def association(self, account: Node | None) -> str:
        """How an author relates to every repository here."""
        if account is None:
            return "NONE"
        if account["__typename"] == "Mannequin":
            return "MANNEQUIN"
        return (
            "MEMBER"
            if account in self.maintainers
            else ASSOCIATIONS[account["databaseId"] % len(ASSOCIATIONS)]
        )

    def _authors(self) -> list[Node]:
        return [*self.users, *self.bots, self.mannequin, self.company]

    def _is_here(self, number: int) -> bool:
        return "github" in self._world.people[number].handles

    def _user(self, number: int) -> Node:
        """A person; one in five has told GitHub no name, and only some addresses are claimed."""
        person = self._world.people[number]
        rng = self._world.rng("github account", number)
        name = None if rng.random() < 0.2 else rng.choice(person.names)  # noqa: PLR2004 - a share
        account = self._account("User", person.handles["github"], 1_000_003 + 7_919 * number, name=name)
        noreply = f"{account['databaseId']}+{account['login']}@users.noreply.github.com"
        for email in (noreply, *person.addresses[: rng.choice([1, 1, 9])]):
            self._by_email[email.lower()] = account
        return account

    def _account(self, typename: str, login: str, number: int, *, name: str | None = None) -> Node:
        path = f"/apps/{login}" if typename == "Bot" else f"/{login}"
        account = {
            "__typename": typename,
            "id": ids.node_id(typename, number),
            "_legacy": ids.legacy_id(typename, number),
            "databaseId": number,
            "login": login,
            "name": name,
            "email": "",
            "createdAt": "2011-05-05T05:05:05Z",
            "updatedAt": "2024-03-02T01:00:00Z",
            "avatarUrl": f"https://avatars.githubusercontent.com/u/{number}?v=4",
            "url": WEB + path,
        }
        self.by_id[number] = account
        self.by_login[login.lower()] = account
        return account
