"""What can be seen of a configuration as a whole: names that must exist, numbers given twice, circles."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable, Iterator
from zoneinfo import ZoneInfo

from huawu.config.check_lookup import check_lookup
from huawu.config.check_outbound import check_outbound
from huawu.config.check_web import check_web_callers
from huawu.config.decode import fields_of
from huawu.config.plan import ToFlow, ToQueue, number_plan
from huawu.config.schema import Configuration, Queue, Way
from huawu.config.trunks import TrunkTls
from huawu.config.webrtc import SHORTEST_MS
from huawu.ivr.check import Known, check_flows, no_such
from huawu.ivr.hours import HoursUnclear, compile_hours
from huawu.ivr.schema import Problem, QueueStep, TransferStep
from huawu.ivr.ways import reachable

Path = tuple[str | int, ...]
LANGUAGES = ("zh", "en")
_ANY_YEAR = (2024,)


def check(configuration: Configuration, prompts: Collection[str] | None = None) -> list[Problem]:
    """Everything wrong with a configuration, errors and warnings."""
    return [*_Check(configuration, prompts).run()]


class _Check:
    def __init__(self, configuration: Configuration, prompts: Collection[str] | None) -> None:
        self.c = configuration
        self.prompts = prompts
        self.plan = number_plan(configuration)
        self.users = {person.user for person in configuration.people}
        self.agents = {
            person.user
            for person in configuration.people
            if person.role == "agent" or person.extension or person.queues
        }

    def run(self) -> Iterator[Problem]:
        yield from self._company()
        yield from self._calendars()
        yield from self._twice()
        yield from self._numbers()
        yield from self._people()
        yield from self._endpoints()
        yield from self._queues()
        known = Known(
            calendars=self.c.calendars,
            queues=self.c.queues,
            skills=self.c.skills,
            agents=self.agents,
            services=self.c.lookup.services,
            languages=LANGUAGES,
            prompts=self.prompts,
            entries=self._entries(),
            leads_somewhere=lambda number: self.plan.find(number) is not None,
        )
        yield from check_flows(self.c.flows, known)
        yield from check_outbound(self.c)
        yield from check_lookup(self.c.lookup)
        yield from check_web_callers(self.c)
        yield from self._flows_lead_on()
        yield from self._flows_stay_inside()
        yield from self._trunks_can_be_proved()
        yield from self._proxies_are_places()
        yield from self._turn_has_its_secret()
        yield from self._forms_can_be_filed()
        for name in self.c.warnings.queues:
            yield from self._named(name, ("warnings", "queues", name), self.c.queues, "queue")

    # ── One part each ─────────────────────────────────────────────────────────────────────────────

    def _company(self) -> Iterator[Problem]:
        company = self.c.company
        if company.language not in LANGUAGES:
            yield _error(("company", "language"), no_such("language", company.language, LANGUAGES))
        if _zone(company.time_zone) is None:
            yield _error(("company", "time_zone"), _no_zone(company.time_zone))

    def _calendars(self) -> Iterator[Problem]:
        zone = _zone(self.c.company.time_zone) or ZoneInfo("UTC")
        for name, calendar in self.c.calendars.items():
            path = ("calendars", name)
            if calendar.time_zone and _zone(calendar.time_zone) is None:
                yield _error((*path, "time_zone"), _no_zone(calendar.time_zone))
                continue
            try:
                hours = compile_hours(calendar, zone, _ANY_YEAR)
            except HoursUnclear as unclear:
                yield _error((*path, *unclear.key), str(unclear))
                continue
            if not any(hours.week) and not any(spans for spans, _ in hours.days.values()):
                yield _warning(path, "this calendar is never open")

    def _twice(self) -> Iterator[Problem]:
        """Numbers, extensions and feature codes share one plan; users, phones, … each have their own."""
        c = self.c
        dialled: list[tuple[Path, str]] = [
            (("numbers", i, "number"), number.number) for i, number in enumerate(c.numbers)
        ]
        dialled += [(("people", i, "extension"), p.extension) for i, p in enumerate(c.people) if p.extension]
        codes = c.feature_codes
        for field in fields_of(type(codes)):
            if isinstance(code := getattr(codes, field.name), str):
                dialled.append((("feature_codes", field.encode_name), code))
        dialled += [(("feature_codes", "park_slots", i), slot) for i, slot in enumerate(codes.park_slots)]
        yield from _twice("number", dialled)
        yield from _twice("user", [(("people", i, "user"), p.user) for i, p in enumerate(c.people)])
        phones = list(enumerate(c.endpoints))
        yield from _twice("endpoint", [(("endpoints", i, "endpoint"), p.endpoint) for i, p in phones])
        yield from _twice("SIP user", [(("endpoints", i), p.user or p.endpoint) for i, p in phones])
        yield from _twice(
            "person with a phone", [(("endpoints", i, "person"), p.person) for i, p in phones if p.person]
        )
        yield from _twice("trunk", [(("trunks", i, "trunk"), t.trunk) for i, t in enumerate(c.trunks)])
        yield from _twice("break", [(("breaks", i, "id"), b.id) for i, b in enumerate(c.breaks)])

    def _numbers(self) -> Iterator[Problem]:
        for index, number in enumerate(self.c.numbers):
            path = ("numbers", index)
            given = [field for field in ("flow", "queue", "agent", "echo") if getattr(number, field)]
            if len(given) != 1:
                yield _error(path, "a number leads to exactly one of flow, queue, agent and echo: true")
            yield from self._named(number.flow, (*path, "flow"), self.c.flows, "flow")
            yield from self._named(number.queue, (*path, "queue"), self.c.queues, "queue")
            yield from self._named(number.agent, (*path, "agent"), self.agents, "agent")

    def _people(self) -> Iterator[Problem]:
        owners = {phone.person for phone in self.c.endpoints}  # "" = whoever signs in there
        for index, person in enumerate(self.c.people):
            path = ("people", index)
            for place, queue in enumerate(person.queues):
                yield from self._named(queue, (*path, "queues", place), self.c.queues, "queue")
            if len(set(person.queues)) != len(person.queues):
                yield _error((*path, "queues"), "a queue is named twice")
            yield from self._skills(person.skills, path)
            if person.queues and not person.extension:
                yield _warning(path, "serves a queue but has no extension, so no colleague can reach them")
            if person.queues and person.user not in owners and "" not in owners:
                yield _warning(path, "serves a queue but has no phone; add one with this person in endpoints")

    def _endpoints(self) -> Iterator[Problem]:
        for index, phone in enumerate(self.c.endpoints):
            yield from self._named(phone.person, ("endpoints", index, "person"), self.users, "person")

    def _queues(self) -> Iterator[Problem]:
        served = {queue for person in self.c.people for queue in person.queues}
        for name, queue in self.c.queues.items():
            path = ("queues", name)
            yield from self._skills(queue.skills, path)
            for field in ("line_full", "wait_over", "no_agent"):
                way: Way | None = getattr(queue, field)
                if way:
                    yield from self._way(way, (*path, field))
            yield from self._promises(queue, path)
            yield from self._named(queue.survey, (*path, "survey"), self.c.flows, "flow")
            for place, prompt in enumerate(queue.announce if self.prompts is not None else ()):
                yield from self._named(prompt, (*path, "announce", place), self.prompts or (), "prompt")
            if queue.line_full and not queue.longest_line:
                yield _warning((*path, "line_full"), 'never happens without "longest_line"')
            if queue.wait_over and not queue.longest_wait_ms:
                yield _warning((*path, "wait_over"), 'never happens without "longest_wait"')
            if name not in served:
                yield _warning(path, "nobody serves this queue; name it in a person's queues")
            else:
                yield from self._skilled(name, path)
            if queue.ring_ms < 1_000:
                yield _error((*path, "ring"), "a phone must ring for at least 1s")
        yield from self._circles()

    def _promises(self, queue: Queue, path: Path) -> Iterator[Problem]:
        """Callbacks and steps by time."""
        if queue.callback is not None:
            terms = queue.callback
            at = (*path, "callback")
            yield from self._named(terms.calendar, (*at, "calendar"), self.c.calendars, "calendar")
            if terms.other_number and not terms.allowed:
                yield _error(at, 'callers may key another number: say with "allowed" how it may begin')
            if terms.allowed and not terms.other_number:
                yield _warning((*at, "allowed"), 'has no meaning without "other_number: true"')
        for index, step in enumerate(queue.steps):
            at = (*path, "steps", index)
            yield from self._skills(step.skills, at)
            for place, helper in enumerate(step.queues):
                yield from self._named(helper, (*at, "queues", place), self.c.queues, "queue")
            if step.then:
                yield from self._way(step.then, (*at, "then"))
                if index + 1 < len(queue.steps):
                    yield _error(at, "the caller has left the queue then, so no step can follow")
            if index and step.after_ms <= queue.steps[index - 1].after_ms:
                yield _error((*at, "after"), "steps follow each other in time: write a longer time")
            if self.prompts is not None:
                for place, prompt in enumerate(step.say):
                    yield from self._named(prompt, (*at, "say", place), self.prompts, "prompt")

    def _skilled(self, name: str, path: Path) -> Iterator[Problem]:
        asked = self.c.queues[name].skills
        servers = [person for person in self.c.people if name in person.queues]
        for skill, level in asked.items():
            if not any(person.skills.get(skill, 0) >= level for person in servers):
                message = (
                    f"nobody who serves this queue has {skill} at level {level}, so nobody gets its calls"
                )
                yield _warning((*path, "skills", skill), message)

    def _way(self, way: Way, path: Path) -> Iterator[Problem]:
        given = [field for field in ("queue", "number", "flow", "hang_up") if getattr(way, field)]
        if len(given) != 1:
            yield _error(path, "say exactly one of queue, number, flow and hang_up: true")
        yield from self._named(way.queue, (*path, "queue"), self.c.queues, "queue")
        yield from self._named(way.flow, (*path, "flow"), self.c.flows, "flow")
        if way.number and self.plan.find(way.number) is None:
            yield _error((*path, "number"), f"the number {way.number} leads nowhere")

    def _circles(self) -> Iterator[Problem]:
        """A caller handed on from queue to queue must come to an end."""
        following = {
            name: {target: field for field, way in _ways_of(queue) for target in self._queues_behind(way)}
            for name, queue in self.c.queues.items()
        }
        told: set[str] = set()
        for start, firsts in following.items():
            if start in told:
                continue
            before: dict[str, str] = {}
            todo = [start]
            while todo:
                name = todo.pop()
                for target in following[name]:
                    if target not in before:
                        before[target] = name
                        todo.append(target)
            if start not in before:
                continue
            circle = [start, before[start]]
            while circle[-1] != start:
                circle.append(before[circle[-1]])
            told.update(circle)
            shown = " → ".join(reversed(circle))
            message = f"callers go round: {shown}; let one of them lead elsewhere or hang up"
            yield _error(("queues", start, firsts[circle[-2]]), message)

    def _queues_behind(self, way: Way | None) -> set[str]:
        """The queues a way leads to without the caller doing anything, through numbers and flows too."""
        if way is None:
            return set()
        place = self.plan.find(way.number) if way.number else None
        queue = place.queue if isinstance(place, ToQueue) else way.queue
        flow = self.c.flows.get(place.flow if isinstance(place, ToFlow) else way.flow)
        found = {queue} if queue else set()
        if flow:
            steps = (flow.steps[name] for name in reachable(flow, [flow.start], unaided=True))
            found |= {step.queue for step in steps if isinstance(step, QueueStep)}
        return found & self.c.queues.keys()

    def _flows_lead_on(self) -> Iterator[Problem]:
        """Where a line can give a caller back and the flow has no way on, the caller is hung up on."""
        for flow_id, flow in self.c.flows.items():
            for name, step in flow.steps.items():
                queue = self.c.queues.get(step.queue) if isinstance(step, QueueStep) else None
                if queue is None or not isinstance(step, QueueStep) or step.overflow:
                    continue
                bare = [
                    field
                    for field, bound in (
                        ("line_full", queue.longest_line),
                        ("wait_over", queue.longest_wait_ms),
                    )
                    if bound and not getattr(queue, field) and not getattr(step, field)
                ]
                for field in bare:
                    yield _warning(
                        ("flows", flow_id, "steps", name),
                        f'the queue {step.queue} has a bound but no "{field}": the caller is hung up on; '
                        f'say where to go here or in the queue with "{field}"',
                    )

    def _flows_stay_inside(self) -> Iterator[Problem]:
        """Strangers must not dial out at the centre's cost by what they press."""
        rules = [rule for rule in self.c.outbound.rules if "flow" in rule.who]
        prefixes = [prefix for rule in rules for prefix in rule.prefixes]
        for flow_id, flow in self.c.flows.items():
            for name, step in flow.steps.items():
                if not isinstance(step, TransferStep) or step.outside or "{" not in step.number:
                    continue
                fixed = step.number.partition("{")[0]
                if any(fixed.startswith(prefix) or prefix.startswith(fixed) for prefix in prefixes):
                    yield _error(
                        ("flows", flow_id, "steps", name, "number"),
                        "callers could dial out through a trunk by what they press; begin with digits that "
                        'no rule of outbound lets flows call, or allow it with "outside: true"',
                    )

    def _trunks_can_be_proved(self) -> Iterator[Problem]:
        """What is said of certificates must be something that TLS can keep."""
        for index, trunk in enumerate(self.c.trunks):
            path = ("trunks", index, "tls")
            if trunk.tls.client_certificate and not trunk.tls.ca:
                yield _error(
                    path,
                    'client_certificate needs "ca": the file of the authority that signs the trunk\'s '
                    "certificates, or that certificate itself",
                )
            elif trunk.tls != TrunkTls() and trunk.transport != "tls" and not trunk.tls.client_certificate:
                yield _warning(path, "nothing is made of this: the trunk's transport is not tls")

    def _turn_has_its_secret(self) -> Iterator[Problem]:
        webrtc = self.c.webrtc
        if webrtc.turn and not webrtc.turn_secret_env:
            message = (
                "TURN servers let nobody in without a secret: name the environment variable that holds "
                "coturn's static-auth-secret"
            )
            yield Problem(path=("webrtc", "turn_secret_env"), message=message)
        if webrtc.turn_for_ms < SHORTEST_MS:
            message = "a call may last longer; write at least 5m"
            yield Problem(path=("webrtc", "turn_for"), message=message)

    def _forms_can_be_filed(self) -> Iterator[Problem]:
        for name, queue in self.c.queues.items():
            if queue.wrap_up_form == "required" and not queue.wrap_up_ms:
                yield _error(
                    ("queues", name, "wrap_up_form"),
                    "without wrap_up there is no time to file the form; give one, such as wrap_up: 20s",
                )

    def _proxies_are_places(self) -> Iterator[Problem]:
        """Whoever is named here is believed about everybody else: nobody is to be named by mistake."""
        for index, place in enumerate(self.c.sip.proxies):
            path = ("sip", "proxies", index)
            try:
                network = ipaddress.ip_network(place.strip(), strict=False)
            except ValueError:
                yield _error(path, f"{place} is neither an IP address nor a network such as 10.0.0.0/28")
                continue
            if network.prefixlen == 0:
                yield _error(
                    path, "everybody would be believed about where calls come from: name the proxies alone"
                )

    def _entries(self) -> set[str]:
        entries = {number.flow for number in self.c.numbers if number.flow}
        for queue in self.c.queues.values():
            entries |= {way.flow for _, way in _ways_of(queue) if way and way.flow}
            entries |= {queue.survey} - {""}
        return entries

    def _skills(self, skills: Iterable[str], path: Path) -> Iterator[Problem]:
        for skill in skills:
            yield from self._named(skill, (*path, "skills", skill), self.c.skills, "skill")

    def _named(self, name: str, path: Path, known: Collection[str], what: str) -> Iterator[Problem]:
        if name and name not in known:
            yield _error(path, no_such(what, name, known))


def _ways_of(queue: Queue) -> Iterator[tuple[str, Way | None]]:
    """Every way on, and the name under which it is written."""
    for field in ("line_full", "wait_over", "no_agent"):
        yield field, getattr(queue, field)
    for step in queue.steps:
        yield "steps", step.then


def _twice(what: str, entries: Iterable[tuple[Path, str]]) -> Iterator[Problem]:
    seen: dict[str, Path] = {}
    for path, name in entries:
        if name in seen:
            first = ".".join(map(str, seen[name]))
            yield _error(path, f"the {what} {name} is given twice; it is also at {first}")
        else:
            seen[name] = path


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def _no_zone(name: str) -> str:
    return f'"{name}" is no time zone; write it like Asia/Shanghai'


def _error(path: Path, message: str) -> Problem:
    return Problem(path=path, message=message)


def _warning(path: Path, message: str) -> Problem:
    return Problem(path=path, message=message, severity="warning")
