// SPDX-License-Identifier: MIT
// Line drawings, 16 × 16, in the colour of the text. Each stands beside a name that a screen reader can say.

const paths = {
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10Zm3.6-1.4L14 14",
  close: "M4 4l8 8M12 4l-8 8",
  more: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  play: "M5 3.5v9l7-4.5Z",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  stop: "M4.5 4.5h7v7h-7Z",
  restart: "M13 8a5 5 0 1 1-1.5-3.6M13 2.5v3h-3",
  trash: "M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5l.5 8.5h6l.5-8.5",
  follow: "M4.5 2.5 8 6l3.5-3.5M4.5 7 8 10.5 11.5 7M3.5 13.5h9",
  download: "M8 2.5v7M5 7l3 3 3-3M3 12.5h10",
  expand: "M9.5 2.5h4v4M6.5 13.5h-4v-4M13.5 2.5 9.5 6.5M2.5 13.5l4-4",
  shrink: "M13.5 6.5h-4v-4M2.5 9.5h4v4M9.5 6.5l4-4M6.5 9.5l-4 4",
  wrap: "M2.5 4h11M2.5 8h9a2 2 0 0 1 0 4H8M9.5 10.5 8 12l1.5 1.5M2.5 12H5",
  clock: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 4.5V8l2.5 1.5",
  filter: "M2.5 4h11M4.5 8h7M6.5 12h3",
  erase: "M6 13.5h7.5M3 10l5.5-6.5 5 4L8.5 13.5H6Z",
  up: "M4 10l4-4 4 4",
  down: "M4 6l4 4 4-4",
  user: "M8 8a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Zm-5 5.5a5 5 0 0 1 10 0",
  project: "M8 2 13.5 5v6L8 14l-5.5-3V5ZM2.5 5 8 8l5.5-3M8 8v6",
  sun: "M8 10.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM8 1.5v1.5M8 13v1.5M1.5 8H3M13 8h1.5M3.4 3.4l1 1M11.6 11.6l1 1M12.6 3.4l-1 1M4.4 11.6l-1 1",
  moon: "M13 9.5A5.5 5.5 0 0 1 6.5 3 5.5 5.5 0 1 0 13 9.5Z",
  system: "M2.5 3.5h11v7h-11ZM6 13.5h4M8 10.5v3",
  keyboard: "M1.5 4.5h13v7h-13ZM4 7h.01M6.5 7h.01M9 7h.01M11.5 7h.01M5 9.5h6",
  logs: "M3 4h10M3 7h7M3 10h9M3 13h5",
  copy: "M6 5.5h7.5v8H6ZM10 5.5v-3H2.5v8H6",
  key: "M10.5 9a3.5 3.5 0 1 0-3.3-2.3L2.5 11.5v2H5v-1.5h1.5v-1.5H8l.7-.8c.5.2 1.1.3 1.8.3ZM11 5.5h.01",
  matches: "M2.5 4h11M2.5 12h11M2.5 8h2M7 8h6.5",
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg className={`icon icon-${name}`} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}

export function Logo() {
  return (
    <svg className="logo" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect className="logo-ground" width="32" height="32" rx="8" />
      <rect className="logo-bar" x="7" y="8" width="18" height="4.5" rx="1.5" />
      <rect className="logo-bar two" x="7" y="14" width="18" height="4.5" rx="1.5" />
      <rect className="logo-bar three" x="7" y="20" width="18" height="4.5" rx="1.5" />
    </svg>
  );
}
