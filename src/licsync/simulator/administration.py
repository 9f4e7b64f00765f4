"""The Administration API as one of the APIs that the server serves: key, limits, paths, answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from licsync.simulator.api import ROUTES, Api, Handler, Routes
from licsync.simulator.exchange import Answer, Call, Incoming, Media
from licsync.simulator.limits import Budget
from licsync.simulator.problems import Problem, not_found, standard


class Administration:
    """The Administration API below `/admin-provisioning`: an `interfaces.Interface`.

    Args:
        api: its operations.
        budget: the limits on requests.
        routes: its paths; none for paths that no API has.
    """

    base = "/admin-provisioning"

    def __init__(self, api: Api, budget: Budget, routes: Routes = ROUTES):
        self._api = api
        self._settings = api.sim.settings
        self._budget = budget
        self._paths = [
            (re.compile(path.replace("{id}", "(?P<id>[^/]+)")), of) for path, of in routes.items()
        ]

    def has_credential(self, incoming: Incoming) -> bool:
        """Tell whether a request has the key."""
        return incoming.headers.get("x-api-key") == self._settings.key

    def limits(self, now: datetime) -> dict[str, str]:
        """Give the headers that say how many requests are left of the minute."""
        return self._budget.headers(now)

    def spend(self, now: datetime) -> dict[str, str]:
        """Count one request.

        Raises:
            Problem: there were too many requests (429).
        """
        return self._budget.spend(now)

    def answer(self, incoming: Incoming) -> Answer:
        """Answer a request.

        Raises:
            Problem: the request is refused.
            BackendFailed: the database cannot do its work.
        """
        call, handlers = self._call(incoming)
        handler = handlers.get(call.method)
        if handler is None:
            raise _not_allowed(handlers)
        if handler is not no_path:
            call.check_versions(strict=self._settings.version_headers)
        answer = handler(self._api, call)
        answer.type = call.answer_type()
        return answer

    def refusal(self, incoming: Incoming, problem: Problem) -> Answer:
        """Answer a request with a problem, as RFC 7807 says."""
        call, _ = self._call(incoming)
        now, settings = self._api.sim.now(), self._settings
        document = problem.document(call.path, now, settings.vocabulary)
        kind = "application/json" if call.media.startswith("ringgroups") else call.answer_type()
        return Answer(problem.status, document, dict(problem.headers), kind)

    def _call(self, incoming: Incoming) -> tuple[Call, Mapping[str, Handler]]:
        media: Media = "users"
        handlers, ids = UNKNOWN_PATH, {}
        for pattern, (of, known) in self._paths:
            if found := pattern.fullmatch(incoming.path):
                media, handlers, ids = of, known, found.groupdict()
                break
        call = Call(
            method=incoming.method,
            path=incoming.path,
            headers=incoming.headers,
            query=incoming.query,
            raw=incoming.raw,
            timing=incoming.timing,
            media=media,
            ids=ids,
        )
        return call, handlers


def _not_allowed(handlers: Mapping[str, Handler]) -> Problem:
    problem = standard(405)
    problem.headers = {"Allow": ", ".join(handlers)}
    return problem


def no_path(api: Api, call: Call) -> Answer:
    """Answer a request for a path that the API does not have.

    Raises:
        Problem: the request is refused.
    """
    raise not_found("Resource not found")


UNKNOWN_PATH: Mapping[str, Handler] = dict.fromkeys(
    ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"), no_path
)
