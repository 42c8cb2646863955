// A file is uploaded, what it would come to is shown, and it is brought in and taken back.
(() => {
  "use strict";
  const REHEARSAL = `query Rehearse($upload: ID!, $settings: JSON) {
    rehearsal(upload: $upload, settings: $settings) {
      connector settings guessed rows whole touchpoints unreadable doubts
      reasons { column field because example }
      first { key problem { message hint } touchpoints {
        kind direction occurredAt title text name identifiers amount { amount currency } } }
      problems { key problem { message hint } }
    }
  }`;
  const IMPORT = `mutation Import($input: ImportUploadInput!) {
    importUpload(input: $input) { source { id } run { id } userErrors { message hint } }
  }`;
  const RUN = `query Run($id: ID!) { node(id: $id) { ... on Run {
    state error done received stored changed unchanged unreadable finishedAt } } }`;
  const WITHDRAW = `mutation Undo($input: WithdrawRunInput!) {
    withdrawRun(input: $input) { touchpoints userErrors { message hint } }
  }`;
  const part = (id) => document.getElementById(id);
  const number = (value) => value.toLocaleString();
  const counted = (value, noun) => `${number(value)} ${noun}${value === 1 ? "" : "s"}`;
  let timeZone;
  let upload;
  let run;

  function say(id, sentence, bad = false) {
    part(id).className = bad ? "answer bad" : "answer";
    part(id).textContent = sentence;
  }

  const cell = (value, name = "", element = "td") => {
    const made = document.createElement(element);
    made.className = name;
    made.dir = "auto";
    made.textContent = value ?? "";
    return made;
  };

  // Each part finds the direction of its own text: an Urdu name stands well before a number.
  function who(parts) {
    const made = document.createElement("td");
    made.className = "who";
    made.append(...parts.flatMap((one, place) => [place ? " · " : "", cell(one, "", "bdi")]));
    return made;
  }

  function fill(table, rows) {
    part(table)
      .querySelector("tbody")
      .replaceChildren(
        ...rows.map((cells) => {
          const row = document.createElement("tr");
          row.append(...cells);
          return row;
        }),
      );
  }

  function rowsOf({ key, problem, touchpoints }) {
    if (problem) {
      const told = cell([problem.message, problem.hint].filter(Boolean).join(" "), "bad");
      told.colSpan = 5;
      return [[told]];
    }
    return touchpoints.map((one) => [
      cell(new Date(one.occurredAt).toLocaleDateString(undefined, { dateStyle: "medium", timeZone }), "when"),
      cell(one.kind),
      who([one.name, ...one.identifiers].filter(Boolean)),
      cell([one.title, one.text].filter(Boolean).join(" — ")),
      cell(one.amount ? `${one.amount.amount} ${one.amount.currency}` : "", "number"),
    ]);
  }

  function show(found) {
    part("meaning").hidden = false;
    part("name").textContent = upload.name;
    part("counts").textContent = `${found.whole ? "" : "the first "}${counted(found.rows, "row")}, ${counted(
      found.touchpoints,
      "touchpoint",
    )}, ${number(found.unreadable)} unreadable`;
    part("how").textContent = found.guessed
      ? `Read by ${found.connector}; its columns are taken for:`
      : `Read by ${found.connector} with the settings below.`;
    part("reasons").hidden = !found.reasons.length;
    fill(
      "reasons",
      found.reasons.map((one) => [cell(one.column, "who"), cell(one.field), cell(one.example), cell(one.because, "soft")]),
    );
    part("doubts").replaceChildren(...found.doubts.map((one) => cell(one, "", "li")));
    const unseen = found.problems.filter((one) => !found.first.some((row) => row.key === one.key));
    fill("rows", [...found.first, ...unseen].flatMap(rowsOf));
    part("settings").value = JSON.stringify(found.settings, null, 2);
    part("import").textContent = found.whole ? `Bring in ${counted(found.rows, "row")}` : "Bring in the whole file";
    part("import").disabled = false;
    part("undo").hidden = true;
    say("done", "");
  }

  async function look(settings) {
    const { rehearsal } = await hub.ask(REHEARSAL, { upload: upload.upload, settings });
    show(rehearsal);
  }

  // fetch cannot tell how much was sent.
  function send(file) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", `/upload?name=${encodeURIComponent(file.name)}`);
      request.setRequestHeader("Authorization", `Bearer ${hub.token()}`);
      request.upload.onprogress = (event) => {
        part("sending").value = event.loaded / (event.total || 1);
      };
      request.onerror = () => reject(new Error("The hub cannot be reached."));
      request.onload = () => {
        let said = {};
        try {
          said = JSON.parse(request.responseText);
        } catch {
          // told below by the status
        }
        if (request.status === 201) {
          resolve(said);
        } else {
          reject(new Error(said.errors?.[0]?.message ?? `The hub answered ${request.status}.`));
        }
      };
      request.send(file);
    });
  }

  async function take(file) {
    part("meaning").hidden = true;
    part("sending").hidden = false;
    say("answer", `Sending ${file.name} …`);
    try {
      upload = await send(file);
      say("answer", "Looking at it …");
      await look(null);
      say("answer", "");
    } catch (error) {
      say("answer", error.message, true);
    }
    part("sending").hidden = true;
    part("sending").value = 0;
  }

  const first = ({ userErrors }) => {
    if (userErrors.length) {
      throw new Error([userErrors[0].message, userErrors[0].hint].filter(Boolean).join(" "));
    }
  };

  async function bringIn() {
    part("import").disabled = true;
    part("reading").hidden = false;
    say("done", "Reading …");
    try {
      const settings = JSON.parse(part("settings").value);
      const { importUpload } = await hub.ask(IMPORT, { input: { upload: upload.upload, settings } });
      first(importUpload);
      run = importUpload.run.id;
      let node;
      do {
        await new Promise((resolve) => setTimeout(resolve, 300));
        ({ node } = await hub.ask(RUN, { id: run }));
        part("reading").value = node.done ?? 0;
        say("done", `${counted(node.received, "row")} read …`);
      } while (!node.finishedAt);
      if (node.state !== "OK") {
        throw new Error(node.error ?? node.state);
      }
      const unreadable = node.unreadable ? `, ${number(node.unreadable)} could not be read` : "";
      say("done", `Done: ${number(node.stored)} new, ${number(node.changed)} changed, ${number(node.unchanged)} known${unreadable}.`);
      part("undo").hidden = !(node.stored || node.changed);
    } catch (error) {
      say("done", error.message, true);
      part("import").disabled = false;
    }
    part("reading").hidden = true;
  }

  async function takeBack() {
    try {
      const { withdrawRun } = await hub.ask(WITHDRAW, { input: { run, reason: "taken back on the page" } });
      first(withdrawRun);
      say("done", `Taken back: ${counted(withdrawRun.touchpoints, "touchpoint")} are in no timeline any more.`);
      part("undo").hidden = true;
    } catch (error) {
      say("done", error.message, true);
    }
  }

  async function start() {
    const place = part("files");
    if (!hub.token()) {
      hub.askForToken(place, "Files are for those who may set up sources.");
      return;
    }
    addEventListener("hub:refused", () =>
      hub.askForToken(place, "The hub does not know this token, or no longer takes it."),
    );
    timeZone = (await hub.company())?.timeZone;
  }

  const drop = part("drop");
  part("file").addEventListener("change", ({ target }) => {
    if (target.files.length) {
      take(target.files[0]);
      target.value = ""; // the same file again is a new choice
    }
  });
  for (const name of ["dragover", "dragleave", "drop"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.toggle("over", name === "dragover");
      if (name === "drop" && event.dataTransfer.files.length) {
        take(event.dataTransfer.files[0]);
      }
    });
  }
  part("again").addEventListener("click", async () => {
    try {
      await look(JSON.parse(part("settings").value));
    } catch (error) {
      say("done", error.message, true);
    }
  });
  part("import").addEventListener("click", bringIn);
  part("undo").addEventListener("click", takeBack);
  start();
})();
