/** English, complete: one file a page, with the keys of the Chinese one. */

import type { Catalogue } from '../catalogue'
import call from './call'
import calls from './calls'
import causes from './causes'
import desk from './desk'
import facts from './facts'
import judged from './judged'
import monitor from './monitor'
import quality from './quality'
import refusals from './refusals'
import shell from './shell'
import signIn from './sign-in'
import standard from './standard'
import terms from './terms'
import wallboard from './wallboard'

const en: Catalogue = {
  ...shell,
  ...signIn,
  ...terms,
  ...wallboard,
  ...calls,
  ...causes,
  ...call,
  ...facts,
  ...desk,
  ...refusals,
  ...judged,
  ...monitor,
  ...quality,
  ...standard,
}

export default en
