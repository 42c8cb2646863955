// The live timeline beside the form; and the form sent without leaving the page.
(() => {
  "use strict";
  const FIELDS = "id kind channel title text occurredAt timePrecision customer { id displayName lifecycle { stage } }";
  const SHOWN = 12;
  const list = document.getElementById("timeline");
  const form = document.getElementById("form");
  const answer = document.getElementById("answer");

  // A <bdi> finds the direction of its own text, so that Urdu and English stand well in one line.
  const text = (name, value, element = "bdi") => {
    const made = document.createElement(element);
    made.className = name;
    made.textContent = value ?? "";
    return made;
  };
  // Days and hours are the company's, wherever the reader is.
  let timeZone;
  const when = ({ occurredAt, timePrecision }) =>
    new Date(occurredAt).toLocaleString(undefined, {
      dateStyle: "medium",
      timeStyle: timePrecision === "INSTANT" ? "short" : undefined,
      timeZone,
    });

  function line(touchpoint, isNew) {
    const item = document.createElement("li");
    item.dataset.id = touchpoint.id;
    item.className = isNew ? "new" : "";
    const channel = text("channel", touchpoint.channel);
    channel.dataset.channel = touchpoint.channel;
    const what = text("what", "", "span");
    const said = [touchpoint.title, touchpoint.text].filter(Boolean);
    what.append(text("kind", touchpoint.kind), ...said.flatMap((one) => [" — ", text("said", one)]));
    item.append(
      channel,
      text("who", touchpoint.customer?.displayName ?? "Nobody yet"),
      text("stage", touchpoint.customer?.lifecycle.stage),
      what,
      text("when", when(touchpoint)),
    );
    return item;
  }

  function show(touchpoint, isNew) {
    list.querySelector(".quiet")?.remove();
    list.querySelector(`[data-id="${CSS.escape(touchpoint.id)}"]`)?.remove();
    list.prepend(line(touchpoint, isNew));
    while (list.children.length > SHOWN) {
      list.lastElementChild.remove();
    }
  }

  async function start() {
    const place = document.getElementById("live");
    if (!hub.token()) {
      hub.askForToken(place, "The form works without one; the timeline does not.");
      return;
    }
    let stop = () => {};
    addEventListener("hub:refused", () => {
      stop();
      hub.askForToken(place, "The hub does not know this token, or no longer takes it.");
    });
    timeZone = (await hub.company())?.timeZone;
    const state = document.getElementById("state");
    const words = { live: "live", waiting: "reconnecting", closed: "not live" };
    try {
      const { touchpoints } = await hub.ask(`{ touchpoints(first: ${SHOWN}) { nodes { ${FIELDS} } } }`);
      touchpoints.nodes.reverse().forEach((one) => show(one, false));
    } catch (error) {
      list.replaceChildren(text("quiet", error.message));
      return;
    }
    let after = null;
    stop = hub.subscribe(
      () => ({
        query: `subscription Live($after: String) {
          touchpointAdded(after: $after) { cursor touchpoint { ${FIELDS} } }
        }`,
        variables: { after },
      }),
      {
        next: ({ data }) => {
          if (data?.touchpointAdded) {
            after = data.touchpointAdded.cursor;
            show(data.touchpointAdded.touchpoint, true);
          }
        },
        error: (errors) => {
          state.title = errors[0]?.message ?? "";
        },
        state: (name) => {
          state.className = `state ${name}`;
          state.textContent = words[name];
        },
      },
    );
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    answer.className = "answer";
    answer.textContent = "Sending …";
    try {
      const reply = await fetch(form.action, {
        method: "POST",
        headers: { Accept: "application/json" },
        body: new URLSearchParams(new FormData(form)),
      });
      const said = await reply.json().catch(() => ({}));
      if (!reply.ok) {
        throw new Error(said.message || said.error || `The hub answered ${reply.status}.`);
      }
      answer.textContent = "Thank you. It is on the timeline.";
      form.elements.submission_id.value = crypto.randomUUID?.() ?? "";
    } catch (error) {
      answer.className = "answer bad";
      answer.textContent = error.message;
    }
  });

  start();
})();
