"""Who pays for a request: whom it names itself, else the first rule that fits."""

from __future__ import annotations

from dataclasses import dataclass

from pathspec import GitIgnoreSpec
from pydantic import TypeAdapter, ValidationError

from nearline_router.config.accounting import DEFAULT_COST_CENTRE, AccountingConfig, CostCentre, CostCentreConfig
from nearline_router.residency.patterns import compiled

NAME: TypeAdapter[str] = TypeAdapter(CostCentre)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, ready to be asked; None where it says nothing."""

    name: str
    repository: str | None
    user: str | None
    client: str | None
    path: GitIgnoreSpec | None

    def fits(self, repository: str, path: str, user: str, client: str) -> bool:
        """Whether a request has everything that the rule names."""
        return (
            self.repository in (None, repository)
            and self.user in (None, user)
            and self.client in (None, client.casefold())
            and (self.path is None or self.path.match_file(path))
        )


class CostCentres:
    """The rules of a configuration, in their order."""

    def __init__(self, config: AccountingConfig) -> None:
        self._rules = tuple(_rule(one) for one in config.cost_centres)

    def of(self, *, repository: str = "", path: str = "", user: str = "", client: str = "", named: str = "") -> str:
        """The cost centre of a request; `default` if nobody is named and no rule fits.

        `repository` is the name of the workspace's folder, `path` the file's in it, with / between. `named` is what the
        request says itself, from whom it may be anything: what is no name of a cost centre counts as nothing.
        """
        if named and (name := _name(named)):
            return name
        for rule in self._rules:
            if rule.fits(repository, path, user, client):
                return rule.name
        return DEFAULT_COST_CENTRE


def _rule(config: CostCentreConfig) -> Rule:
    client = None if config.client is None else config.client.casefold()
    path = None if config.path is None else compiled([config.path])
    return Rule(config.name, config.repository, config.user, client, path)


def _name(named: str) -> str:
    try:
        return NAME.validate_python(named)
    except ValidationError:
        return ""
