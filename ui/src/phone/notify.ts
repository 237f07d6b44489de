/** A desktop notification for a call that rings while the page is out of sight; asked for only when a person says so. */

import { ref } from 'vue'

type Leave = 'unsupported' | NotificationPermission

const leave = ref<Leave>('Notification' in window ? Notification.permission : 'unsupported')
let shown: Notification | null = null

export function useNotifications() {
  async function ask(): Promise<void> {
    if (leave.value !== 'default') return
    leave.value = await Notification.requestPermission()
  }

  /** Replaces the one shown before; a click brings the page to the front. */
  function show(title: string, body: string): void {
    if (leave.value !== 'granted' || document.hasFocus()) return
    hide()
    try {
      shown = new Notification(title, { body, tag: 'huawu-call', requireInteraction: true })
      shown.onclick = () => {
        window.focus()
        hide()
      }
    } catch {
      // some phones' browsers have the word but not the thing: the ring has to do
    }
  }

  function hide(): void {
    shown?.close()
    shown = null
  }

  return { leave, ask, show, hide }
}
