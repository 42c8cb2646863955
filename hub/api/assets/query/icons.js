// Icons in the manner of GraphiQL's own: 14 by 14, the colour of the text.
const icon = (...paths) => (properties) =>
  React.createElement(
    "svg",
    { viewBox: "0 0 14 14", fill: "none", stroke: "currentColor", strokeWidth: 1.2, strokeLinecap: "round", ...properties },
    paths.map((d) => React.createElement("path", { d, key: d })),
  );

export const ExamplesIcon = icon("M2.5 1.5h9v11h-9z", "M4.8 4.5h4.4M4.8 7h4.4M4.8 9.5h2.4");
export const LinkIcon = icon("M6 8.5a2.3 2.3 0 0 0 3.3 0l2.2-2.2a2.3 2.3 0 0 0-3.3-3.3l-.9.9", "M8 5.5a2.3 2.3 0 0 0-3.3 0L2.5 7.7a2.3 2.3 0 0 0 3.3 3.3l.9-.9");
export const TerminalIcon = icon("M1.5 2.5h11v9h-11z", "M4 5.5 6 7 4 8.5M7.5 9h2.5");
