/** Without a session nothing is shown but this: a code that `herdmind dashboard` prints is exchanged for one. */
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { useFeed, useFeedState } from "./feed-context.js";
import { signIn } from "./node.js";
import { Icon } from "./parts/icon.js";

export const SignIn = () => {
  const feed = useFeed();
  const client = useQueryClient();
  const given = useFeedState(({ link }) => (link.state === "signed-out" ? link.problem : undefined));
  const [problem, setProblem] = useState(given);
  const [isAsking, setAsking] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    field.current?.focus();
    document.title = "Sign in \u00b7 Herdmind";
    client.clear(); // what was shown was shown to whoever was signed in
  }, [client]);

  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = event.currentTarget;
    const code = String(new FormData(form).get("code") ?? "").trim();
    if (code === "") return setProblem("Type the code that the command prints.");
    setAsking(true);
    setProblem(undefined);
    const refusal = await signIn(code);
    setAsking(false);
    if (refusal === undefined) return feed.connect();
    form.reset();
    setProblem(refusal);
  };

  return (
    <main className="sign-in">
      <form onSubmit={submit} className="card">
        <Icon name="herd" />
        <h1>Sign in to this node</h1>
        <p>
          Run <code>herdmind dashboard</code> on the machine of this node and type the code that it prints. A code works
          once.
        </p>
        <label htmlFor="code">Code</label>
        <input
          id="code"
          ref={field}
          name="code"
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          aria-describedby={problem === undefined ? undefined : "code-problem"}
          aria-invalid={problem !== undefined}
        />
        <p id="code-problem" role="alert" className="field-problem">
          {problem}
        </p>
        <button type="submit" className="button is-primary" disabled={isAsking}>
          Sign in
        </button>
      </form>
    </main>
  );
};
