/** Flags that say what somebody works on: of a peer that joins, or of a task. */
import type { Profile } from "herdmind";

export interface ProfileFlags {
  readonly domain?: string;
  readonly api?: readonly string[];
  readonly tool?: readonly string[];
  readonly tag?: readonly string[];
}

/** `undefined` when no flag says anything. */
export const profileOf = ({ domain, api, tool, tag }: ProfileFlags): Profile | undefined => {
  const profile: Profile = {
    ...(domain === undefined ? {} : { domain }),
    ...(api === undefined ? {} : { apis: api }),
    ...(tool === undefined ? {} : { tools: tool }),
    ...(tag === undefined ? {} : { tags: tag }),
  };
  return Object.keys(profile).length === 0 ? undefined : profile;
};
