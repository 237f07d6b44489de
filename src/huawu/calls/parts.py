"""The parts of the engine, put together: each has its own matter, and some need each other."""

from __future__ import annotations

from huawu.calls.absence import Absence
from huawu.calls.acting import Acting
from huawu.calls.calling_back import CallingBack
from huawu.calls.consulting import Consulting
from huawu.calls.conversation import Purpose
from huawu.calls.desk_acts import DeskActs
from huawu.calls.doors import Doors
from huawu.calls.floor import Floor
from huawu.calls.flowing import Flowing
from huawu.calls.lines import Lines
from huawu.calls.moving import Moving
from huawu.calls.outside import Outside
from huawu.calls.owed import Owed
from huawu.calls.parking import Parking
from huawu.calls.passing_on import PassingOn
from huawu.calls.phoning import Phoning
from huawu.calls.placing import Placing
from huawu.calls.promising import Promising
from huawu.calls.queueing import Queueing
from huawu.calls.reaching import Reaching
from huawu.calls.recovering import Recovering
from huawu.calls.replacing import Replacing
from huawu.calls.seating import Seating
from huawu.calls.supervising import Supervising
from huawu.calls.talking import Talking
from huawu.calls.voicemail_work import VoicemailWork
from huawu.calls.web_callers import WebCallers


class Parts:
    """One of each, over one floor."""

    def __init__(self, floor: Floor) -> None:
        self.queueing = Queueing(floor)
        self.way_out = Outside(floor)
        self.reaching = Reaching(floor, self.queueing, self.way_out)
        self.flowing = Flowing(floor, self.queueing, self.reaching, self.way_out)
        self.doors = Doors(floor, self.queueing, self.flowing)
        self.seating = Seating(floor, self.queueing)
        self.talking = Talking(floor, self.queueing, self.reaching, self.seating)
        self.taping = self.flowing.taping
        self.looking_up = self.flowing.looking_up
        passing_on = self.passing_on = PassingOn(floor, self.queueing, self.seating)
        self.moving = Moving(floor, self.queueing, self.reaching, self.seating, passing_on)
        self.consulting = Consulting(floor, self.queueing, self.reaching, self.seating, passing_on)
        self.supervising = Supervising(floor, self.queueing, self.seating, passing_on)
        self.parking = Parking(floor, self.queueing, self.seating, self.moving, passing_on)
        self.replacing = Replacing(floor, self.seating)
        self.absence = Absence(floor)
        self.acting = Acting(
            floor,
            self.moving,
            self.consulting,
            self.supervising,
            self.parking,
            self.passing_on,
            DeskActs(floor, self.seating),
        )
        self.phoning = Phoning(floor, self.queueing, self.supervising, self.parking)
        owed = self.owed = Owed(floor)
        self.placing = Placing(floor, self.queueing, owed, self.way_out)
        self.calling_back = CallingBack(floor, self.queueing, owed, self.placing)
        self.promising = Promising(floor, self.queueing, owed, self.placing, self.calling_back)
        self.recovering = Recovering(
            floor,
            self.queueing,
            self.flowing,
            self.calling_back,
            self.seating,
            self.moving,
            self.parking,
            self.absence,
        )
        self.work = VoicemailWork(floor, self.queueing)
        self.web = WebCallers(floor)
        self.lines = Lines(
            floor,
            replacing=self.replacing,
            phoning=self.phoning,
            way_out=self.way_out,
            queueing=self.queueing,
            placing=self.placing,
            talking=self.talking,
            flowing=self.flowing,
            calling_back=self.calling_back,
            absence=self.absence,
            web=self.web,
        )
        self._connect()

    def _connect(self) -> None:
        """The parts that need each other are made known to each other."""
        self.queueing.leader, self.queueing.doors = self.flowing, self.doors
        self.queueing.promises = self.calling_back
        self.queueing.asker = self.consulting
        self.queueing.tasks = self.work
        self.placing.talk = self.talking
        self.reaching.on_failure = self.moving.came_to_nothing
        self.flowing.transfers = self.talking.transfers = self.moving
        self.moving.ways, self.moving.parks = self.flowing, self.parking
        self.talking.leaving = self.consulting
        self.talking.diallers = self.passing_on
        self.passing_on.leaders = self.supervising
        self.talking.surveys = self.flowing.surveying
        self.flowing.surveying.seating = self.seating
        self.talking.purposes = {
            Purpose.TALK: self.talking,
            Purpose.CONSULT: self.consulting,
            Purpose.JOIN: self.consulting,
            Purpose.SUPERVISE: self.supervising,
            Purpose.RETRIEVE: self.parking,
            Purpose.PICK_UP: self.parking,
            Purpose.REPLACE: self.replacing,
        }
