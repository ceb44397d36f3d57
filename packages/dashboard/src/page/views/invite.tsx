/**
 * An invitation: whoever has the ticket takes part. It is shown once, lives in this component alone, and is gone with it: neither the
 * address, nor the storage, nor the cache of questions ever has it.
 */
import { type FormEvent, useRef, useState } from "react";
import { ask, type Verbs } from "../node.js";
import { CopyButton } from "../parts/copy-button.js";
import { momentText } from "../parts/figures.js";
import { Foreign } from "../parts/foreign.js";

type Invited = Verbs["invite"]["answer"];

const ROLES = [
  ["agent", "Agent: reports, recalls, tells outcomes"],
  ["observer", "Observer: reads only"],
  ["relay", "Relay: stores and forwards"],
  ["witness", "Witness: keeps and confirms"],
] as const;

const HOUR = 3_600_000;
const LIFETIMES = [
  ["1 hour", HOUR],
  ["1 day", 24 * HOUR],
  ["1 week", 7 * 24 * HOUR],
  ["30 days", 30 * 24 * HOUR],
] as const;

const Ticket = ({ invited, onDone }: { readonly invited: Invited; readonly onDone: () => void }) => (
  <div className="ticket">
    <p>
      <b>This ticket is shown once.</b> Give it to whoever should join, over a way that nobody else reads: it is all
      that is needed. It makes one {invited.role}
      {invited.uses === null ? ", any number of times" : `, ${invited.uses === 1 ? "once" : `${invited.uses} times`}`}
      {invited.expiresAt === null ? "" : `, until ${momentText(Date.parse(invited.expiresAt))}`}.
    </p>
    <label htmlFor="ticket">Ticket</label>
    <textarea id="ticket" readOnly rows={4} value={invited.ticket} spellCheck={false} />
    <p className="muted">
      To use it: <code>herdmind join</code>, and paste it when asked.
    </p>
    <div className="ticket-buttons">
      <CopyButton text={invited.ticket} what="ticket" />
      <button type="button" className="button" onClick={onDone}>
        Done, forget it
      </button>
    </div>
  </div>
);

export const Invite = () => {
  const [invited, setInvited] = useState<Invited>();
  const [problem, setProblem] = useState("");
  const [isAsking, setAsking] = useState(false);
  const result = useRef<HTMLDivElement>(null);

  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setAsking(true);
    setProblem("");
    const answer = await ask("invite", {
      role: String(form.get("role")),
      lifetimeMs: Number(form.get("lifetime")),
      uses: Number(form.get("uses")),
    });
    setAsking(false);
    if (answer.ok) {
      setInvited(answer.value);
      requestAnimationFrame(() => result.current?.focus());
    } else
      setProblem(
        answer.failure.kind === "refused"
          ? `${answer.failure.rule}: ${answer.failure.message}`
          : "The node does not answer.",
      );
  };

  return (
    <section className="card invite" aria-labelledby="invite">
      <h2 id="invite">Invite</h2>
      {invited === undefined ? (
        <form onSubmit={submit} className="tools">
          <label>
            Role
            <select name="role" defaultValue="agent">
              {ROLES.map(([role, words]) => (
                <option key={role} value={role}>
                  {words}
                </option>
              ))}
            </select>
          </label>
          <label>
            Lifetime
            <select name="lifetime" defaultValue={24 * HOUR}>
              {LIFETIMES.map(([words, ms]) => (
                <option key={ms} value={ms}>
                  {words}
                </option>
              ))}
            </select>
          </label>
          <label>
            Uses
            <input type="number" name="uses" min={1} max={1000} defaultValue={1} required />
          </label>
          <button type="submit" className="button is-primary" disabled={isAsking}>
            Make a ticket
          </button>
        </form>
      ) : (
        <div ref={result} tabIndex={-1}>
          <Ticket invited={invited} onDone={() => setInvited(undefined)} />
        </div>
      )}
      <p role="alert" className="field-problem">
        {problem === "" ? null : <Foreign text={problem} max={400} />}
      </p>
    </section>
  );
};
