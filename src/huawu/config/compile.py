"""A configuration that passed the check, turned into what the rooms work with."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

import msgspec

from huawu.acd.events import AgentId, AgentProfile, Overflow, OverflowStep, QueueId, QueuePolicy, SkillId
from huawu.config.outbound import outbound_plan
from huawu.config.plan import NumberPlan, number_plan
from huawu.config.schema import (
    Configuration,
    HintLevel,
    Person,
    Queue,
    StepByTime,
    Way,
    secrets_of,
    without_secrets,
)
from huawu.config.terms import Role
from huawu.ivr.hours import OpeningHours, compile_hours
from huawu.ivr.model import Flows
from huawu.link import messages as link
from huawu.link.messages import EndpointId, TrunkId

REALM = "huawu"
YEARS_BEFORE, YEARS_AFTER = 1, 3
"""Public holidays are looked up for these years around the one it is."""


@dataclass(frozen=True, kw_only=True)
class Centre:
    """Everything about a centre that does not change while calls run. Made by `compile_centre`."""

    configuration: Configuration
    queues: tuple[QueuePolicy, ...]
    agents: tuple[AgentProfile, ...]
    numbers: NumberPlan
    flows: Flows
    endpoint_of: Mapping[AgentId, EndpointId] = field(default_factory=dict)  # the phone of an agent
    agent_of: Mapping[EndpointId, AgentId] = field(default_factory=dict)
    breaks: Mapping[str, str] = field(default_factory=dict)  # id → name
    role_of: Mapping[str, Role] = field(default_factory=dict)  # by user
    hours_of_tolls: OpeningHours | None = None  # outside of them costly calls are doubted sooner
    hours_of_web: OpeningHours | None = None  # outside of them web pages may not call

    @property
    def language(self) -> str:
        """What is spoken before anybody chose."""
        return self.configuration.company.language

    def queue(self, queue: str) -> QueuePolicy | None:
        """The policy of a queue."""
        return self._queues.get(queue)

    def agent(self, agent: str) -> AgentProfile | None:
        """The profile of an agent."""
        return self._agents.get(agent)

    def members(self, queue: str) -> tuple[AgentId, ...]:
        """The agents who serve a queue, in order."""
        return self._members.get(queue, ())

    def extension(self, user: str) -> str:
        """Where somebody is reached; "" = nowhere, or nobody of that name."""
        person = self._people.get(user)
        return person.extension if person is not None else ""

    def hints_for(self, agent: str) -> HintLevel:
        """How much an agent is told during a call."""
        person = self._people.get(agent)
        return (person.hints if person is not None else "") or self.configuration.assist.hints

    def name_of(self, user: str) -> str:
        """Somebody's name; of a stranger, or a programme, what it is known by."""
        person = self._people.get(user)
        return person.name if person is not None else user

    @cached_property
    def _people(self) -> dict[str, Person]:
        return {person.user: person for person in self.configuration.people}

    @cached_property
    def _members(self) -> dict[str, tuple[AgentId, ...]]:
        found: dict[str, set[AgentId]] = {}
        for profile in self.agents:
            for queue in profile.queues:
                found.setdefault(queue, set()).add(profile.agent)
        return {queue: tuple(sorted(agents)) for queue, agents in found.items()}

    @cached_property
    def _queues(self) -> dict[str, QueuePolicy]:
        return {policy.queue: policy for policy in self.queues}

    @cached_property
    def _agents(self) -> dict[str, AgentProfile]:
        return {profile.agent: profile for profile in self.agents}


def compile_centre(configuration: Configuration, *, years: Iterable[int] | None = None) -> Centre:
    """What the rooms work with. `years` are those whose public holidays are known; default: around now."""
    zone = ZoneInfo(configuration.company.time_zone)
    if years is None:
        now = datetime.now(zone).year
        years = range(now - YEARS_BEFORE, now + YEARS_AFTER + 1)
    years = tuple(years)
    calendars = {name: compile_hours(words, zone, years) for name, words in configuration.calendars.items()}
    people = {person.user for person in configuration.people}
    phones = {
        EndpointId(phone.endpoint): AgentId(phone.person)
        for phone in configuration.endpoints
        if phone.person in people and phone.enabled
    }
    return Centre(
        configuration=without_secrets(configuration),
        queues=tuple(queue_policy(name, queue) for name, queue in configuration.queues.items()),
        agents=agent_profiles(configuration),
        numbers=number_plan(configuration),
        flows=Flows(flows=configuration.flows, zone=zone, calendars=calendars),
        endpoint_of={agent: phone for phone, agent in reversed(phones.items())},
        agent_of=phones,
        breaks={reason.id: reason.name for reason in configuration.breaks},
        role_of={person.user: person.role for person in configuration.people},
        hours_of_tolls=calendars.get(configuration.outbound.alarm.hours),
        hours_of_web=calendars.get(configuration.web_callers.hours),
    )


