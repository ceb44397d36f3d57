/** An agent in a process of its own that meets one problem when it is told to. Started with a name and a ticket. */
import { join } from "herdmind";

export type FromClaimer =
  /** It is heard, and hears this many peers. */
  | { readonly type: "here"; readonly peers: number }
  | { readonly type: "solves" | "waits"; readonly problem: string }
  | { readonly type: "done"; readonly problem: string; readonly remedy: string };
export type ToClaimer =
  | { readonly type: "meet"; readonly problem: string; readonly solveMs: number }
  | { readonly type: "stop" };

const [name = "", ticket = ""] = process.argv.slice(2);
const say = (message: FromClaimer): void => {
  process.send?.(message);
};

const peer = await join(ticket, { name });
const looking = setInterval(() => {
  const present = peer.present();
  if (present.some(({ isSelf }) => isSelf)) say({ type: "here", peers: present.length });
}, 50);

const meet = async (problem: string, solveMs: number): Promise<void> => {
  clearInterval(looking);
  let remedy = "";
  await peer.attempt(
    {},
    () => {
      if (remedy === "") throw new Error(problem);
      return remedy;
    },
    {
      onWait: () => say({ type: "waits", problem }),
      apply: (entry) => {
        remedy = entry.mitigation.text;
      },
      solve: async () => {
        say({ type: "solves", problem });
        await new Promise((resolve) => setTimeout(resolve, solveMs));
        remedy = `found by ${name}`;
        return { mitigation: remedy, value: remedy };
      },
    },
  );
  say({ type: "done", problem, remedy });
};

process.on("message", (message: ToClaimer) => {
  if (message.type === "meet") void meet(message.problem, message.solveMs);
  else void peer.close().then(() => process.disconnect());
});
