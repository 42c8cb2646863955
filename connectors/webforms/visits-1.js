// Tells the hub of visits of people who agreed, and says who they are in the forms they send to it.
// Served without comments and blanks (script.py), so no text in it has a blank. Sites pin its hash: once it is
// released, a change is a file visits-2.js.
try {
  if (window.hub?.consent) throw 0
  const { src, dataset } = document.currentScript
  const at = path => new URL(path, src).href
  let last, referrer = document.referrer.split("?")[0]

  // The cookie is all there is, read anew as other tabs change it: an id, ~ and an id where nobody was asked, or no.
  const kept = () => /\bhub_visitor=([^;]*)/.exec(document.cookie)?.[1] || ""
  const keep = value => {
    const where = (dataset.domain ? ";domain=" + dataset.domain : "") + (location.protocol == "https:" ? ";secure" : "")
    document.cookie = `hub_visitor=${value};path=/;max-age=33696000;samesite=lax${where}`
  }
  const random = () => [...crypto.getRandomValues(new Uint32Array(4))].map(n => n.toString(36)).join("")
  const asked = () => /^\w{3}/.test(kept())
  const refused = () => kept() == "no" || navigator.globalPrivacyControl || navigator.doNotTrack == 1
  const agreed = () => asked() || (!refused() && (dataset.consent != null || void 0))
  const visitor = () => (agreed() ? kept().replace("~", "") : "")

  const page = () => {
    const url = new URL(location)
    url.hash = ""
    for (const name of [...url.searchParams.keys()])
      if (!/^utm_|clk?id$|braid$|^li_fat_id$/.test(name)) url.searchParams.delete(name)
    return url.href
  }
  const send = more => {
    const body = JSON.stringify({ id: random(), visitor: visitor(), page: page(), title: document.title, ...more })
    // A text is sent without a preflight.
    visitor() && fetch(at("."), { method: "POST", body, keepalive: true }).catch(() => {})
  }
  const view = () => {
    if (!agreed() || page() == last) return
    kept() || keep("~" + random())
    send({ referrer })
    referrer = last = page()
  }

  window.hub = {
    visitor,
    consent(given, text) {
      const said = { consent: given, text }
      if (given) {
        if (!asked()) {
          keep(visitor() || random())
          send(said)
        }
        view()
      } else if (given != null) {
        send(said)
        keep("no")
      }
      return agreed()
    }
  }

  addEventListener("formdata", ({ target, formData }) => {
    if (visitor() && `${target.action}`.startsWith(at("../.."))) {
      formData.set("visitor_id", visitor())
      formData.has("page_url") || formData.set("page_url", page())
    }
  })
  // Titles are often set after the address.
  const later = () => setTimeout(view, 200)
  for (const name of ["pushState", "replaceState"]) {
    const before = history[name]
    history[name] = (...all) => {
      before.apply(history, all)
      later()
    }
  }
  addEventListener("popstate", later)
  document.prerendering ? document.addEventListener("prerenderingchange", view) : view()
  dispatchEvent(new Event("hub"))
} catch {}
