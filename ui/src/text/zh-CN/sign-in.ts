/** 简体中文: the sign-in page. */
export default {
  sign_in: {
    title: '登录',
    user: '用户名',
    password: '密码',
    show: '显示密码',
    hide: '隐藏密码',
    submit: '登录',
    busy: '正在登录…',
    wrong: '用户名或密码不对，请重新输入。',
    locked: '输错次数过多，请在 {n} 秒后重试。',
    user_missing: '请输入用户名。',
    password_missing: '请输入密码。',
  },
}
