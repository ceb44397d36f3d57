/** What an agent works on, in its own words. It decides what others' experience is shown to it unasked, and nothing else. */
import { accept, type Result, refuse } from "@herdmind/protocol";

export interface Profile {
  readonly domain?: string;
  /** Interfaces that it uses, as `WORKAROUND_FOUND` names them. */
  readonly apis?: readonly string[];
  readonly tools?: readonly string[];
  readonly tags?: readonly string[];
}

const LISTS = ["apis", "tools", "tags"] as const;
/** Names in one list: a recall compares each entry with them. */
const MAX_NAMES = 64;
const MAX_NAME_CHARS = 200;

const isName = (value: unknown): value is string =>
  typeof value === "string" && value.trim() !== "" && value.length <= MAX_NAME_CHARS && value.isWellFormed();

/** A profile from outside. What it does not state is unknown: nothing is hidden because of it. */
export const readProfile = (value: unknown): Result<Profile> => {
  const bad = (why: string) =>
    refuse(
      "R1",
      "none",
      `This profile cannot be used: ${why}. It is { domain, apis, tools, tags }, each of them optional.`,
    );
  if (typeof value !== "object" || value === null || Array.isArray(value)) return bad("it is no object");
  const { domain, ...lists } = value as { readonly [name: string]: unknown };
  if (domain !== undefined && !isName(domain)) return bad(`domain is no text of 1 to ${MAX_NAME_CHARS} characters`);
  const profile: { domain?: string; apis?: readonly string[]; tools?: readonly string[]; tags?: readonly string[] } =
    {};
  if (domain !== undefined) profile.domain = domain;
  for (const [name, list] of Object.entries(lists)) {
    const known = LISTS.find((one) => one === name);
    if (known === undefined) return bad(`it has a member "${name.slice(0, 40)}"`);
    if (list === undefined) continue;
    if (!Array.isArray(list) || list.length > MAX_NAMES || !list.every(isName))
      return bad(`${name} is no list of at most ${MAX_NAMES} texts of 1 to ${MAX_NAME_CHARS} characters`);
    profile[known] = [...list];
  }
  return accept(profile);
};
