/** The hub's scalars in TypeScript, for `config.scalars` of graphql-codegen. In JSON all of them are text, but JSON. */
export const scalars = {
  /** Opaque: compared, kept and sent back, never taken apart. */
  ID: "string",

  /** An ISO 4217 code, like "BDT", as `Intl.NumberFormat` takes it. */
  Currency: "string",

  /**
   * A day without a time zone, like "2026-01-31". `new Date(day)` is midnight in UTC, and so the day before in the
   * Americas; `new Date(day + "T00:00")` is midnight where the reader is, `Temporal.PlainDate.from(day)` the day alone.
   */
  Date: "string",

  /**
   * An instant in UTC to the microsecond, like "2026-01-31T09:05:00.000000Z". `new Date(instant)` keeps the
   * milliseconds. All are of one length, so that comparing the texts compares the times.
   */
  DateTime: "string",

  /**
   * An exact number, like "1200.50". `Number(amount)` may lose digits: `Intl.NumberFormat` shows the text as it is,
   * big.js and decimal.js reckon with it. What is sent is text too.
   */
  Decimal: "string",

  /** A length of time in ISO 8601, like "P90D" or "PT12H", as `Temporal.Duration.from` takes it. */
  Duration: "string",

  /** Any value, parsed with the rest of the answer. What it is, is for the page to find out before it uses it. */
  JSON: "unknown",

  /** An IANA name, like "Asia/Dhaka", as `Intl.DateTimeFormat` takes it for `timeZone`. */
  TimeZone: "string",
} as const;
