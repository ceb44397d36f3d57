/** The rows, in the order of the table. */
import type { Row } from "./frame/figures.ts";
import { parts } from "./rows/parts.ts";
import { recall } from "./rows/recall.ts";

export const rows: readonly Row[] = [recall, parts];
