// SPDX-License-Identifier: MIT
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { loadToken } from "./socket/token";
import "./style/style.css";
import { App } from "./ui/app";

// Before anything else: the token leaves the address.
loadToken();

const root = document.getElementById("root");
if (root) createRoot(root).render(<StrictMode><App /></StrictMode>);
