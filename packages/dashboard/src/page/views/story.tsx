/** The steps of an entry's life, in canon's order, each with who wrote it. */
import type { EntryStory } from "../../api.js";
import { momentText, plural } from "../parts/figures.js";
import { Foreign } from "../parts/foreign.js";

type Step = EntryStory["steps"][number];
type Members = { readonly [name: string]: unknown };
const inside = (value: unknown): Members => (typeof value === "object" && value !== null ? (value as Members) : {});
const textOf = (value: unknown): string =>
  value === undefined || value === null ? "" : typeof value === "string" ? value : JSON.stringify(value);
const count = (value: unknown): number => (Array.isArray(value) ? value.length : 0);

const CHAPTERS: { readonly [chapter: string]: string } = {
  proposed: "Proposed",
  corroborated: "Proposed again",
  admitted: "Became an entry",
  tried: "Tried",
  counted: "Counted",
  status: "Status",
  exception: "Exception",
  alias: "Merged",
  revoked: "Revoked",
};

/** Words of ours, and a text of others. */
const gist = ({ type, body: value }: Step): readonly [ours: string, theirs: string] => {
  const body = inside(value);
  switch (type) {
    case "signal":
      return ["", textOf(inside(body.mitigation).text)];
    case "outcome":
      return [body.success === true ? "It worked. " : "It failed. ", textOf(body.note)];
    case "immunization":
      return ["Canon holds it from here on.", ""];
    case "evidence":
      return [`${count(body.worked)} worked, ${count(body.failed)} failed.`, ""];
    case "status":
      return [`${textOf(body.status)}: `, textOf(body.reason)];
    case "verdict":
      return [`${textOf(body.verdict)} by ${textOf(body.rule)}: `, textOf(body.reason)];
    case "revoked":
      return ["", textOf(body.reason)];
    case "alias":
      return [body.undo === true ? "Not the same problem: " : "The same problem: ", textOf(body.reason)];
    default:
      return ["", textOf(body)];
  }
};

const toneOf = ({ chapter, type, body: value }: Step): string => {
  const body = inside(value);
  if (type === "outcome") return body.success === true ? "is-good" : "is-bad";
  if (chapter === "admitted") return "is-good";
  if (chapter === "revoked" || body.status === "revoked" || chapter === "exception") return "is-bad";
  return chapter === "status" ? "is-warn" : "";
};

const when = (step: Step): string => {
  if (typeof step.time === "string") return momentText(Date.parse(step.time));
  return step.standing === "pending" ? "not judged yet" : "";
};

export const Story = ({ story, at }: { readonly story: EntryStory; readonly at: number | undefined }) => (
  <section aria-labelledby="story">
    <h3 id="story">Its story</h3>
    <ol className="story">
      {story.steps.map((step, place) => {
        const [ours, theirs] = gist(step);
        const isLater = at !== undefined && typeof step.number === "number" && step.number >= at;
        return (
          // Steps have no other name than their place in canon.
          // biome-ignore lint/suspicious/noArrayIndexKey: see above
          <li key={place} className={`${toneOf(step)} ${isLater ? "is-later" : ""}`}>
            <p className="story-head">
              <b>{CHAPTERS[step.chapter] ?? <Foreign text={step.chapter} max={30} />}</b>
              {step.name === undefined ? null : (
                <>
                  {" by "}
                  <Foreign text={textOf(step.name)} max={40} />
                </>
              )}
              <span className="muted">
                {" "}
                {when(step)}
                {typeof step.number === "number" ? `, block ${step.number}` : ""}
                {isLater ? ", after this moment" : ""}
              </span>
            </p>
            {ours === "" && theirs === "" ? null : (
              <p>
                <Foreign text={ours} max={120} />
                <Foreign text={theirs} max={300} />
              </p>
            )}
          </li>
        );
      })}
    </ol>
    {story.more === 0 ? null : <p className="muted">{plural(story.more, "further step")} not shown.</p>}
    {story.notHeld.length === 0 ? null : (
      <p className="muted">
        Not held here, in their own words:{" "}
        {story.notHeld.map(({ writer, name }, place) => (
          <span key={writer}>
            {place === 0 ? "" : ", "}
            <Foreign text={name ?? writer} max={24} />
          </span>
        ))}
        . Canon's part is whole without them.
      </p>
    )}
  </section>
);
