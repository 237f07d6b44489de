/** 简体中文: the first language of the screens, and the measure of completeness for the others. One file a page. */

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

export default {
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
