// What the pages share: the token, queries over HTTP, subscriptions over graphql-transport-ws.
(() => {
  "use strict";
  const KEY = "hub.token";
  const token = () => sessionStorage.getItem(KEY) || "";

  // A signed-in link carries the token behind the #, which no server ever sees. It moves to this tab's storage.
  function takeToken() {
    const hash = new URLSearchParams(location.hash.slice(1));
    const given = hash.get("token");
    if (given) {
      if (given.trim() !== token()) {
        sessionStorage.clear(); // another hub perhaps: the query page's tabs hold ids of the one before
      }
      sessionStorage.setItem(KEY, given.trim());
      hash.delete("token");
      history.replaceState(null, "", location.pathname + location.search + (hash.size ? `#${hash}` : ""));
    }
  }
  takeToken();
  addEventListener("hashchange", () => {
    takeToken();
    location.reload();
  });

  async function send(body, signal) {
    const answer = await fetch("/graphql", {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        Accept: "application/graphql-response+json, application/json",
        Authorization: `Bearer ${token()}`,
      },
      body: JSON.stringify(body),
      signal,
    }).catch((error) => {
      if (signal?.aborted) {
        throw error;
      }
      return null;
    });
    if (answer?.status === 401) {
      dispatchEvent(new CustomEvent("hub:refused"));
    }
    try {
      return await answer.json();
    } catch {
      const said = answer ? `The hub answered ${answer.status} ${answer.statusText}.` : "The hub does not answer. Is it running?";
      return { errors: [{ message: said }] };
    }
  }

  async function ask(query, variables = {}) {
    const { data, errors } = await send({ query, variables });
    if (errors?.length) {
      throw new Error(errors[0].message);
    }
    return data;
  }

  // One socket for each subscription. `body` makes its request, anew after an interruption, so that it may go on from
  // where it was. `state` hears "live", "waiting" (reconnecting) and "closed".
  function subscribe(body, { next, error = () => {}, complete = () => {}, state = () => {} }) {
    let socket;
    let timer;
    let pause = 500;
    let ended = false;
    const end = (tell, value) => {
      if (!ended) {
        ended = true;
        clearTimeout(timer);
        socket.close(1000);
        state("closed");
        tell(value);
      }
    };
    const connect = () => {
      socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/graphql`, "graphql-transport-ws");
      const say = (message) => socket.send(JSON.stringify(message));
      const hear = {
        connection_ack: () => {
          pause = 500;
          say({ id: "1", type: "subscribe", payload: body() });
          state("live");
        },
        ping: () => say({ type: "pong" }),
        next: ({ payload }) => next(payload),
        error: ({ payload }) => end(error, payload),
        complete: () => end(complete),
      };
      socket.onopen = () => say({ type: "connection_init", payload: { Authorization: `Bearer ${token()}` } });
      socket.onmessage = (event) => {
        const message = JSON.parse(event.data);
        hear[message.type]?.(message);
      };
      socket.onclose = (event) => {
        if (ended) {
          return;
        }
        // 44xx: the hub refused and will refuse again; anything else may pass.
        if (event.code >= 4400 && event.code < 4500) {
          end(error, [{ message: event.reason || "The hub refused the subscription." }]);
        } else {
          state("waiting");
          timer = setTimeout(connect, pause);
          pause = Math.min(pause * 2, 10000);
        }
      };
    };
    connect();
    return () => end(() => {});
  }

  // What a page shows while it has no token, or one that the hub does not take.
  function askForToken(place, sentence) {
    const card = document.getElementById("no-token").content.cloneNode(true);
    card.querySelector("[data-why]").textContent = sentence;
    card.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      const typed = new FormData(event.target).get("token").trim();
      if (typed) {
        sessionStorage.setItem(KEY, typed);
        location.reload();
      }
    });
    place.replaceChildren(card);
  }

  // The company's name in the header; its time zone for the caller, null when the hub did not answer.
  async function company() {
    try {
      const { hub } = await ask("{ hub { name timeZone } }");
      document.getElementById("company").textContent = hub.name;
      document.title = `Journey Hub · ${hub.name}`;
      return hub;
    } catch {
      return null; // the page says elsewhere why
    }
  }

  window.hub = { token, send, ask, subscribe, askForToken, company };
})();
