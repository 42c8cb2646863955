// The WebSocket of browsers, for versions of Node that have none: the module is named after the question mark.
globalThis.WebSocket ??= (await import(new URL(import.meta.url).search.slice(1))).WebSocket;
