// SPDX-License-Identifier: MIT
// What the page must do, as a reader would see it. Every wait is for something that stays once it is there, or was noted
// when it came; nothing is taken for done because some time has passed.
import { actionCases } from "./action_cases.mjs";
import { linkCases } from "./link_cases.mjs";
import { listCases } from "./list_cases.mjs";
import { logCases } from "./log_cases.mjs";
import { pageCases } from "./page_cases.mjs";

/** {name, flags: of the mock server, run} */
export const cases = [...listCases, ...logCases, ...linkCases, ...actionCases, ...pageCases];
