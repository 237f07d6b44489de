"""A small centre that is right, to be made wrong in one place at a time."""

CENTRE = """\
company: {name: 小诊所}
numbers:
  - {number: 4000, flow: main, public: true}
  - {number: 4100, echo: true}
flows:
  main:
    start: menu
    person: person
    steps:
      menu: {do: menu, say: menu, keys: {1: enquiry, 0: person}}
      enquiry: {do: queue, queue: general}
      person: {do: queue, queue: general, say: to-person}
calendars:
  office: {hours: {mon-fri: 09:00-18:00}}
queues:
  general:
    name: 咨询
    skills: {zh: 1}
    ring: 15s
skills: {zh: 普通话}
people:
  - user: li
    name: 李
    extension: 1001
    queues: [general]
    skills: {zh: 5}
  - {user: boss, name: 王, role: manager}
endpoints:
  - {endpoint: 1001, person: li}
breaks:
  - {id: rest, name: 小休}
  - {id: meal, name: 用餐}
"""
