/** A view that cannot be shown takes nothing else with it. React asks for a class here, and has no other way. */
import { Component, type ReactNode } from "react";

interface Props {
  readonly children: ReactNode;
}

export class Broken extends Component<Props, { readonly problem: string | undefined }> {
  override state = { problem: undefined };

  static getDerivedStateFromError(error: unknown) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }

  override render(): ReactNode {
    const { problem } = this.state;
    if (problem === undefined) return this.props.children;
    return (
      <div role="alert" className="notice is-bad">
        <p>This view cannot be shown: {problem}</p>
        <p>If the node does not answer, wait until it does. </p>
        <button type="button" className="button" onClick={() => window.location.reload()}>
          Load the page again
        </button>
      </div>
    );
  }
}
