// The parts of a Markdown text that can be checked: its code blocks and its links.

export interface CodeBlock {
  readonly language: string;
  /** What follows the language on the opening fence: `browser` for a sample that only runs in a page. */
  readonly note: string;
  readonly code: string;
  /** 1-based line of the opening fence. */
  readonly line: number;
}

const fence = /^(\s*)(`{3,}|~{3,})\s*(\S*)\s*(.*?)\s*$/;

/** Code blocks in order, and the text with every code block blanked out, line for line. */
export const splitCode = (markdown: string): { readonly blocks: readonly CodeBlock[]; readonly prose: string } => {
  const blocks: CodeBlock[] = [];
  const prose: string[] = [];
  let open:
    | {
        readonly mark: string;
        readonly language: string;
        readonly note: string;
        readonly line: number;
        readonly code: string[];
      }
    | undefined;
  for (const [index, line] of markdown.split("\n").entries()) {
    const [, , mark = "", language = "", note = ""] = fence.exec(line) ?? [];
    if (open === undefined && mark !== "") open = { mark, language, note, line: index + 1, code: [] };
    else if (open !== undefined && mark.startsWith(open.mark) && language === "") {
      blocks.push({ language: open.language, note: open.note, code: `${open.code.join("\n")}\n`, line: open.line });
      open = undefined;
    } else if (open === undefined) {
      prose.push(line);
      continue;
    } else open.code.push(line);
    prose.push("");
  }
  return { blocks, prose: prose.join("\n") };
};

/** Targets of inline links, images and reference definitions, outside of code. */
export const linksOf = (markdown: string): readonly string[] => {
  const prose = splitCode(markdown).prose.replace(/`[^`\n]*`/g, "");
  const inline = [...prose.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g)];
  const defined = [...prose.matchAll(/^\s*\[[^\]]+\]:\s*<?(\S+?)>?\s*$/gm)];
  return [...inline, ...defined].flatMap(([, target]) => (target === undefined ? [] : [target]));
};

/** The anchors that headings get, as GitHub makes them. */
export const anchorsOf = (markdown: string): ReadonlySet<string> => {
  const seen = new Map<string, number>();
  const anchors = new Set<string>();
  for (const [, heading = ""] of splitCode(markdown).prose.matchAll(/^#{1,6}\s+(.*?)\s*#*$/gm)) {
    const slug = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replace(/\s/g, "-");
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    anchors.add(count === 0 ? slug : `${slug}-${count}`);
  }
  return anchors;
};
