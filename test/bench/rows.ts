/** The rows, in the order of the table. */
import type { Row } from "./frame/figures.ts";
import { agents } from "./rows/agents.ts";
import { attacks } from "./rows/attacks.ts";
import { compare } from "./rows/compare.ts";
import { dashboard } from "./rows/dashboard.ts";
import { gaps } from "./rows/gaps.ts";
import { held, million } from "./rows/held.ts";
import { lost } from "./rows/lost.ts";
import { mesh } from "./rows/mesh.ts";
import { newcomer } from "./rows/newcomer.ts";
import { page } from "./rows/page.ts";
import { parts } from "./rows/parts.ts";
import { poison } from "./rows/poison.ts";
import { crowd, propagation } from "./rows/propagation.ts";
import { recall } from "./rows/recall.ts";
import { signals } from "./rows/signals.ts";

export const rows: readonly Row[] = [
  signals,
  propagation,
  crowd,
  recall,
  newcomer,
  mesh,
  page,
  dashboard,
  held,
  lost,
  attacks,
  compare,
  poison,
  agents,
  gaps,
  million,
  parts,
];
