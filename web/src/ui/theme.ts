// SPDX-License-Identifier: MIT
import { useEffect } from "react";
import { useStored } from "./hooks";

export const themes = ["system", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

/** Dark or light: the reader's choice, else the system's. The style sheet goes by the root element's data-theme. */
export function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useStored("theme", themes, "system");
  useEffect(() => {
    const system = matchMedia("(prefers-color-scheme: dark)");
    const apply = () => {
      document.documentElement.dataset["theme"] = theme === "system" ? (system.matches ? "dark" : "light") : theme;
    };
    apply();
    system.addEventListener("change", apply);
    return () => system.removeEventListener("change", apply);
  }, [theme]);
  return [theme, setTheme];
}
