import { createPinia } from 'pinia'
import { createApp, watchEffect } from 'vue'

import '@/design/tokens.css'
import '@/design/base.css'
import { whenSignedOut } from '@/api/client'
import App from '@/App.vue'
import { keepFocus } from '@/design/kept-focus'
import { router } from '@/router'
import { useSession } from '@/shell/session'
import { useTheme } from '@/shell/theme'
import { browserLanguage, keptLanguage, speak, texts } from '@/text'
import { markLanguages } from '@/text/mark'

const app = createApp(App).use(createPinia()).use(texts)
useTheme()
// the router asks it too, and says what is to be done when it fails
void useSession()
  .find()
  .catch(() => undefined)
await speak(keptLanguage() ?? browserLanguage(), false)

whenSignedOut(() => {
  useSession().forget()
  const here = router.currentRoute.value
  if (!here.meta.open) void router.push({ name: 'sign-in', query: { next: here.fullPath } })
})

watchEffect(() => {
  const title = router.currentRoute.value.meta.title
  const { t } = texts.global
  document.title = title ? `${t(title)} · ${t('product.name')}` : t('product.name')
})

keepFocus(document.body)
markLanguages(document.body)
app.use(router).mount('#app')
