// A result as a table, and a table as CSV. Rows are the elements of one list; columns are the paths to what they hold.

/** Words of connections: they are left out of the names of columns. */
const CONNECTION = new Set(["edges", "node", "nodes"]);
/** What a spreadsheet may take for a formula, as the exports of the hub have it (`hub/api/export_formats.py`). */
const FORMULA = /^(?:[=\-@\t\r\n\uff1d\uff0b\uff0d\uff20]|\+(?!\d+$))/;
/** Amounts are text. A negative one is no formula. */
const NUMBER = /^-?\d+(?:\.\d+)?$/;

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const plain = (path) => path.filter((key) => !CONNECTION.has(key)).join(".") || path.join(".");

/**
 * The lists of objects inside `data`, in the order of the answer: the `path` to each, what it is called, how many elements it
 * has in all, and whether it is `inner`, within another one.
 */
export function lists(data) {
  const found = new Map();
  const look = (value, path, inner) => {
    if (Array.isArray(value)) {
      const objects = value.filter(isObject);
      if (objects.length) {
        const key = path.join("\n");
        const list = found.get(key) ?? { path, name: plain(path), count: 0, inner };
        found.set(key, { ...list, count: list.count + objects.length });
        objects.forEach((each) => look(each, path, true));
      }
    } else if (isObject(value)) {
      Object.entries(value).forEach(([key, each]) => look(each, [...path, key], inner));
    }
  };
  look(data, [], false);
  return [...found.values()];
}

/** The list whose elements are rows until somebody says otherwise: the longest one that is not inside another. */
export function firstList(found) {
  return found.filter(({ inner }) => !inner).reduce((best, each) => (best && best.count >= each.count ? best : each), null);
}

/**
 * `{ columns, rows }`: a row for each element of the list at `path` (for the whole of `data` when it is empty), with those
 * it is inside of before it, and what stands around all of them behind. Names begin at the outermost list. An element whose inner list is empty keeps one row.
 * Lists of plain values are one cell; other lists are left out, and so is `pageInfo`.
 */
export function table(data, path) {
  const shape = new Map();
  const rows = [];
  let outermost = [];

  const put = (cells, trail, value) => {
    let level = shape;
    let place;
    for (const key of trail) {
      place = level.get(key) ?? { inside: new Map(), filled: false, list: false };
      level.set(key, place);
      level = place.inside;
    }
    place.filled ||= value !== null;
    cells.set(trail.join("\n"), value);
    return place;
  };

  const spread = (value, trail, cells, besides) => {
    if (isObject(value)) {
      Object.entries(value)
        .filter(([key]) => key !== besides && key !== "pageInfo")
        .forEach(([key, each]) => spread(each, [...trail, key], cells));
    } else if (!Array.isArray(value)) {
      put(cells, trail, value);
    } else if (value.some(isObject) || (value.length === 0 && CONNECTION.has(trail.at(-1)))) {
      put(cells, trail, null).list = true;
    } else {
      const texts = value.map((each) => (Array.isArray(each) ? JSON.stringify(each) : each));
      put(cells, trail, texts.length ? texts.join("; ") : null);
    }
  };

  const unroll = (value, ahead, trail, cells, within) => {
    if (Array.isArray(value) && value.length) {
      outermost = within ? outermost : trail;
      value.forEach((each) => unroll(each, ahead, trail, new Map(cells), true));
    } else if (isObject(value)) {
      const [next, ...rest] = ahead;
      spread(value, trail, cells, next);
      if (next === undefined) {
        rows.push(cells);
      } else {
        unroll(value[next], rest, [...trail, next], cells, within);
      }
    } else if (within) {
      rows.push(cells);
    }
  };
  unroll(data, path, [], new Map(), false);

  const trails = [];
  const collect = (level, trail) => {
    for (const [key, { inside, filled, list }] of level) {
      if (filled || (!inside.size && !list)) {
        trails.push([...trail, key]);
      }
      collect(inside, [...trail, key]);
    }
  };
  collect(shape, []);
  const around = (trail) => outermost.some((key, place) => key !== trail[place]);
  trails.sort((one, other) => around(one) - around(other));
  const short = trails.map((trail) => plain(around(trail) ? trail : trail.slice(outermost.length)));
  return {
    columns: short.map((name, place) => (short.indexOf(name) === short.lastIndexOf(name) ? name : trails[place].join("."))),
    rows: (trails.length ? rows : []).map((cells) => trails.map((trail) => cells.get(trail.join("\n")) ?? null)),
  };
}

/** Whether a cell holds a number, which stands to the right. */
export function isNumber(value) {
  return typeof value === "number" || (typeof value === "string" && NUMBER.test(value));
}

/** RFC 4180. What is not there is empty; text that a spreadsheet would run as a formula gets a `'` before it. */
export function csv({ columns, rows }, { bom = false } = {}) {
  const cell = (value) => {
    const text = value === null ? "" : String(value);
    const harmless = typeof value === "string" && FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
  };
  return (bom ? "\ufeff" : "") + [columns, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}
