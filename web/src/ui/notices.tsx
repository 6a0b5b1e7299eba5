// SPDX-License-Identifier: MIT
import { useEffect, useState } from "react";
import type { Notice } from "../store/state";
import { IconButton } from "./button";
import { dismissNotice, useAppState } from "./context";

const shown: Readonly<Record<Notice["kind"], number>> = { info: 5_000, warning: 10_000, error: 10_000 };

/** What happened, over the page's corner; each goes away by itself, but not while it is read. */
export function Notices() {
  const notices = useAppState((state) => state.notices);
  return (
    <div className="notices" role="log" aria-live="polite" aria-label="Notifications">
      {notices.map((notice) => <NoticeCard key={notice.id} notice={notice} />)}
    </div>
  );
}

function NoticeCard({ notice }: { notice: Notice }) {
  const [held, setHeld] = useState(false);
  useEffect(() => {
    if (held) return;
    const timer = setTimeout(() => dismissNotice(notice.id), shown[notice.kind]);
    return () => clearTimeout(timer);
  }, [held, notice.id, notice.kind]);
  return (
    <div
      className={`notice notice-${notice.kind}`}
      role={notice.kind === "error" ? "alert" : undefined}
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <p>
        {notice.text}
        {notice.count > 1 && <span className="notice-count"> × {notice.count}</span>}
      </p>
      <IconButton icon="close" label="Dismiss" onClick={() => dismissNotice(notice.id)} />
    </div>
  );
}
