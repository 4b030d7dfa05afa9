// Puts the cursor where the page wants it, once, and lets Enter move on from field to field.
// `start` is where the cursor waits when `form` is new, `move` where it goes after this run; `enter` says where
// Enter leads from each field, `pick` in which field it sends what was typed, `press` what Ctrl+Enter presses.
const WAIT_MS = 3000
const SETTLE_MS = 700 // a button takes the cursor late, so that Enter pressed twice does not press it too
const mounted = new WeakMap()

const box = (key) => document.querySelector(`.st-key-${CSS.escape(key.replaceAll(".", "-"))}`)
const field = (key) => box(key)?.querySelector("input, textarea, button")

function focus(mine, key, until = performance.now() + WAIT_MS) {
  const found = field(key)
  if (found && found === document.activeElement) return // typed in already: selecting it would lose the words
  if (isElsewhere(mine)) return
  if (found && !found.disabled) {
    found.focus()
    if (found.select) found.select()
  } else if (performance.now() < until) {
    setTimeout(() => focus(mine, key, until), 50)
  }
}

function press(key) {
  document.activeElement?.blur() // what stands in the field goes first
  field(key)?.click()
}

// Who has gone to a field keeps the cursor: a run may end late, and its field is not where they are any more.
// So does who steps through choices with the arrows: each step is a choice, and only the last is meant.
const TEXT = "textarea, input:not([type=radio], [type=checkbox]), [role=spinbutton]"
const CHOICE = "input[type=radio], input[type=checkbox]" // keeps its keys to itself: heard on their way down
const isHeardOnTheWayDown = ({ target }) => target.matches?.(CHOICE) ?? false
const isElsewhere = ({ at, stepping }) =>
  at === document.activeElement && (at?.matches(TEXT) || (stepping && at?.matches(CHOICE)))

function onKey(event, mine) {
  const { data, send } = mine
  if (event.key === "Enter") mine.at = null
  mine.stepping = event.key.startsWith("Arrow")
  if (event.key !== "Enter" || event.repeat || event.isComposing || event.altKey) return
  if (event.ctrlKey || event.metaKey) {
    if (data.press) press(data.press)
    return
  }
  const within = (key) => event.target.tagName === "INPUT" && box(key)?.contains(event.target)
  if (data.pick && within(data.pick)) send("picked", event.target.value)
  const next = Object.entries(data.enter ?? {}).find(([key]) => within(key))?.[1]
  if (next) setTimeout(() => focus(mine, next)) // after this key is done, or it would press the button it leads to
}

export default function ({ data: [data], parentElement, setTriggerValue }) {
  const mine = mounted.get(parentElement) ?? {}
  if (!mine.listener) {
    mine.listener = (event) => {
      const down = event.eventPhase === Event.CAPTURING_PHASE
      if (down === isHeardOnTheWayDown(event)) onKey(event, mine)
    }
    mine.noting = ({ target }) => (mine.at = target)
    mine.pointing = () => (mine.stepping = false)
    document.addEventListener("pointerdown", mine.pointing, true)
    document.addEventListener("keydown", mine.listener)
    document.addEventListener("keydown", mine.listener, true)
    document.addEventListener("focusin", mine.noting, true)
    document.addEventListener("input", mine.noting, true)
    mounted.set(parentElement, mine)
  }
  mine.data = data
  mine.send = setTriggerValue
  if (data.move && data.move.turn !== mine.turn) {
    mine.turn = data.move.turn
    mine.form = data.form
    focus(mine, data.move.to)
  } else if (data.form !== mine.form) {
    mine.form = data.form
    if (data.late) setTimeout(() => document.activeElement === document.body && focus(mine, data.start), SETTLE_MS)
    else focus(mine, data.start)
  }
  return () => {
    document.removeEventListener("pointerdown", mine.pointing, true)
    document.removeEventListener("keydown", mine.listener)
    document.removeEventListener("keydown", mine.listener, true)
    document.removeEventListener("focusin", mine.noting, true)
    document.removeEventListener("input", mine.noting, true)
    mounted.delete(parentElement)
  }
}
