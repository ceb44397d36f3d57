/** Secrets as secretlint's recommended preset knows them. Loaded on demand by `redact.ts`: it weighs more than the rest of it. */
import { lintSource } from "@secretlint/core";
import { creator } from "@secretlint/secretlint-rule-preset-recommend";

const CONFIG = {
  rules: [{ id: "@secretlint/secretlint-rule-preset-recommend", rule: creator, options: {} }],
} as Parameters<typeof lintSource>[0]["options"]["config"];

/** Where secrets stand in a text: UTF-16 offsets, and the service whose they are. */
export const lint = async (
  text: string,
): Promise<readonly { readonly start: number; readonly end: number; readonly kind: string }[]> => {
  const { messages } = await lintSource({
    source: { filePath: "/record.txt", content: text, contentType: "text", ext: ".txt" },
    options: { config: CONFIG, noPhysicFilePath: true },
  });
  return messages.map(({ range: [start, end], ruleId }) => ({
    start,
    end,
    kind: ruleId.replace("@secretlint/secretlint-rule-", ""),
  }));
};
