/** The button's look: its own, whatever the page around it does. */

export const STYLE = `
:host { all: initial; position: fixed; inset: auto 16px 16px auto; z-index: 2147483000;
  --paper: #fff; --ink: #1d2433; --quiet: #5b6475; --line: #d9dee7; --soft: #f1f4f9;
  --call: #0b6b50; --end: #b3261e; --on: #fff;
  font: 15px/1.5 system-ui, -apple-system, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif;
  color: var(--ink); }
:host([inline]) { position: static; display: inline-block; }
@media (prefers-color-scheme: dark) { :host { --paper: #1b212c; --ink: #e9edf4; --quiet: #a7b0c0;
  --line: #3a4353; --soft: #28303d; --call: #4cc59b; --end: #ff8a80; --on: #0d1117; } }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
button { font: inherit; color: inherit; border: 1px solid var(--line); background: var(--paper); border-radius: 10px;
  min-height: 44px; padding: 8px 14px; cursor: pointer; }
button:hover { background: var(--soft); }
button:focus-visible { outline: 3px solid var(--call); outline-offset: 2px; }
button[aria-pressed="true"], button[aria-expanded="true"] { border-color: var(--call); background: var(--soft); }
.open { display: flex; align-items: center; gap: 8px; border: 0; border-radius: 999px; padding: 10px 18px;
  background: var(--call); color: var(--on); font-weight: 600; box-shadow: 0 4px 16px rgb(0 0 0 / .22); }
.open:hover { background: var(--call); filter: brightness(1.08); }
.open svg { width: 20px; height: 20px; flex: none; }
.card { width: min(300px, calc(100vw - 32px)); padding: 16px; border: 1px solid var(--line); border-radius: 14px;
  background: var(--paper); box-shadow: 0 8px 32px rgb(0 0 0 / .2); }
.state { margin: 0; font-weight: 600; }
.state.long { font-weight: 500; }
.time { margin: 0; font-variant-numeric: tabular-nums; color: var(--quiet); }
.say { margin: 4px 0 0; color: var(--quiet); }
.row { display: flex; gap: 8px; margin-top: 14px; }
.row button { flex: 1 1 auto; padding: 8px 10px; white-space: nowrap; }
.end { border: 0; background: var(--end); color: var(--on); font-weight: 600; }
.end:hover { background: var(--end); filter: brightness(1.08); }
.again { border: 0; background: var(--call); color: var(--on); font-weight: 600; }
.again:hover { background: var(--call); filter: brightness(1.08); }
.pad { display: grid; grid-template-columns: repeat(3, 1fr); gap: 8px; margin-top: 12px; }
.pad button { font-size: 18px; padding: 6px; }
`
