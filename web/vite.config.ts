// SPDX-License-Identifier: MIT
import { defineConfig } from "vitest/config";

export default defineConfig({
  // Relative addresses: the page works under any path prefix.
  base: "./",
  build: {
    target: "es2022",
    // Everything is a file of its own: the page's policy allows no inline code, styles or data.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  // The page in development talks to the mock server (npm run mock).
  server: { proxy: { "/socket.io": { target: "http://127.0.0.1:4400", ws: true } } },
  test: { include: ["test/**/*.test.ts"], environment: "node", css: true },
});
