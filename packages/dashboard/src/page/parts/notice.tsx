/** In the place of something that is not there: it comes, there is none, or the node says why not. */
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Failure } from "../node.js";
import { Foreign } from "./foreign.js";

export const Loading = ({ what }: { readonly what: string }) => (
  <p className="notice" role="status">
    Loading {what}…
  </p>
);

export const Empty = ({ children }: { readonly children: ReactNode }) => <p className="notice">{children}</p>;

const Failed = ({ failure }: { readonly failure: Failure }) => (
  <p className="notice is-bad" role="alert">
    {failure.kind === "refused" ? (
      <>
        The node refused this by rule <b>{failure.rule}</b>: <Foreign text={failure.message} max={400} />
      </>
    ) : (
      "The node does not answer. This page asks again as soon as it does."
    )}
  </p>
);

/** The answer, or what stands in its place; an answer that could not be renewed stays, and the page says that it is old. */
export const Answered = <T,>({
  of,
  what,
  children,
}: {
  readonly of: UseQueryResult<T, Failure>;
  readonly what: string;
  readonly children: (value: T) => ReactNode;
}) => {
  if (of.data !== undefined) return children(of.data);
  return of.error === null ? <Loading what={what} /> : <Failed failure={of.error} />;
};
