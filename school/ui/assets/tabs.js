// A strip of tabs that is wider than its page is scrolled to the tab that is open: an address may open the last.
const WAIT_MS = 3000

function show(key, until) {
  const strip = document.querySelector(`.st-key-${CSS.escape(key.replaceAll(".", "-"))}`)
  const tab = strip?.querySelector("[role=tab][aria-selected=true]")
  if (tab) tab.scrollIntoView({ block: "nearest", inline: "center" })
  else if (performance.now() < until) setTimeout(() => show(key, until), 50)
}

export default function ({ data: [data] }) {
  show(data.strip, performance.now() + WAIT_MS)
}
