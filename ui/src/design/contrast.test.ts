import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

import { contrast, tokensOf } from './contrast'
import { AGENT_LOOKS } from './states'

const css = readFileSync(`${import.meta.dirname}/tokens.css`, 'utf8')

const TEXT = 4.5
const SHAPE = 3

/** Those of agents' states. */
const HUES = [...new Set(Object.values(AGENT_LOOKS).map((look) => look.colour))]

const pairs: [string, string, number][] = [
  ...['ink', 'ink-2', 'ink-3', 'accent', ...HUES, 'caller', 'agent', 'centre'].flatMap(
    (front): [string, string, number][] => [
      [front, 'surface', TEXT],
      [front, 'paper', TEXT],
    ],
  ),
  ...['ink', 'ink-2', 'ink-3'].flatMap((front): [string, string, number][] => [
    [front, 'sunk', TEXT],
    [front, 'hover', TEXT],
  ]),
  ...HUES.map((state): [string, string, number] => [state, `${state}-soft`, TEXT]),
  ...HUES.map((state): [string, string, number] => ['ink', `${state}-soft`, TEXT]),
  ...['caller', 'agent', 'centre'].map((who): [string, string, number] => [who, `${who}-soft`, TEXT]),
  ...['accent', 'ready', 'unavailable'].map((back): [string, string, number] => ['on-accent', back, TEXT]),
  ['accent', 'accent-soft', TEXT],
  ['edge', 'surface', SHAPE],
  ['edge', 'paper', SHAPE],
]

test('black on white is 21 to 1', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21)
})

describe.each([
  ['light', ':root'],
  ['dark', ":root[data-theme='dark']"],
])('%s', (_, selector) => {
  const tokens = tokensOf(css, selector)
  test.each(pairs)('%s on %s is at least %d to 1', (front, back, least) => {
    const [a, b] = [tokens[front], tokens[back]]
    if (!a || !b) throw new Error(`a token is missing: ${front} or ${back}`)
    expect(contrast(a, b)).toBeGreaterThanOrEqual(least)
  })
})

test('both themes name the same colours', () => {
  expect(Object.keys(tokensOf(css, ":root[data-theme='dark']")).sort()).toEqual(
    Object.keys(tokensOf(css, ':root')).sort(),
  )
})
