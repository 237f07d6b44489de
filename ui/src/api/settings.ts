/** The settings' part of the centre's interface; all of it is for administrators. */

import { exchange, queryOf, request } from './client'
import type {
  Change,
  Checked,
  KeptConfiguration,
  Parts,
  Play,
  PlayWish,
  Prompt,
  PromptList,
  PromptVersion,
  PublicHoliday,
  PutPrompt,
  Saved,
  Secrets,
  VersionLine,
} from './settings-types'

const id = encodeURIComponent
const BASE = '/api/v1'

/** A draft, as the forms have it or as the expert wrote it. */
export type Written = { parts: Parts } | { text: string }

const promptPath = (language: string, prompt: string) => `/prompts/${id(language)}/${id(prompt)}`

export const settingsApi = {
  kept: () => request<KeptConfiguration>('GET', '/configuration'),
  holidays: async (country: string, year: number) =>
    (await request<{ days: PublicHoliday[] }>('GET', `/holidays/${id(country)}${queryOf({ year })}`)).days,
  /** The newest first, a page at a time; `next` is where the older ones begin. */
  versions: (limit = 50, before?: number) =>
    request<{ versions: VersionLine[]; next: number | null }>(
      'GET',
      `/configuration/versions${queryOf({ limit, before })}`,
    ),
  version: (version: number) => request<KeptConfiguration>('GET', `/configuration/versions/${version}`),
  changes: async (from: number, to: number) =>
    (await request<{ changes: Change[] }>('GET', `/configuration/changes${queryOf({ from, to })}`)).changes,
  check: (written: Written, signal?: AbortSignal) =>
    request<Checked>('POST', '/configuration/check', { body: written, ...(signal ? { signal } : {}) }),
  save: (written: Written, version: number, comment: string, secrets?: Partial<Secrets>) =>
    request<Saved>('PUT', '/configuration', {
      body: { ...written, version, comment, ...(secrets ? { secrets } : {}) },
    }),
  rollBack: (to: number, version: number, comment: string) =>
    request<{ version: number }>('POST', '/configuration/roll_back', { body: { to, version, comment } }),
  newSecret: async (endpoint: string) =>
    (await request<{ password: string }>('POST', `/endpoints/${id(endpoint)}/secret`)).password,

  play: (wish: PlayWish, signal?: AbortSignal) =>
    request<Play>('POST', '/play', { body: wish, ...(signal ? { signal } : {}) }),

  prompts: () => request<PromptList>('GET', '/prompts'),
  promptAddress: (language: string, prompt: string, stamp = '', version?: number) =>
    `${BASE}${promptPath(language, prompt)}/sound${queryOf({ version, stamp })}`,
  putPrompt: async (language: string, prompt: string, sound: Blob, text: string, comment: string) =>
    (await (
      await exchange('PUT', promptPath(language, prompt) + queryOf({ text, comment }), { sound })
    ).json()) as PutPrompt,
  renderPrompt: (language: string, prompt: string, text: string, voice: string) =>
    request<PutPrompt>('POST', `${promptPath(language, prompt)}/render`, {
      body: { text, try: false, ...(voice ? { voice } : {}) },
    }),
  tryPrompt: async (language: string, prompt: string, text: string, voice: string): Promise<Blob> =>
    (
      await exchange('POST', `${promptPath(language, prompt)}/render`, {
        body: { text, try: true, ...(voice ? { voice } : {}) },
      })
    ).blob(),
  promptVersions: async (language: string, prompt: string) =>
    (await request<{ versions: PromptVersion[] }>('GET', `${promptPath(language, prompt)}/versions`))
      .versions,
  rollPromptBack: (language: string, prompt: string, to: number) =>
    request<Prompt>('POST', `${promptPath(language, prompt)}/roll_back`, { body: { to } }),
  removePrompt: (language: string, prompt: string) =>
    request<undefined>('DELETE', promptPath(language, prompt)),
}
