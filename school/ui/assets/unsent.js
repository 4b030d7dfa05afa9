// Hands in what was typed when the page goes. A field is sent when it is left, and what the server has not begun
// on is dropped with the socket: this request outlives the page, and comes before the page that follows.
const ADDRESS = "/drafts/unsent"
const mounted = new WeakMap()

const field = (key) =>
  document.querySelector(`.st-key-${CSS.escape(key.replaceAll(".", "-"))}`)?.querySelector("input, textarea")

function typedTexts({ data, typed }) {
  const shown = data.texts.map((key) => [key, field(key)])
  return Object.fromEntries(shown.filter(([, one]) => typed.has(one)).map(([key, one]) => [key, one.value]))
}

function handIn(mine) {
  const texts = typedTexts(mine)
  const body = JSON.stringify({ ...mine.data.form, texts })
  if (!Object.keys(texts).length || body === mine.handedIn) return
  mine.handedIn = body // two events tell that a page goes, and not every browser sends both
  const headers = { "Content-Type": "application/json" }
  fetch(ADDRESS, { method: "POST", keepalive: true, headers, body }).catch(() => (mine.handedIn = null))
}

export default function ({ data: [data], parentElement }) {
  const mine = mounted.get(parentElement) ?? {}
  if (mine.data?.form.request_id !== data.form.request_id) mine.typed = new WeakSet()
  mine.data = data
  if (!mine.noting) {
    mine.noting = ({ target }) => mine.typed.add(target)
    mine.leaving = () => handIn(mine)
    document.addEventListener("input", mine.noting, true)
    addEventListener("beforeunload", mine.leaving)
    addEventListener("pagehide", mine.leaving)
    mounted.set(parentElement, mine)
  }
  return () => {
    document.removeEventListener("input", mine.noting, true)
    removeEventListener("beforeunload", mine.leaving)
    removeEventListener("pagehide", mine.leaving)
    mounted.delete(parentElement)
  }
}
