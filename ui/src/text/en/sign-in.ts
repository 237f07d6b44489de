/** English: the sign-in page. */
export default {
  sign_in: {
    title: 'Sign in',
    user: 'User name',
    password: 'Password',
    show: 'Show password',
    hide: 'Hide password',
    submit: 'Sign in',
    busy: 'Signing in…',
    wrong: 'User name or password is wrong. Please try again.',
    locked: 'Too many wrong attempts. Try again in {n} s.',
    user_missing: 'Enter your user name.',
    password_missing: 'Enter your password.',
  },
}
