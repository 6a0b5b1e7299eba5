// SPDX-License-Identifier: MIT
import { memo } from "react";
import { seriesLength } from "../store/stats";

interface Props {
  values: readonly number[];
  /** The value at the upper edge, unless a sample is higher. */
  top: number;
  label: string;
}

const width = 60;
const height = 20;

/** The last samples as a line over a tinted area, newest at the right. */
export const Sparkline = memo(function Sparkline({ values, top, label }: Props) {
  const highest = Math.max(top, ...values, 1e-9);
  const step = width / (seriesLength - 1);
  const begin = width - (values.length - 1) * step;
  const points = values.map((v, i) => `${(begin + i * step).toFixed(1)} ${(height - 1 - (v / highest) * (height - 2)).toFixed(1)}`);
  const line = points.length > 0 ? `M${points.join("L")}` : "";
  return (
    <svg className="sparkline" viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label={label}>
      <path className="base" d={`M0 ${height - 0.5}H${width}`} />
      {line && <path className="area" d={`${line}V${height}H${begin.toFixed(1)}Z`} />}
      {line && <path className="line" d={line} />}
    </svg>
  );
});
