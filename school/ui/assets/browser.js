// Fetches the sign-in cookie for a ticket, drops it after signing out, and asks every two seconds whether the
// sign-in on this page is still alive; when it is not, the page is run again and shows the sign-in form.
const EVERY_MS = 2000
const done = new Set()
const watches = new WeakMap()

let cookieAnswer = Promise.resolve() // of the last change of the cookie

const once = (name, action) => {
  if (!name || done.has(name)) return
  done.add(name)
  cookieAnswer = action(name).catch(() => done.delete(name))
}

// the tabs of a browser share its cookie: one changes it at a time
const inTurn = (change) =>
  navigator.locks ? navigator.locks.request("school_sign_in", change) : change()

const changeCookie = (address, how) =>
  inTurn(async () => {
    const answer = await fetch(address, how)
    if (answer.status >= 500) throw new Error("asked again at the next run")
  })

const fetchCookie = (ticket) =>
  changeCookie("/auth/cookie", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ ticket }),
  })

const dropCookie = (left) => changeCookie(`/auth/cookie?left=${encodeURIComponent(left)}`, { method: "DELETE" })

const isAlive = async (signIn) => {
  const answer = await fetch(`/auth/alive/${encodeURIComponent(signIn)}`, { cache: "no-store" })
  return !answer.ok || (await answer.json()).alive
}

function watch(signIn, ended) {
  let stopped = false
  const ask = async () => {
    if (stopped || document.hidden) return
    try {
      if (!(await isAlive(signIn)) && !stopped) {
        stopped = true
        ended()
      }
    } catch {
      // the server is away: the page says so by itself, and the next question may be answered
    }
  }
  const timer = setInterval(ask, EVERY_MS)
  document.addEventListener("visibilitychange", ask)
  return {
    signIn,
    stop: () => {
      stopped = true
      clearInterval(timer)
      document.removeEventListener("visibilitychange", ask)
    },
  }
}

// While the server is away every field is disabled. The one that is being typed in so loses the cursor, and
// Streamlit is not told: the text would stay on the screen and never be sent. The cursor goes back to it, and
// with it the text goes out as soon as the field is left.
let cutOff = null

const keepTyping = () => {
  if (document.documentElement.dataset.schoolTyping) return
  document.documentElement.dataset.schoolTyping = "kept"
  document.addEventListener("focusout", ({ target }) => target.disabled && (cutOff = target), true)
  document.addEventListener("focusin", () => (cutOff = null), true)
  const back = () => cutOff?.isConnected && !cutOff.disabled && cutOff.focus()
  new MutationObserver(back).observe(document.body, { subtree: true, attributeFilter: ["disabled"] })
}

// An answer that was lost with the socket is not sent again, and Streamlit asks for none: a form that is recorded
// already would stay on the screen. So the page is run again whenever the server is back.
const CONNECTION = "data-test-connection-state"
const returns = new WeakMap()

function onReturn(run) {
  const app = document.querySelector(`[${CONNECTION}]`)
  let away = false
  const look = () => {
    const connected = app.getAttribute(CONNECTION) === "CONNECTED"
    if (connected && away) run()
    away = !connected
  }
  const observer = new MutationObserver(look)
  if (app) observer.observe(app, { attributeFilter: [CONNECTION] })
  return observer
}

// Streamlit keeps its theme by the path a page was loaded at, reads it once, and has no other way to choose one.
// What is put there for a person is marked, and taken away when somebody else, or nobody, is signed in.
const THEMES = { light: "Light", dark: "Dark" }
const MARK = "school.theme"
const RELOADED = "school.theme.reloaded"

const themeKeys = (pages) => {
  const last = location.pathname.split("/").pop()
  const base = pages.includes(last) ? location.pathname.slice(0, -last.length) : location.pathname
  return [base, ...pages.map((page) => base + page)].map((path) => `stActiveTheme-${path}-v2`)
}

const reloadWhenOther = (theme) => {
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"
  const wanted = theme || system
  const shown = getComputedStyle(document.querySelector(".stApp")).colorScheme
  if (shown === wanted) sessionStorage.removeItem(RELOADED)
  else if (sessionStorage.getItem(RELOADED) !== wanted) {
    sessionStorage.setItem(RELOADED, wanted) // once: where it does not help, it would never end
    if (sessionStorage.getItem(RELOADED) !== wanted) return
    cookieAnswer.then((answer) => answer?.ok !== false && location.reload())
  }
}

const showTheme = (theme, pages) => {
  const before = document.documentElement.dataset.schoolTheme
  if (theme === before) return // a theme chosen in Streamlit's own menu stays until the page is loaded again
  document.documentElement.dataset.schoolTheme = theme
  try {
    if (!theme && !before && !localStorage.getItem(MARK)) return
    for (const key of themeKeys(pages))
      if (theme) localStorage.setItem(key, JSON.stringify(THEMES[theme]))
      else localStorage.removeItem(key)
    if (theme) localStorage.setItem(MARK, theme)
    else localStorage.removeItem(MARK)
    reloadWhenOther(theme)
  } catch {
    // the browser keeps nothing for this site: its own theme stays
  }
}

export default function ({ data: [data], parentElement, setTriggerValue }) {
  keepTyping()
  once(data.ticket, fetchCookie)
  once(data.left, dropCookie)
  showTheme(data.theme, data.pages)

  const now = watches.get(parentElement)
  if (now?.signIn !== data.watch) {
    now?.stop()
    if (data.watch) watches.set(parentElement, watch(data.watch, () => setTriggerValue("ended", data.watch)))
    else watches.delete(parentElement)
  }
  if (!returns.has(parentElement))
    returns.set(parentElement, onReturn(() => setTriggerValue("returned", Date.now())))
  return () => {
    watches.get(parentElement)?.stop()
    watches.delete(parentElement)
    returns.get(parentElement)?.disconnect()
    returns.delete(parentElement)
  }
}