def queue_policy(name: str, queue: Queue) -> QueuePolicy:
    """A queue as the ACD wants it."""
    return QueuePolicy(
        queue=QueueId(name),
        name=queue.name,
        skills={SkillId(skill): level for skill, level in queue.skills.items()},
        strategy=queue.strategy,
        weight=queue.weight,
        ring_ms=queue.ring_ms,
        wrap_up_ms=queue.wrap_up_ms,
        form_required=queue.wrap_up_form == "required",
        ageing_ms=queue.ageing_ms,
        longest_line=queue.longest_line,
        line_full=_overflow(queue.line_full),
        longest_wait_ms=queue.longest_wait_ms,
        wait_over=_overflow(queue.wait_over),
        no_agent=_overflow(queue.no_agent),
        steps=_steps(queue.steps),
        announce_every_ms=queue.announce_every_ms,
        goal_share=queue.goal_share,
        goal_ms=queue.goal_ms,
    )


def _steps(steps: tuple[StepByTime, ...]) -> tuple[OverflowStep, ...]:
    """Each step as the whole of what holds from then on."""
    whole: list[OverflowStep] = []
    before = OverflowStep(after_ms=0)
    for step in steps:
        helpers = (QueueId(queue) for queue in step.queues)
        before = OverflowStep(
            after_ms=step.after_ms,
            skills=before.skills | {SkillId(skill): level for skill, level in step.skills.items()},
            queues=tuple(dict.fromkeys((*before.queues, *helpers))),
            priority=before.priority + step.priority,
            then=_overflow(step.then),
        )
        whole.append(before)
    return tuple(whole)


def agent_profiles(configuration: Configuration) -> tuple[AgentProfile, ...]:
    """Those who take calls: agents, and others who have an extension or serve a queue."""
    return tuple(
        AgentProfile(
            agent=AgentId(person.user),
            name=person.name,
            queues=tuple(QueueId(queue) for queue in person.queues),
            skills={SkillId(skill): level for skill, level in person.skills.items()},
        )
        for person in configuration.people
        if person.role == "agent" or person.extension or person.queues
    )


class Ha1(msgspec.Struct, frozen=True, kw_only=True):
    """H(user:realm:password) of a phone, in hex: as good as the password in this realm, so a secret."""

    user: str
    sha256: str
    md5: str


def ha1(user: str, password: str, realm: str = REALM) -> Ha1:
    """The hashes a registrar needs (RFC 7616 §3.4.2, RFC 8760)."""
    plain = f"{user}:{realm}:{password}".encode()
    return Ha1(
        user=user,
        sha256=hashlib.sha256(plain).hexdigest(),
        md5=hashlib.md5(plain, usedforsecurity=False).hexdigest(),
    )


def phone_hashes(configuration: Configuration) -> dict[str, Ha1]:
    """The hashes of the phones' passwords that a file gives, by endpoint."""
    users = {phone.endpoint: phone.user or phone.endpoint for phone in configuration.endpoints}
    given = secrets_of(configuration).endpoints
    return {endpoint: ha1(users[endpoint], password) for endpoint, password in given.items()}


def switch_settings(
    configuration: Configuration,
    passwords: Mapping[str, str] | None = None,
    *,
    hashes: Mapping[str, Ha1] | None = None,
    environment: Mapping[str, str] | None = None,
    hold_music: str = "",
) -> link.Configure:
    """What the switch is told. Phones' passwords come by endpoint, as they are or as `hashes`.

    Trunks' passwords come from the `environment`.

    A phone with neither is passed on without: it cannot register, but may sit at a fixed contact.
    """
    passwords = {**secrets_of(configuration).endpoints, **(passwords or {})}
    environment = os.environ if environment is None else environment
    endpoints = []
    for phone in configuration.endpoints:
        user = phone.user or phone.endpoint
        known = (hashes or {}).get(phone.endpoint)
        if known and known.user != user:
            known = None  # made for the name it had before
        if phone.endpoint in passwords:
            known = ha1(user, passwords[phone.endpoint])
        endpoints.append(
            link.Endpoint(
                endpoint=EndpointId(phone.endpoint),
                user=user,
                ha1_sha256=known.sha256 if known else "",
                ha1_md5=known.md5 if known else "",
                contact=phone.contact,
                enabled=phone.enabled,
                srtp=phone.srtp,
                codecs=phone.codecs,
            )
        )
    trunks = (
        link.Trunk(
            trunk=TrunkId(trunk.trunk),
            target=trunk.target,
            targets=trunk.targets,
            transport=trunk.transport,
            sources=trunk.sources,
            trusted=trunk.trusted,
            user=trunk.user,
            password=environment.get(trunk.password_env, "") if trunk.password_env else "",
            register=trunk.register and bool(trunk.user),
            tls=msgspec.convert(trunk.tls, link.TrunkTls, from_attributes=True),
            srtp=trunk.srtp,
            codecs=trunk.codecs,
        )
        for trunk in configuration.trunks
    )
    return link.Configure(
        realm=REALM,
        endpoints=tuple(endpoints),
        trunks=tuple(trunks),
        public_numbers=tuple(number.number for number in configuration.numbers if number.public),
        emergency_numbers=outbound_plan(configuration).emergency_dialled(),
        hold_music=hold_music,
        proxies=configuration.sip.proxies,
        web_origins=configuration.web_callers.origins,
    )


def _overflow(way: Way | None) -> Overflow:
    if way is None:
        return Overflow()
    if way.queue:
        return Overflow(action="queue", target=way.queue)
    if way.number:
        return Overflow(action="number", target=way.number)
    if way.flow:
        return Overflow(action="flow", target=way.flow)
    return Overflow(action="hang_up") if way.hang_up else Overflow()
