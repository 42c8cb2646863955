// Opens the page of docs/clients/relay in a browser without a screen, and prints what it shows after each click.
import { createRequire } from "node:module";

const [folder, tools, url, token, customer] = process.argv.slice(2);
const { JSDOM } = createRequire(`${tools}/package.json`)("jsdom");
const { window } = new JSDOM("<!doctype html><body></body>", { url, pretendToBeVisual: true });
for (const name of ["window", "document", "navigator", "HTMLElement", "HTMLIFrameElement", "Node", "FormData", "Event"]) {
  Object.defineProperty(globalThis, name, { value: window[name], configurable: true });
}
const { show } = await import(`${folder}/out/show.js`);

function opened(...given) {
  const element = document.body.appendChild(document.createElement("div"));
  show(element, ...given);
  return {
    find: (selector, text) => [...element.querySelectorAll(selector)].find((each) => each.textContent.includes(text)),
    async until(there) {
      for (let tries = 0; !there(); tries++) {
        if (tries > 500) throw new Error(`this never came: ${there}; there is ${element.innerHTML}`);
        await new Promise((done) => setTimeout(done, 20));
      }
    },
    lines: () => [...element.querySelectorAll("h1, li, button, [role=alert]")].map((each) => each.textContent),
    items: () => element.querySelectorAll("li").length,
  };
}

const page = opened(url, token, customer);
await page.until(() => page.items() === 2);
console.log(JSON.stringify(page.lines()));
for (const count of [4, 5]) {
  page.find("button", "Earlier").click();
  await page.until(() => page.items() === count);
}
console.log(JSON.stringify(page.lines()));
const type = (title) => {
  document.querySelector("input").value = title;
  page.find("button", "Log a call").click();
};
type("About the delivery");
await page.until(() => page.items() === 6);
console.log(JSON.stringify(page.lines().slice(0, 4)));
type("\0");
await page.until(() => page.find("[role=alert]", ""));
console.log(JSON.stringify(page.lines().slice(2, 3)));
const refused = opened(url, "wrong", customer);
await refused.until(() => refused.lines().length === 1);
console.log(JSON.stringify(refused.lines()));
process.exit(0);
